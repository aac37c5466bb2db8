"""HubSpot keeps the contract of a CRM adapter, whether it answers for each row or refuses a batch as a whole."""

from __future__ import annotations

from typing import Any

from hub import CRM
from hub.contracts.simulator import CRMSimulator
from hub.testing.crm_contract import CRMContract
from hub_hubspot import simulator_acts as acts
from hub_hubspot.crm import HubSpot
from hub_hubspot.simulator import HubSpotSimulator


class TestHubSpot(CRMContract):
    crm = HubSpot
    simulator = HubSpotSimulator
    fields = {"firstname": "Ana"}
    refused = {"lifecyclestage": "astronaut"}
    wrong = {"access_token": "pat-of-somebody-else"}
    settings = {"answers": True}
    partial = True

    def simulate(self) -> CRMSimulator:
        made = HubSpotSimulator()
        made.search_lag, made.partial = 0.0, self.partial
        return made

    def connect(self, platform: CRMSimulator, **changes: Any) -> CRM[Any]:
        made = super().connect(platform, **changes)
        made.transport._sleep = lambda seconds: None
        return made

    def app(self, platform):
        return platform.app()

    def remove(self, platform, record):
        acts.remove(platform.portal, "contacts", record)

    def merge(self, platform, record, other):
        return acts.merge(platform.portal, "contacts", record, other)

    def ask(self, platform, record, text):
        acts.edit(platform.portal, "contacts", record, {"hub_reply_text": text, "hub_reply_status": "send"})


class TestHubSpotThatRefusesWholeBatches(TestHubSpot):
    partial = False


class TestHubSpotWithNotes(TestHubSpot):
    settings = {"log_as": "note", "page": 30, "answers": True}
