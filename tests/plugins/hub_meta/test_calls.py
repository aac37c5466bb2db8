"""Upload, templates and read marks: the exact calls, what comes back, and what each refusal means."""

import json
from email import message_from_bytes, policy

import pytest

from hub import HasTemplates, MarksRead, Media, TemplateInfo, Uploads
from hub.contracts.errors import (
    AuthFailed,
    NotFound,
    RateLimited,
    Rejected,
    Temporary,
    Unavailable,
    Uncertain,
)

PDF = Media(kind="document", mime="application/pdf", name="offer.pdf", blob="b1")


def test_the_channel_has_these_abilities(channel):
    assert isinstance(channel, Uploads)
    assert isinstance(channel, HasTemplates)
    assert isinstance(channel, MarksRead)


# -- upload --------------------------------------------------------------------------------------------------------


def fields(call):
    """The parts of a multipart body, read by the standard library's mail parser."""
    head = f"Content-Type: {call.headers['content-type']}\r\n\r\n".encode()
    whole = message_from_bytes(head + call.body, policy=policy.HTTP)
    assert not whole.defects
    return {
        part.get_param("name", header="content-disposition"): (
            part.get_content_type() if part["content-type"] else "",
            part.get_payload(decode=True),
            part.get_filename(),
        )
        for part in whole.iter_parts()
    }


def test_a_file_is_uploaded(channel, answer):
    data = b"%PDF-1.7\r\n\0\xff--\r\n"
    (call,), name = answer(channel.upload("100000000000001", PDF, data), (200, {"id": "4490709327384033"}))
    assert (call.method, call.url) == ("POST", "https://graph.facebook.com/v23.0/100000000000001/media")
    assert call.headers["authorization"] == "Bearer an-access-token"
    assert (call.repeatable, call.timeout) == (True, 120)
    assert fields(call) == {
        "messaging_product": ("", b"whatsapp", None),
        "type": ("", b"application/pdf", None),
        "file": ("application/pdf", data, "offer.pdf"),
    }
    assert name == "4490709327384033"


def test_a_name_stays_in_its_place_and_boundaries_differ(channel, answer):
    evil = Media(kind="document", mime="text/plain; charset=utf-8", name='a"\r\nX: y.txt')
    (one,), _ = answer(channel.upload("1/../2", evil, b"x"), (200, {"id": "1"}))
    assert one.url.endswith("/1%2F..%2F2/media")
    assert fields(one)["file"] == ("text/plain", b"x", "a%22%0D%0AX: y.txt")
    (two,), _ = answer(channel.upload("1", evil, b"x"), (200, {"id": "1"}))
    assert one.headers["content-type"] != two.headers["content-type"]
    (bare,), _ = answer(channel.upload("1", Media(kind="image", mime="image/png"), b"x"), (200, {"id": "1"}))
    assert fields(bare)["file"][2] == "image"


@pytest.mark.parametrize(
    ("kind", "mime", "size", "told"),
    [
        ("image", "image/png", 0, "empty"),
        ("image", "image/png", 5_000_001, "5,000,000"),
        ("image", "image/gif", 1, "send it as a document"),
        ("video", "video/quicktime", 1, "send it as a document"),
        ("audio", "audio/wav", 1, "send it as a document"),
        ("voice", "audio/mpeg", 1, "send it as audio"),
        ("sticker", "image/png", 1, "send it as a document"),
        ("sticker", "image/webp", 500_001, "500,000"),
        ("document", "", 1, "not known"),
        ("document", "a\r\nb/c", 1, "not known"),
    ],
)
def test_a_file_that_whatsapp_does_not_take_never_leaves(channel, answer, kind, mime, size, told):
    with pytest.raises(Rejected, match=told):
        answer(channel.upload("1", Media(kind=kind, mime=mime), b"x" * size))


def test_a_voice_message_may_name_its_codec(channel, answer):
    voice = Media(kind="voice", mime="audio/ogg; codecs=opus")
    (call,), _ = answer(channel.upload("1", voice, b"OggS"), (200, {"id": "1"}))
    assert fields(call)["file"][0] == "audio/ogg"


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, {"error": {"code": 131053}}, Rejected),
        (401, {"error": {"code": 190}}, AuthFailed),
        (429, b"", RateLimited),
        (500, b"", Unavailable),
        (504, b"", Unavailable),  # repeating it does no harm, so nothing about it is uncertain
        (200, b"<html>", Unavailable),
        (200, {}, Unavailable),
        (200, {"id": []}, Unavailable),
    ],
)
def test_an_upload_that_fails(channel, answer, status, body, error):
    with pytest.raises(error) as raised:
        answer(channel.upload("1", PDF, b"x"), (status, body))
    assert type(raised.value) is error


