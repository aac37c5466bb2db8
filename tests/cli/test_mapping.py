"""`dragoman mapping` beside a hub that does not run, with a CRM that exists only here."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from typer.testing import CliRunner

from hub import CRM, CRMCapabilities, Page, PluginSettings, Schema, Written, hookimpl
from hub.cli.app import build
from hub.contracts.crm import FieldSchema
from hub.contracts.errors import RateLimited, Rejected, Unavailable
from hub.engine.hub import Hub
from hub.engine.loader import load_plugins
from hub.engine.settings import load_config
from hub.model.people import Identity
from hub.model.records import PersonWrite, Record, Ref
from hub.store import mappings, open_store
from hub.testing.stores import environ, place_of
from hub.testing.tabletop import Tabletop

TOML = '[hub]\ndata = "./data"\ncrm_linger = 0\ndisk_min_mb = 1\n[crm.book]\nadapter = "book"\n'
FIRST = """# what the book gets
[person]
name = "name"
lang = { from = "language", when = "always" }  # such as en
"""
SECOND = FIRST.replace('"language", when = "always"', '"language", when = "always", transform = ["upper"]')
SCHEMA = Schema(
    fields={
        "name": FieldSchema(name="name"),
        "lang": FieldSchema(name="lang", max_length=40),
        "tier": FieldSchema(name="tier", type="choice", options=("gold", "blue")),
        "sum": FieldSchema(name="sum", type="number", read_only=True),
    }
)


class BookSettings(PluginSettings):
    """Nothing to set."""


class Book(CRM[BookSettings]):
    """A CRM in memory that can be down, or nearly used up."""

    name: ClassVar[str] = "book"
    Settings: ClassVar[type[PluginSettings]] = BookSettings
    capabilities: ClassVar[CRMCapabilities] = CRMCapabilities(batch=2, read_batch=2)
    records: ClassVar[dict[str, dict[str, str]]] = {}
    left: ClassVar[float] = 1000
    down: ClassVar[bool] = False
    schema: ClassVar[Schema] = SCHEMA
    wrote: ClassVar[int] = 0
    refused: ClassVar[str] = "nothing"
    pauses: ClassVar[int] = 0

    def describe(self) -> Schema:
        return self.schema

    def budget(self) -> dict[str, float]:
        return {"day": Book.left}

    def get(self, refs: Sequence[Ref]) -> Page:
        if Book.down:
            raise Unavailable("the book is closed")
        if Book.pauses:
            Book.pauses -= 1
            raise RateLimited("not so fast", retry_after=0.01)
        Book.left -= 1
        self.on_call("get", 200)
        found = [record(ref.id) for ref in refs if ref.id in Book.records]
        return Page(found, "", True)

    def upsert(self, batch: Sequence[PersonWrite]) -> list[Written]:
        return [self.write(row) for row in batch]

    def write(self, row: PersonWrite) -> Written:
        if Book.refused in row.fields.values():
            return Written(outbox=row.outbox, error=Rejected(f"the book has no {Book.refused}"))
        Book.wrote += 1
        Book.records[row.record] |= row.fields
        return Written(outbox=row.outbox, record=row.record)

    def first_read(self, cursor: str) -> Page:
        return Page([record(name) for name in Book.records], "end", True)

    def changes(self, cursor: str) -> Page:
        return Page((), "now", True)

    def log(self, batch: Any) -> list[Written]:
        return []

    ensure = probe = lambda self: []  # type: ignore[assignment]


def record(name: str) -> Record:
    fields = Book.records[name]
    return Record(
        id=name, identities=(Identity("phone", "", f"+4477009001{int(name):02}"),), name=fields["name"], fields=fields
    )


BOOK = SimpleNamespace(hub_crms=hookimpl(lambda: [Book]))


class Desk:
    """A folder with a hub whose store holds linked people; `run` is the command line."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "mappings" / "book.toml"
        self.file.parent.mkdir()
        self.file.write_text(FIRST)
        Book.records = {str(n): {"name": f"Ana{n} Example", "lang": ""} for n in range(1, 6)}
        Book.pauses = 0
        Book.left, Book.down, Book.wrote, Book.refused, Book.schema = 1000, False, 0, "nothing", SCHEMA

    def fill(self) -> Desk:
        """The hub ran once: everybody is known, four of five have a language."""
        table = self.table = Tabletop(self.folder, TOML, load_plugins(extra=[("book", BOOK)]))
        mappings.keep_shape(table.store.db, "book", SCHEMA, (), table.now)
        table.crm_knows(*map(record, Book.records), crm="book")
        with table.store.transaction():
            table.store.db.run("UPDATE people SET language='en' WHERE name<>'Ana5 Example'")
        table.close()
        return self

    def hub(self) -> None:
        """The hub starts, works off what waits, and ends."""
        table = self.table
        table.store = open_store(place_of(self.folder / "data"))
        table.step()
        table.close()

    def run(self, *args: str) -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        config = ["--config", str(self.folder / "hub.toml")]
        at = environ(place_of(self.folder / "data"))
        found = CliRunner().invoke(build(), ["mapping", *args, *config], env=at, catch_exceptions=False)
        return found.exit_code, found.stdout, found.stderr

    def told(self, *args: str) -> Any:
        """The JSON of a command that went well."""
        code, out, err = self.run(*args, "--json")
        assert code == 0, out + err
        return json.loads(out)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    dist = SimpleNamespace(name="somebody", version="1.0")
    entry = SimpleNamespace(name="book", value="book", load=lambda: BOOK, dist=dist)
    monkeypatch.setattr("hub.engine.loader.entry_points", lambda group: [entry])
    monkeypatch.delenv("DRAGOMAN_PLUGINS", raising=False)
    return Desk(tmp_path).fill()


