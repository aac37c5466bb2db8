"""Setting HubSpot up: the hub's properties where the settings need them, and what the token lacks."""

from __future__ import annotations

import pytest

from hub.contracts.errors import AuthFailed
from hub_hubspot import scopes

EVERYTHING = {"objects": ("company", "deal", "ticket", "task"), "answers": True}


@pytest.mark.parametrize(
    ("settings", "kinds"),
    [
        ({}, {"tasks"}),
        ({"objects": ()}, set()),
        ({"objects": (), "answers": True}, {"tasks"}),
        (EVERYTHING, {"tasks", "tickets", "deals"}),
    ],
)
def test_only_what_the_settings_use_is_asked_for_and_once(portal, settings, kinds):
    async def scenario(sim, do, crm):
        first = await do(crm.ensure)
        assert sim.calls.pop("account-info/v3/details") == 1
        sim.calls.clear()
        second = await do(crm.ensure)
        assert all(f.ok for f in [*first, *second])
        assert len(first) == len(second)
        assert sim.calls == {f"properties/{kind}": 1 for kind in {"contacts", "communications", "notes"} | kinds}
        unique = {
            kind: p for kind, p in sim.portal.properties.items() if any(one["hasUniqueValue"] for one in p.values())
        }
        made = {"tasks", "tickets", "deals"} if "ticket" in settings.get("objects", ()) else set()
        made |= {"tasks"} if "task" in settings.get("objects", ("task",)) else set()
        assert set(unique) == {"contacts"} | made

    portal(scenario, bare=True, settings=settings)


def test_agents_get_the_reply_properties(portal):
    async def scenario(sim, do, crm):
        await do(crm.ensure)
        for kind in ("contacts", "tasks"):
            there = sim.portal.properties[kind]
            assert there["hub_reply_text"]["fieldType"] == "textarea"
            states = [option["value"] for option in there["hub_reply_status"]["options"]]
            assert states == ["draft", "send", "sending", "sent", "failed"]
            assert there["hub_reply_result"]["type"] == "string"
        assert "hub_reply_text" not in sim.portal.properties["tickets"]

    portal(scenario, bare=True, settings=EVERYTHING)


def test_properties_that_stand_there_are_not_touched(portal):
    async def scenario(sim, do, crm):
        sim.portal.properties["contacts"]["hub_identity_key"]["hasUniqueValue"] = False
        sim.portal.properties["tasks"]["hub_object_key"]["hasUniqueValue"] = False
        findings = await do(crm.ensure)
        (wrong,) = [f for f in findings if not f.ok]
        assert "hub_identity_key" in wrong.what
        assert wrong.remedy

    portal(scenario)


def test_where_unique_values_are_not_taken_the_key_is_plain(portal):
    async def scenario(sim, do, crm):
        for n in range(10):
            sim.portal.properties["tasks"][f"taken_{n}"] = {"name": f"taken_{n}", "hasUniqueValue": True}
        assert all(f.ok for f in await do(crm.ensure))
        assert sim.portal.properties["tasks"]["hub_object_key"]["hasUniqueValue"] is False

    portal(scenario, bare=True)


def test_a_missing_scope_for_tickets_is_a_finding(portal):
    async def scenario(sim, do, crm):
        sim.granted.discard("tickets")
        findings = await do(crm.ensure)
        (wrong,) = [f for f in findings if not f.ok]
        assert "tickets" in wrong.what
        assert "objects" in wrong.remedy
        assert "hub_object_key" in sim.portal.properties["deals"]

    portal(scenario, bare=True, settings=EVERYTHING)


def test_communications_without_files_are_told(portal):
    async def scenario(sim, do, crm):
        sim.portal.properties["communications"].pop("hs_attachment_ids")
        findings = await do(crm.ensure)
        assert all(f.ok for f in findings)
        assert any("carry no files" in f.what for f in findings)

    portal(scenario, bare=True)


def test_probe_names_each_scope_that_is_missing(portal):
    async def scenario(sim, do, crm):
        assert all(f.ok for f in await do(crm.probe))
        assert set(sim.calls) == {"oauth/v2/private-apps/get/access-token-info", "contacts", "communications", "notes"}
        sim.granted -= {"files", "crm.objects.deals.write"}
        wrong = [f for f in await do(crm.probe) if not f.ok]
        assert [f.what.rpartition(" ")[2] for f in wrong] == ["crm.objects.deals.write", "files"]
        assert all(f.remedy for f in wrong)

    portal(scenario, settings=EVERYTHING)


def test_scopes_follow_the_settings():
    assert set(scopes.needed(())) < set(scopes.needed(("deal",))) < set(scopes.needed(("deal", "ticket")))
    assert scopes.needed(()) == scopes.needed(("task",))


def test_probe_with_a_wrong_token(portal):
    async def scenario(sim, do, crm):
        old, sim.token = sim.token, "pat-renewed"
        findings = await do(crm.probe)
        assert not any(f.ok for f in findings)
        assert findings[0].remedy
        assert not any(old in f"{f}" for f in findings)
        with pytest.raises(AuthFailed):
            await do(crm.describe)

    portal(scenario)