def test_silence_during_an_upload_is_no_uncertainty(channel):
    calls = channel.upload("1", PDF, b"x")
    next(calls)
    with pytest.raises(Unavailable, match="may not have reached"):
        calls.throw(Uncertain("no answer"))


# -- templates -----------------------------------------------------------------------------------------------------


def row(name="visit", **more):
    return {"name": name, "language": "en", "status": "APPROVED", "category": "UTILITY", "components": [], **more}


VISIT = row(
    quality_score={"score": "GREEN", "date": 1},
    components=[
        {"type": "HEADER", "format": "TEXT", "text": "On {{1}}"},
        {"type": "BODY", "text": "Hi {{1}}, at {{2}}. Again: {{1}}, {not this} {{ 3 }}"},
        {"type": "FOOTER", "text": "{{1}} is no variable here"},
        {
            "type": "BUTTONS",
            "buttons": [
                {"type": "QUICK_REPLY", "text": "Yes"},
                {"type": "URL", "text": "Plan", "url": "https://example.com/plan"},
                {"type": "URL", "text": "Map", "url": "https://example.com/{{1}}"},
                {"type": "COPY_CODE", "text": "Copy"},
                {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+12025550143"},
            ],
        },
    ],
)


def test_templates_are_counted(make, answer):
    offer = row(
        "offer", status="PAUSED", components=[{"type": "header", "format": "IMAGE"}, {"type": "body", "text": 5}]
    )
    named = row("named", language="pt_BR", components=[{"type": "BODY", "text": "{{first_name}} {{order_id}}"}])
    odd = [None, {}, row(""), row(language=None), row("odd", components=[None, {"type": "BUTTONS", "buttons": [5]}])]
    (call,), found = answer(make(waba_id="2/3").templates(), (200, {"data": [VISIT, offer, named, *odd]}))
    assert call.url == (
        "https://graph.facebook.com/v23.0/2%2F3/message_templates"
        "?fields=name,language,status,category,quality_score,components&limit=100"
    )
    assert (call.method, call.repeatable) == ("GET", True)
    shared = {"account": "", "category": "UTILITY"}
    assert found == [
        TemplateInfo(
            **shared,
            name="visit",
            language="en",
            status="APPROVED",
            usable=True,
            quality="GREEN",
            header=1,
            body=3,
            buttons=2,
        ),
        TemplateInfo(**shared, name="offer", language="en", status="PAUSED", usable=False, header_media="image"),
        TemplateInfo(**shared, name="named", language="pt_BR", status="APPROVED", usable=True, body=2),
        TemplateInfo(**shared, name="odd", language="en", status="APPROVED", usable=True),
    ]


def page(name, after, more=True):
    paging = {"cursors": {"before": "b", "after": after}, **({"next": "https://example.com"} if more else {})}
    return 200, {"data": [row(name)], "paging": paging}


def test_all_pages_are_read(make, answer):
    calls, found = answer(make(waba_id="2").templates(), page("a", "x&y"), page("b", "z"), page("c", "end", more=False))
    assert [info.name for info in found] == ["a", "b", "c"]
    assert [call.url.partition("&after=")[2] for call in calls] == ["", "x%26y", "z"]


def test_a_page_that_leads_to_itself_ends_it(make, answer):
    calls, _ = answer(make(waba_id="2").templates(), page("a", "x"), page("b", "x"))
    assert len(calls) == 2


def test_without_an_account_there_are_no_templates(channel, answer):
    assert answer(channel.templates()) == ([], [])


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, {"error": {"code": 200}}, AuthFailed),
        (400, {"error": {"code": 80007}}, RateLimited),
        (503, b"", Unavailable),
        (200, b"[]", Uncertain),
    ],
)
def test_a_refused_list_is_raised(make, answer, status, body, error):
    with pytest.raises(error):
        answer(make(waba_id="2").templates(), page("a", "x"), (status, body))


# -- read marks ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("typing", "more"), [(False, {}), (True, {"typing_indicator": {"type": "text"}})])
def test_a_message_is_marked_as_read(channel, answer, typing, more):
    marking = channel.mark_read("1", "447700900123", "wamid.IN1", typing=typing)
    (call,), nothing = answer(marking, (200, {"success": True}))
    assert (call.method, call.url) == ("POST", "https://graph.facebook.com/v23.0/1/messages")
    assert json.loads(call.body) == {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": "wamid.IN1",
        **more,
    }
    assert (call.repeatable, call.timeout, nothing) == (False, 5, None)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, {"error": {"code": 131009}}, Rejected),
        (400, {"error": {"code": 131026}}, NotFound),
        (401, {"error": {"code": 190}}, AuthFailed),
        (500, b"", Temporary),
    ],
)
def test_a_mark_that_is_refused_is_raised(channel, answer, status, body, error):
    with pytest.raises(error):
        answer(channel.mark_read("1", "447700900123", "wamid.IN1", typing=True), (status, body))
