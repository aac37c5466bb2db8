"""The fields of people, and the hub's own: made where they are missing, never hidden from the admin."""

from __future__ import annotations

import pytest

from hub_salesforce.paths import CASE, CONTACT, KEY, LEAD, MESSAGE, OBJECT_KEY, REPLY_TEXT, TASK
from hub_salesforce.simulator_calls import Refusal
from hub_salesforce.simulator_org import Rejected


def test_what_is_missing_is_made_once_and_then_one_call_is_enough(organisation):
    async def scenario(sim, do, crm):
        first = await do(crm.ensure)
        assert first
        assert all(finding.ok for finding in first)
        made = [finding for finding in first if finding.what.endswith("(created now)")]
        assert len(made) == sim.calls["tooling/sobjects/CustomField"] > 10
        for kind, name in ((CONTACT, KEY), (LEAD, KEY), (TASK, MESSAGE), (CASE, OBJECT_KEY), (TASK, REPLY_TEXT)):
            field = next(f for f in sim.org.describe(kind)["fields"] if f["name"] == name)
            assert field["externalId"] == field["unique"] == (name != REPLY_TEXT)
        sim.calls.clear()
        again = await do(crm.ensure)
        assert len(again) == len(first)
        assert all(finding.ok and not finding.what.endswith("(created now)") for finding in again)
        assert sum(sim.calls.values()) <= 2

    organisation(scenario, bare=True, settings={"answers": True})


def test_a_start_costs_few_calls(organisation):
    async def scenario(sim, do, crm):
        await do(crm.ensure)
        sim.calls.clear()
        fresh = type(crm)(crm.settings)
        await do(fresh.ensure)
        assert sim.calls.pop("login") == 1
        assert sum(sim.calls.values()) <= 4

    organisation(scenario)


def test_fields_the_user_may_not_make_are_told_with_a_remedy(organisation):
    async def scenario(sim, do, crm):
        sim.customize = False
        findings = await do(crm.ensure)
        assert findings
        assert not any(finding.ok for finding in findings)
        assert all("Setup" in finding.remedy for finding in findings)
        assert f"Contact has the field {KEY}" in findings[0].what

    organisation(scenario, bare=True)


def test_a_field_that_stands_but_is_hidden_or_no_key_is_told(organisation):
    async def scenario(sim, do, crm):
        plain = {"type": "Text", "label": "Hub key", "length": 64}
        sim.org.add_field(f"Lead.{KEY}", plain)
        described = sim.org.describe

        def hiding(kind):
            told = described(kind)
            return told | {"fields": [f for f in told["fields"] if (kind, f["name"]) != (CONTACT, KEY)]}

        sim.org.describe = hiding
        wrong = {finding.what: finding.remedy for finding in await do(crm.ensure) if not finding.ok}
        hidden, no_key = f"Contact has the field {KEY}, but the hub may not see it", f"Lead has the field {KEY}"
        assert wrong.keys() == {hidden, no_key}
        assert "permission set" in wrong[hidden]
        assert "external id" in wrong[no_key]
        assert len([f for f in await do(crm.ensure) if not f.ok]) == 2  # the same when it is asked again

    organisation(scenario, bare=True)


def test_the_schema_of_people(organisation):
    async def scenario(sim, do, crm):
        choices = [{"fullName": name, "label": name, "default": False} for name in ("Gold", "Tin")]
        values = {"restricted": True, "valueSetDefinition": {"sorted": False, "value": choices}}
        sim.org.add_field("Contact.Class__c", {"type": "Picklist", "label": "Class", "valueSet": values})
        fields = (await do(crm.describe)).fields
        assert fields["LastName"].required
        assert not fields["FirstName"].required
        assert not fields["OwnerId"].required
        assert fields["LastName"].max_length == 80
        assert fields["Id"].read_only
        assert fields["CreatedDate"].read_only
        assert fields["CreatedDate"].type == "datetime"
        assert fields["Email"].type == "email"
        assert fields["MobilePhone"].type == "phone"
        assert fields["AccountId"].type == "reference"
        assert fields["Birthdate"].type == "date"
        assert fields["HasOptedOutOfEmail"].type == "bool"
        assert fields["Class__c"].type == "choice"
        assert fields["Class__c"].options == ("Gold", "Tin")
        assert fields["LeadSource"].options == ()  # a list that takes other values too
        assert fields[KEY].unique
        sim.org.add_field("Contact.Later__c", {"type": "Text", "label": "Later", "length": 9})
        assert (await do(crm.describe)).fields["Later__c"].max_length == 9

    organisation(scenario)


def test_the_probe_reads_one_of_each_object(organisation):
    async def scenario(sim, do, crm):
        findings = await do(crm.probe)
        assert all(finding.ok for finding in findings)
        told = {finding.what for finding in findings}
        assert {"log in", "read Contact", "read Lead", "read Task", "read Case", "read Opportunity"} <= told
        assert sum(sim.calls.values()) == 2
        sim.log_ins.refuse = True
        sim.end_sessions()
        (refused,) = await do(crm.probe)
        assert not refused.ok
        assert "invalid_grant" in refused.what

    organisation(scenario)


@pytest.mark.parametrize(("new_person_as", "well"), [("contact", True), ("lead", False)])
def test_an_organisation_without_leads(organisation, new_person_as, well):
    async def scenario(sim, do, crm):
        described = sim.org.describe

        def without(kind):
            if kind == LEAD:
                raise Refusal(404, "NOT_FOUND", "The requested resource does not exist")
            return described(kind)

        sim.org.describe = without
        (told,) = (finding for finding in await do(crm.ensure) if LEAD.lower() in finding.what.lower())
        assert told.ok is well

    organisation(scenario, bare=True, settings={"new_person_as": new_person_as})


def test_activities_that_take_no_unique_values_get_a_plain_external_id(organisation):
    async def scenario(sim, do, crm):
        add = sim.org.add_field

        def refusing(full_name, metadata):
            if full_name.startswith("Activity.") and metadata.get("unique"):
                raise Rejected("FIELD_INTEGRITY_EXCEPTION", "Activities take no unique values")
            add(full_name, metadata)

        sim.org.add_field = refusing
        assert all(finding.ok for finding in await do(crm.ensure))
        field = next(f for f in sim.org.describe(TASK)["fields"] if f["name"] == MESSAGE)
        assert (field["externalId"], field["unique"]) == (True, False)

    organisation(scenario, bare=True)
