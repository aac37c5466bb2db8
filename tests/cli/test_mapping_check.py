"""`dragoman mapping check` refuses each kind of mistake with its line and a remedy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli.app import build
from hub.contracts.crm import FieldSchema, Schema
from hub.store import mappings
from hub.testing.tabletop import Tabletop

P = "[person]\n"
SCHEMA = Schema(
    fields={
        one.name: one
        for one in (
            FieldSchema(name="firstname", max_length=40),
            FieldSchema(name="phone", type="phone", max_length=10),
            FieldSchema(name="mail", type="email", label="E-mail"),
            FieldSchema(name="tier", type="choice", options=("gold", "blue")),
            FieldSchema(name="lang", type="choice", options=("English", "German")),
            FieldSchema(name="sum", type="number", read_only=True),
            FieldSchema(name="score", type="number"),
            FieldSchema(name="vip", type="bool"),
            FieldSchema(name="code", unique=True),
            FieldSchema(name="needed", required=True),
            FieldSchema(name="nick"),
        )
    }
)
MISTAKES: dict[str, tuple[int, str, str]] = {
    "no TOML": (2, "this is not TOML", P + "nick ="),
    "the same field twice": (3, "this is not TOML", P + "nick = 'name'\nnick = 'phone'"),
    "the same field in other letters": (3, "once more", P + "nick = 'name'\nNick = 'phone'"),
    "no lines at all": (1, "missing or empty", "[person]"),
    "an unknown table": (3, "did you mean 'owners'", P + "nick = 'name'\n[owner]\na = 'b'"),
    "a line without a source": (2, "has no source", P + "nick = 7"),
    "an empty list": (2, "has no line", P + "nick = []"),
    "an unknown key": (2, "did you mean 'when'", P + "nick = { from = 'name', wen = 'always' }"),
    "neither source nor constant": (2, "either from or value", P + "nick = { when = 'always' }"),
    "source and constant": (2, "either from or value", P + "nick = { from = 'name', value = 'x' }"),
    "an unknown source": (2, "did you mean 'phone'", P + "nick = 'phne'"),
    "a further value without a name": (2, "names no value", P + "nick = 'attr.'"),
    "a further value that has a source": (2, "source of its own", P + "nick = 'attr.phone'"),
    "an empty constant": (2, "the value is empty", P + "nick = { value = '' }"),
    "an unknown when": (2, "'create' or 'always'", P + "nick = { from = 'name', when = 'often' }"),
    "an unknown direction": (2, "'push' or 'pull'", P + "nick = { from = 'name', direction = 'up' }"),
    "an unknown rule": (2, "'fill-blank'", P + "nick = { from = 'name', rule = 'latest' }"),
    "an unknown blank": (2, "'keep' or 'send'", P + "nick = { from = 'name', blank = 'drop' }"),
    "a constant that is taken": (2, "has no direction", P + "nick = { value = 'x', direction = 'pull' }"),
    "a constant that is changed": (2, "has no transform", P + "nick = { value = 'x', transform = 'upper' }"),
    "what the hub alone knows, taken": (2, "only the hub knows", P + "nick = { from = 'channel', direction = 'pull' }"),
    "a way back that is none": (
        2,
        "cannot be carried back",
        P + "nick = { from = 'name', direction = 'pull', transform = 'upper' }",
    ),
    "an unknown transform": (2, "did you mean 'upper'", P + "nick = { from = 'name', transform = 'uper' }"),
    "a transform without its argument": (2, "lacks its argument", P + "nick = { from = 'name', transform = 'cut' }"),
    "an argument that is none": (2, "a count of characters", P + "nick = { from = 'name', transform = 'cut:x' }"),
    "append to a single value": (2, "holds one", P + "nick = { from = 'phone', when = 'always', rule = 'append' }"),
    "an unknown table of values": (2, "language", P + "lang = { from = 'language', table = 'languages' }"),
    "a field that is not there": (2, "did you mean 'nick'", P + "nik = 'name'"),
    "a label for a name": (2, "did you mean 'mail'", P + "E-mail = 'email'"),
    "a read-only field": (2, "calculates 'sum' itself", P + "sum = 'attr.sum'"),
    "a constant that is no option": (2, "is no option", P + "tier = { value = 'red' }"),
    "a constant that is too long": (2, "longer than 40", P + f"firstname = {{ value = '{'x' * 41}' }}"),
    "a constant of another type": (2, "cannot hold 'often'", P + "vip = { value = 'often' }"),
    "a source of another type": (2, "cannot hold name", P + "score = 'name'"),
    "a field that is too short": (2, "too few for phone", P + "phone = 'phone'"),
    "the same value for all in a unique field": (2, "no two people", P + "code = 'language'"),
    "a required field that may be emptied": (
        2,
        "cannot be emptied",
        P + "needed = { from = 'attr.x', when = 'always', blank = 'send' }",
    ),
    "a table with what is no option": (
        4,
        "is no option",
        P + "lang = { from = 'language', table = 'l' }\n[table.l]\nen = 'Englisch'",
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "hubspot.toml").write_text(P + 'needed = "name"\n')
    table = Tabletop(tmp_path)
    mappings.keep_shape(table.store.db, "main", SCHEMA, (), table.now)
    table.close()
    return tmp_path


def check(folder: Path, text: str) -> tuple[int, dict[str, list[dict[str, str]]]]:
    draft = folder / "draft.toml"
    draft.write_text(text)
    args = ["mapping", "check", "--file", str(draft), "--json", "--config", str(folder / "hub.toml")]
    found = CliRunner().invoke(build(), args, catch_exceptions=False)
    return found.exit_code, json.loads(found.stdout)


def test_thirty_kinds_of_mistake_are_refused_with_line_and_remedy(folder):
    assert len(MISTAKES) >= 30
    for kind, (line, words, text) in MISTAKES.items():
        code, told = check(folder, text)
        assert code == 2, kind
        (one,) = told["mistakes"]
        assert one["where"].endswith(f"draft.toml:{line}"), (kind, one)
        assert one["remedy"], kind
        assert words in f"{one['what']} {one['remedy']}", (kind, one)


def test_what_is_only_worth_a_look_is_a_remark(folder):
    code, told = check(
        folder, P + "lang = { from = 'language', when = 'always', table = 'l' }\n[table.l]\nen = 'English'"
    )
    assert code == 0
    assert [one["what"].partition(":")[0] for one in told["remarks"]] == [
        "the CRM makes no person without 'needed'",
        "[table.l] has no line for 'German' of 'lang'",
    ]
    assert all(one["where"] and one["remedy"] for one in told["remarks"])
