"""What a message looks like as a task."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import LogEntry
from hub.model.records import LogLine
from hub_salesforce import bodies
from hub_salesforce.bodies import render, units
from hub_salesforce.paths import DESCRIPTION, SUBJECT

ENTRY = LogEntry(
    outbox=1,
    message="m-1",
    record="0035g000000000PAAQ",
    direction="in",
    channel="whatsapp",
    author="Ana",
    text="Is it open?",
    at=1_750_000_000_000,
    sequence=1,
)
LINES = tuple(
    LogLine(direction=d, author=a, text=t, at=1_750_000_000_000)
    for d, a, t in (("in", "Ana", "Is it open?"), ("out", "", "Yes,\nuntil six."), ("in", "", "Good"))
)


def test_an_inbound_text_stands_as_it_was_written():
    body = render(replace(ENTRY, text="  Is it\nopen? <b> & \U0001f44b"))
    assert body == ("WhatsApp in: Is it open? <b> & \U0001f44b", "  Is it\nopen? <b> & \U0001f44b", "")


def test_an_outbound_one_says_who_answered():
    assert render(replace(ENTRY, direction="out", author="Bo\nt")).text == "Sent by Bo t:\nIs it open?"
    assert render(replace(ENTRY, direction="out", author="")).text == "Sent by the hub:\nIs it open?"


def test_a_session_shows_each_message_in_the_organisations_time():
    body = render(replace(ENTRY, lines=LINES), ZoneInfo("Asia/Tokyo"))
    assert body.text == (
        "2025-06-16 00:06 · Ana\nIs it open?\n"
        "2025-06-16 00:06 · the hub\nYes,\nuntil six.\n"
        "2025-06-16 00:06 · contact\nGood"
    )
    assert body.subject == "WhatsApp, 3 messages: Is it open?"
    assert bodies.read(body.text, "") == "Ana: Is it open?\nthe hub: Yes,\nuntil six.\ncontact: Good"


def test_links_come_last_and_only_addresses_of_the_web():
    links = (("a\nb.pdf", "https://hub.example.com/f/1"), ("evil", "javascript:alert(1)"))
    body = render(replace(ENTRY, links=links))
    assert body.text == "Is it open?\n\nFiles:\na b.pdf: https://hub.example.com/f/1"
    assert bodies.read(body.text, "in") == "Is it open?"


@pytest.mark.parametrize("char", ["x", "é", "\U0001f44b"])
def test_a_long_text_is_cut_with_a_mark_and_told(char):
    body = render(replace(ENTRY, text=char * 40_000, links=(("a", "https://hub.example.com/f/1"),)))
    assert DESCRIPTION - 2 <= units(body.text) <= DESCRIPTION
    assert "cut here" in body.text
    assert body.text.endswith("a: https://hub.example.com/f/1")
    assert "32000" in body.cut
    assert body.subject.endswith("…")
    assert units(body.subject) <= SUBJECT
    room = DESCRIPTION // units(char)
    assert render(replace(ENTRY, text=char * room)).cut == ""


def test_a_long_session_keeps_whole_messages_and_tells_the_rest():
    lines = tuple(replace(LINES[0], text=f"{n:03} " + "x" * 996) for n in range(50))
    body = render(replace(ENTRY, lines=lines))
    assert units(body.text) <= DESCRIPTION
    kept = body.text.count("Ana\n")
    assert body.text.endswith("x\n… continued")
    assert body.cut.startswith(f"{50 - kept} of 50 messages")
    alone = render(replace(ENTRY, lines=(replace(LINES[0], text="y" * 40_000),)))
    assert units(alone.text) <= DESCRIPTION
    assert alone.cut


def test_too_many_links_are_told():
    links = tuple((f"file {n}", f"https://hub.example.com/{'f' * 500}/{n}") for n in range(40))
    body = render(replace(ENTRY, text="z" * 25_000, links=links))
    assert units(body.text) <= DESCRIPTION
    assert body.cut


def test_control_characters_do_not_travel():
    assert render(replace(ENTRY, text="a\x00b\r\nc\x1bd\te\ud800")).text == "ab\ncd\te"


@given(st.text(), st.sampled_from(["in", "out"]), st.sampled_from(["whatsapp", "sms", ""]))
def test_what_was_said_can_be_read_again(text, direction, channel):
    entry = replace(ENTRY, text=text, direction=direction, channel=channel)
    body = render(entry)
    if not text.startswith(tuple("0123456789")) and "\n\nFiles:\n" not in text:
        assert bodies.read(body.text, direction) == bodies.plain(text)
    assert units(body.subject) <= SUBJECT
    assert "\n" not in body.subject
