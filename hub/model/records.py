"""The CRM's side: records, and the link between a person and his record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

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


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonWrite:
    """One person to create or update in the CRM.

    `record` is set for a linked person (always written by record id); else the adapter upserts by `key`, the hub's
    unique identity key. `fields` are CRM field names and values as the mapping made them.
    """

    outbox: int
    key: str
    record: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One message to stand in the CRM under `record`, once.

    `message` is the hub's unique id of it and must be kept on the logged record. `at` (ms) already carries the
    tie-break: later messages of a person have later times. `doubtful`: an earlier attempt got no answer; look whether
    it stands there before writing it. `since` (ms): it was not tried before, so a record made earlier is another one.
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
