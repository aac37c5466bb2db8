"""Rows as the engine changes them: mutable, one class per table, fields in column order."""

from __future__ import annotations

from dataclasses import dataclass

from hub.model.records import LinkState


@dataclass(slots=True)
class PersonRow:
    """See table `people`."""

    id: int
    name: str
    language: str
    phone: str
    email: str
    channel: str
    opted_out: int
    created: int
    redirect: int = 0
    erased: int = 0
    attributes: str = ""
    paused_until: int = 0
    outreach: str = ""
    rhythm: str = ""


@dataclass(slots=True)
class ConversationRow:
    """See table `conversations`."""

    id: int
    key: str
    inbox: str
    person: int
    address: str
    state: str
    opened: int
    last_in: int = 0
    last_at: int = 0
    last_human: int = 0
    paused_until: int = 0
    said: str = ""
    fired: str = ""
    session: int = 0
    session_began: int = 0
    session_last: int = 0
    fallback: int = 0
    claimed: str = ""
    expects: str = ""
    asked: str = ""


@dataclass(slots=True)
class MessageRow:
    """See table `messages`."""

    id: int
    conversation: int
    person: int
    direction: str
    author: str
    agent: str
    form: str
    text: str
    provider_id: str
    reply_to: str
    at: int
    received: int
    status: str
    status_at: int
    reason: str
    event: int
    content: str = ""
    session: int = 0
    edited: int = 0
    deleted: int = 0


@dataclass(slots=True)
class EarlyRow:
    """See table `early`."""

    id: int
    inbox: str
    provider_id: str
    change: str
    text: str
    form: str
    changed: int
    at: int


@dataclass(slots=True)
class MediaRow:
    """See table `media`."""

    id: int
    message: int
    source: str
    account: str
    kind: str
    ref: str
    url: str
    mime: str
    name: str
    size: int
    sha256: str
    state: str = "pending"
    blob: str = ""
    due: int = 0
    attempts: int = 0
    reason: str = ""


@dataclass(slots=True)
class NewsRow:
    """See table `news`."""

    id: int
    at: int
    connection: str
    account: str
    topic: str
    subject: str
    text: str
    bad: int
    event: int


@dataclass(slots=True)
class ObjectRow:
    """See table `crm_objects`."""

    id: int
    crm: str
    type: str
    record: str
    title: str
    stage: str
    closed: int
    owner: str
    amount: str
    due: int
    modified: int
    fields: str


@dataclass(slots=True)
class AnswerRow:
    """See table `crm_answers`."""

    id: int
    crm: str
    type: str
    record: str
    message: int
    state: str
    outcome: str
    at: int
    told: int = 0
    asked: str = ""


@dataclass(slots=True)
class OutboxRow:
    """See table `outbox`."""

    id: int
    key: str
    kind: str
    target: str
    lane: int
    message: int
    conversation: int
    event: int
    rule: str
    cls: str
    state: str
    open: int
    due: int
    attempts: int
    doubt: int
    created: int
    started: int
    record: str
    reason: str
    body: str = ""

    def end(self, state: str, reason: str = "") -> None:
        """Nothing is left to do with it."""
        self.state, self.open, self.reason = state, 0, reason

    def wait(self, due: int, reason: str = "") -> None:
        """Try (again) at `due`."""
        self.state, self.open, self.due, self.reason = "waiting", 1, due, reason


@dataclass(slots=True)
class LinkRow:
    """See table `links`."""

    id: int
    person: int
    crm: str
    state: LinkState
    record: str = ""
    key: str = ""
    owner: str = ""
    also: str = "[]"
    made: int = 0
    since: int = 0
    reason: str = ""
    synced: str = ""
    mapping: int = 0
    missing: int = 0

    @property
    def ready(self) -> bool:
        """Messages can be logged under its record."""
        return self.state in ("linked", "ambiguous")


@dataclass(slots=True)
class ConflictRow:
    """See table `conflicts`."""

    id: int
    at: int
    person: int
    crm: str
    record: str
    field: str
    rule: str
    ours: str
    theirs: str
    kept: str
    state: str
    mapping: int = 0
    event: int = 0


@dataclass(slots=True)
class MappingRow:
    """See table `mappings`."""

    id: int
    crm: str
    at: int
    text: str
    hash: str
    agent: str
    note: str
    state: str
    ended: int = 0
    trial: str = ""
    reason: str = ""


@dataclass(slots=True)
class TimerRow:
    """See table `timers`."""

    id: int
    subject: str
    subject_id: int
    rule: str
    slot: str
    generation: int
    due: int
    armed: int
    about: str = ""


@dataclass(slots=True)
class DeadRow:
    """See table `dead`."""

    id: int
    kind: str
    ref: int
    person: int
    cause: str
    at: int
    state: str = "open"
    handled: int = 0


@dataclass(slots=True)
class DecisionRow:
    """See table `decisions`."""

    id: int
    event: int
    at: int
    version: int
    person: int
    conversation: int
    because: str
    record: str = ""


@dataclass(slots=True)
class InquiryRow:
    """See table `inquiries`."""

    id: int
    person: int
    conversation: int
    state: str
    opened: int
    first: int = 0
    ended: int = 0
    reopened: int = 0
    changed: int = 0
    reason: str = ""
    waits_for: str = "us"
    until: int = 0
    plan: str = ""
    priority: str = ""
    named: int = 0
    owner: str = ""
    assigned: int = 0
    reply_by: int = 0
    clock: str = ""
    answered: int = 0
    worked: int = 0
    answered_by: str = ""
    context: str = ""
    silence: str = ""
    nudges: int = 0


@dataclass(slots=True)
class TagRow:
    """See table `person_tags`."""

    id: int
    person: int
    tag: str
    since: int
    until: int
    by_whom: str


@dataclass(slots=True)
class ConsentRow:
    """See table `consents`."""

    id: int
    person: int
    purpose: str
    given: int
    at: int
    evidence: str
    by_whom: str
