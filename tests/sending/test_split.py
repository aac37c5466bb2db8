"""Long texts in pieces."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sending import split_text

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
THUMB = "\U0001f44d\U0001f3fd"
FLAG = "\U0001f1e6\U0001f1f2"
KSHA = "क्षि"
HAN = "\u1112\u1161\u11ab"


@pytest.mark.parametrize(
    ("text", "limit", "pieces"),
    [
        ("", 10, []),
        (" \n ", 10, []),
        (" \n ", 1, []),
        ("short", 10, ["short"]),
        ("exactly 10", 10, ["exactly 10"]),
        ("one two three", 8, ["one two", "three"]),
        ("One. Two three four", 12, ["One.", "Two three", "four"]),
        ("First words.\n\nSecond. Third.", 24, ["First words.", "Second. Third."]),
        ("First\nSecond. Third.", 15, ["First", "Second. Third."]),
        ("First. Second.", 6, ["First.", "Second", "."]),
        ("你好。再见。", 4, ["你好。", "再见。"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("안녕하세요", 2, ["안녕", "하세", "요"]),
        (FAMILY * 3, 12, [FAMILY * 2, FAMILY]),
        (THUMB * 3, 5, [THUMB * 2, THUMB]),
        (FLAG * 3, 3, [FLAG, FLAG, FLAG]),
        ("a" + FLAG * 2, 4, ["a" + FLAG, FLAG]),
        (KSHA * 2, 5, [KSHA, KSHA]),
        (KSHA * 2, 6, [KSHA, KSHA]),
        ("你好。\u0301再见。", 3, ["你好", "。\u0301再", "见。"]),
        (HAN * 2, 4, [HAN, HAN]),
        ("e\u0301e\u0301", 3, ["e\u0301", "e\u0301"]),
        ("ab\r\ncd", 3, ["ab", "cd"]),
        ("e" + "\u0301" * 5, 3, ["e\u0301\u0301", "\u0301\u0301\u0301"]),
    ],
)
def test_where_it_is_cut(text, limit, pieces):
    assert split_text(text, limit) == pieces


def test_a_limit_below_one_is_an_error():
    with pytest.raises(ValueError, match="at least 1"):
        split_text("x", 0)


TEXT = st.text(
    alphabet=st.one_of(st.sampled_from("ab. \n!\u0301\u200d\U0001f468\U0001f1e6\U0001f3fd。"), st.characters())
)


@given(TEXT, st.integers(1, 12))
def test_nothing_is_lost_and_every_piece_fits(text, limit):
    pieces = split_text(text, limit)
    assert all(piece.strip() and len(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


@given(TEXT.filter(lambda text: len(text) > 3), st.integers(9, 20))
def test_no_piece_begins_inside_a_character(text, limit):
    # Runs of marks longer than a piece must be cut somewhere; shorter ones must not.
    run = longest = 0
    for char in text:
        run = run + 1 if unicodedata.category(char)[0] == "M" or char in "\u200d\U0001f468\U0001f3fd" else 0
        longest = max(longest, run)
    if longest > limit - 2:
        return
    for piece in split_text(text, limit)[1:]:
        assert unicodedata.category(piece[0])[0] != "M"
        assert piece[0] not in "\u200d\U0001f3fd"
