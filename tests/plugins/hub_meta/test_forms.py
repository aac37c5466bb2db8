"""Every form of a message: the exact body, and what never leaves because WhatsApp would refuse it."""

import json

import pytest

from hub import Card, Content, Media, Option, Outgoing, Place, Template
from hub.contracts.errors import Rejected
from hub.model.content import MEDIA_KINDS
from hub_meta.channel import WhatsApp
from hub_meta.simulator_requests import refusal


def body_of(channel, changes):
    base = {"account": "100000000000001", "address": "447700900123", "text": "", "callback": "outbox-17"}
    return json.loads(next(channel.send(Outgoing(**{**base, **changes}))).body)


def test_a_form_becomes_exactly_this(channel, form):
    _, changes, kind, part = form
    assert body_of(channel, changes) == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "447700900123",
        "type": kind,
        kind: part,
        "biz_opaque_callback_data": "outbox-17",
    }


def test_a_form_passes_the_doubles_own_check(channel, form):
    assert refusal(body_of(channel, form[1])) == ""


def test_a_form_can_quote_and_go_to_a_user_id_or_a_group(channel, form):
    name, changes, _, _ = form
    for address, where in (
        ("US.1349", {"recipient": "US.1349", "recipient_type": "individual"}),
        ("group:Z3I", {"to": "Z3I", "recipient_type": "group"}),
    ):
        sent = body_of(channel, {**changes, "address": address, "reply_to": "wamid.IN1"})
        assert where.items() <= sent.items()
        assert sent.get("context") == (None if name.startswith("reaction") else {"message_id": "wamid.IN1"})
        assert refusal(sent) == ""


def test_the_channel_names_all_forms_that_it_renders():
    can = WhatsApp.capabilities
    assert can.forms == {*MEDIA_KINDS, "text", "template", "buttons", "list", "location", "contacts", "reaction"}
    assert (can.text_max, can.caption_max, can.pair) == (4096, 1024, (45, 6.0))


def media(kind, text="", **more):
    return {"text": text, "content": Content(form=kind, media=Media(kind=kind, **more))}


def choice(form, *options, text="Well?", **more):
    made = tuple(Option(**option) for option in options)
    return {"text": text, "content": Content(form=form, options=made, **more)}


def filled(**more):
    return {"content": Content(form="template", template=Template(**{"name": "visit", "language": "en", **more}))}