def test_check_tells_every_mistake_of_the_file_with_its_line(desk):
    desk.file.write_text('[person]\nname = "nme"\nlang = { from = "language", wen = "always" }\ntier = "phone"\n')
    code, out, _ = desk.run("check")
    assert code == 2
    assert "book.toml:2" in out
    assert "did you mean 'name'?" in out
    assert "book.toml:3" in out
    assert "did you mean 'when'?" in out
    assert "2 mistakes" in out


def test_check_tells_what_does_not_fit_the_fields_of_the_crm(desk):
    desk.file.write_text('[person]\nlagn = "language"\nsum = { value = "3" }\ntier = { value = "red" }\n')
    code, out, _ = desk.run("check", "--json")
    assert code == 2
    mistakes = {one["where"].rpartition(":")[2]: one for one in json.loads(out)["mistakes"]}
    assert mistakes["2"]["remedy"] == "did you mean 'lang'?"
    assert set(mistakes) == {"2", "3", "4"}


def test_check_live_sees_that_a_field_went_away_in_the_crm(desk):
    assert desk.run("check")[0] == 0
    Book.schema = Schema(fields={"name": FieldSchema(name="name")})
    assert desk.run("check")[0] == 0
    code, out, _ = desk.run("check", "--live")
    assert code == 2
    assert "no field 'lang'" in out
    assert "the CRM has no field 'lang' any more" in out


def test_check_live_tells_how_fields_of_the_mapping_changed(desk):
    desk.file.write_text(FIRST + 'tier = { value = "gold" }\n')
    changed = FieldSchema(name="tier", type="choice", options=("gold", "red"), required=True)
    Book.schema = Schema(fields={**SCHEMA.fields, "tier": changed})
    told = desk.told("check", "--live")
    assert [one.partition(": ")[2] for one in told["drift"]] == [
        "'tier' is required now",
        "'tier' lost the option 'blue'",
        "'tier' has the option 'red' as new",
    ]
    assert told["ok"]


