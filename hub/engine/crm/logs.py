"""Messages as they are to stand in a CRM, taken together in one lease: each alone, or those of a session in one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from hub.engine.crm.parts import SessionRows, sessions, size_of
from hub.engine.line import Line
from hub.mapping import body_of
from hub.model.content import PLAIN, Content
from hub.model.records import LogEntry, LogLine
from hub.store import crm as shelves
from hub.store.rows import LinkRow, MessageRow, OutboxRow, PersonRow
from hub.store.workspace import Workspace

NAMED = 100
"""Characters of a file's name that are shown."""


class Logs:
    """`look` first, then `add` each row whose link is ready; `entries` gives what is to be written."""

    def __init__(self, line: Line, crm: str, work: Workspace) -> None:
        self._line, self._crm, self._work = line, crm, work
        self._sessions = line.config.crms[crm].log_mode == "session"
        self._room = line.config.crms[crm].adapter.capabilities.body_max
        self._logged: dict[int, str] = {}  # message -> the record where it stands
        self._files: dict[int, list[str]] = {}  # message -> files of the CRM
        self._links: dict[int, list[tuple[str, str]]] = {}  # message -> names and addresses of its files in the hub
        self._answers: set[int] = set()
        self._about: dict[tuple[int, str], str] = {}  # (conversation, platform's id) -> text
        self._first: dict[int, OutboxRow] = {}  # message -> the row of this lease that writes it for the first time
        self._ready: list[tuple[OutboxRow, LinkRow, PersonRow]] = []

    def look(self, rows: Sequence[OutboxRow]) -> None:
        """Read what the rows need, in a few queries for all of them."""
        work = self._work
        if self._sessions:
            running = {m.session for row in rows if (m := work.messages.get(row.message)) is not None and m.session}
            work.messages.fetch_by("session", running, "AND session>0")
            ids = [message.id for message in work.messages.rows.values() if message.session]
            work.outbox.fetch_by("message", ids, "AND message>0 AND kind='log' AND target=?", (self._crm,))
        messages = list(work.messages.rows.values())
        again = {row.message for row in rows if row.rule != "log"} | {m.id for m in messages if m.content or m.session}
        if self._line.config.crms[self._crm].attachments == "upload":  # its files may stand there before it does
            again |= {message.id for message in messages}
        for message, kind, record in shelves.standing(work.db, self._crm, sorted(again)):
            if kind == "file":
                self._files.setdefault(message, []).append(record)
            else:
                self._logged[message] = record
        if self._line.config.crms[self._crm].attachments == "link":
            for file in work.media.fetch_by("message", [m.id for m in messages if not m.deleted], "ORDER BY id"):
                if file.state in ("pending", "stored"):
                    link = (file.name[:NAMED] or file.kind, self._line.link(file.id, work.now))
                    self._links.setdefault(file.message, []).append(link)
        self._answers = shelves.answering(work.db, [m.id for m in messages if m.author == "agent"])
        answered = {message.reply_to for message in messages if message.reply_to}
        for found in work.messages.fetch_by("provider_id", answered, "AND provider_id<>''"):
            self._about[found.conversation, found.provider_id] = (
                "" if found.deleted else found.text or f"[{found.form}]"
            )

    def add(self, row: OutboxRow, link: LinkRow, person: PersonRow) -> None:
        """A row that may be written now."""
        if self._work.messages.get(row.message) is None:
            row.end("dead", "its message is gone")
        else:
            self._ready.append((row, link, person))

    def entries(self) -> Iterator[tuple[OutboxRow, LogEntry]]:
        """What to write, with the row it is written for; rows that need no call are ended."""
        grouped: dict[tuple[int, int], list[tuple[OutboxRow, LinkRow, PersonRow]]] = {}  # in a group: each his own
        for row, link, person in self._ready:
            message = self._work.messages.rows[row.message]
            if self._sessions and message.session and message.id not in self._logged:
                grouped.setdefault((message.session, message.person), []).append((row, link, person))
            elif self._wanted(row, message):
                if not row.doubt or not row.record:  # in doubt it is looked for, and stands, where it was tried
                    row.record = link.record
                yield row, self._message(row, message, link, person)
        for (session, whose), group in grouped.items():
            rows = [row for row, _, _ in group]
            _, link, person = group[0]
            mine = [m for m in self._work.messages.rows.values() if (m.session, m.person) == (session, whose)]
            sizes = {m.id: size_of(self._author(m, person), self.text(m), len(self._links.get(m.id, ()))) for m in mine}
            for part in sessions(session, rows, sizes, self._room, self._work, self._line.version):
                yield part.lead, self._session(part, link, person)

    def _wanted(self, row: OutboxRow, message: MessageRow) -> bool:
        if row.rule == "log" and message.id not in self._logged:
            self._first[message.id] = row
            return True
        if message.id in self._logged:
            return True
        first = self._first.get(message.id)
        if first is None:
            row.end("dropped", "the message does not stand in the CRM")
        elif not first.doubt:
            row.end("dropped", f"command {first.id} writes it as it is now")
        return False  # in doubt: it waits until it is known where the message stands

    def text(self, message: MessageRow) -> str:
        """The body to show."""
        held = json.loads(message.content) if message.content else {}
        return body_of(
            Content.load(held) if held else PLAIN,
            message.form,
            message.text,
            about=self._about.get((message.conversation, message.reply_to), ""),
            edited=bool(message.edited),
            deleted=bool(message.deleted),
            failed=message.direction == "out" and message.status == "failed",
            reason=message.reason,
            payload=str(held.get("payload", "")),
            referral=held.get("referral"),
        )

    def _author(self, message: MessageRow, person: PersonRow) -> str:
        return person.name if message.author == "person" else message.agent or message.author

    def _name(self, message: MessageRow) -> str:
        """Its name in the CRM. What came in is named by the platform's id of it: a hub that was restored from a backup
        and hears it again, under another number, finds what stands there already."""
        talk = self._work.conversations.get(message.conversation)
        if talk is not None and message.provider_id and (message.direction == "in" or message.agent == "phone"):
            return f"{self._line.tag}-i{shelves.heard_name(talk.inbox, message.provider_id)}"
        return f"{self._line.tag}-{message.id}"

    def _channel(self, message: MessageRow) -> str:
        talk = self._work.conversations.get(message.conversation)
        inbox = self._line.config.inboxes.get(talk.inbox) if talk is not None else None
        return self._line.config.connections[inbox.connection].channel.name if inbox else ""

    def _message(self, row: OutboxRow, message: MessageRow, link: LinkRow, person: PersonRow) -> LogEntry:
        return LogEntry(
            outbox=row.id,
            message=self._name(message),
            record=row.record,
            direction="in" if message.direction == "in" else "out",
            channel=self._channel(message),
            author=self._author(message, person),
            text=self.text(message),
            at=message.at,
            sequence=message.id,
            owner=(message.agent if message.id in self._answers else "") or link.owner,
            doubtful=bool(row.doubt),
            since=row.created,
            elsewhere=link.record if link.record != row.record else "",
            logged=self._logged.get(message.id, ""),
            files=() if message.deleted else tuple(self._files.get(message.id, ())),
            links=tuple(self._links.get(message.id, ())),
            deleted=bool(message.deleted),
        )

    def _session(self, part: SessionRows, link: LinkRow, person: PersonRow) -> LogEntry:
        row, messages = part.lead, [self._work.messages.rows[number] for number in part.lines]
        if not row.doubt or not row.record:
            row.record = link.record
        lines = tuple(
            LogLine(
                direction="in" if message.direction == "in" else "out",
                author=self._author(message, person),
                text=self.text(message),
                at=message.at,
            )
            for message in messages
        )
        return LogEntry(
            outbox=row.id,
            message=f"{self._line.tag}-{part.key}",
            record=row.record,
            direction="in",
            channel=self._channel(messages[0]),
            author=person.name,
            text="",
            at=messages[0].at,
            sequence=part.key,
            owner=link.owner,
            doubtful=bool(row.doubt),
            since=row.created,
            elsewhere=link.record if link.record != row.record else "",
            logged=part.logged,
            lines=lines,
            files=tuple(file for m in messages if not m.deleted for file in self._files.get(m.id, ())),
            links=tuple(link for m in messages for link in self._links.get(m.id, ())),
            deleted=any(m.deleted for m in messages),
        )
