"""Cabinet keeps the contract of a CRM."""

from __future__ import annotations

from cabinet_simulator import CabinetSimulator
from hub_cabinet import Cabinet

from hub.testing.crm_contract import CRMContract


class TestCabinet(CRMContract):
    crm = Cabinet
    simulator = CabinetSimulator
    fields = {"name": "Ana Example"}
    refused = {"colour": "plaid"}
    wrong = {"token": "a-token-nobody-gave"}

    def remove(self, platform, record):
        platform.remove(record)