def test_show_draws_the_lines_of_the_version_that_runs(desk):
    desk.file.write_text(SECOND)
    code, out, _ = desk.run("show")
    assert code == 0
    assert "book: version 1" in out
    assert "upper" not in out
    assert "is not what runs" in out
    (name, lang) = desk.told("show")["lines"]
    assert (name["field"], name["source"], name["when"], lang["when"]) == ("name", "name", "create", "always")


def test_preview_shows_both_sides_of_a_record_and_writes_nothing(desk):
    code, out, _ = desk.run("preview", "--record", "2")
    assert code == 0
    assert "p2 Ana2 Example, book record 2" in out
    (person,) = desk.told("preview", "--person", "p2", "--file", str(draft(desk)))["people"]
    lang = next(one for one in person["fields"] if one["field"] == "lang")
    assert (lang["hub"], lang["crm"], lang["outcome"], lang["crm_after"]) == ("EN", "", "write", "EN")
    assert lang["why"]
    Book.records["2"]["lang"] = "de"
    (person,) = desk.told("preview", "--record", "2")["people"]
    lang = next(one for one in person["fields"] if one["field"] == "lang")
    assert (lang["crm"], lang["outcome"], lang["hub_after"]) == ("de", "conflict", {"language": "de"})
    assert Book.wrote == 0


def test_preview_of_a_sample_counts_them(desk):
    code, out, _ = desk.run("preview", "--sample", "5")
    assert code == 0
    assert "5 people: 1 same, 4 would be written" in out


def test_preview_goes_on_without_the_crm(desk):
    Book.down = True
    code, out, _ = desk.run("preview", "--record", "2")
    assert code == 0
    assert "could not be read: the book is closed" in out
    assert "p2 Ana2 Example" in out


@pytest.mark.parametrize("args", [(), ("--record", "99"), ("--record", "1", "--sample", "2"), ("--person", "nobody")])
def test_preview_of_nobody_is_a_mistake(desk, args):
    code, _, err = desk.run("preview", *args)
    assert code == 2
    assert err.startswith("dragoman: ")


def draft(desk: Desk) -> Path:
    file = desk.folder / "draft.toml"
    file.write_text(SECOND)
    return file


def test_diff_tells_each_field_in_words_and_then_the_lines(desk):
    assert "is what runs (version 1)" in desk.run("diff")[1]
    file = draft(desk)
    code, out, _ = desk.run("diff", "--file", str(file))
    assert code == 0
    assert "transform: none → upper" in out
    assert '+lang = { from = "language", when = "always", transform = ["upper"] }' in out
    (change,) = desk.told("diff", "--file", str(file))["changes"]
    assert change == {"field": "lang", "what": "changed", "words": ["transform: none → upper"]}


def test_dry_run_counts_samples_and_prices_everything_by_reading_only(desk):
    Book.records["1"]["lang"] = "EN"
    del Book.records["3"]
    told = desk.told("dry-run", "--file", str(draft(desk)))
    assert told["people"] == {"same": 2, "write": 2}
    assert told["fields"]["lang"] == {"same": 2, "write": 2}
    assert told["samples"]["lang"] == [["write", "", "EN"], ["write", "", "EN"]]
    assert told["missed"] == 1
    assert told["read"]["calls"] == 3
    assert told["cost"]["calls"] == 2  # one to look once more, one to write
    assert told["cost"]["left (day)"] == 997
    assert Book.wrote == 0
    assert "2 would be written" in desk.run("dry-run", "--file", str(draft(desk)))[1]


def test_dry_run_puts_every_field_of_everybody_into_a_file(desk):
    to = desk.folder / "all.csv"
    Book.records["5"]["name"] = "=1+1"
    Book.records["4"]["name"] = "-2+3"
    assert desk.run("dry-run", "--csv", str(to))[0] == 0
    rows = list(csv.DictReader(io.StringIO(to.read_text())))
    assert len(rows) == 10
    assert {row["person"] for row in rows} == {"p1", "p2", "p3", "p4", "p5"}
    named = [row for row in rows if row["field"] == "name"]
    assert [row["crm"] for row in named if row["record"] in ("4", "5")] == ["'-2+3", "'=1+1"]


