"""What stands of people for the automation: their inquiries, tags and consents, and what humans paused."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, TypeVar

from hub.store.dialects.database import Database
from hub.store.needs import Needs
from hub.store.rows import ConsentRow, InquiryRow, TagRow
from hub.store.shelf import Shelf
from hub.store.shelves import CONSENTS, INQUIRIES, TAGS

T = TypeVar("T")
EVERYTHING = "*"
"""The name under which all automation is paused."""


class Standing:
    """A part of the workspace: loaded with the people of a step, saved with its other rows."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.inquiries: Shelf[InquiryRow] = Shelf(db, INQUIRIES)
        self.tags: Shelf[TagRow] = Shelf(db, TAGS)
        self.consents: Shelf[ConsentRow] = Shelf(db, CONSENTS)
        self._of: dict[int, InquiryRow] = {}  # person -> the inquiry that is his last
        self._tags: dict[int, dict[str, TagRow]] = {}
        self._consents: dict[tuple[int, str], ConsentRow] = {}
        self._gone: list[int] = []  # tags taken off
        self.given: dict[int, str] = {}  # inquiries that this transaction gave to an agent
        self._paused: dict[str, int] | None = None
        self._asked: dict[str, Any] = {}

    def load(self, people: Collection[int], needs: Needs) -> None:
        """Take what the events of a step ask for of these people."""
        if needs.inquiries:
            self.bring_inquiries(people)
        if needs.tags:
            self.bring_tags(people)
        if needs.consents:
            for row in self.consents.fetch_by("person", people):
                self._consents[row.person, row.purpose] = row

    def bring_inquiries(self, people: Collection[int]) -> None:
        """The last inquiry of each: the open one, where there is one (which may have been another person's)."""
        last = "AND (state<>'closed' OR NOT EXISTS (SELECT 1 FROM inquiries i WHERE i.person=inquiries.person"
        last += " AND i.id>inquiries.id))"
        for row in self.inquiries.fetch_by("person", [p for p in people if p not in self._of], last):
            known = self._of.get(row.person)
            if known is None or known.state == "closed":
                self._of[row.person] = row

    def bring_tags(self, people: Collection[int]) -> None:
        """All tags of these people."""
        fresh = [person for person in people if person not in self._tags]
        self._tags |= {person: {} for person in fresh}
        for row in self.tags.fetch_by("person", fresh):
            self._tags[row.person][row.tag] = row

    def once(self, name: str, ask: Callable[[Database], T]) -> T:
        """What the disk says, asked once in this transaction."""
        if name not in self._asked:
            self._asked[name] = ask(self.db)
        found: T = self._asked[name]
        return found

    # -- inquiries ---------------------------------------------------------------------------------------------------

    def inquiry(self, person: int) -> InquiryRow | None:
        """The last inquiry of a person that was loaded; it may be closed."""
        return self._of.get(person)

    def open_inquiry(self, person: int, conversation: int, now: int) -> InquiryRow:
        """A new inquiry of a person."""
        row = InquiryRow(self.inquiries.next_id(), person, conversation, "open", now)
        self._of[person] = self.inquiries.add(row)
        return row

    def give(self, row: InquiryRow, person: int) -> None:
        """A person's inquiry is another's from now on, who has none that is open."""
        del self._of[row.person]
        row.person = person
        self._of[person] = row

    # -- tags --------------------------------------------------------------------------------------------------------

    def tags_of(self, person: int) -> dict[str, TagRow]:
        """The tags of a person that were loaded, by name."""
        return self._tags.get(person, {})

    def tag(self, person: int, tag: str, now: int, until: int, by: str) -> TagRow:
        """Put a tag on a person; one that he has already begins anew."""
        mine = self._tags.setdefault(person, {})
        row = mine.get(tag)
        if row is None:
            row = mine[tag] = self.tags.add(TagRow(self.tags.next_id(), person, tag, now, until, by))
        else:
            row.since, row.until, row.by_whom = now, until, by
        return row

    def untag(self, person: int, tag: str) -> bool:
        """Take a tag off a person; False if he does not have it."""
        row = self._tags.get(person, {}).pop(tag, None)
        if row is None:
            return False
        if not self.tags.is_new(row.id):
            self._gone.append(row.id)
        self.tags.forget(row.id)
        return True

    # -- consents ----------------------------------------------------------------------------------------------------

    def consent(self, person: int, purpose: str) -> ConsentRow | None:
        """What a person said last about a purpose; None = nothing."""
        return self._consents.get((person, purpose))

    def withdrawn(self, person: int) -> list[str]:
        """The purposes for which a person does not want to be written to any more, as far as it was loaded."""
        return sorted(of for (who, of), row in self._consents.items() if who == person and not row.given)

    def record_consent(self, person: int, purpose: str, given: bool, now: int, evidence: str, by: str) -> None:
        """Remember it."""
        row = self._consents.get((person, purpose))
        if row is None:
            number = self.consents.next_id()
            row = self.consents.add(ConsentRow(number, person, purpose, int(given), now, evidence, by))
            self._consents[person, purpose] = row
        row.given, row.at, row.evidence, row.by_whom = int(given), now, evidence, by

    # -- pauses ------------------------------------------------------------------------------------------------------

    def paused(self, now: int) -> frozenset[str]:
        """What a human paused: rule:NAME, campaign:NAME, or EVERYTHING; read once for a transaction."""
        if self._paused is None:
            self._paused = dict(self.db.rows("SELECT name, until FROM pauses"))
        return frozenset(name for name, until in self._paused.items() if until > now)

    def pause(self, name: str, until: int, agent: str, now: int) -> None:
        """Pause it until then; 0 = it goes on. Alone: no send may begin beside it that has not seen it."""
        self.db.need_alone()
        self.paused(now)
        assert self._paused is not None
        self._paused[name] = until
        self.db.run(
            "INSERT INTO pauses (name, until, agent, at) VALUES (?,?,?,?) ON CONFLICT (name)"
            " DO UPDATE SET until=excluded.until, agent=excluded.agent, at=excluded.at",
            (name, until, agent, now),
        )

    def forget(self, person: int) -> None:
        """He is erased: nothing of him is written any more."""
        if (inquiry := self._of.pop(person, None)) is not None:
            self.inquiries.forget(inquiry.id)
        for row in self._tags.pop(person, {}).values():
            self.tags.forget(row.id)
        for key in [key for key in self._consents if key[0] == person]:
            self.consents.forget(self._consents.pop(key).id)

    def save(self) -> None:
        """Write what is new, changed or gone."""
        if self._gone:  # before new ones: a tag may have been put on again
            self.db.run_many("DELETE FROM person_tags WHERE id=?", [(number,) for number in self._gone])
        for shelf in (self.inquiries, self.tags, self.consents):
            shelf.save()
