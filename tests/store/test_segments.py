"""Segments asked of everybody at once give the same people as asked of each: on both engines, whatever they ask."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.store import Store, open_store, segments
from hub.store.rows import ConversationRow, InquiryRow, LinkRow, ObjectRow, PersonRow
from hub.store.values import NO_FIGURE
from hub.store.workspace import Needs
from hub.tags.segments import SegmentFacts, compile_segments
from hub.testing.stores import ENGINES, place_of

NOW, DAY = 1_800_000_000_000, 86_400_000
PEOPLE = 60
INDUSTRIES = ("Automotive", "retail", "Äpfel & Birnen", "x" * 250)
SIZES = ("5", "49", "50", "200", "1,000", "200.5", "-3", "many", "")
TAGS = ("value-a", "value-b", "vip", "quotation-sent")
VALUES = ("industry", "company_size", "purchases")
BOUGHT = ("2026-01-01; 2026-01-31; 2026-03-02", "2026-01-01; 2026-04-01", "2026-01-01", "often")


class Everybody(NamedTuple):
    """A store, and what is known of each of its people who can be found."""

    store: Store
    facts: dict[int, SegmentFacts]

    def __repr__(self) -> str:
        return "everybody"


@pytest.fixture(scope="module", params=ENGINES)
def everybody(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everybody]:
    store = open_store(place_of(tmp_path_factory.mktemp("segments"), request.param))
    with store.transaction():
        facts = populate(store, random.Random(7))
    yield Everybody(store, facts)
    store.close()


def populate(store: Store, chance: random.Random) -> dict[int, SegmentFacts]:
    work = store.workspace(NOW)
    work.load(Needs(tags=True))
    found: dict[int, SegmentFacts] = {}
    for number in range(PEOPLE):
        values = {
            name: chance.choice(choices)
            for name, choices in (("industry", INDUSTRIES), ("company_size", SIZES), ("purchases", BOUGHT))
            if chance.random() < 0.8
        }
        row = PersonRow(work.people.next_id(), f"N{number}", chance.choice(["en", "DE", ""]), "", "", "meta", 0, 1)
        row.attributes = json.dumps(values) if values else ""
        work.people.add(row)
        if number % 20 == 19:  # erased: nothing of him is found any more
            row.erased, row.attributes, row.language = NOW, "", ""
            continue
        tags = {tag for tag in TAGS if chance.random() < 0.4}
        for tag in tags:
            work.standing.tag(row.id, tag, NOW, 0, "Eve")
        heard = last = 0
        for talk in range(chance.randrange(3)):
            at = NOW - chance.randrange(10) * DAY
            after = at + chance.randrange(2) * DAY
            key = f"sales|{row.id}.{talk}"
            work.conversations.add(
                ConversationRow(work.conversations.next_id(), key, "sales", row.id, key, "open", 1, at, after)
            )
            heard, last = max(heard, at), max(last, after)
        state = priority = ""
        for _ in range(chance.randrange(3)):
            state, priority = chance.choice(["open", "snoozed", "closed"]), chance.choice(["P1", "P2", ""])
            inquiry = InquiryRow(work.standing.inquiries.next_id(), row.id, 0, state, NOW)
            inquiry.priority = priority
            work.standing.inquiries.add(inquiry)
        deals = deals_of(store, work, row.id, chance)
        found[row.id] = SegmentFacts(
            tags=tags,
            values=values,
            language=row.language,
            heard=heard,
            last=last,
            state=state,
            priority=priority,
            deals=deals,
        )
    work.save()
    return found


def deals_of(store: Store, work: Any, person: int, chance: random.Random) -> tuple[str, ...]:
    """Deals under the contacts of the person: the stages of those that are closed."""
    link = LinkRow(work.links.next_id(), person, "main", record=f"c{person}", state="linked")
    work.links.add(link)
    stages = []
    for number in range(chance.randrange(4)):
        stage, closed = chance.choice(["won", "lost"]), chance.randrange(2)
        deal = ObjectRow(
            work.objects.next_id(), "main", "deal", f"d{person}.{number}", "", stage, closed, "", "", 0, 1, "{}"
        )
        work.objects.add(deal)
        store.db.insert("crm_object_contacts", [("main", f"c{person}", deal.id)])
        if closed:
            stages.append(stage)
    return tuple(stages)


names = st.lists(st.sampled_from(TAGS), max_size=2, unique=True)
tests: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([*INDUSTRIES[:3], "automotive", *SIZES[:-1]]),
    st.sampled_from(["> 49", ">= 50", "< 50", "<= 200", "50..200", "!= automotive", "> -5", "< 30.5"]),
    st.sampled_from([50, 200.5, True]),
    st.lists(st.sampled_from(["Automotive", "retail", "> 199", "5"]), min_size=1, max_size=3),
    st.sampled_from([{"known": True}, {"known": False}, {"not": ["retail", "> 60"]}, {"not": "many"}]),
)
tables = st.fixed_dictionaries(
    {},
    optional={
        "tags": st.fixed_dictionaries({}, optional={"all": names, "any": names, "none": names}),
        "where": st.dictionaries(st.sampled_from([*VALUES, "other"]), tests, max_size=3),
        "language": st.sampled_from([["en"], ["de", "en"]]),
        "silent_for": st.sampled_from(["3d", "6d"]),
        "quiet_for": st.sampled_from(["3d", "7d"]),
        "inquiry": st.lists(st.sampled_from(["open", "snoozed", "closed"]), max_size=2),
        "priority": st.sampled_from([["P1"], ["P1", "P2"]]),
        "buys": st.sampled_from(["monthly", "quarterly"]),
        "won": st.fixed_dictionaries(
            {"stages": st.sampled_from([["won"], ["won", "lost"]]), "at_least": st.integers(1, 2)}
        ),
    },
)


def asks_something(table: dict[str, Any]) -> bool:
    tags = table.get("tags", {})
    if set(tags.get("all", [])) & set(tags.get("none", [])):
        return False
    return any(tags.values()) or any(value for key, value in table.items() if key != "tags")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=tables.filter(asks_something), limit=st.integers(1, 30))
def test_everybody_asked_at_once_gives_the_people_of_whom_it_holds(
    everybody: Everybody, table: dict[str, Any], limit: int
):
    segment = compile_segments({"segment": {"s": table}}, lambda path: ".".join(map(str, path)))["s"]
    db = everybody.store.db
    wanted = [person for person, facts in everybody.facts.items() if segment.holds(facts, NOW)]
    assert segments.count(db, segment, NOW) == len(wanted)
    assert segments.page(db, segment, NOW, 0, PEOPLE) == wanted
    paged: list[int] = []
    while page := segments.page(db, segment, NOW, paged[-1] if paged else 0, limit):
        paged += page
    assert paged == wanted


def test_values_follow_the_attributes_of_a_person(everybody: Everybody):
    store = everybody.store
    person = next(person for person, facts in everybody.facts.items() if facts.values)

    def values() -> list[tuple[Any, ...]]:
        return store.db.rows("SELECT name, text, figure > ? FROM person_values WHERE person=?", (NO_FIGURE, person))

    before = store.db.rows("SELECT attributes FROM people WHERE id=?", (person,))[0][0]
    for attributes, found in (
        ({"size": "1,000", "city": " Ghent  Zuid "}, [("city", "ghent zuid", 0), ("size", "1,000", 1)]),
        ({"size": "big"}, [("size", "big", 0)]),
        ({}, []),
        (json.loads(before), None),
    ):
        with store.transaction():
            work = store.workspace(NOW)
            work.load(Needs(people={person}))
            work.people.rows[person].attributes = json.dumps(attributes) if attributes else ""
            work.save()
        if found is not None:
            assert sorted((name, text, int(known)) for name, text, known in values()) == found


def test_what_a_list_shows_of_people(everybody: Everybody):
    person, facts = next((person, facts) for person, facts in everybody.facts.items() if facts.tags and facts.state)
    (member,) = segments.members(everybody.store.db, [person])
    assert member.tags.split() == sorted(facts.tags)
    assert (member.heard, member.last, member.state, member.priority) == (
        facts.heard,
        facts.last,
        facts.state,
        facts.priority,
    )