def test_dry_run_leaves_the_crm_to_the_hub_when_little_is_left(desk):
    Book.left = 2
    told = desk.told("dry-run")
    assert told["people"].get("write", 0) == 2
    assert told["stopped"].startswith("2 of 5 were read: the CRM allows 1 more calls today")


def test_dry_run_waits_where_the_crm_asks_for_it(desk):
    Book.pauses = 2
    told = desk.told("dry-run")
    assert Book.pauses == 0
    assert sum(told["people"].values()) == 5
    assert told["stopped"] == ""


def test_nothing_but_the_answer_is_said_where_there_is_no_terminal(desk):
    for args in (("dry-run", "--json"), ("preview", "--sample", "3", "--json"), ("check", "--live", "--json")):
        code, out, err = desk.run(*args)
        assert (code, err) == (0, "")
        assert json.loads(out)


def test_what_a_broken_adapter_says_is_not_printed(desk, monkeypatch):
    """Its words could hold a secret."""

    def broken(*_: Any) -> Any:
        raise RuntimeError("token=s3cret")

    monkeypatch.setattr(Book, "get", broken)
    monkeypatch.setattr(Book, "describe", broken)
    for args in (("dry-run",), ("preview", "--sample", "3"), ("check", "--live")):
        code, out, err = desk.run(*args)
        assert "the adapter failed with RuntimeError" in out + err
        assert "s3cret" not in out + err
        assert code in (0, 2)


def test_dry_run_says_how_far_it_came_when_the_crm_closes(desk):
    Book.down = True
    told = desk.told("dry-run", "--limit", "3")
    assert told["people"] == {}
    assert told["stopped"] == "0 of 3 were read: the book is closed"


def test_a_version_is_applied_logged_and_taken_back(desk):
    code, out, err = desk.run("apply", "--file", str(draft(desk)), "--note", "capitals", "--agent", "Mia", "--now")
    assert code == 0, err
    assert "transform: none → upper" in out
    assert "no hub runs" in out
    desk.hub()
    new, old = desk.told("log")
    assert (new["id"], new["state"], new["note"], new["agent"]) == (2, "active", "capitals", "Mia")
    assert (old["id"], old["state"]) == (1, "retired")
    assert "capitals" in desk.run("log")[1]
    assert desk.run("rollback", "--agent", "Mia")[0] == 0
    desk.hub()
    newest = desk.told("log")[0]
    assert (newest["id"], newest["state"], newest["note"]) == (3, "active", "version 1 again")
    assert newest["hash"] == old["hash"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (FIRST, "is what runs already"),
        ('[person]\nname = "nme"\n', "unknown source 'nme'"),
        ('[person]\nnick = "name"\n', "no field 'nick'"),
    ],
)
def test_what_cannot_run_is_not_applied(desk, text, why):
    desk.file.write_text(text)
    code, _, err = desk.run("apply")
    assert code == 2
    assert why in err


@pytest.mark.parametrize("command", ["check", "diff", "dry-run", "apply"])
def test_a_file_that_is_none_of_ours_is_refused_by_its_size(desk, command):
    huge = desk.folder / "huge.toml"
    huge.write_text(FIRST + "#" * 150_000)
    code, _, err = desk.run(command, "--file", str(huge))
    assert code == 2
    assert "more than 150000 characters" in err


@pytest.mark.parametrize("version", ["7", ""])
def test_only_what_ran_can_be_gone_back_to(desk, version):
    code, _, err = desk.run("rollback", *filter(None, [version]))
    assert code == 2
    assert "ran" in err


