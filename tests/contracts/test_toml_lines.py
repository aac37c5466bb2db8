"""The line of every key, checked against what the standard library parsed."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.contracts.toml_lines import Lines

TEXT = '''# a comment
title = "x"   # 2

[hours.shop]
timezone = "Asia/Yerevan"
week = { mon-fri = "08:00-22:00", sat = [
    "10:00-12:00",
    "14:00-18:00"] }

[texts]
price = "It's = [fine] # not a comment"
"away.now" = """
many
lines \\""" still
"""
after.dotted.key = 1  # 16

[[rule]]
name = "one"

[[rule]]
name = "two"
keywords = [  # a comment with ] inside
  "price",
  { word = 'գին', match = "prefix" },
]
[rule.limits]
most = 3

[texts.other]
en = 1979-05-27 07:32:00Z
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("hours",), 4),
        (("hours", "shop"), 4),
        (("hours", "shop", "timezone"), 5),
        (("hours", "shop", "week", "mon-fri"), 6),
        (("hours", "shop", "week", "sat"), 6),
        (("hours", "shop", "week", "sat", 1), 8),
        (("texts", "price"), 11),
        (("texts", "away.now"), 12),
        (("texts", "after", "dotted", "key"), 16),
        (("rule",), 18),
        (("rule", 0), 18),
        (("rule", 0, "name"), 19),
        (("rule", 1), 21),
        (("rule", 1, "keywords", 0), 24),
        (("rule", 1, "keywords", 1, "match"), 25),
        (("rule", 1, "limits"), 27),
        (("rule", 1, "limits", "most"), 28),
        (("texts", "other", "en"), 31),
        (("rule", 1, "missing", "deep"), 21),
        (("rule", 1, "keywords", 1, "Keyword", "word"), 25),
    ],
)
def test_line_of_a_key(path, line):
    tomllib.loads(TEXT)
    assert Lines(TEXT, "hub.toml").where(path) == f"hub.toml:{line}"


def test_unknown_path_names_the_file():
    assert Lines(TEXT, "hub.toml").where(("nowhere",)) == "hub.toml"
    assert Lines("", "hub.toml").where(()) == "hub.toml"


def test_windows_line_ends():
    assert Lines('a = 1\r\n\r\nb = "x"\r\n', "f").where(("b",)) == "f:3"


@given(st.text(alphabet="ab.=[]{}\"'\\#\n ,1", max_size=60))
def test_never_raises(text):
    Lines(text, "f").where(("a", 0, "b"))


def _paths(value, path=()):
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _paths(inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _paths(inner, (*path, place))


@given(st.text(alphabet="ab.=[]{}\"'\\#\n ,1", max_size=60))
def test_whatever_parses_is_located(text):
    try:
        parsed = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    lines = Lines(text, "f")
    for path in _paths(parsed):
        if path:
            number = int(lines.where(path).removeprefix("f:"))
            assert 1 <= number <= text.count("\n") + 1


def test_every_path_of_the_sample_is_known_exactly():
    lines = Lines(TEXT, "f")
    assert all(path in lines._lines for path in _paths(tomllib.loads(TEXT)) if path)
