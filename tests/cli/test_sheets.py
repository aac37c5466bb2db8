"""`sheet`: people out as CSV, changed in a spreadsheet, and in again."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.cli.app import build
from hub.model.by_hand import PersonEdited, TagsEdited
from hub.store import open_store
from hub.testing.stores import environ, place_of
from hub.testing.tabletop import HUB_TOML, Tabletop

Run = Callable[..., tuple[int, str, str]]
DAY = 86_400_000
TOML = HUB_TOML + '\n[tag.vip]\n[segment.vips]\ntags = ["vip"]\n'


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Tabletop]:
    hub = Tabletop(tmp_path, TOML)
    for number, name in ((1, "Ana"), (2, "'t Bo, Ltd"), (3, "=1+1")):
        who = f"4477009001{number:02}"
        message = {"from": who, "id": f"wamid.{number}", "timestamp": str(hub.now // 1000), "type": "text"}
        value: dict[str, Any] = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "447700900000", "phone_number_id": "1001"},
            "contacts": [{"profile": {"name": name}, "wa_id": who}],
            "messages": [message | {"text": {"body": "hello"}}],
        }
        entry = {"id": "9", "changes": [{"field": "messages", "value": value}]}
        hub.post("meta", json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode())
        hub.step()
    hub.happen(
        PersonEdited(key="v", at=hub.now, person="p1", values={"industry": "auto", "size": "70"}),
        TagsEdited(key="t", at=hub.now, person="p1", add=("vip",), agent="Eve"),
    )
    hub.step()
    yield hub
    hub.close()


@pytest.fixture
def run(table: Tabletop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command while the store is closed, and step what it left: exit code, stdout, stderr."""

    def run_(*args: str) -> tuple[int, str, str]:
        table.store.close()
        monkeypatch.setattr("hub.cli.people.fresh", lambda: (f"k{table.now}", table.now))
        words = [*args, "--config", str(tmp_path / "hub.toml")]
        found = CliRunner().invoke(build(), words, env=environ(place_of(tmp_path / "data")), catch_exceptions=False)
        table.store = open_store(place_of(tmp_path / "data"))
        table.now += 1
        table.step()
        return found.exit_code, found.stdout, found.stderr

    return run_


def rows(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(file.read_text("utf-8-sig").splitlines()))


def write(file: Path, lines: list[dict[str, str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)


def test_a_sheet_goes_out_is_changed_and_comes_in_again(table, run, tmp_path):
    file = tmp_path / "people.csv"
    table.now += 8 * DAY
    assert run("sheet", "out", str(file))[1].endswith(f"3 people are in {file}.\n")
    first = rows(file)[0]
    assert (first["person"], first["name"], first["phone"], first["industry"]) == (
        "p1",
        "Ana",
        "'+447700900101",
        "auto",
    )
    assert (first["first contact"], first["overdue"], first["tags"]) == ("2027/01/15 08:00", "!", "vip")

    assert "0 of 3 people changed" in run("sheet", "in", str(file))[1]  # as it went out it changes nothing
    lines = rows(file)
    lines[0] |= {"industry": "retail", "size": "", "tags": "other"}
    lines[1]["name"] = "Bo"
    write(file, lines)
    assert "2 of 3 people would be changed" in run("sheet", "in", str(file), "--dry-run")[1]
    assert table.rows("SELECT name FROM people WHERE id=2") == [("'t Bo, Ltd",)]
    code, told, _ = run("sheet", "in", str(file), "--agent", "Eve")
    assert code == 0
    assert "p1: industry = 'retail', size = ''" in told
    [(attributes,)] = table.rows("SELECT attributes FROM people WHERE id=1")
    assert json.loads(attributes) == {"industry": "retail"}
    assert table.rows("SELECT name FROM people ORDER BY id") == [("Ana",), ("Bo",), ("=1+1",)]
    assert table.rows("SELECT tag FROM person_tags") == [("vip",)]


def test_a_segment_alone_goes_out(run, tmp_path):
    file = tmp_path / "vips.csv"
    run("sheet", "out", str(file), "--segment", "vips")
    assert [row["person"] for row in rows(file)] == ["p1"]
    assert "did you mean 'vips'" in run("sheet", "out", str(file), "--segment", "vip")[2]


def test_a_sheet_of_ones_own_names_people_by_phone_and_nobody_is_made(table, run, tmp_path):
    file = tmp_path / "own.csv"
    write(file, [{"phone": "+44 7700 900102", "budget": "50,000"}, {"phone": "+44 7700 900199", "budget": "7"}])
    code, told, _ = run("sheet", "in", str(file))
    assert code == 1
    assert f"{file}:3: nobody is known as" in told
    assert "1 of 2 people changed, 1 rows name nobody." in told
    assert table.rows("SELECT count(*) FROM people") == [(3,)]
    [(attributes,)] = table.rows("SELECT attributes FROM people WHERE id=2")
    assert json.loads(attributes) == {"budget": "50,000"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"name,age\nBo,7\n", "has no column that names people"),
        (b"phone,what is it\n+447700900101,7\n", "the column 'what is it' names no value"),
        (b"\xff\xfe\x00", "cannot be read"),
    ],
)
def test_what_is_no_such_sheet_is_one_sentence(run, tmp_path, text, told):
    file = tmp_path / "bad.csv"
    file.write_bytes(text)
    code, _, said = run("sheet", "in", str(file))
    assert code == 2
    assert told in said
