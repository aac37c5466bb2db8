"""Salesforce keeps the contract of a CRM adapter: with contacts, leads and person accounts, with and without Bulk."""

from __future__ import annotations

from typing import Any

from hub import CRM
from hub.contracts.simulator import CRMSimulator
from hub.testing.crm_contract import CRMContract
from hub_salesforce.crm import Salesforce
from hub_salesforce.paths import ACCOUNT, LEAD, REPLY_STATUS, REPLY_TEXT
from hub_salesforce.simulator import SalesforceSimulator


class TestSalesforce(CRMContract):
    crm = Salesforce
    simulator = SalesforceSimulator
    fields = {"FirstName": "Ana", "LastName": "Alba"}
    refused = {"LastName": "A" * 81}
    wrong = {"consumer_secret": "of-somebody-else"}
    settings = {"answers": True}
    missing = "0035g00000ZZZZZAA5"
    grain = 1_000

    def connect(self, platform: CRMSimulator, **changes: Any) -> CRM[Any]:
        made = super().connect(platform, **changes)
        made.transport.sleep = lambda seconds: None
        return made

    def remove(self, platform, record):
        platform.remove(record)

    def merge(self, platform, record, other):
        return platform.merge(record, other)

    def ask(self, platform, record, text):
        platform.edit(record, {REPLY_TEXT: text, REPLY_STATUS: "Send"})


class TestSalesforceWithLeads(TestSalesforce):
    settings = {"answers": True, "new_person_as": "lead"}
    missing = "00Q5g00000ZZZZZEA5"

    def simulate(self) -> CRMSimulator:
        made = SalesforceSimulator()
        made.person = LEAD
        return made


class TestSalesforceWithPersonAccounts(TestSalesforce):
    settings = {"answers": True, "new_person_as": "person_account"}
    missing = "0015g00000ZZZZZAA5"

    def simulate(self) -> CRMSimulator:
        made = SalesforceSimulator()
        made.org.person_accounts, made.person = True, ACCOUNT
        return made

    def ask(self, platform, record, text):
        platform.edit(
            record, {name.replace("__c", "__pc"): v for name, v in ((REPLY_TEXT, text), (REPLY_STATUS, "Send"))}
        )


class TestSalesforceWithoutBulk(TestSalesforce):
    settings = {"answers": True, "bulk": False}
