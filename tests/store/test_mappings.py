"""Versions of mappings, shapes of CRMs, and who is asked for a trial."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.contracts.crm import FieldSchema, Schema
from hub.model.records import Owner
from hub.store import Place, Store, mappings, open_store
from hub.store.rows import ConversationRow, LinkRow


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = open_store(Place(tmp_path))
    yield found
    found.close()


def add(store: Store, *links: tuple[int, str, int], crm: str = "main", state: str = "linked") -> None:
    """Links: (person, record, mapping version)."""
    with store.transaction():
        work = store.workspace(1)
        for person, record, version in links:
            link = LinkRow(work.links.next_id(), person, crm, state, record, mapping=version)  # type: ignore[arg-type]
            work.links.add(link)
        work.save()


def talk(store: Store, person: int, at: int) -> None:
    with store.transaction():
        work = store.workspace(1)
        number = work.conversations.next_id()
        work.conversations.add(ConversationRow(number, f"k{number}", "shop", person, "a", "open", 1, at, at))
        work.save()


def test_a_shape_comes_back_as_it_was(store):
    schema = Schema(
        fields={
            "a": FieldSchema(name="a"),
            "b": FieldSchema(name="b", type="choice", label="Bé", options=("x", "y"), max_length=3, required=True),
        }
    )
    owners = (Owner(id="1", email="ana@example.com"), Owner(id="2", name="Bo", active=False))
    assert mappings.shape(store.db, "main") is None
    mappings.keep_shape(store.db, "main", schema, owners, 5)
    assert mappings.shape(store.db, "main") == mappings.CrmShape(schema, owners, 5)
    mappings.keep_shape(store.db, "main", Schema(), (), 6)
    assert mappings.shape(store.db, "main") == mappings.CrmShape(Schema(), (), 6)


def test_versions_are_of_one_crm_and_count_whom_they_wrote_last(store):
    first = mappings.begin(store.db, "main", "one", "h1", 10)
    other = mappings.begin(store.db, "other", "two", "h2", 11)
    assert (first.id, other.id) == (1, 2)
    add(store, (1, "r1", 1), (2, "r2", 1), (3, "r3", 0))
    assert [(one.row.id, one.links) for one in mappings.versions(store.db, "main")] == [(1, 2)]
    assert mappings.active(store.db, "other") == other
    assert mappings.on_trial(store.db, "main") is None
    assert mappings.numbered(store.db, 2) == other
    assert mappings.numbered(store.db, 3) is None
    assert mappings.latest(store.db, "main", "h1", 5) == first
    assert mappings.latest(store.db, "main", "h1", 1) is None


def test_whoever_wrote_last_is_tried_first(store):
    add(store, (1, "r1", 0), (2, "r2", 0), (3, "r3", 0), (4, "r4", 0))
    add(store, (5, "", 0), state="creating")
    add(store, (6, "r6", 0), crm="other")
    for person, at in ((2, 100), (3, 300), (2, 200), (6, 900), (5, 900)):
        talk(store, person, at)
    assert mappings.recent_people(store.db, "main", 3)[:2] == [3, 2]
    assert sorted(mappings.recent_people(store.db, "main", 9)) == [1, 2, 3, 4]


def test_people_are_found_by_link_record_and_version(store):
    add(store, *((n, f"r{n}", n % 3) for n in range(1, 11)))
    assert [person for _, person, _ in mappings.linked_people(store.db, "main", 3)] == [1, 2, 3]
    assert [person for _, person, _ in mappings.linked_people(store.db, "main", after=8)] == [9, 10]
    assert mappings.sample(store.db, "main", 5) == [1, 3, 5, 7, 9]
    assert mappings.sample(store.db, "main", 50) == list(range(1, 11))
    assert mappings.person_of(store.db, "main", "r7") == 7
    assert mappings.person_of(store.db, "main", "r77") == 0
    assert mappings.how_many_written_since(store.db, "main", 1) == 3
    assert mappings.written_since(store.db, "main", 1) == [(2, 2), (5, 5), (8, 8)]
    assert mappings.written_since(store.db, "main", 1, after=2, limit=1) == [(5, 5)]


def test_fates_of_commands_that_are_kept_no_more_are_left_out(store):
    assert mappings.fates(store.db, []) == {}
    assert mappings.fates(store.db, [1, 2]) == {}