def test_set_changes_one_key_and_keeps_everything_else(desk):
    code, out, _ = desk.run("set", "lang", "rule", "newest")
    assert code == 0
    assert '+lang = { from = "language", when = "always", rule = "newest" }  # such as en' in out
    assert desk.file.read_text() == FIRST.replace('"always" }', '"always", rule = "newest" }')


def test_set_tells_machines_what_it_changed(desk):
    told = desk.told("set", "lang", "rule", "newest")
    assert told["changed"]
    assert "+lang" in told["text"]
    assert not desk.told("set", "lang", "rule", "newest")["changed"]


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (("lang", "rule", "newst"), "newest"),
        (("nick", "rule", "newest"), "no line 'nick'"),
        (("lang", "from", "langage"), "did you mean 'language'?"),
    ],
)
def test_set_writes_no_file_that_would_not_load(desk, args, why):
    code, _, err = desk.run("set", *args)
    assert code == 2
    assert why in err
    assert desk.file.read_text() == FIRST
    assert [file.name for file in desk.file.parent.iterdir()] == ["book.toml"]


def test_a_crm_that_is_not_there_is_a_mistake(desk):
    code, _, err = desk.run("show", "--crm", "bok")
    assert code == 2
    assert "did you mean 'book'?" in err


def test_before_the_first_start_there_is_nothing_to_show(tmp_path, desk):
    desk.folder = shutil.copytree(desk.folder, tmp_path / "new", ignore=shutil.ignore_patterns("data", "new"))
    assert desk.run("show")[0] == 2
    assert "when it first starts" in desk.run("log")[1]
    assert desk.run("check")[0] == 0


def beside(
    desk: Desk, *commands: tuple[str, ...], until: Callable[[], bool] = lambda: True
) -> list[tuple[int, str, str]]:
    """What these commands say, one after the other, beside a hub that runs `until` something is so."""

    async def scenario() -> list[tuple[int, str, str]]:
        plugins = load_plugins(extra=[("book", BOOK)])
        hub = Hub(load_config(desk.folder / "hub.toml", plugins, environ(place_of(desk.folder / "data"))), plugins)
        await hub.start()
        try:
            async with asyncio.timeout(60):
                await hub.crms["book"].ready.wait()
                said = [await asyncio.to_thread(desk.run, *command) for command in commands]
                while not until():  # noqa: ASYNC110 - the CRM has no event
                    await asyncio.sleep(0.02)
                return said
        finally:
            await hub.stop()

    return asyncio.run(scenario())


def test_a_running_hub_tries_a_version_and_uses_it_without_a_restart(desk):
    ((code, out, err), (_, shown, _)) = beside(desk, ("apply", "--file", str(draft(desk))), ("show",))
    assert code == 0, err
    assert "version 2 of the mapping of book is active (tried with 4, 0 refused)" in out
    assert "book: version 2" in shown
    assert languages() == ["EN", "EN", "EN", "EN", ""]
    assert {one["id"]: one["people"] for one in desk.told("log")} == {1: 0, 2: 4}


def test_a_running_hub_takes_a_version_back_that_the_crm_refuses(desk):
    Book.refused = "EN"
    ((code, out, _), (_, log, _)) = beside(desk, ("apply", "--file", str(draft(desk))), ("log", "--json"))
    assert code == 1
    assert "version 2 was not taken: 4 of 4 were refused: the book has no EN" in out
    assert [one["state"] for one in json.loads(log)] == ["rejected", "active"]
    assert Book.wrote == 0


def test_going_back_beside_a_running_hub_writes_the_people_again(desk):
    commands = ("apply", "--file", str(draft(desk))), ("rollback", "--reapply")
    went = beside(desk, *commands, until=lambda: languages() == ["en", "en", "en", "en", ""])
    assert [code for code, _, _ in went] == [0, 0]
    assert "version 3 of the mapping of book is active" in went[1][1]
    assert Book.wrote == 8


def languages() -> list[str]:
    return [Book.records[name]["lang"] for name in "12345"]
