"""Rows for tests of the store, with invented values; and a store made empty again, which is cheaper than a new one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar

from hub.model.people import Identity
from hub.store import Store
from hub.store.dialects.database import Database
from hub.store.dialects.tables import tables
from hub.store.journal import Incoming
from hub.store.rows import ConversationRow, LinkRow, MessageRow, OutboxRow, PersonRow, TimerRow
from hub.store.workspace import Workspace

T = TypeVar("T")
How = Literal["alone", "beside"]
INBOX, CRM = "sales", "main"


def event(key: str, lane: str = "a", source: str = "meta", account: str = "1", body: bytes = b"{}") -> Incoming:
    """Something that happened."""
    return Incoming(source, account, key, lane, 1, 2, body)


def within(store: Store, how: How, work: Callable[[], T]) -> T:
    """Run `work` in a transaction of this kind."""
    if how == "beside":
        return store.beside(work)
    with store.transaction():
        return work()


def person(work: Workspace, name: str = "Ana", identity: str = "") -> PersonRow:
    """A new person, known by an identity if one is given."""
    row = work.people.add(PersonRow(work.people.next_id(), name, "en", "", "", "meta", 0, work.now))
    if identity:
        work.own(Identity.parse(identity), row.id, 1, "test")
    return row


def talk(work: Workspace, of: int, key: str) -> ConversationRow:
    """A new conversation with a person."""
    number = work.conversations.next_id()
    return work.conversations.add(ConversationRow(number, key, INBOX, of, key, "open", work.now))


def message(work: Workspace, of: int, conversation: int, text: str = "Hello", direction: str = "in") -> MessageRow:
    """A new message in a conversation."""
    number = work.messages.next_id()
    sides = (direction, "person" if direction == "in" else "bot", "", "text", text, f"m{number}", "")
    times = (work.now, work.now, "received" if direction == "in" else "queued", work.now)
    return work.messages.add(MessageRow(number, conversation, of, *sides, *times, "", 1))


def command(
    work: Workspace, of: int, kind: str = "send", *, due: int = 0, message: int = 0, conversation: int = 0
) -> OutboxRow:
    """Something to be done for a person, outside: a send, or a `person` or `log` for the CRM."""
    number = work.outbox.next_id()
    target = INBOX if kind == "send" else CRM
    head = (number, f"{number}:{kind}", kind, target, of, message, conversation, 1, "rule", "reply")
    return work.outbox.add(OutboxRow(*head, "waiting", 1, due, 0, 0, work.now, 0, "", ""))


def link(work: Workspace, of: int, record: str) -> LinkRow:
    """A person's record in the CRM."""
    return work.links.add(LinkRow(work.links.next_id(), of, CRM, "linked", record, f"key{of}"))


def timer(subject_id: int, due: int, rule: str = "pause", subject: str = "conversation") -> TimerRow:
    """A timer to arm, or to cancel with `due` 0."""
    return TimerRow(0, subject, subject_id, rule, "0", 1, due, 1 if due else 0)


def empty(db: Database) -> None:
    """Take every row out of every table, and let the numbers begin at 1 again."""
    with db.transaction():
        for table in tables().values():
            db.run(f"DELETE FROM {table.name}")  # noqa: S608 - our names
            if db.shared and table.numbered:
                db.rows("SELECT setval(?::regclass, 1, false)", (f"{table.name}_{table.numbered}_seq",))
        if not db.shared:
            db.run("DELETE FROM sqlite_sequence")