ONE, TWO = {"id": "1", "title": "One"}, {"id": "2", "title": "Two"}
UNFIT = {
    "spaces only": ({"text": " \n"}, "empty"),
    "a long text": ({"text": "x" * 4097}, "4097 characters, WhatsApp takes 4096"),
    "an unknown form": ({"content": Content(form="poll")}, "'poll'"),
    "no file": ({"content": Content(form="image")}, "needs a file"),
    "another file": ({"content": Content(form="image", media=Media(kind="video", ref="1"))}, "needs a file"),
    "a file nowhere": (media("image"), "upload it first"),
    "a file still here": (media("image", blob="b1"), "upload it first"),
    "a strange address": (media("image", url="ftp://example.com/a"), "https://"),
    "a long caption": (media("image", "x" * 1025, ref="1"), "1025 characters, WhatsApp takes 1024"),
    "a caption of audio": (media("audio", "x", ref="1"), "of its own"),
    "a caption of a voice": (media("voice", "x", ref="1"), "of its own"),
    "a caption of a sticker": (media("sticker", "x", ref="1"), "of its own"),
    "no template": ({"content": Content(form="template")}, "needs a template"),
    "a nameless template": (filled(name=""), "name and its language"),
    "a template without language": (filled(language=""), "name and its language"),
    "an empty value": (filled(body=("a", " ")), "value 2"),
    "a value of two lines": (filled(body=("a\nb",)), "line end"),
    "a value with a tab": (filled(header=("a\tb",)), "tab"),
    "a value with a gap": (filled(body=("a     b",)), "four spaces"),
    "two headers": (filled(header=("a",), media=Media(kind="image", ref="1")), "not both"),
    "a sticker as header": (filled(media=Media(kind="sticker", ref="1")), "not sticker"),
    "a header nowhere": (filled(media=Media(kind="image")), "upload it first"),
    "too few names": (filled(body=("a", "b"), names=("x",)), "one name for each"),
    "an empty button value": (filled(buttons=("payload:",)), "button 1"),
    "too many buttons of a template": (filled(buttons=("x",) * 11), "at most 10"),
    "no buttons": (choice("buttons"), "1 to 3 buttons, not 0"),
    "four buttons": (choice("buttons", *({"id": str(n), "title": str(n)} for n in range(4))), "not 4"),
    "a long title": (choice("buttons", {"id": "1", "title": "x" * 21}), "21 characters, WhatsApp takes 20"),
    "no title": (choice("buttons", {"id": "1", "title": ""}), "title is empty"),
    "no id": (choice("buttons", {"id": "", "title": "One"}), "id is empty"),
    "a long id": (choice("buttons", {"id": "x" * 257, "title": "One"}), "257"),
    "an id with a space": (choice("buttons", {"id": "1 ", "title": "One"}), "space"),
    "one id twice": (choice("buttons", ONE, {"id": "1", "title": "Two"}), "same id"),
    "one title twice": (choice("buttons", ONE, {"id": "2", "title": "One"}), "same title"),
    "buttons without a text": (choice("buttons", ONE, text=""), "empty"),
    "a long text with buttons": (choice("buttons", ONE, text="x" * 1025), "as a text before"),
    "a long header": (choice("buttons", ONE, header="x" * 61), "header has 61"),
    "a long footer": (choice("list", ONE, button="Go", footer="x" * 61), "footer has 61"),
    "no rows": (choice("list", button="Go"), "1 to 10 rows"),
    "eleven rows": (choice("list", *({"id": str(n), "title": str(n)} for n in range(11)), button="Go"), "not 11"),
    "a long row": (choice("list", {"id": "1", "title": "x" * 25}, button="Go"), "25 characters"),
    "a long row id": (choice("list", {"id": "x" * 201, "title": "One"}, button="Go"), "201"),
    "a long description": (choice("list", {**ONE, "description": "x" * 73}, button="Go"), "73 characters"),
    "a list without button": (choice("list", ONE, TWO), "list's button is empty"),
    "a list with a long button": (choice("list", ONE, button="x" * 21), "21 characters"),
    "nowhere": ({"content": Content(form="location")}, "latitude"),
    "beyond the pole": ({"content": Content(form="location", place=Place(latitude=91, longitude=0))}, "latitude"),
    "not a number": (
        {"content": Content(form="location", place=Place(latitude=0, longitude=float("nan")))},
        "latitude",
    ),
    "nobody": ({"content": Content(form="contacts")}, "not 0"),
    "six cards": ({"content": Content(form="contacts", cards=(Card(name="Bob"),) * 6)}, "not 6"),
    "a nameless card": ({"content": Content(form="contacts", cards=(Card(name=" "),))}, "needs a name"),
    "a reaction to nothing": ({"text": "👍", "content": Content(form="reaction")}, "the message that it is about"),
}


@pytest.mark.parametrize("case", UNFIT)
def test_what_whatsapp_would_refuse_never_leaves(channel, case):
    changes, told = UNFIT[case]
    with pytest.raises(Rejected, match=told):
        body_of(channel, changes)


def test_the_largest_that_fits_leaves(channel):
    for changes in (
        media("document", "x" * 1024, ref="1"),
        choice(
            "buttons", *({"id": f"{n}" * 256, "title": f"{n}" * 20} for n in range(3)), text="x" * 1024, header="h" * 60
        ),
        choice(
            "list",
            *({"id": f"{n}" * 200, "title": f"{n}" * 24, "description": "d" * 72} for n in range(10)),
            text="x" * 1024,
            button="b" * 20,
            footer="f" * 60,
        ),
        filled(body=("a    b",) * 20, buttons=("", "", "url:code:7")),
        {"content": Content(form="contacts", cards=(Card(name="Bob"),) * 5)},
        {"content": Content(form="location", place=Place(latitude=-90, longitude=180))},
    ):
        assert refusal(body_of(channel, changes)) == ""


@pytest.mark.parametrize("field", ["text", "value", "id", "card"])
def test_a_refusal_does_not_quote_the_message(channel, field):
    private = "private " * 700
    changes = {
        "text": {"text": private},
        "value": filled(body=(f"{private}\n",)),
        "id": choice("buttons", {"id": private, "title": "x"}),
        "card": choice("list", {"id": "1", "title": "x", "description": private}, button="Go"),
    }[field]
    with pytest.raises(Rejected) as raised:
        body_of(channel, changes)
    assert "private" not in str(raised.value)
