"""How messages of every form read in the CRM."""

import pytest

from hub.mapping import body_of
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
        (PLAIN, "location", "51.5, 0.1", "51.5, 0.1"),
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
