"""What is left of an erased person where no row leads to him: found by his numbers and names, part by part.

The journal and the tables of reasons are walked once, from the oldest row to the event that erased him; where the walk
stands, and what it looks for, is one row among the cursors, gone at its end. What is still to be worked off is spared:
it belongs to somebody new.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from hub.identity import variants
from hub.model.happened import Happened
from hub.model.packing import HUB_EVENTS
from hub.model.people import Identity
from hub.store.changes import SET_CURSOR
from hub.store.dialects.database import Database
from hub.store.journal import Incoming
from hub.store.rows import PersonRow
from hub.store.workspace import Workspace
from hub.wire import json

PART = 1000
"""Rows that are looked at in one transaction,"""
BYTES = 2_000_000
"""and what they hold in all, about: the line waits for some tens of milliseconds."""
SHORTEST = 5
"""Characters that a number or a name of his must have to be looked for in what others caused."""
GONE = "(erased)"

NAMING = (
    *("human.replied", "pause.changed", "person.edited", "conversation.claimed", "tags.edited", "inquiry.edited"),
    "consent.recorded",
)
"""Kinds of events in which a human names a person."""
CHANGES = tuple(cls.kind for cls in HUB_EVENTS.values() if issubclass(cls, Happened))
"""Kinds of events about a person, by his number."""

TEXTS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("decisions", ("because", "record"), "person"),
    ("identity_events", ("identity", "evidence"), "person"),
    ("dead", ("cause",), "person"),
    ("links", ("reason",), "person"),
    ("news", ("text",), "0"),
    ("crm_objects", ("title", "fields"), "0"),
    ("outbox", ("reason", "body"), "lane"),
)
"""Tables whose texts may name him: table, columns, whose row it is."""


def _name(number: int) -> str:
    return f"erasing.{number}"


def note(person: PersonRow, work: Workspace, upto: int) -> None:
    """Remember what to look for; before anything of him is removed. `upto` is the last event that can hold it."""
    db, number = work.db, person.id
    known = {row[0] for row in db.rows("SELECT id FROM identities WHERE person=?", (number,))}
    known |= {identity for identity, owner in work.owners.items() if owner == number}  # some are not on the disk yet
    identities = [Identity.parse(identity) for identity in sorted(known)]
    if person.phone:
        identities.append(Identity("phone", "", person.phone))
    words = {form.key for identity in identities for form in variants(identity)} | {person.email}
    words |= {row[0] for row in db.rows("SELECT address FROM conversations WHERE person=?", (number,))}
    words |= {talk.address for talk in work.conversations.rows.values() if talk.person == number}
    words |= {word.removeprefix("+") for word in words}
    records: dict[str, list[str]] = {}
    links = set(db.rows("SELECT crm, record, key FROM links WHERE person=?", (number,)))
    links |= {(link.crm, link.record, link.key) for link in work.links.rows.values() if link.person == number}
    for crm, record in sorted({(crm, record) for crm, record, _ in links if record}):
        records.setdefault(crm, []).append(record)
    keys = sorted({key for _, _, key in links if key})
    sought = {
        "upto": upto,
        "last": int(db.rows("SELECT coalesce(max(seq), 0) FROM journal")[0][0]),
        "words": sorted(word for word in words if len(word) >= SHORTEST),
        "names": [part for part in dict.fromkeys((person.name, *person.name.split())) if len(part) > 1],
        "people": sorted({str(number), f"p{number}", *(identity.id for identity in identities)}),
        "records": records,
        "keys": keys,
        "table": "journal",
        "after": 0,
    }
    _keep(db, number, sought, work.now)


def is_about(event: Incoming, number: int) -> bool:
    """Whether an event of the hub is about this person."""
    return event.key.partition(":")[0] in CHANGES and json.loads(event.body)["person"] == number


def _keep(db: Database, number: int, sought: dict[str, Any], now: int) -> None:
    row = (_name(number), json.dumps(sought).decode(), now)
    db.run(SET_CURSOR, row)


def sweep(number: int, work: Workspace) -> bool:
    """Look at the next part. Whether more is left."""
    db = work.db
    found = db.rows("SELECT value FROM cursors WHERE name=?", (_name(number),))
    if not found:
        return False
    sought = json.loads(found[0][0].encode())
    tables = ["journal", "messages", *(table for table, _, _ in TEXTS)]
    table = sought["table"]
    traces = _Traces(number, sought, work)
    match table:
        case "journal":
            after = traces.journal(sought["after"])
        case "messages":
            after = traces.messages(sought["after"])
        case _:
            after = traces.texts(table, sought["after"])
    if after:
        sought["after"] = after
    elif table != tables[-1]:
        sought["table"], sought["after"] = tables[tables.index(table) + 1], 0
    else:
        db.run("DELETE FROM cursors WHERE name=?", (_name(number),))
        return False
    _keep(db, number, sought, work.now)
    return True


class _Traces:
    """One part of the walk for one person."""

    def __init__(self, number: int, sought: dict[str, Any], work: Workspace) -> None:
        self._number, self._sought, self._work, self._db = number, sought, work, work.db
        self._words = _Words(sought["words"])
        self._names = _Words(sought["names"])
        records = sought["records"]
        self._records = {crm: (set(ids), _Words(ids)) for crm, ids in records.items()}

    # -- the journal -------------------------------------------------------------------------------------------------

    def journal(self, after: int) -> int:
        """Blank the rows that are his; the last row looked at, 0 = that was all. Behind the event that erased him only
        what the hub itself had raised about him can still be his."""
        db = self._db
        seqs: list[int] = []
        size = 0
        sql = "SELECT seq, length(body) FROM journal WHERE seq>? AND seq<=? ORDER BY seq LIMIT ?"
        for seq, length in db.rows(sql, (after, self._sought["last"], PART)):
            seqs.append(seq)
            size += length
            if size > BYTES:
                break
        if not seqs:
            return 0
        sql = "SELECT seq, source, key, body FROM journal WHERE seq>? AND seq<=? ORDER BY seq"
        rows = db.rows(sql, (after, seqs[-1]))
        waiting = {row[0] for row in db.rows_in("SELECT seq FROM queue WHERE seq IN (*)", seqs)}
        letters = {
            row[0] for row in db.rows("SELECT ref FROM dead WHERE state='open' AND kind IN ('event', 'unrouted')")
        }
        blank: list[int] = []
        bodies: list[bytes] = []
        sends: dict[int, int] = {}  # event -> the send it settles
        answered: dict[int, int] = {}  # event -> the one that a plugin answered
        for seq, source, key, body in rows:
            if not body:
                continue
            kind = key.partition(":")[0] if source == "hub" else ""
            if kind in CHANGES and self._named(kind, body):
                blank.append(seq)
                if seq in waiting:  # nothing follows from it any more
                    db.run("DELETE FROM queue WHERE seq=?", (seq,))
            elif seq in waiting or seq > self._sought["upto"]:
                continue
            elif kind == "records.read":
                self._page(seq, body)
            elif kind == "send.settled":
                sends[seq] = int(key.split(":")[1].partition(".")[0])
            elif kind == "plugin.answered":
                answered[seq] = int(json.loads(body)["event"])
            elif self._named(kind, body):
                blank.append(seq)
            elif seq in letters and not self._words.named(body.decode("utf-8", "replace")):
                continue  # nobody worked on it yet, and it is another's: he may only speak of him
            elif self._his(source, body):
                blank.append(seq)
                bodies.append(body)
        own = db.rows_in("SELECT id FROM outbox WHERE id IN (*) AND lane=?", list(sends.values()), (self._number,))
        blank += [seq for seq, send in sends.items() if (send,) in own]
        self._blank(blank, bodies)
        gone = db.rows_in("SELECT seq FROM journal WHERE seq IN (*) AND length(body)=0", list(answered.values()))
        self._blank([seq for seq, event in answered.items() if (event,) in gone], [])
        return int(seqs[-1])

    def _named(self, kind: str, body: bytes) -> bool:
        if kind in NAMING:
            return json.loads(body)["person"] in self._sought["people"]
        return kind in CHANGES and json.loads(body)["person"] == self._number

    def _his(self, source: str, body: bytes) -> bool:
        text = body.decode("utf-8", "replace")
        _, ids = self._records.get(source.removeprefix("crm:"), (set(), None))
        return self._words.hit(text) or (ids is not None and source.startswith("crm:") and ids.hit(text))

    def _blank(self, seqs: Sequence[int], bodies: Iterable[bytes]) -> None:
        """They tell nothing any more; nobody can work on them again, and nothing waits for them."""
        if not seqs:
            return
        db, now = self._db, self._work.now
        blank_events(db, seqs)
        db.run_many(
            "UPDATE dead SET state='dropped', handled=? WHERE state='open' AND ref=?"
            " AND kind IN ('event', 'unrouted', 'plugin')",
            [(now, seq) for seq in seqs],
        )
        for number, provider_id in db.rows("SELECT id, provider_id FROM early"):
            if provider_id and any(provider_id.encode() in body for body in bodies):
                db.run("DELETE FROM early WHERE id=?", (number,))

    def _page(self, seq: int, body: bytes) -> None:
        """A page of a CRM stays without what is his."""
        text = body.decode("utf-8", "replace")
        if not (self._words.hit(text) or any(ids.hit(text) for _, ids in self._records.values())):
            return
        page = json.loads(body)
        ids, _ = self._records.get(page["crm"], (set(), None))
        kept = dict(page)
        for name in ("records", "objects", "answers"):
            kept[name] = [one for one in page.get(name, ()) if not self._about(one, ids)]
        if kept != page:
            self._db.run("UPDATE journal SET body=? WHERE seq=?", (json.dumps(kept), seq))

    def _about(self, one: dict[str, Any], ids: set[str]) -> bool:
        """Whether a contact, a deal or a reply of a page is his alone."""
        contacts = one.get("contacts") or [one.get("contact", "")]
        own = one["id"] in ids and "identities" in one
        own = own or bool(ids & set(one.get("merged") or ())) or one.get("key", "") in self._sought["keys"]
        return own or set(contacts) <= ids or self._words.hit(json.dumps(one).decode())

    # -- reasons -----------------------------------------------------------------------------------------------------

    def messages(self, after: int) -> int:
        """Blank what he said in conversations that are another person's, as in a group; as `journal`."""
        rows = self._db.rows("SELECT id, person, event FROM messages WHERE id>? ORDER BY id LIMIT ?", (after, PART))
        mine = [(message, event) for message, person, event in rows if person == self._number]
        blank_messages(self._work, [message for message, _ in mine], [event for _, event in mine])
        return int(rows[-1][0]) if rows else 0

    def texts(self, table: str, after: int) -> int:
        """Take his numbers out of the texts of a table, and his names out of his own; as `journal`."""
        columns, owner = next((columns, owner) for name, columns, owner in TEXTS if name == table)
        sql = f"SELECT id, {owner}, {', '.join(columns)} FROM {table} WHERE id>? ORDER BY id LIMIT ?"  # noqa: S608
        rows = self._db.rows(sql, (after, PART))
        changed = []
        for number, whose, *texts in rows:
            clean = [self._clean(text, own=whose == self._number) for text in texts]
            if clean != texts:
                changed.append((*clean, number))
        if changed:
            sets = ", ".join(f"{column}=?" for column in columns)
            self._db.run_many(f"UPDATE {table} SET {sets} WHERE id=?", changed)  # noqa: S608 - our names
        if table == "outbox" and rows:  # what was to be made in the CRM, in words
            part = (rows[0][0], rows[-1][0], self._number)
            self._db.run("UPDATE outbox SET body='' WHERE id BETWEEN ? AND ? AND lane=? AND kind='object'", part)
        return int(rows[-1][0]) if rows else 0

    def _clean(self, text: str, *, own: bool) -> str:
        text = self._words.out_of(text)
        return self._names.out_of(text) if own else text


