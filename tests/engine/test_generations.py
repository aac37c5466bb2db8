"""Two processes on one store: what one changes counts in the next step of the other."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hub.contracts.crm import FieldSchema, Schema
from hub.contracts.errors import ConfigError
from hub.engine import shapes
from hub.engine.configurations import CONFIGURED, beside_file
from hub.engine.configurations import start as start_with
from hub.engine.generations import Generations, Renewed
from hub.engine.human_events import Refusal, human_event
from hub.engine.mappings import LIVE
from hub.model.by_hand import ConfigurationApplied, MappingApplied
from hub.model.records import Owner
from hub.store import configurations
from hub.store.configurations import generation
from hub.testing.stores import place_of
from hub.testing.tabletop import HUB_TOML, Tabletop

SECOND = HUB_TOML.replace("Price list for", "New prices for")
BAD = HUB_TOML.replace('reply = "price"', 'reply = "prise"')
MAPPING = '[person]\nfirstname = "name"\n'


class Process:
    """One of several that share a store: it looks, then steps."""

    def __init__(self, folder: Path, home: Path, toml: str = HUB_TOML) -> None:
        folder.mkdir(exist_ok=True)
        self.table = Tabletop(folder, toml, keep_bad_mappings=True, place=place_of(home, "postgres"))
        self.generations = Generations(self.table.store, self.table.line)
        self.generations.look()
        self.count = 0

    @property
    def version(self) -> int:
        return self.table.line.version

    def look(self) -> Renewed | None:
        """As at the beginning of a step."""
        with self.table.store.db.beside():
            return self.generations.look()

    def apply(self, text: str, **more: str) -> None:
        """An agent applies a file, and this process takes the event up."""
        self.count += 1
        self.table.happen(ConfigurationApplied(key=f"{text}{self.count}", at=self.table.now, text=text, **more))
        self.table.step()

    def map(self, text: str = MAPPING) -> None:
        """The same with a mapping."""
        self.table.happen(MappingApplied(key=text, at=self.table.now, crm="main", text=text, trial=0))
        self.table.step()

    def answer(self, body: bytes) -> str:
        """The answer to a message that this process works off."""
        self.table.post("meta", body)
        self.look()
        self.table.step()
        return str(self.table.rows("SELECT text FROM messages WHERE direction='out' ORDER BY id DESC LIMIT 1")[0][0])

    def states(self) -> list[tuple[int, str]]:
        return [(row.id, row.state) for row in reversed(configurations.versions(self.table.store.db))]


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Process]:
    process = Process(tmp_path / "one", tmp_path)
    yield process
    process.table.close()


@pytest.fixture
def other(one: Process, tmp_path: Path) -> Iterator[Process]:
    process = Process(tmp_path / "other", tmp_path)
    yield process
    process.table.close()


@pytest.fixture
def table(one: Process) -> Tabletop:
    """For the fixtures that write bodies."""
    return one.table


def test_the_first_process_brings_its_file_and_the_next_one_finds_it_there(one, other):
    assert (one.version, other.version) == (1, 1)
    assert one.states() == [(1, "active")]
    assert (one.table.told, other.table.told) == ({}, {})


def test_processes_that_start_at_once_agree_on_one_version(tmp_path):
    place_of(tmp_path, "postgres")
    files = [HUB_TOML + f"# {number}\n" for number in range(4)]
    with ThreadPoolExecutor(len(files)) as pool:
        found = list(pool.map(lambda n: Process(tmp_path / str(n), tmp_path, files[n]), range(len(files))))
    assert {process.version for process in found} == {1}
    assert found[0].states() == [(1, "active")]
    assert len({process.table.line.config.version for process in found}) == 1
    assert sum(CONFIGURED in process.table.told for process in found) == len(files) - 1
    assert found[0].table.rows("SELECT count(*) FROM mappings") == [(1,)]
    assert len({process.table.line.tag for process in found}) == 1
    for process in found:
        process.table.close()


def test_what_one_applies_counts_in_the_next_step_of_the_other(one, other, text):
    assert other.answer(text(1, "price")) == "Price list for price"
    one.apply(SECOND)
    assert (one.version, other.version) == (2, 1)  # between two steps of its own, not earlier
    assert other.answer(text(2, "price please", "15550102")) == "New prices for price please"
    assert one.answer(text(3, "price again", "15550103")) == "New prices for price again"
    assert one.table.rows("SELECT DISTINCT version FROM decisions WHERE person>0 ORDER BY version") == [(1,), (2,)]
    assert one.states() == [(1, "retired"), (2, "active")]
    assert other.table.line.config.version == configurations.text_hash(SECOND)


def test_a_process_that_looks_again_finds_nothing_new(one, other):
    assert other.look() is None
    one.apply(SECOND)
    assert other.look() is not None
    assert other.look() is None


@pytest.mark.parametrize(
    ("bad", "why"),
    [(BAD, "version 2:28: rule 'price': there is no text 'prise'"), ("[[rule", "version 2:1: this is not TOML")],
)
def test_a_bad_file_changes_nothing_anywhere(one, other, bad, why, text):
    before = generation(one.table.store.db)
    one.apply(bad)
    assert one.states() == [(1, "active"), (2, "rejected")]
    refused = configurations.numbered(one.table.store.db, 2)
    assert refused is not None
    assert why in refused.reason
    assert generation(one.table.store.db) == before
    assert other.look() is None
    assert (one.version, other.version) == (1, 1)
    assert other.answer(text(1, "price")) == "Price list for price"
    one.apply(SECOND)
    assert one.states()[2:] == [(3, "active")]


def test_what_runs_already_makes_no_version(one):
    one.apply(HUB_TOML)
    assert one.states() == [(1, "active")]
    assert one.table.rows("SELECT because FROM decisions") == [("the configuration is version 1 already",)]


def test_a_former_text_becomes_a_version_of_its_own(one, other):
    one.apply(SECOND, agent="Ana", note="spring")
    one.apply(HUB_TOML)
    assert one.states() == [(1, "retired"), (2, "retired"), (3, "active")]
    assert [(row.agent, row.note) for row in configurations.versions(one.table.store.db)][1] == ("Ana", "spring")
    other.look()
    assert other.version == 3


def test_nothing_grows_when_the_change_is_taken_back(one):
    before, store = generation(one.table.store.db), one.table.store

    def broken() -> None:
        with store.transaction():
            configurations.add(store.db, SECOND, 1)
            assert generation(store.db) == before + 1
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    assert generation(store.db) == before
    assert one.states() == [(1, "active")]


def test_a_mapping_that_one_applies_counts_in_the_other(one, other):
    one.map()
    assert other.table.line.mapping("main").version == 1
    renewed = other.look()
    assert renewed is not None
    assert renewed.woken == {"main", f"{LIVE}main"}
    assert other.table.line.mapping("main").version == one.table.line.mapping("main").version > 1
    assert other.table.line.mapping("main").mapping.fields == {"firstname"}
    assert other.table.config.crms["main"].adapter.reads == {"firstname"}


def test_a_mapping_that_cannot_be_read_here_leaves_the_one_before(one, other):
    one.map()
    row = "UPDATE mappings SET text='[person]' || chr(10) || 'a = \"nme\"' WHERE state='active'"
    one.table.store.db.run(row)
    renewed = other.look()
    assert renewed is not None
    assert "version 1 runs on: " in renewed.told["mapping of main"]
    assert "unknown source 'nme'" in renewed.told["mapping of main"]
    assert other.table.line.mapping("main").version == 1


def test_the_fields_of_a_crm_that_one_reads_are_known_to_the_other(one, other):
    schema = Schema(fields={"firstname": FieldSchema(name="firstname", max_length=9)})
    people = (Owner(id="7", name="Ana", email="ana@example.com"),)
    shapes.learn(one.table.store, one.table.line, "main", schema, people, 1)
    assert other.look() is not None
    assert other.table.line.mapping("main").shape == one.table.line.mapping("main").shape
    assert other.table.line.mapping("main").shape.fields["firstname"].max_length == 9
    shapes.learn(one.table.store, one.table.line, "main", schema, people, 2)  # as it was
    assert other.look() is None


def test_another_file_runs_what_the_others_run_and_says_so(one, tmp_path):
    late = Process(tmp_path / "late", tmp_path, SECOND)
    assert late.version == 1
    assert one.states() == [(1, "active")]
    assert "is not what runs: that is version 1, by hub; dragoman pull" in late.table.told[CONFIGURED]
    assert late.table.line.config.rules.version == one.table.line.config.rules.version
    late.apply(SECOND)
    late.table.close()
    again = Process(tmp_path / "late", tmp_path, SECOND)
    assert (again.version, again.table.told) == (2, {})
    again.table.close()


def test_other_tables_than_rules_and_texts_wait_for_a_start(one, other):
    text = HUB_TOML.replace("[inbox.sales]\n", "[inbox.sales]\nmark_read = true\n") + "\n[lead]\nphone = 'main'\n"
    one.apply(text.replace("Price list", "List"))
    renewed = other.look()
    assert renewed is not None
    told = renewed.told[CONFIGURED]
    assert "has another [inbox.sales], [lead] than" in told
    assert "dragoman pull, then restart the processes one by one" in told
    assert not other.table.line.config.inboxes["sales"].mark_read
    assert other.version == 2
    other.table.config.file.write_text(text.replace("Price list", "List"))  # as dragoman pull does
    told = beside_file(other.table.store.db, other.table.line)[CONFIGURED]
    assert told.endswith(
        "changes [inbox.sales], [lead], taken when a process starts: restart the processes one after the other"
    )


def test_the_notice_goes_when_the_file_was_brought(one, other):
    one.apply(SECOND)
    assert other.look().told[CONFIGURED].startswith(str(other.table.config.file))
    other.table.config.file.write_text(SECOND)
    assert beside_file(other.table.store.db, other.table.line) == {CONFIGURED: ""}


def test_the_process_that_took_the_event_up_says_so_too(one, other):
    other.apply(SECOND)
    renewed = other.look()
    assert renewed is not None
    assert "that is version 2, by agent" in renewed.told[CONFIGURED]
    other.table.config.file.write_text("# somebody writes")
    one.map()
    renewed = other.look()
    assert renewed is not None
    assert renewed.told == {}


def test_a_version_that_cannot_be_read_here_leaves_the_one_before(one, other):
    store = one.table.store
    with store.transaction():
        configurations.add(store.db, BAD, 1)  # by a process that has what it needs
    renewed = other.look()
    assert renewed is not None
    assert "version 2 of the configuration cannot be read here, version 1 runs on: " in renewed.told[CONFIGURED]
    assert other.version == 1


def test_an_unreadable_version_is_replaced_at_a_start_by_a_new_file_but_never_by_an_old_one(one, tmp_path):
    store = one.table.store
    with store.transaction():
        configurations.add(store.db, BAD, 1)
    with pytest.raises(ConfigError, match=r"version 2 of the configuration cannot be read here: .*ran before"):
        start_with(store, one.table.config, 1)
    new = Process(tmp_path / "new", tmp_path, SECOND)
    assert new.version == 3
    assert "hub.toml is version 3 and runs" in new.table.told[CONFIGURED]
    assert one.states() == [(1, "retired"), (2, "retired"), (3, "active")]
    new.table.close()


def test_a_store_of_its_own_takes_the_file_at_each_start_and_what_is_applied_between(tmp_path):
    def start(toml: str) -> Tabletop:
        return Tabletop(tmp_path, toml, engine="sqlite")

    table = start(HUB_TOML)
    table.happen(ConfigurationApplied(key="a", at=1, text=SECOND))
    table.step()
    assert (table.line.version, table.line.config.version) == (2, configurations.text_hash(SECOND))
    table.close()
    table = start(SECOND)
    assert (table.line.version, table.told) == (2, {})
    table.close()
    table = start(HUB_TOML)
    assert (table.line.version, table.told) == (3, {})
    table.close()


@pytest.mark.parametrize("more", [{"text": ""}, {"text": "#" * 1_000_001}, {"note": "x" * 1001}, {"text": "\ud800"}])
def test_the_control_socket_refuses_a_file_that_nobody_writes(more):
    given = {"kind": "configuration.applied", "key": "k", "at": 1, "text": SECOND}
    assert human_event(given) == ConfigurationApplied(key="k", at=1, text=SECOND)
    with pytest.raises(Refusal):
        human_event(given | more)
