"""The rows one step works on: loaded in a fixed number of queries, changed in memory, saved many to a statement."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from hashlib import blake2b
from typing import Any

from hub.model.people import Identity
from hub.store import outbox, values
from hub.store.changes import Changes
from hub.store.dialects.database import Database
from hub.store.journal import Incoming, accept
from hub.store.needs import Needs
from hub.store.outbox import OUTBOX
from hub.store.rows import (
    ConversationRow,
    DeadRow,
    DecisionRow,
    EarlyRow,
    LinkRow,
    MessageRow,
    OutboxRow,
    TimerRow,
)
from hub.store.shelf import Shelf
from hub.store.shelves import (
    ANSWERS,
    CONFLICTS,
    CONVERSATIONS,
    DEAD,
    DECISIONS,
    EARLY,
    LINKS,
    MAPPINGS,
    MEDIA,
    MESSAGES,
    NEWS,
    OBJECTS,
    PEOPLE,
    TIMERS,
)
from hub.store.standing import Standing

__all__ = ["Needs", "Workspace"]

SESSION_GAP = 30 * 60_000
"""ms of silence that end a session, unless the configuration says otherwise."""


def _digest(value: str) -> str:
    return blake2b(value.encode("utf-8", "replace"), digest_size=12).hexdigest()


class Workspace:
    """See module. Call inside one transaction: `load`, change rows, `save`."""

    def __init__(self, db: Database, now: int) -> None:
        self.db, self.now = db, now
        self.people = Shelf(db, PEOPLE)
        self.conversations = Shelf(db, CONVERSATIONS)
        self.messages = Shelf(db, MESSAGES)
        self.outbox = Shelf(db, OUTBOX)
        self.links = Shelf(db, LINKS)
        self.timers = Shelf(db, TIMERS)
        self.dead = Shelf(db, DEAD)
        self.decisions = Shelf(db, DECISIONS)
        self.early = Shelf(db, EARLY)
        self.media = Shelf(db, MEDIA)
        self.news = Shelf(db, NEWS)
        self.objects = Shelf(db, OBJECTS)
        self.answers = Shelf(db, ANSWERS)
        self.conflicts = Shelf(db, CONFLICTS)
        self.mappings = Shelf(db, MAPPINGS)
        self.standing = Standing(db)
        self.owners: dict[str, int] = {}  # identity -> person
        self.by_key: dict[str, ConversationRow] = {}
        self.by_person: dict[tuple[int, str], ConversationRow] = {}  # (person, inbox), threads apart
        self.by_provider: dict[tuple[str, str], MessageRow] = {}  # (inbox, platform's id)
        self.link_of: dict[tuple[int, str], LinkRow] = {}
        self.link_at: dict[tuple[str, str], LinkRow] = {}
        self.link_by_key: dict[tuple[str, str], LinkRow] = {}
        self._links_at: dict[tuple[str, str], list[LinkRow]] = {}
        self.under: dict[tuple[str, str], dict[int, None]] = {}  # (crm, contact) -> objects there, once asked for
        self.outbox_of: dict[int, OutboxRow] = {}  # message -> its send
        self.woken: set[str] = set()  # targets with new work
        self.session_gap = SESSION_GAP
        self.inboxes: dict[int, tuple[str, ...]] = {}  # person -> those stored; see hub.store.inboxes
        self.questions: set[int] = set()  # people whose open conflicts are here
        self.pushes: dict[str, OutboxRow] = {}  # writes of values ordered here, by key
        self.revalued: set[int] = set()  # people of whom more is known now, until somebody looked
        self.raised: dict[str, Incoming] = {}  # events of the hub that follow, by key
        self._changes = Changes()
        self._armed: set[tuple[str, int, str, str]] = set()  # timers
        self._read_done: dict[str, bool] = {}
        self._own_writes: dict[tuple[str, str, str], dict[str, int]] = {}  # (crm, key, field) -> when what was written
        self._questions: set[tuple[object, ...]] = set()  # what the disk was asked, where once is enough

    # -- lease -------------------------------------------------------------------------------------------------------

    def take_heads(self, inbox: str, limit: int) -> list[OutboxRow]:
        """The first due send of each lane of an inbox."""
        return self._take(lambda: outbox.heads(self.db, inbox, self.now, limit))

    def queued_sends(self, inbox: str, lanes: Collection[int]) -> list[OutboxRow]:
        """The sends of these people that wait in an inbox."""
        waiting = "AND open=1 AND kind='send' AND state='waiting' AND target=?"
        return [row for row in self.outbox.fetch_by("lane", lanes, waiting, (inbox,)) if row.open]

    def take_due(self, crm: str, kind: str, limit: int) -> list[OutboxRow]:
        """CRM commands of a kind that are due, in order."""
        return self._take(lambda: outbox.due_rows(self.db, crm, kind, self.now, limit))

    def _take(self, find: Callable[[], list[tuple[Any, ...]]]) -> list[OutboxRow]:
        """Commands, and their people with them: found, held, and read again."""
        found = find()
        if self.db.held is not None and found:
            lane = OUTBOX.person
            if not all(row[lane] for row in found):
                self.db.need_alone()  # some are nobody's
            self.db.hold(row[lane] for row in found)
            found = [row for row in find() if self.db.holds(row[lane])]
        return self.outbox.take(found)

    # -- load --------------------------------------------------------------------------------------------------------

    def load(self, needs: Needs) -> None:
        """Take everything off the disk that the events will want to see; beside other processes, and hold it."""
        if self.db.held is not None:
            look = Workspace(self.db, self.now)  # whose rows are they? What they say counts only once they are held
            look._load(needs)
            self.db.hold(look._concerned(), needs.identities - look.owners.keys())
        self._load(needs)
        self.standing.load(self.people.rows.keys(), needs)

    def _concerned(self) -> set[int]:
        """Everybody whose rows are here."""
        return {
            *self.people.rows,
            *(row.redirect for row in self.people.rows.values()),
            *(row.lane for row in self.outbox.rows.values()),
            *(row.person for row in self.conversations.rows.values()),
            *(row.person for row in self.messages.rows.values()),
            *(row.person for row in self.links.rows.values()),
        }

    def _load(self, needs: Needs) -> None:
        db = self.db
        concerned: set[int] = set()  # people whose links will be asked for
        if needs.identities:
            found = db.rows_in("SELECT id, person FROM identities WHERE id IN (*)", list(needs.identities))
            self.owners.update(found)
        self.outbox.fetch(needs.outbox)
        commands = self.outbox.rows.values()
        self.messages.fetch(row.message for row in commands if needs.around or row.kind == "send")
        if named := needs.providers | needs.changed:
            messages = self.messages.fetch_by("provider_id", named, "AND provider_id <> ''")
            self.conversations.fetch(message.conversation for message in messages)
            for message in messages:
                self.name_message(message)
            of = [m.id for m in messages if m.direction == "out" or m.provider_id in needs.changed]
            self.outbox.fetch_by("message", of, "AND message > 0")
            concerned |= {m.person for m in messages if m.provider_id in needs.changed}
        if needs.arriving and db.rows("SELECT 1 FROM early LIMIT 1"):
            self.early.fetch_by("provider_id", needs.arriving)
        if needs.media:
            self.media.fetch(needs.media)
            of = [file.message for file in self.media.rows.values()]
            concerned |= {message.person for message in self.messages.fetch_by("id", of)}
        for row in self.outbox.rows.values():
            if row.kind == "send":
                self.outbox_of[row.message] = row
        for crm, records in needs.records.items():
            self.links.fetch_by("record", records, "AND record <> '' AND crm=?", (crm,))
            self._questions |= {("links", crm, record) for record in records}
        self.links.fetch_by("key", needs.keys, "AND key <> ''")
        if keys := needs.keys | {link.key for link in self.links.rows.values() if link.key}:
            for crm, key, name, digest, at in db.rows_in(
                "SELECT crm, record, field, hash, at FROM write_ledger WHERE record IN (*)", list(keys)
            ):
                self._own_writes.setdefault((crm, key, name), {})[digest] = at
        self.dead.fetch(needs.dead)
        self.conversations.fetch(needs.conversation_ids)
        talks_of = needs.talks_of | {t.person for i in needs.conversation_ids if (t := self.conversations.get(i))}
        people = needs.people | set(self.owners.values()) | talks_of | concerned
        people |= {link.person for link in self.links.rows.values()}
        if needs.around:
            people |= {row.lane for row in commands}
        self.people.fetch(people)
        self.people.fetch({p.redirect for p in self.people.rows.values()})
        linked = self.people.rows.keys() | {row.lane for row in commands if row.state != "done" and row.kind != "log"}
        self.links.fetch_by("person", linked)
        for link in self.links.rows.values():
            self.file_link(link)
        talking = {row.conversation for row in commands} if needs.around else set()
        self.conversations.fetch(talking)
        self.conversations.fetch_by("key", needs.conversations)
        talks = talks_of | {self.owners[i] for i in needs.talks_with if i in self.owners}
        self.conversations.fetch_by("person", talks)
        for talk in self.conversations.rows.values():
            self.file_talk(talk)
        if needs.timers:
            self.timers.fetch_by("subject_id", {subject_id for _, subject_id in needs.timers})
        if needs.beside:
            self.bring_objects({(link.crm, link.record) for link in self.links.rows.values() if link.record})

    def bring_objects(self, contacts: Collection[tuple[str, str]]) -> None:
        """Take what stands under these contact records (crm, record) off the disk, with one query."""
        crms = sorted({crm for crm, _ in contacts})
        columns = ", ".join(f"o.{column}" for column in OBJECTS.columns)
        sql = (
            f"SELECT {columns}, c.crm, c.contact FROM crm_object_contacts c JOIN crm_objects o ON o.id=c.object"  # noqa: S608
            f" WHERE c.contact IN (*) AND c.crm IN ({','.join('?' * len(crms))}) ORDER BY o.id"
        )
        found = self.db.rows_in(sql, sorted({record for _, record in contacts}), crms) if contacts else []
        self.under |= {contact: {} for contact in contacts}
        for *columns_of, crm, record in found:
            if (under := self.under.get((crm, record))) is not None:
                self.objects.take([tuple(columns_of)])
                under[columns_of[0]] = None

    def latest_in_second(self, conversation: int, second: int) -> int:
        """The latest message time used within a past second of a conversation (0 = none), new rows included."""
        low, high = second * 1000, second * 1000 + 999
        found = self.db.rows(
            "SELECT coalesce(max(at), 0) FROM messages WHERE conversation=? AND at BETWEEN ? AND ?",
            (conversation, low, high),
        )[0][0]
        own = (m.at for m in self.messages.rows.values() if m.conversation == conversation and low <= m.at <= high)
        return max(int(found), max(own, default=0))

    def last_heard(self, conversations: Collection[int]) -> dict[int, str]:
        """conversation -> the platform's id of the person's last message in it, shared history apart."""
        found = self.db.rows_in(
            "SELECT c.id, (SELECT m.provider_id FROM messages m WHERE m.conversation=c.id AND m.direction='in'"
            " AND m.session>0 AND m.provider_id<>'' ORDER BY m.at DESC LIMIT 1) FROM conversations c WHERE c.id IN (*)",
            list(conversations),
        )
        return {talk: name for talk, name in found if name}

    def bring(self, person: int) -> None:
        """Take one person and his links off the disk, where it turns out late that they are needed."""
        self.db.hold([person])
        self.people.fetch([person])
        for link in self.links.fetch_by("person", [person]):
            self.file_link(link)

    def name_message(self, message: MessageRow) -> None:
        """Make a message findable by the platform's id of it, which is its own within an inbox only."""
        talk = self.conversations.get(message.conversation)
        if talk is not None and message.provider_id:
            self.by_provider[talk.inbox, message.provider_id] = message

    def forget_person(self, person: int) -> None:
        """He is erased: nothing here leads to him any more, so that whoever comes is somebody new."""
        self.owners = {identity: owner for identity, owner in self.owners.items() if owner != person}
        self.by_person = {key: talk for key, talk in self.by_person.items() if key[0] != person}
        for link in [link for link in self.links.rows.values() if link.person == person]:
            self.links.forget(link.id)
            self.link_of.pop((link.person, link.crm), None)
        self.link_at = {at: link for at, link in self.link_at.items() if link.person != person}
        self.link_by_key = {key: link for key, link in self.link_by_key.items() if link.person != person}
        for at, links in self._links_at.items():
            self._links_at[at] = [link for link in links if link.person != person]
        talks = [talk for talk in self.conversations.rows.values() if talk.person == person]
        self._changes.forget(person, [talk.id for talk in talks])
        for talk in talks:
            self.by_key.pop(talk.key, None)
            talk.key, talk.address, talk.expects, talk.asked = f"erased|{talk.id}", "", "", ""

    def file_talk(self, talk: ConversationRow) -> None:
        """Make a conversation findable by its key and, if it is no thread, by its person."""
        self.by_key[talk.key] = talk
        if not talk.key.startswith(f"{talk.inbox}|#"):
            known = self.by_person.get((talk.person, talk.inbox))
            if known is None or known.last_in <= talk.last_in:
                self.by_person[talk.person, talk.inbox] = talk

    def talk_with(self, person: int, inbox: str) -> ConversationRow | None:
        """The conversation with a person in an inbox that is no thread, the last used one; a query on a miss only."""
        if (person, inbox) not in self.by_person and not self.people.is_new(person):
            for talk in self.conversations.fetch_by("person", [person]):
                self.file_talk(talk)
        return self.by_person.get((person, inbox))

    def unread_links(self, crm: str) -> list[LinkRow]:
        """Everybody who waits for the end of the first read."""
        self.db.need_alone()
        self.links.fetch_by("crm", [crm], "AND state='unread'")
        links = [link for link in self.links.rows.values() if link.crm == crm and link.state == "unread"]
        self.people.fetch(link.person for link in links)
        return links

    def first_read_done(self, crm: str) -> bool:
        """Whether the hub knows everybody the CRM knows: only then may it create people there."""
        if crm not in self._read_done:
            found = self.db.rows("SELECT value FROM cursors WHERE name=?", (f"crm.{crm}.read",))
            self._read_done[crm] = bool(found) and found[0][0] == "done"
        return self._read_done[crm]

    def end_first_read(self, crm: str) -> None:
        """From now on unknown people may be created in this CRM."""
        self._read_done[crm] = True
        self.cursor(f"crm.{crm}.read", "done")

    # -- change ------------------------------------------------------------------------------------------------------

    def file_link(self, link: LinkRow) -> None:
        """Make a link findable by person, record and key."""
        self.link_of[link.person, link.crm] = link
        if link.record:
            self.link_at[link.crm, link.record] = link
            same = self._links_at.setdefault((link.crm, link.record), [])
            if all(other is not link for other in same):
                same.append(link)
        if link.key:
            self.link_by_key[link.crm, link.key] = link

    def first_time(self, *question: object) -> bool:
        """Whether the disk was not asked this before, in this transaction."""
        if question in self._questions:
            return False
        self._questions.add(question)
        return True

    def links_to(self, crm: str, record: str) -> list[LinkRow]:
        """As `links_at`, also of those whose links are not at hand yet: the disk is asked once for each record."""
        if self.first_time("links", crm, record):
            for link in self.links.fetch_by("record", [record], "AND record <> '' AND crm=?", (crm,)):
                self.file_link(link)
        return self.links_at(crm, record)

    def links_at(self, crm: str, record: str) -> list[LinkRow]:
        """Everybody who has this record, who had it first comes first: several, where a human merged theirs there."""
        found = [link for link in self._links_at.get((crm, record), ()) if link.record == record]
        return sorted(found, key=lambda link: (link.since, link.id))

    def own(self, identity: Identity, person: int, event: int, source: str, what: str = "linked") -> None:
        """This identity is this person, from now on; `source` says where it was seen."""
        self.owners[identity.id] = person
        self._changes.identities.append((identity.id, person, 0, source, self.now))
        self._changes.identity_events.append((self.now, what, person, identity.id, event, source))

    def note_identity(self, what: str, person: int, identity: str, event: int, evidence: str) -> None:
        """A line in the identity log that changes no owner."""
        self._changes.identity_events.append((self.now, what, person, identity, event, evidence))

    def share(self, identity: str) -> None:
        """More than one CRM record owns this identity: marked, so that a human can look."""
        self._changes.shared.append(identity)

    def decide(self, event: int, version: int, person: int, conversation: int, because: str, record: str = "") -> None:
        """Keep a reason; `record` is what the rules looked at, JSON."""
        number = self.decisions.next_id()
        self.decisions.add(DecisionRow(number, event, self.now, version, person, conversation, because, record))

    def bury(self, kind: str, ref: int, cause: str, person: int = 0) -> None:
        """A dead letter: visible, with its cause, to be retried or dropped by a human."""
        cause = cause.encode("utf-8", "replace").decode()  # it may quote what no store can hold
        self.dead.add(DeadRow(self.dead.next_id(), kind, ref, person, cause, self.now))

    def report(self, message: int, status: str, at: int, error: str) -> None:
        """A status with its own time."""
        self._changes.statuses.append((message, status, at, error))

    def drop_early(self, row: EarlyRow) -> None:
        """The change was done to its message."""
        self.early.forget(row.id)
        self.then("DELETE FROM early WHERE id=?", (row.id,))

    def plugin_work(self, plugin: str, event: int, body: str) -> None:
        """A plugin is to be told."""
        self._changes.plugin_work.append((plugin, event, body))
        self.woken.add(f"plugin:{plugin}")

    def cursor(self, name: str, value: str) -> None:
        """Remember how far a source was read."""
        self._changes.cursors[name] = value

    def wrote(self, crm: str, key: str, field_name: str, value: str) -> None:
        """The hub is about to write this value itself, to the record with its key."""
        self._changes.ledger.append((crm, key, field_name, _digest(value), self.now))

    def own_echo(self, crm: str, key: str, field_name: str, value: str) -> bool:
        """Whether this value, read from the CRM, is the hub's own write coming back; asked once per write."""
        digest = _digest(value)
        if self._own_writes.get((crm, key, field_name), {}).pop(digest, None) is None:
            return False
        self._changes.consumed.append((crm, key, field_name, digest))
        return True

    def overwritten(self, crm: str, key: str, field_name: str, at: int) -> None:
        """Somebody changed the field there at `at`: what the hub wrote until then will not come back as its own."""
        own = self._own_writes.get((crm, key, field_name), {})
        for digest in [digest for digest, wrote in own.items() if wrote <= at]:
            del own[digest]
            self._changes.consumed.append((crm, key, field_name, digest))

    def release(self, crm: str, person: int) -> None:
        """Logs that waited for this link may go."""
        self._changes.release.setdefault(crm, set()).add(person)
        self._changes.hold.get(crm, {}).pop(person, None)
        self.woken.add(crm)

    def hold(self, crm: str, person: int, reason: str) -> None:
        """Logs of this person wait for a link, and say why."""
        self._changes.hold.setdefault(crm, {})[person] = reason
        self._changes.release.get(crm, set()).discard(person)

    def arm(self, timer: TimerRow) -> None:
        """Arm (or, with `armed` 0, cancel) the timer of this subject, rule and slot; the generation moves on."""
        self._armed.add(self._name(timer))
        self._changes.timers.append((*self._name(timer), timer.generation, timer.due, timer.armed, timer.about))

    def disarm(self, subject: str, subject_id: int, rule: str) -> None:
        """Cancel what this rule armed for a subject, in every slot: on the disk, and here."""
        self._changes.timers = [row for row in self._changes.timers if row[:3] != (subject, subject_id, rule)]
        self._changes.disarmed.append((subject, subject_id, rule))

    def is_rearmed(self, timer: TimerRow) -> bool:
        """Whether a timer was armed again or cancelled in this transaction: its row does not say so yet."""
        return self._name(timer) in self._armed or self._name(timer)[:3] in self._changes.disarmed

    def _name(self, timer: TimerRow) -> tuple[str, int, str, str]:
        return timer.subject, timer.subject_id, timer.rule, timer.slot

    def tag_told(self, person: int, tag: str, what: str, by: str, event: int) -> None:
        """A line in the history of tags."""
        self._changes.tag_history.append((self.now, person, tag, what, by, event))

    def rated(self, person: int, conversation: int, about: str, score: int, event: int) -> None:
        """Somebody rated an answer."""
        self._changes.ratings.append((self.now, person, conversation, about, score, event))

    def learned(self, counts: Iterable[tuple[int, str, int, int]], rhythm: tuple[int, int, int]) -> None:
        """More silences (step, kind, cases, answered), and what they say of how everybody answers."""
        self._changes.chances.extend(counts)
        self._changes.rhythm.append(rhythm)

    def then(self, sql: str, args: tuple[Any, ...]) -> None:
        """A single statement to run at save; for the store's own modules."""
        self._changes.statements.append((sql, args))

    def settle_dead(self, kind: str, refs: Iterable[int], state: str) -> None:
        """Dead letters that resolved themselves."""
        for ref in refs:
            self.then(
                "UPDATE dead SET state=?, handled=? WHERE kind=? AND ref=? AND state='open'",
                (state, self.now, kind, ref),
            )

    def requeue(self, seq: int) -> None:
        """Take an event up again."""
        self.then(
            "INSERT INTO queue (seq, lane) SELECT seq, source || '|' || account FROM journal WHERE seq=?"
            " ON CONFLICT DO NOTHING",
            (seq,),
        )

    # -- save --------------------------------------------------------------------------------------------------------

    def save(self) -> None:
        """Write everything that is new or changed."""
        db = self.db
        values.save(db, self.people.differing("attributes"))
        for shelf in (
            self.people,
            self.links,
            self.conversations,
            self.messages,
            self.outbox,
            self.timers,
            self.dead,
            self.decisions,
            self.early,
            self.media,
            self.news,
            self.objects,
            self.answers,
            self.conflicts,
            self.mappings,
        ):
            shelf.save()
        self.standing.save()
        self._changes.save(db, self.now)
        accept(db, list(self.raised.values()))
