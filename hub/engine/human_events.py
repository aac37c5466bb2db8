"""What a human may put into the line from outside, and what of it is refused: checked field by field. Pure."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError

from hub.engine.crm.drift import KINDS
from hub.mapping.facts import ATTR_NAME, RESERVED
from hub.model.by_hand import (
    CampaignChanged,
    ConfigurationApplied,
    ConflictDecided,
    ConsentRecorded,
    ConversationClaimed,
    DeadHandled,
    DriftSwept,
    HumanReplied,
    IdentityMoved,
    InquiryEdited,
    MappingApplied,
    PauseChanged,
    PersonEdited,
    RecordEdited,
    TagsEdited,
)
from hub.model.commands import Purpose
from hub.model.content import Content
from hub.model.events import Event
from hub.model.packing import pack
from hub.model.people import Identity
from hub.tags.files import NAME as TAG_NAME

HUMAN = (
    CampaignChanged,
    ConsentRecorded,
    TagsEdited,
    ConfigurationApplied,
    ConflictDecided,
    ConversationClaimed,
    DeadHandled,
    DriftSwept,
    HumanReplied,
    IdentityMoved,
    InquiryEdited,
    MappingApplied,
    PauseChanged,
    PersonEdited,
    RecordEdited,
)
TAKEN: dict[str, TypeAdapter[Any]] = {cls.kind: TypeAdapter(cls) for cls in HUMAN}
"""What a human may put into the line; everything else comes from where it happens."""
NAMES = {cls.kind: {f.name for f in fields(cls)} for cls in HUMAN}
TEXT_MAX = 100_000  # characters of an answer
MAPPING_MAX = 150_000  # characters of a mapping file
CONFIGURATION_MAX = 1_000_000  # characters of a hub.toml
NOTE_MAX = 1_000  # characters of why somebody does it
TRIAL_MAX = 10_000  # people of a trial
VALUE_MAX = 1_000  # characters of a person's value
TAGS_MAX = 50  # tags of one edit
PURPOSES = tuple(purpose for purpose in get_args(Purpose) if purpose)
VALUES_MAX = 100  # values of one edit
NAMED_MAX = 1_000  # records that one sweep names
NAME_MAX = 200  # characters of a key, of who does it, of a record's id
NUMBER_MAX = 1 << 53
EDITABLE = ("name", "name.first", "name.last", "phone", "email", "language", "owner")
NEED_TEXT = ("text", "buttons", "list")  # forms that say nothing without a text


class Refusal(ValueError):
    """A human's event that cannot be: `str()` is one sentence."""


