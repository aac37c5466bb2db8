"""The package as the hub finds it."""

from __future__ import annotations

import pluggy
import pytest
from pydantic import ValidationError

import hub_hubspot
from hub.contracts import hookspecs
from hub_hubspot.crm import HubSpot
from hub_hubspot.paths import endpoint
from hub_hubspot.simulator import HubSpotSimulator


def test_the_hooks_are_found():
    plugins = pluggy.PluginManager("hub")
    plugins.add_hookspecs(hookspecs)
    plugins.register(hub_hubspot)
    plugins.check_pending()
    assert [list(found) for found in plugins.hook.hub_crms()] == [[HubSpot]]
    assert [list(found) for found in plugins.hook.hub_simulators()] == [[HubSpotSimulator]]


@pytest.mark.parametrize("wrong", [{}, {"access_token": "t", "page": 101}, {"access_token": "t", "tokn": "x"}])
def test_settings_refuse_what_is_wrong(wrong):
    with pytest.raises(ValidationError):
        HubSpot.Settings(**wrong)


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("/crm/v3/objects/contacts/batch/upsert", "contacts/batch/upsert"),
        ("/crm/v3/objects/contacts?limit=1", "contacts"),
        ("/crm/v3/objects/contacts/512", "contacts"),
        ("/crm/v4/associations/contacts/notes/batch/read", "associations/contacts/notes/batch/read"),
        ("/crm/v3/properties/contacts", "properties/contacts"),
    ],
)
def test_labels_hold_no_ids(path, label):
    assert endpoint(path) == label
