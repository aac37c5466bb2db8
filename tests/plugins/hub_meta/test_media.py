"""Where a received file is: what is asked, what the answers mean, and that the token goes to Meta only."""

import base64

import pytest

from hub import FetchesMedia, Media
from hub.contracts.errors import AuthFailed, HubError, NotFound, RateLimited, Rejected, Unavailable
from hub.testing.talk import talk, yes
from hub_meta.media import trusted

FILE = Media(kind="image", ref="300000000000001", mime="image/jpeg")
THERE = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1&hash=x"
GRAPH = "https://graph.facebook.com"
HERE = "http://127.0.0.1:9"


def found(channel, **answer):
    return talk("locate", channel.locate("1001", FILE), yes({"url": THERE, **answer}))


def refused(answer, code, status=400, **more):
    error = {"message": "words", "code": code, **more}
    return answer_of(answer, status, {"error": error})


def answer_of(answer, status, body):
    with pytest.raises(HubError) as caught:
        answer(status, body)
    return caught.value


@pytest.fixture
def asked(channel, answer):
    """The result of `locate` for one reply."""
    return lambda status, body, file=FILE: answer(channel.locate("1001", file), (status, body))[1]


def test_a_file_is_asked_for_and_told(channel):
    assert isinstance(channel, FetchesMedia)
    raw = bytes(range(32))
    calls, source = found(channel, mime_type="image/png", file_size="2048", sha256=raw.hex())
    (call,) = calls
    assert (call.method, call.url) == ("GET", f"{GRAPH}/v23.0/300000000000001?phone_number_id=1001")
    assert call.headers["authorization"] == "Bearer an-access-token"
    assert call.repeatable
    assert (source.mime, source.size, source.sha256) == ("image/png", 2048, raw.hex())
    assert (source.call.method, source.call.url, source.call.timeout) == ("GET", THERE, 60)
    assert source.call.headers["authorization"] == "Bearer an-access-token"
    assert "an-access-token" not in repr(source)
    assert found(channel, sha256=base64.b64encode(raw).decode())[1].sha256 == raw.hex()
    assert found(channel)[1][1:] == ("", 0, "")


def test_a_ref_stays_one_part_of_the_address(channel):
    calls, _ = talk("locate", channel.locate("10/01", Media(kind="image", ref="3/../me?x=")), yes({"url": THERE}))
    assert calls[0].url == f"{GRAPH}/v23.0/3%2F..%2Fme%3Fx%3D?phone_number_id=10%2F01"
    for ref in ("", ".", ".."):
        made, result = talk("locate", channel.locate("1001", Media(kind="image", ref=ref)), yes({"url": THERE}))
        assert not made
        assert isinstance(result, NotFound)


def test_what_is_gone_is_gone(asked):
    for error in (
        answer_of(asked, 404, {}),
        answer_of(asked, 404, b"<html>"),
        refused(asked, 100, error_subcode=33),
        refused(asked, 131052),
        refused(asked, 1, status=404),
    ):
        assert isinstance(error, NotFound)
        assert str(error) == "WhatsApp no longer has the file"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, {"error": {"code": 190}}, AuthFailed),
        (403, {}, AuthFailed),
        (429, {}, RateLimited),
        (400, {"error": {"code": 130429}}, RateLimited),
        (400, {"error": {"code": 100}}, Rejected),
        (200, {"error": {"code": 190}}, AuthFailed),
        (500, {}, Unavailable),
        (200, {}, Unavailable),
        (200, b"<html>", Unavailable),
        (200, [], Unavailable),
        (200, {"url": 7}, Unavailable),
        (200, {"url": ""}, Unavailable),
    ],
)
def test_other_answers_mean_what_they_mean_elsewhere(asked, status, body, kind):
    assert isinstance(answer_of(asked, status, body), kind)


@pytest.mark.parametrize(
    "url",
    [
        "https://lookaside.fbsbx.com/a?b=c",
        "https://LOOKASIDE.fbsbx.com:443/a",
        "https://scontent.xx.fbcdn.net/v/a",
        "https://mmg.whatsapp.net/a",
        "https://z-m-scontent.facebook.com/a",
        "https://graph.facebook.com/v23.0/a",
    ],
)
def test_metas_hosts_get_the_token(url):
    assert trusted(url, GRAPH)
    assert trusted(url, HERE)


@pytest.mark.parametrize(
    "url",
    [
        "http://lookaside.fbsbx.com/a",
        "https://lookaside.fbsbx.com:8443/a",
        "https://example.com/lookaside.fbsbx.com",
        "https://example.com?lookaside.fbsbx.com",
        "https://example.com#.fbcdn.net",
        "https://lookaside.fbsbx.com.example.com/a",
        "https://evilfbcdn.net/a",
        "https://lookaside.fbsbx.com@example.com/a",
        "https://example.com@lookaside.fbsbx.com/a",
        "https://example.com\\@lookaside.fbsbx.com/a",
        "https://example.com\\.fbcdn.net/a",
        "https://ex\u0430mple.fbcdn.net/a",
        "https://a.fbcdn.net/\r\nx: y",
        "https://a.fbcdn.net/ b",
        "//lookaside.fbsbx.com/a",
        "ftp://lookaside.fbsbx.com/a",
        "file:///etc/passwd",
        "https:///a",
        "https://[::1/a",
        "https://a.fbcdn.net:port/a",
        "http://127.0.0.1:9/a",
        "https://127.0.0.1/a",
        "",
    ],
)
def test_no_other_host_gets_the_token(channel, url):
    assert not trusted(url, GRAPH)
    if url:
        calls, result = found(channel, url=url)
        assert len(calls) == 1
        assert isinstance(result, Rejected)
        assert url not in str(result)


def test_plain_http_is_for_a_simulator_on_this_machine():
    assert trusted(f"{HERE}/attachments/?mid=1", HERE)
    assert trusted("http://localhost:9/a", "http://localhost:9")
    assert trusted("https://gateway.example.com/a", "https://gateway.example.com")
    assert not trusted("http://gateway.example.com/a", "http://gateway.example.com")
    assert not trusted("http://127.0.0.2:9/a", HERE)
    assert not trusted(f"{HERE}/a", "https://127.0.0.1:9")
    assert not trusted("http://lookaside.fbsbx.com/a", HERE)