def blank_messages(work: Workspace, messages: Sequence[int], events: Sequence[int]) -> None:
    """Nothing of these messages is left but that they were: neither contents nor files, nor what was posted of them."""
    db, gone = work.db, set(messages)
    if not gone:
        return
    db.run_in(
        "UPDATE messages SET text='', content='', provider_id='', reply_to='', reason='' WHERE id IN (*)", messages
    )
    db.run_in("UPDATE statuses SET error='' WHERE message IN (*)", messages)
    db.run_in(
        "UPDATE media SET state='expired', ref='', url='', name='', sha256='', blob='',"
        " reason='the person was erased' WHERE message IN (*)",
        messages,
    )
    for file in work.media.rows.values():
        if file.message in gone:
            file.state = "expired"
            file.ref = file.url = file.name = file.sha256 = file.blob = ""
    blank_events(db, sorted(set(events)))


def blank_events(db: Database, seqs: Sequence[int]) -> None:
    """Nothing of these events is left but that they were: neither contents nor names, nor what plugins said of them."""
    db.run_many("UPDATE journal SET body=?, key='' WHERE seq=?", [(b"", seq) for seq in seqs])
    db.run_in("DELETE FROM plugin_work WHERE event IN (*)", seqs)
    db.run_in("UPDATE decisions SET because='' WHERE event IN (*) AND substr(because, 1, 7)='plugin '", seqs)


class _Words:
    """Any of these words, not as a part of a longer word or number; also as JSON may write them."""

    def __init__(self, words: Sequence[str]) -> None:
        forms = {form for word in words if word for form in (word, json.dumps(word).decode()[1:-1])}
        self._low = [form.lower() for form in forms]
        options = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
        self._whole = re.compile(rf"(?<![0-9A-Za-z])(?:{options})(?![0-9A-Za-z])", re.IGNORECASE)

    def hit(self, text: str) -> bool:
        """Whether the text holds one. Plain search goes first: it is many times as fast."""
        low = text.lower()
        return any(form in low for form in self._low) and self._whole.search(text) is not None

    def named(self, text: str) -> bool:
        """Whether a whole value of this JSON is one of them, as a sender is; a text that holds one is no such value."""
        low = text.lower()
        return any(end in low for form in self._low for end in (f'"{form}"', f":{form},", f":{form}}}"))

    def out_of(self, text: str) -> str:
        """The text without them."""
        return self._whole.sub(GONE, text) if self.hit(text) else text