def human_event(given: dict[str, Any]) -> Event:
    """A packed event as a human may cause it, checked field by field. Raises Refusal."""
    kind = given.get("kind")
    if kind not in TAKEN:
        raise Refusal(f"an event from outside is one of {', '.join(TAKEN)}")
    values = {name: value for name, value in given.items() if name != "kind"}
    if strange := sorted(values.keys() - NAMES[kind]):
        raise Refusal(f"{kind} has no field {strange[0]!r:.50}")
    try:
        event: Event = TAKEN[kind].validate_python(values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise Refusal(f"{kind}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    check_usual(event)
    if isinstance(event, ConversationClaimed | HumanReplied | IdentityMoved | InquiryEdited | PersonEdited):
        check_reference(event.person)
    if isinstance(event, IdentityMoved):
        check_identity(event.identity)
    if isinstance(event, HumanReplied):
        check_answer(event)
    if isinstance(event, PersonEdited):
        check_values(event)
    if isinstance(event, PauseChanged):
        check_pause(event)
    if isinstance(event, ConversationClaimed) and (len(event.to) > NAME_MAX or (event.release and event.to)):
        raise Refusal(
            f"who gets a conversation has up to {NAME_MAX} characters, and nobody gets one that is given back"
        )
    if isinstance(event, RecordEdited):
        check_edit(event)
    if isinstance(event, InquiryEdited):
        check_inquiry(event)
    if isinstance(event, TagsEdited):
        check_tags(event)
    if isinstance(event, ConsentRecorded):
        check_consent(event)
    if isinstance(event, CampaignChanged) and not 0 < len(event.campaign) <= NAME_MAX:
        raise Refusal("a campaign has a name")
    if isinstance(event, MappingApplied):
        check_mapping(event)
    if isinstance(event, ConfigurationApplied):
        check_configuration(event)
    if isinstance(event, ConflictDecided) and not 0 < event.conflict < NUMBER_MAX:
        raise Refusal("a conflict has a number from 1")
    if isinstance(event, DriftSwept):
        check_sweep(event)
    return event


def check_usual(event: Event) -> None:
    """Raise Refusal unless what all of them have is of a size that people write."""
    if not 0 < len(event.key) <= NAME_MAX or len(getattr(event, "agent", "")) > NAME_MAX:
        raise Refusal(f"an event has a key, and a key and an agent have up to {NAME_MAX} characters")
    if not 0 <= event.at < NUMBER_MAX:
        raise Refusal("an event happens after 1970")
    if isinstance(event, ConfigurationApplied | ConflictDecided | DriftSwept | MappingApplied | PersonEdited):
        try:
            json.dumps(pack(event), ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise Refusal("it holds half a character, which no store can keep") from None


def check_pause(event: PauseChanged) -> None:
    """Raise Refusal unless it names one thing, or nothing, and ends after 1970."""
    if not 0 <= event.until < NUMBER_MAX:
        raise Refusal("a pause ends after 1970")
    if sum(map(bool, (event.person, event.conversation, event.rule))) > 1:
        raise Refusal("a pause is of a person, a conversation, a rule, or of everything")
    if event.person:
        check_reference(event.person)
    if not 0 <= event.conversation < NUMBER_MAX or len(event.rule) > NAME_MAX:
        raise Refusal(f"a conversation has a number, a rule a name of up to {NAME_MAX} characters")


def check_sweep(event: DriftSwept) -> None:
    """Raise Refusal unless it names a CRM, counts from 0, and few enough records."""
    if not 0 < len(event.crm) <= NAME_MAX:
        raise Refusal("a sweep is of a CRM")
    if not all(0 <= number < NUMBER_MAX for number in (event.links, event.after, *event.counts.values())):
        raise Refusal("a sweep counts from 0")
    if strange := sorted(event.counts.keys() - KINDS):
        raise Refusal(f"a sweep finds {', '.join(sorted(KINDS))}, not {strange[0]!r:.50}")
    named = (*event.repair, *event.keys)
    if len(named) > NAMED_MAX or not all(0 < len(record) <= NAME_MAX for record in named):
        raise Refusal(f"a sweep names up to {NAMED_MAX} records by their ids")


def check_answer(event: HumanReplied) -> None:
    """Raise Refusal unless it says something that can be read again."""
    try:
        form = Content.load(event.content).form
    except (ValueError, KeyError) as error:
        raise Refusal(str(error)) from None
    if form == "reaction" and not event.reply_to:
        raise Refusal("a reaction names the message that it is about in reply_to")
    if len(event.text) > TEXT_MAX or (form in NEED_TEXT and not event.text.strip()):
        raise Refusal(f"an answer has 1 to {TEXT_MAX} characters")


def check_values(event: PersonEdited) -> None:
    """Raise Refusal unless each value has a name that a person can have, and a readable length."""
    if not 0 < len(event.values) <= VALUES_MAX:
        raise Refusal(f"1 to {VALUES_MAX} values can be changed")
    for name, value in event.values.items():
        if name not in EDITABLE and (name in RESERVED or not ATTR_NAME.fullmatch(name)):
            raise Refusal(f"a person has no value {name!r:.50}: {', '.join(EDITABLE)}, or a name of letters and digits")
        if len(value) > VALUE_MAX:
            raise Refusal(f"{name} has up to {VALUE_MAX} characters")


def check_edit(event: RecordEdited) -> None:
    """Raise Refusal unless it changes something that can be named."""
    if not (event.crm and event.record) or max(map(len, (event.crm, event.record, event.stage, event.owner))) > 200:
        raise Refusal("a record of a CRM is named by the CRM and its id, a stage and an owner by up to 200 characters")
    if not (event.stage or event.owner or event.done):
        raise Refusal("nothing is to be changed: give a stage, an owner or done")
    if event.stage and event.done:
        raise Refusal("a stage and done are two different ends")


def check_inquiry(event: InquiryEdited) -> None:
    """Raise Refusal unless it changes something, in a way that can be."""
    words = (event.reason, event.owner, event.priority, event.next_step, event.hold)
    if max(map(len, words)) > NAME_MAX:
        raise Refusal(f"what is said of an inquiry has up to {NAME_MAX} characters each")
    if not (event.state or any(words[1:])):
        raise Refusal("nothing is to be changed: give a state, an owner, a priority, a next step or a hold")
    if not 0 <= event.until < NUMBER_MAX:
        raise Refusal("an inquiry waits until a time after 1970")


def check_tags(event: TagsEdited) -> None:
    """Raise Refusal unless it names tags that a person can have."""
    check_reference(event.person)
    named = (*event.add, *event.remove)
    if not 0 < len(named) <= TAGS_MAX:
        raise Refusal(f"1 to {TAGS_MAX} tags can be changed at once")
    if strange := next((name for name in named if not TAG_NAME.fullmatch(name)), ""):
        raise Refusal(f"{strange!r:.80} is no name for a tag: letters, digits and - . : > +, up to 60 characters")
    if both := sorted({*event.add} & {*event.remove}):
        raise Refusal(f"the tag {both[0]} is both put on and taken off")


def check_consent(event: ConsentRecorded) -> None:
    """Raise Refusal unless it names a purpose that messages have, and where the consent stands."""
    check_reference(event.person)
    if event.purpose not in PURPOSES:
        raise Refusal(f"consent is for one of {', '.join(PURPOSES)}")
    if not 0 < len(event.evidence.strip()) <= NOTE_MAX:
        raise Refusal(f"consent names its evidence, in up to {NOTE_MAX} characters")


def check_mapping(event: MappingApplied) -> None:
    """Raise Refusal unless it is a file of a size that people write, tried in a way that can end."""
    if not (0 < len(event.crm) <= NAME_MAX and 0 < len(event.text) <= MAPPING_MAX and len(event.note) <= NOTE_MAX):
        raise Refusal(f"a mapping is of a CRM and has 1 to {MAPPING_MAX} characters, a note up to {NOTE_MAX}")
    if not (0 <= event.trial <= TRIAL_MAX and 0 <= event.limit <= 1):
        raise Refusal(f"a trial has 0 to {TRIAL_MAX} people and ends at a share of 0 to 1 refused")


def check_configuration(event: ConfigurationApplied) -> None:
    """Raise Refusal unless it is a file of a size that people write."""
    if not 0 < len(event.text) <= CONFIGURATION_MAX or len(event.note) > NOTE_MAX:
        raise Refusal(f"a configuration has 1 to {CONFIGURATION_MAX} characters, a note up to {NOTE_MAX}")


def check_reference(person: str) -> None:
    """Raise Refusal unless `person` is p and a number, or kind:scope:key."""
    if person[:1] == "p" and person[1:].isdecimal() and len(person) < 19:
        return
    check_identity(person)


def check_identity(text: str) -> None:
    """Raise Refusal unless it is kind:scope:key."""
    try:
        identity = Identity.parse(text)
    except ValueError:
        raise Refusal("a person is p and a number, or kind:scope:key") from None
    if not (identity.kind and identity.key):
        raise Refusal("a person is p and a number, or kind:scope:key")
