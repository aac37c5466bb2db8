"""How messages of every form read in the CRM."""

import json

import pytest

from hub.mapping import body_of
from hub.mapping.details import LINES, VALUE
from hub.model.content import PLAIN, Card, Content, Media, Option, Place, Template

MENU = (Option(id="1", title="Yes"), Option(id="2", title="No"))


@pytest.mark.parametrize(
    ("content", "form", "text", "body"),
    [
        (PLAIN, "text", "hello", "hello"),
        (PLAIN, "image", "", "[image]"),
        (
            Content(form="image", media=Media(kind="image", name="roof.jpg")),
            "image",
            "my roof",
            "[image: roof.jpg] my roof",
        ),
        (
            Content(form="document", media=Media(kind="document", name="a.pdf")),
            "document",
            "a.pdf",
            "[document: a.pdf]",
        ),
        (PLAIN, "reaction", "", "[took back a reaction]"),
        (Content(form="buttons", options=MENU, footer="f"), "buttons", "Coming?", "Coming?\nf\n[Yes] [No]"),
        (Content(form="list", options=MENU, header="H"), "list", "Pick", "H\nPick\n[Yes] [No]"),
        (
            Content(form="template", template=Template(name="offer", language="en", body=("Ana", "12"))),
            "template",
            "",
            "[template offer] Ana, 12",
        ),
        (
            Content(form="contacts", cards=(Card(name="Ben", phones=("+447700900102",)),)),
            "contacts",
            "Ben",
            "[contact: Ben, +447700900102]",
        ),
        (
            PLAIN,
            "location",
            "51.5, 0.1",
            "[location] https://www.openstreetmap.org/?mlat=51.5&mlon=0.1#map=16/51.5/0.1",
        ),
        (PLAIN, "location", "somewhere", "somewhere"),
        (PLAIN, "unsupported", "", "[unsupported]"),
    ],
)
def test_a_form_reads_as_text(content, form, text, body):
    assert body_of(content, form, text) == body


def test_a_place_is_a_link_to_a_map():
    place = Place(latitude=51.5, longitude=0.125, name="Dock", address="Pier 1")
    body = body_of(Content(form="location", place=place), "location", "")
    assert body.startswith("[location: Dock, Pier 1] https://")
    assert "51.5" in body
    assert "0.125" in body


def test_a_reaction_shows_the_beginning_of_what_it_is_about():
    assert (
        body_of(PLAIN, "reaction", "👍", about="See you tomorrow at nine") == "[reacted 👍 to “See you tomorrow at …”]"
    )
    assert body_of(PLAIN, "reaction", "👍") == "[reacted 👍 to a message]"


def test_an_edit_is_marked_and_of_what_was_deleted_nothing_is_kept():
    assert body_of(PLAIN, "text", "new", edited=True) == "new (edited)"
    assert body_of(PLAIN, "text", "secret", edited=True, deleted=True) == "[deleted by the sender]"


def test_the_answers_of_a_form_stand_below_its_text():
    told = {
        "name": "Ana\n<b>",
        "flow_token": "t",
        "none": None,
        "ok": True,
        "list": [1, "two"],
        "deep": {"a": {"b": 2}},
    }
    body = body_of(PLAIN, "interactive", "Sent", payload=json.dumps(told), edited=True)
    assert body == "Sent (edited)\nname: Ana <b>\nok: yes\nlist: 1, two\ndeep: a b 2"


def test_a_form_is_bounded():
    told = {f"field {n}": "x" * 10_000 for n in range(100)}
    lines = body_of(PLAIN, "interactive", "", payload=json.dumps(told)).split("\n")
    assert lines[-1] == f"… and {100 - LINES} more"
    assert len(lines) == LINES + 2
    assert max(map(len, lines)) < VALUE + 20
    nested = "[" * 50 + "]" * 50
    assert body_of(PLAIN, "interactive", "Sent", payload=f'{{"a": {nested}}}') == "Sent"


@pytest.mark.parametrize("payload", ["yes", '"yes"', "[1]", "7", "{", "[" * 100_000, "null"])
def test_the_payload_of_a_button_is_not_shown(payload):
    assert body_of(PLAIN, "button", "Yes", payload=payload) == "Yes"


def test_an_order_has_its_prices():
    rows = [
        {"product_retailer_id": "tile", "quantity": 2, "item_price": 3.5, "currency": "EUR"},
        {"product_retailer_id": "nail", "quantity": 100},
    ]
    body = body_of(PLAIN, "order", "please\n2 x tile, 100 x nail", payload=json.dumps(rows))
    assert body == "please\n2 x tile at 3.5 EUR\n100 x nail"
    assert body_of(PLAIN, "order", "2 x tile", payload=json.dumps(rows[:1])) == "[order]\n2 x tile at 3.5 EUR"
    assert body_of(PLAIN, "order", "2 x tile", payload="{") == "2 x tile"


def test_what_is_answered_is_quoted_on_one_line():
    assert body_of(PLAIN, "text", "yes", about="at\nnine?") == "in answer to “at nine?”\nyes"
    quote, body = body_of(PLAIN, "text", "yes", about="x" * 200).split("\n")
    assert quote == f"in answer to “{'x' * 80}…”"
    assert body == "yes"
    assert body_of(PLAIN, "text", "yes", about="at nine?", deleted=True) == "[deleted by the sender]"


@pytest.mark.parametrize(
    ("referral", "line"),
    [
        (
            {"headline": "Roofs\n", "source_url": "https://a.example.com"},
            "came from an ad: Roofs (https://a.example.com)",
        ),
        ({"source_url": "https://a.example.com", "source_type": "post"}, "came from a post: https://a.example.com"),
        ({"product_retailer_id": "tile"}, "asks about the product tile"),
        ({"source_id": "9", "body": "x"}, "came from an ad: 9"),
    ],
)
def test_how_somebody_came(referral, line):
    assert body_of(PLAIN, "text", "hello", referral=referral) == f"hello\n{line}"
    assert body_of(PLAIN, "text", "hello", referral={"ctwa_clid": "x"}) == "hello"
