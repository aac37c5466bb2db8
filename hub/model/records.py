"""The CRM's side: records, and the link between a person and his record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from hub.model.people import Identity

LinkState = Literal["unread", "creating", "linked", "ambiguous", "gone", "archived"]
"""`unread` the first read is not finished · `creating` an upsert is on its way · `linked` · `ambiguous` two or more
records own the same key: log to the one chosen, propose a review, create none · `gone` vanished, look again ·
`archived` deleted with evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A CRM contact as the adapter read it. `identities` are already normalised; times in ms."""

    id: str
    identities: tuple[Identity, ...]
    key: str = ""  # the hub's own unique key on the record, if it stands there
    name: str = ""
    owner: str = ""
    created: int = 0
    modified: int = 0
    archived: bool = False
    merged: tuple[str, ...] = ()  # ids of records merged into this one
    fields: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def load(data: Mapping[str, Any]) -> Record:
        """From the plain data that the journal keeps."""
        values = dict(data)
        values["identities"] = tuple(Identity(*i) for i in values["identities"])
        values["merged"] = tuple(values["merged"])
        return Record(**values)


ObjectType = Literal["contact", "company", "deal", "ticket", "task", "note"]


class Ref(NamedTuple):
    """A record of a CRM by type and id."""

    type: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmObject:
    """A record beside the contacts, as the hub keeps it for context and routing. Times in ms, 0 = none.

    `stage` is the CRM's own name of the step a deal or ticket stands at, `closed` whether that step ends it, `contacts`
    the ids of the contact records it belongs to, `due` when a task is due.
    """

    type: ObjectType
    id: str
    title: str = ""
    stage: str = ""
    closed: bool = False
    owner: str = ""
    amount: str = ""
    due: int = 0
    modified: int = 0
    contacts: tuple[str, ...] = ()
    archived: bool = False
    fields: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def load(data: Mapping[str, Any]) -> CrmObject:
        """From the plain data that the journal keeps."""
        return CrmObject(**{**data, "contacts": tuple(data["contacts"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A user of the CRM. `email` in small letters is who he is in every CRM and in the hub; "" = not known."""

    id: str
    name: str = ""
    email: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """A contact record that is no longer there, with evidence of why.

    `into` is the record it was merged into, or that a lead was converted to; "" = deleted (it may be restored).
    `erased`: removed for privacy. `told`: the CRM says so itself; else an answer that should hold the record only
    leaves it out, as it does with one that is hidden: that counts when a second reading does not find it either.
    """

    record: str
    into: str = ""
    erased: bool = False
    told: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A reply that an agent wrote in the CRM and set to "send": on a task or on the contact itself.

    `id` of that record, `contact` the contact record it is for, `text` what to say, `agent` the CRM user (owner id or
    name). It counts once: until the hub wrote its outcome back, the same record asks nothing new. Without a `text` or a
    `contact` it is told there that it cannot be sent.
    """

    type: Literal["task", "contact"]
    id: str
    contact: str
    text: str
    agent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectWrite:
    """One record beside the contacts to create (`record` "") or to change.

    `key` is the hub's unique id of it, kept on a created record so that a lost answer can be settled; `doubtful` as in
    `LogEntry`, `elsewhere` too. Empty values are left alone. `reply_status` (sending, sent, failed) and `reply_result`
    (one sentence) are what became of an `Answer`; then `type` and `record` are the answer's own, contact records
    included.
    """

    outbox: int
    type: ObjectType
    key: str
    record: str = ""
    contact: str = ""
    title: str = ""
    body: str = ""
    stage: str = ""
    owner: str = ""
    priority: Literal["", "low", "medium", "high"] = ""
    due: int = 0
    done: bool = False
    reply_status: str = ""
    reply_result: str = ""
    doubtful: bool = False
    since: int = 0
    elsewhere: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileWrite:
    """One stored file to put into the CRM's own files. `path` is a local file, `key` names it in the hub."""

    outbox: int
    key: str
    path: str
    name: str
    mime: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One message within a logged session."""

    direction: Literal["in", "out"]
    author: str
    text: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonWrite:
    """One person to create or update in the CRM.

    `record` is set for a linked person (always written by record id); else the adapter upserts by `key`, the hub's
    unique identity key. `fields` are CRM field names and values as the mapping made them, in the form of `FieldType`;
    an empty one blanks its field. `expected` is what the hub saw last in some of these fields: it looks once more
    before it calls `upsert`, and rows that no longer fit do not come.
    """

    outbox: int
    key: str
    record: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    expected: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One message to stand in the CRM under `record`, once.

    `message` is the hub's unique id of it and must be kept on the logged record. `at` (ms) already carries the
    tie-break: later messages of a person have later times. `doubtful`: an earlier attempt got no answer; look whether
    it stands there before writing it. `since` (ms): it was not tried before, so a record made earlier is another one.
    `elsewhere`: the person's record by now, where that is another one (a merge moves what stood under the old one): a
    doubtful entry is looked for there too.

    `logged` is the id of the record where it stands already: then that record is changed instead (the text was edited,
    a file arrived, the session grew). `lines` are the messages of a session, in order: one record shows them all, and
    `text` is not used. `files` are ids of the CRM's own files, `links` (name, address) of files kept by the hub.
    `deleted`: its writer, or that of one of the lines, took it back: no other files than `files` may stay beside it.
    """

    outbox: int
    message: str
    record: str
    direction: Literal["in", "out"]
    channel: str
    author: str
    text: str
    at: int
    sequence: int
    owner: str = ""
    doubtful: bool = False
    since: int = 0
    elsewhere: str = ""
    logged: str = ""
    lines: tuple[LogLine, ...] = ()
    files: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    deleted: bool = False
