"""What may come from outside of tags, consents and campaigns, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from hub.engine.human_events import Refusal, human_event
from hub.model.by_hand import CampaignChanged, ConsentRecorded, TagsEdited

USUAL = {"key": "k", "at": 1, "agent": "Eve"}
TAGS = {"kind": "tags.edited", "person": "p1", "add": ["vip"], "remove": ["new"], **USUAL}
CONSENT = {"kind": "consent.recorded", "person": "p1", "purpose": "market", "given": True, "evidence": "form", **USUAL}
CAMPAIGN = {"kind": "campaign.changed", "campaign": "spring", "action": "start", **USUAL}


@pytest.mark.parametrize(
    ("given", "cls"), [(TAGS, TagsEdited), (CONSENT, ConsentRecorded), (CAMPAIGN, CampaignChanged)]
)
def test_what_agents_say_is_taken(given: dict[str, Any], cls: type):
    assert type(human_event(given)) is cls


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (TAGS | {"person": "Ana"}, "a person is p and a number"),
        (TAGS | {"add": [], "remove": []}, "1 to 50 tags"),
        (TAGS | {"add": [f"t{number}" for number in range(51)]}, "1 to 50 tags"),
        (TAGS | {"add": ["two words"]}, "no name for a tag"),
        (TAGS | {"add": ["x" * 61]}, "no name for a tag"),
        (TAGS | {"add": ["new"]}, "both put on and taken off"),
        (CONSENT | {"purpose": "fun"}, "consent is for one of acknowledge, clarify"),
        (CONSENT | {"purpose": ""}, "consent is for one of"),
        (CONSENT | {"evidence": " "}, "names its evidence"),
        (CONSENT | {"person": ""}, "a person is p and a number"),
        (CAMPAIGN | {"campaign": ""}, "a campaign has a name"),
        (CAMPAIGN | {"action": "pause"}, "action"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(given: dict[str, Any], says: str):
    with pytest.raises(Refusal) as caught:
        human_event(given)
    assert says in str(caught.value)
