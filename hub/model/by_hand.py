"""What agents do, as events: through the command line, the console, the CRM. All times are ms since 1970 UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from hub.model.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanReplied(Event):
    """An agent answers a person through the hub: `person` is an id or an identity string.

    `reply_to` is the platform's id of a message with that person: the answer quotes it (a reaction is about it) and
    goes into its conversation; "" = into the one used last.
    """

    kind: ClassVar[str] = "human.replied"
    person: str
    text: str
    agent: str = "agent"
    content: Mapping[str, Any] = field(default_factory=dict)  # of hub.model.content.Content; empty = plain text
    reply_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseChanged(Event):
    """An agent pauses (`until` > 0) or releases (0) automation: all conversations of a `person`, one `conversation` by
    its number, one `rule`, or everything, where none of the three is named."""

    kind: ClassVar[str] = "pause.changed"
    person: str = ""
    until: int
    conversation: int = 0
    rule: str = ""
    agent: str = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationClaimed(Event):
    """An agent takes a person's conversations, or with `release` gives them back to the automation; `to` names another
    agent who is to have them. `person` as in `HumanReplied`."""

    kind: ClassVar[str] = "conversation.claimed"
    person: str
    release: bool = False
    to: str = ""
    agent: str = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class TagsEdited(Event):
    """An agent (or an import, or a derivation, as `agent` says) puts tags on a person or takes them off."""

    kind: ClassVar[str] = "tags.edited"
    person: str
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    agent: str = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryEdited(Event):
    """An agent changes the open inquiry of a person; what is empty stays.

    `state`: open (opens it again), snoozed until `until` (ms), closed with a `reason`. `owner` is an agent's name,
    `next_step` what is to be done by `until`. `hold` pauses its clock with a reason, "-" lets it run again.
    """

    kind: ClassVar[str] = "inquiry.edited"
    person: str
    state: Literal["", "open", "snoozed", "closed"] = ""
    until: int = 0
    reason: str = ""
    owner: str = ""
    priority: str = ""
    next_step: str = ""
    hold: str = ""
    agent: str = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRecorded(Event):
    """A person's consent to be written to for a purpose (market, ...), given or withdrawn, and where it stands."""

    kind: ClassVar[str] = "consent.recorded"
    person: str
    purpose: str
    given: bool
    evidence: str
    agent: str = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignChanged(Event):
    """An agent starts or stops a campaign of the configuration."""

    kind: ClassVar[str] = "campaign.changed"
    campaign: str
    action: Literal["start", "stop"]
    agent: str = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityMoved(Event):
    """An agent says whose an identity (kind:scope:key) is from now on: `person` is an id or another identity of his."""

    kind: ClassVar[str] = "identity.moved"
    identity: str
    person: str
    agent: str = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadHandled(Event):
    """An agent retries or drops dead letters or uncertain sends."""

    kind: ClassVar[str] = "dead.handled"
    ids: tuple[int, ...]
    action: Literal["retry", "drop"]
    agent: str = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEdited(Event):
    """An agent changes a deal, ticket or task of a CRM through the hub. What is empty stays; `done` closes it."""

    kind: ClassVar[str] = "record.edited"
    crm: str
    type: Literal["deal", "ticket", "task"]
    record: str
    stage: str = ""
    owner: str = ""
    done: bool = False
    agent: str = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonEdited(Event):
    """An agent changes values of a person in the hub; "" empties one. `values`: phone, email, name, language, owner (an
    agent's e-mail), or the name of a further attribute. `person` as in `HumanReplied`."""

    kind: ClassVar[str] = "person.edited"
    person: str
    values: Mapping[str, str]
    agent: str = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictDecided(Event):
    """An agent says which value of a conflict stays: the `hub`'s or the `crm`'s; also the one that lost, restored."""

    kind: ClassVar[str] = "conflict.decided"
    conflict: int
    keep: Literal["hub", "crm"]
    agent: str = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingApplied(Event):
    """An agent makes a mapping file the next version of a CRM's mapping. `text` is the whole file.

    It is tried with `trial` people first (0 = at once); more refused rows than `limit` (a share) of them, and the
    version before stays. `reapply` writes everybody again whose record an abandoned version wrote.
    """

    kind: ClassVar[str] = "mapping.applied"
    crm: str
    text: str
    note: str = ""
    trial: int = 50
    limit: float = 0.1
    reapply: bool = False
    agent: str = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationApplied(Event):
    """An agent makes a hub.toml the next version of the configuration. `text` is the whole file.

    Its rules and texts run from the next step on; its other tables are taken when a process starts.
    """

    kind: ClassVar[str] = "configuration.applied"
    text: str
    note: str = ""
    agent: str = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftSwept(Event):
    """Links were compared with what stands in the CRM. `links` were looked at, `whole`: all of them; `after` is the
    last one. `counts`: differences by kind. `repair` names records that are to be read again, and so brought in order,
    and `keys` those whose key of the hub is to be written. `more`: a further event tells the rest of it."""

    kind: ClassVar[str] = "drift.swept"
    crm: str
    links: int
    after: int
    whole: bool
    counts: Mapping[str, int] = field(default_factory=dict)
    repair: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    more: bool = False
    agent: str = "hub"


NamesPerson = (
    ConsentRecorded
    | ConversationClaimed
    | HumanReplied
    | IdentityMoved
    | InquiryEdited
    | PauseChanged
    | PersonEdited
    | TagsEdited
)
"""Those that are about a person whom they name."""
