"""What follows from events, for the rules and for plugins that listen: raised in a step. All times are ms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from hub.model.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened(Event):
    """Something happened to a person, that rules may act on. `person` and `conversation` are the hub's ids, 0 = none.

    `depth` counts the events of this family that it follows from: a rule that causes itself comes to an end.
    """

    person: int
    conversation: int = 0
    depth: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmChange(Happened):
    """A value that a person's record, or one beside it, has anew in a CRM, by somebody else than the hub: for rules.

    `record` is whose it is, of which `type`, `field` the CRM's name of it, `before` and
    `after` its values there; of `deal.stage` the labels, of `owner.changed` the e-mail addresses where they are known.
    """

    crm: str
    type: str
    record: str
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChanged(CrmChange):
    """A field that the mapping names has another value."""

    kind: ClassVar[str] = "record.changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class DealStage(CrmChange):
    """A deal moved to another stage."""

    kind: ClassVar[str] = "deal.stage"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerChanged(CrmChange):
    """A person or a record beside him has another owner."""

    kind: ClassVar[str] = "owner.changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDone(CrmChange):
    """A task was completed."""

    kind: ClassVar[str] = "task.done"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSent(Happened):
    """A message left: `message` is the hub's number of it, `by` a rule's name or an agent's, `cls` its class, `origin`
    the journal number of the event that it answers."""

    kind: ClassVar[str] = "message.sent"
    message: int
    by: str
    cls: str
    origin: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRead(Happened):
    """The person opened a message of the hub; fields as in `MessageSent`."""

    kind: ClassVar[str] = "message.read"
    message: int
    by: str
    cls: str
    origin: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TagAdded(Happened):
    """The person has a tag now; `by` a rule's name, an agent's, or `derived`."""

    kind: ClassVar[str] = "tag.added"
    tag: str
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagRemoved(Happened):
    """The person has a tag no more; `by` as in `TagAdded`, or `expired`, or `replaced`."""

    kind: ClassVar[str] = "tag.removed"
    tag: str
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagDue(Happened):
    """A tag's reminder or review date came."""

    kind: ClassVar[str] = "tag.due"
    tag: str
    what: Literal["remind", "review"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyDue(Happened):
    """The clock of an inquiry ran out before somebody answered: `step` 1 = missed, 2 = the owner is still silent."""

    kind: ClassVar[str] = "reply.due"
    inquiry: int
    priority: str
    owner: str
    step: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryChanged(Happened):
    """An inquiry opened, was snoozed, closed or reopened, or got another priority or owner: `what` says which."""

    kind: ClassVar[str] = "inquiry.changed"
    inquiry: int
    what: Literal["opened", "snoozed", "closed", "reopened", "priority", "owner"]
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerRang(Happened):
    """A timer that a rule armed by `name` fired."""

    kind: ClassVar[str] = "timer.rang"
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated(Happened):
    """The person rated an answer of `of` (a rule or an agent): `score` 0 to 100."""

    kind: ClassVar[str] = "rated"
    score: int
    of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageClassified(Happened):
    """A plugin said what a message means: label -> how sure, 0 to 1. `origin` is the journal number of the message,
    `text` and `provider_id` are its own."""

    kind: ClassVar[str] = "message.classified"
    origin: int
    text: str
    provider_id: str
    intents: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignDue(Happened):
    """It is this person's turn in a campaign."""

    kind: ClassVar[str] = "campaign.due"
    campaign: str
    run: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Happened):
    """Somebody is to be told at once: for plugins that deliver notices. `to` is an agent's or a team's name, "" =
    whoever is there; `text` one sentence; `context` what is known, a line each: who, tags, inquiry, last messages."""

    kind: ClassVar[str] = "notice"
    to: str
    text: str
    context: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryOpened(Event):
    """A conversation opened or reopened: derived in the step for plugins, never queued itself.

    `at` and `text` are of the message that opened it; `person` and `conversation` are the hub's ids.
    """

    kind: ClassVar[str] = "inquiry.opened"
    inbox: str
    person: int
    name: str
    text: str
    conversation: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageToClassify(Event):
    """A message whose topic the rules ask for: derived in the step for classifiers, never queued itself.

    `labels` are the topics' names that are asked for, empty = all that the classifier knows. `language` is the
    person's, "" = not known; `context` are further texts by name, for those classifiers that can use them.
    """

    kind: ClassVar[str] = "message.classify"
    person: int
    conversation: int
    text: str
    labels: tuple[str, ...] = ()
    language: str = ""
    context: Mapping[str, str] = field(default_factory=dict)
