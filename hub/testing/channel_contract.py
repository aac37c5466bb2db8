"""What every channel keeps, as tests to inherit. In the test module of a channel plugin:

    class TestPigeon(ChannelContract):
        channel = Pigeon
        settings = {"secret": "a-secret-of-our-tests", "token": "a-token-of-our-tests"}
        fixtures = Path(__file__).parent / "fixtures"
        accepted = [{"id": "note-9"}]

        def sign(self, body):
            return {"x-pigeon-signature": hmac_as_pigeon_documents_it(body)}

Nothing here opens a socket: bytes go in, calls come out, and the platform's answers are made up. Each failure says
what to do. What is special about a platform (its error codes, its kinds of message) needs tests of your own besides.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from pydantic import SecretStr

from hub.contracts.channel import Calls, Channel, HttpCall, HttpReply, Polled, Polls, RawEvent, Request
from hub.contracts.errors import (
    AuthFailed,
    BadSignature,
    HubError,
    RateLimited,
    Refused,
    Temporary,
    Unavailable,
    Uncertain,
)
from hub.contracts.settings import PluginSettings
from hub.model.events import MessageReceived
from hub.model.messages import Outgoing, Receipt
from hub.testing.payloads import (
    EARLIEST,
    GONE,
    Payload,
    damaged,
    differences,
    event_faults,
    raw_faults,
    read_payloads,
    respelt,
)
from hub.testing.talk import others, talk, written, yes

try:
    import pytest
    from hypothesis import HealthCheck, given
    from hypothesis import settings as effort
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError("the contract tests need pytest and hypothesis: pip install pytest hypothesis") from error

BASE = "http://127.0.0.1:9"
"""The platform's address in these tests; nothing listens there."""
CALLBACK = "contract.17"
TEXT = "words-that-stay-private"
LONGEST_WAIT = 7 * 86_400
GARBAGE = (
    *(b"", b"{", b"null", b"true", b"0", b"[]", b"[null]", b'"x"', b"{}", b"\xff\xfe", b"\0", b"<xml/>", b"a=1&b=2"),
    *(b"[" * 100_000, b'{"a":' * 100_000, b'{"a": NaN}', b"9" * 5_000, b'"\\ud83d"'),
)
ODD: tuple[Any, ...] = (
    GONE,
    None,
    True,
    0,
    -1,
    10**30,
    1.5,
    "",
    "x",
    "half \ud83d",
    "a\0b",
    "\u0663",
    [],
    [[]],
    [None],
    {},
    {"a": [{}]},
)
UNREADABLE = (b"", b"<html>", b"null", b"[]", b"{}", b'"x"', b"7", b"\xff", b"[" * 100_000)
NO_WAITS = ("", "soon", "-5", "nan", "inf", "1e300", "9" * 400, "9" * 5_000, "Wed, 21 Oct 2026 07:28:00 GMT")


class ChannelContract:
    """Subclass it, name the subclass `Test...`, and fill in what stands first."""

    channel: ClassVar[type[Channel[Any]]]
    """The class under test."""
    settings: ClassVar[Mapping[str, Any]]
    """Its settings, as plain data; invented secrets of 20 characters or more, so that one that leaks is recognised."""
    fixtures: ClassVar[Path]
    """A folder of payloads, one JSON file each: `{"body": ..., "expected": [event, ...]}`.

    `body` as the platform sends it (text, or anything else for JSON); `headers` beside it are sent too. An expected
    event states `kind` and whatever fields matter, identities as "kind:scope:key"; what it leaves out is not compared.
    """
    accepted: ClassVar[Sequence[object]]
    """What the platform answers when it takes a message: one body for each call that `send` makes, as JSON or text."""
    url: ClassVar[str] = "https://hub.example.com/hook/contract"
    """Where the platform delivers, for platforms that sign the address too."""
    signs_body: ClassVar[bool] = True
    """False: the platform sends a shared secret, which says nothing about the body."""
    polling: ClassVar[Mapping[str, Any]] = {}
    """For a channel that polls: the changes of settings under which it does."""
    polled: ClassVar[object] = None
    """For a channel that polls: the platform's answer to a poll, with at least one event in it."""

    def sign(self, body: bytes) -> Mapping[str, str]:
        """The headers that prove a delivery, as the platform documents them; not computed by the code under test."""
        raise NotImplementedError("write sign(body): the headers with which the platform proves that it sent this body")

    # -- setting up ----------------------------------------------------------------------------------------------

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run the tests that take a `payload` once for each file in `fixtures`."""
        if "payload" in metafunc.fixturenames:
            found = read_payloads(self.fixtures)
            metafunc.parametrize("payload", found, ids=[payload.name for payload in found])

    def build(self, **changes: Any) -> Channel[Any]:
        """A connection named `contract`."""
        given_settings = self.channel.Settings.model_validate({**self.settings, **changes})
        return self.channel(given_settings, "contract")

    def request(self, body: bytes, headers: Mapping[str, str]) -> Request:
        """A delivery."""
        return Request("POST", self.url, {}, {name.lower(): value for name, value in headers.items()}, body)

    def outgoing(self, **changes: Any) -> Outgoing:
        """An answer to the first message among the payloads."""
        channel = self.build()
        for payload in read_payloads(self.fixtures):
            for raw in channel.split(payload.body):
                for event in channel.normalise(raw):
                    if isinstance(event, MessageReceived) and not event.backfill:
                        known: dict[str, Any] = {
                            "account": event.account,
                            "address": event.address,
                            "reply_to": event.provider_id,
                        }
                        return Outgoing(**{**known, "text": TEXT, "callback": CALLBACK, **changes})
        raise AssertionError("add a payload in which a person writes: the tests of send() answer it")

    def send(self, *replies: HttpReply | HubError, **changes: Any) -> tuple[list[HttpCall], Receipt | HubError]:
        """Answer it: every call but the last is accepted, the last one gets `replies`."""
        before = [yes(body) for body in self.accepted[:-1]]
        return talk("send", self.build(base_url=BASE).send(self.outgoing(**changes)), *before, *replies)

    def asked(self, channel: Channel[Any]) -> dict[str, Calls[Any]]:
        """Every conversation that the channel can begin, by name."""
        return {"send": channel.send(self.outgoing()), **others(channel)}

    # -- settings and abilities ----------------------------------------------------------------------------------

    def test_secrets_do_not_print(self) -> None:
        channel = self.build()
        assert secrets_of(channel.settings), "credentials are fields of type pydantic.SecretStr"
        shown = f"{channel.settings} {channel.settings!r} {channel} {channel!r} {channel.settings.model_dump_json()}"
        assert_hidden(channel.settings, shown, "the settings")

    def test_the_platforms_address_is_a_setting(self) -> None:
        assert "base_url" in self.channel.Settings.model_fields, (
            "give Settings a `base_url`, with the platform's address as its default: tests and simulators replace it"
        )
        for name, calls in self.asked(self.build(base_url=BASE)).items():
            made, _ = talk(name, calls, *map(yes, self.accepted if name == "send" else ()), HttpReply(503, {}, b""))
            away = [call.url.partition("?")[0] for call in made if not call.url.startswith(f"{BASE}/")]
            assert not away, f"{name} calls {away}: every call goes to the setting base_url ({BASE} here)"

    def test_abilities_make_sense(self) -> None:
        can = self.channel.capabilities
        assert can.text_max > 0, "text_max: how many characters one message may have"
        assert can.rate > 0, "rate: sends per second for one account"
        assert can.window == 0 or can.window >= 60_000, "window is in milliseconds, 0 = free text is always allowed"
        assert can.horizon >= 0, "horizon: seconds for which the platform redelivers"
        rate = getattr(self.build().settings, "rate", 1)
        assert rate > 0, "the setting `rate` replaces capabilities.rate: sends per second"

    # -- the door ------------------------------------------------------------------------------------------------

    def test_what_the_platform_signed_is_let_in(self, payload: Payload) -> None:
        self.build().verify(self.request(payload.body, {**self.sign(payload.body), **payload.headers}))

    @pytest.mark.parametrize("damage", ["missing", "empty", "longer", "shorter", "not ASCII", "no text", "another's"])
    def test_a_wrong_or_missing_signature_is_refused(self, damage: str) -> None:
        body = b'{"a": 1}'
        signed = {name.lower(): value for name, value in self.sign(body).items()}
        for name, value in signed.items():
            headers = {
                "missing": {n: v for n, v in signed.items() if n != name},
                "empty": {**signed, name: ""},
                "longer": {**signed, name: f"{value}x"},
                "shorter": {**signed, name: value[:-1]},
                "not ASCII": {**signed, name: f"{value[:-1]}\u00e9"},
                "no text": {**signed, name: "\u20ac\udcff"},
                "another's": {**signed, name: value[::-1].swapcase()},
            }[damage]
            self.assert_refused(body, headers, f"the header {name} is {damage}")

    def test_a_request_without_any_header_is_refused(self) -> None:
        self.assert_refused(b"{}", {}, "there is no header at all")

    def test_the_signature_is_over_the_raw_bytes(self) -> None:
        body = b'{"a": 1}'
        if not self.signs_body:
            self.build().verify(self.request(body + b" ", self.sign(body)))  # if this raises, signs_body is True
            return
        for other in (body + b" ", b" " + body, body[:-1], b'{"a":1}', b""):
            self.assert_refused(other, self.sign(body), f"it was made for {body!r}, the body is {other!r}")

    def test_verify_does_not_read_the_body(self) -> None:
        for body in (b"", b"\xff\0{", b"[" * 100_000):
            self.build().verify(self.request(body, self.sign(body)))

    def assert_refused(self, body: bytes, headers: Mapping[str, str], why: str) -> None:
        """BadSignature, and nothing in it that helps to forge one."""
        channel, refusal = self.build(), ""
        try:
            channel.verify(self.request(body, headers))
        except BadSignature as error:
            refusal = f"{error} {error!r}"
        except Exception as error:
            raise AssertionError(
                f"verify raised {type(error).__name__}, not BadSignature, though {why}; "
                "hub.wire.signatures.same compares whatever a header can carry"
            ) from error
        assert refusal, f"verify let a request in though {why}"
        assert_hidden(channel.settings, refusal, "BadSignature")
        signed = [value for value in self.sign(body).values() if len(value) >= 20]
        assert not any(value in refusal for value in signed), "BadSignature tells the signature that it wants"

    @pytest.mark.parametrize("query", [{}, {"a": "b"}, {"hub.mode": "subscribe", "challenge": "x\udcff\u00e9"}])
    def test_a_stranger_gets_no_handshake(self, query: Mapping[str, str]) -> None:
        reply = self.build().handshake(Request("GET", self.url, query, {}))
        assert reply is None or reply.status >= 400, "handshake answered a request that proves nothing: return None"

    # -- cutting -------------------------------------------------------------------------------------------------

    def test_cutting_again_gives_the_same(self, payload: Payload) -> None:
        raws = list(self.build().split(payload.body))
        assert raws == list(self.build().split(payload.body)), "split depends on more than the body"
        named = [(raw.account, raw.key) for raw in raws]
        twice = sorted({name for name in named if named.count(name) > 1})
        assert not twice, f"(account, key) {twice} name more than one event: all but the first would be dropped"
        again = list(self.build().split(respelt(payload.body)))
        assert named == [(raw.account, raw.key) for raw in again], (
            "a redelivery that writes the same JSON with other spaces or in another order of fields gets other keys: "
            "take the platform's own ids, or hash hub.wire.json.canonical(what it says)"
        )

    def test_raw_events_can_be_stored(self, payload: Payload) -> None:
        for raw in self.build().split(payload.body):
            faults = raw_faults(raw)
            assert not faults, f"{raw!r:.300}: {'; '.join(faults)}"
            assert raw.account, f"{raw!r:.300}: account is empty: it picks the inbox"
            assert raw.at == 0 or raw.at >= EARLIEST, f"at {raw.at} looks like seconds: times are milliseconds"

    @pytest.mark.parametrize("body", GARBAGE, ids=lambda body: repr(body[:12]))
    def test_garbage_is_refused_with_value_error(self, body: bytes) -> None:
        self.assert_survives(self.build(), body)

    # -- understanding -------------------------------------------------------------------------------------------

    def test_a_payload_becomes_its_events(self, payload: Payload) -> None:
        channel = self.build()
        events = [event for raw in channel.split(payload.body) for event in channel.normalise(raw)]
        kinds = [event.kind for event in events]
        wanted = [expected.get("kind", "any kind") for expected in payload.expected]
        assert len(events) == len(wanted), f"{payload.name}.json expects {wanted}, the channel says {kinds}"
        for event, expected in zip(events, payload.expected, strict=True):
            found = differences(expected, event)
            assert not found, f"{payload.name}.json, {event.kind} {event.key}: {'; '.join(found)}"

    def test_events_can_be_worked_with(self, payload: Payload) -> None:
        channel = self.build()
        for raw in channel.split(payload.body):
            for event in channel.normalise(raw):
                faults = event_faults(event, raw)
                assert not faults, f"{event!r:.300}: {'; '.join(faults)}"
                assert event.at == 0 or event.at >= EARLIEST, f"at {event.at} looks like seconds: it is milliseconds"
                assert getattr(event, "provider_id", "x"), f"{event!r:.300}: provider_id is the platform's own id of it"

    @pytest.mark.parametrize("body", GARBAGE, ids=lambda body: repr(body[:12]))
    def test_what_cannot_be_read_is_unknown_not_lost(self, body: bytes) -> None:
        channel = self.build()
        raw = RawEvent("account", "key", "lane", 0, body)
        events = understand(channel, raw)
        assert events, f"normalise made nothing of {body[:40]!r}: return an Unknown, so that it is kept and counted"

    def test_no_payload_makes_the_channel_raise(self) -> None:
        channel, bodies = self.build(), {payload.name: payload.body for payload in read_payloads(self.fixtures)}
        changes = st.lists(st.tuples(st.integers(0, 2**16), st.sampled_from(ODD) | st.text(max_size=5)), max_size=3)

        @effort(max_examples=150, deadline=None, report_multiple_bugs=False, suppress_health_check=list(HealthCheck))
        @given(name=st.sampled_from(sorted(bodies)), changes=changes, junk=st.none() | st.binary(max_size=30))
        def any_payload(name: str, changes: list[tuple[int, Any]], junk: bytes | None) -> None:
            self.assert_survives(channel, damaged(bodies[name], changes, junk))
            for raw in channel.split(bodies[name]):
                understand(channel, raw._replace(body=damaged(raw.body, changes, junk)))

        any_payload()

    def assert_survives(self, channel: Channel[Any], body: bytes) -> None:
        """The body is cut and understood, or split raises ValueError."""
        try:
            raws = channel.split(body)
        except ValueError:
            return
        except Exception as error:
            raise AssertionError(
                f"split raised {type(error).__name__}, not ValueError, for {body[:300]!r}; "
                "hub.wire.json.loads raises ValueError for anything but JSON, also when it nests too deep"
            ) from error
        for raw in raws:
            faults = raw_faults(raw)
            assert not faults, f"{'; '.join(faults)}; the body was {body[:300]!r}"
            understand(channel, raw)

    # -- sending -------------------------------------------------------------------------------------------------

    def test_a_message_that_is_taken_has_a_receipt(self) -> None:
        assert self.accepted, "state in `accepted` what the platform answers to a message it takes"
        calls, result = self.send(yes(self.accepted[-1]))
        assert isinstance(result, Receipt), f"the platform took the message, send ended with {result!r}"
        assert len(calls) == len(self.accepted), f"send made {len(calls)} calls, `accepted` has {len(self.accepted)}"
        can = self.channel.capabilities
        assert result.provider_id or not (can.statuses or can.proof != "none"), (
            "the receipt has no provider_id: statuses and echoes name the message by it"
        )
        _, plain_result = self.send(yes(self.accepted[-1]), reply_to="")
        assert isinstance(plain_result, Receipt), "a message that answers no other one must go out too"

    def test_a_send_can_be_settled_as_declared(self) -> None:
        proof = self.channel.capabilities.proof
        calls, _ = self.send(yes(self.accepted[-1]))
        carried = any(CALLBACK in written(call) for call in calls)
        if proof == "evidence":
            assert carried, 'proof is "evidence", but no call carries message.callback: no status could name this send'
            events = [event for payload in read_payloads(self.fixtures) for event in payload.expected]
            assert any(event.get("callback") for event in events), (
                'proof is "evidence": add a payload of a status or echo, with the `callback` that it must yield'
            )
        if proof == "key":
            again, _ = self.send(yes(self.accepted[-1]))
            other, _ = self.send(yes(self.accepted[-1]), callback="contract.18")
            assert written(calls[-1]) == written(again[-1]), 'proof is "key": the same send must have the same key'
            assert written(calls[-1]) != written(other[-1]), 'proof is "key": another callback must be another key'
        else:
            assert not calls[-1].repeatable, (
                f'proof is "{proof}", so doing it twice is not harmless: the call that sends must not be repeatable'
            )

    def test_silence_is_never_taken_for_an_answer(self) -> None:
        calls, result = self.send(Uncertain("no answer"))
        repeat = calls[-1].repeatable and isinstance(result, Temporary)
        assert isinstance(result, Uncertain) or repeat, (
            f"no answer came, send ended with {result!r}: let Uncertain pass, or the hub might say it twice"
        )
        _, result = self.send(Unavailable("no connection"))
        assert isinstance(result, HubError), f"the call never left, send ended with {result!r}"

    @pytest.mark.parametrize("body", [b"", b"{}", b"<html>", b"[" * 100_000], ids=lambda body: repr(body[:8]))
    @pytest.mark.parametrize("status", [301, 302, 400, 401, 403, 404, 409, 410, 413, 418, 422, 500, 502, 503, 504, 599])
    def test_a_refusal_has_its_error(self, status: int, body: bytes) -> None:
        _, result = self.send(HttpReply(status, {}, body))
        assert isinstance(result, HubError), f"status {status} is no yes, send ended with {result!r}"
        assert str(result), f"{result!r} has no sentence for a person"
        if status in (401, 403):
            assert isinstance(result, AuthFailed | Refused), f"status {status}: AuthFailed or Refused, not {result!r}"
        if status >= 500:
            assert isinstance(result, Temporary | Uncertain), f"status {status}: Temporary or Uncertain, not {result!r}"

    def test_a_limit_is_waited_out_as_long_as_asked(self) -> None:
        _, result = self.send(HttpReply(429, {"retry-after": "7"}, b""))
        assert isinstance(result, RateLimited), f"status 429 is RateLimited, not {result!r}"
        assert 7 <= result.retry_after < 60, f"retry-after is 7 seconds, retry_after is {result.retry_after}"
        for strange in NO_WAITS:
            _, result = self.send(HttpReply(429, {"retry-after": strange}, b""))
            assert isinstance(result, RateLimited), f"429 with retry-after {strange[:40]!r} is RateLimited too"
            assert 0 <= result.retry_after <= LONGEST_WAIT, (
                f"retry-after {strange[:40]!r} became {result.retry_after}: 0 lets the hub choose, a week is the most"
            )

    @pytest.mark.parametrize("body", UNREADABLE, ids=lambda body: repr(body[:8]))
    def test_a_yes_that_cannot_be_read_is_uncertain(self, body: bytes) -> None:
        calls, result = self.send(HttpReply(200, {}, body))
        if self.accepted[-1] == "":
            assert isinstance(result, Receipt | Uncertain), f"any 200 is a yes here, send ended with {result!r}"
            return
        repeat = calls[-1].repeatable and isinstance(result, Temporary)
        assert isinstance(result, Uncertain) or repeat, (
            f"the answer {body[:20]!r} tells nothing, send ended with {result!r}: it may have been sent, so Uncertain"
        )

    def test_no_error_shows_a_secret_or_a_text(self) -> None:
        channel = self.build(base_url=BASE)
        for status in (200, 302, 400, 401, 403, 404, 409, 422, 429, 500, 504):
            for name in self.asked(channel):
                first, _ = talk(name, self.asked(channel)[name], HttpReply(503, {}, b""))
                heard = [s for s in secrets_of(channel.settings) if any(s in written(call) for call in first[:1])]
                told = "; ".join(f"{secret} is bad" for secret in heard)
                error = {"code": status, "message": told, "description": told, "detail": told}
                body = json.dumps({**error, "error": error, "errors": [error]}).encode()
                made, result = talk(name, self.asked(channel)[name], HttpReply(status, {}, body))
                shown = f"{made!r} {result!r} {result}"
                if isinstance(result, HubError):
                    shown += f" {result.args!r} {''.join(traceback.format_exception(result))}"
                assert_hidden(channel.settings, shown, f"what {name} says about a {status} that repeats the request")
                assert TEXT not in shown, f"what {name} says about a {status} quotes the message"

    # -- polling -------------------------------------------------------------------------------------------------

    def test_polls_go_on_from_their_cursor(self) -> None:
        channel = self.build(**self.polling)
        if not isinstance(channel, Polls):
            assert not hasattr(channel, "poll"), "poll() needs polling() beside it"
            return
        assert channel.polling(), "state in `polling` the settings under which this channel polls"
        assert self.polled is not None, "state in `polled` what the platform answers to a poll, with an event in it"
        first, polled = talk("poll", channel.poll(""), yes(self.polled))
        assert isinstance(polled, Polled), f"the poll was answered, it ended with {polled!r}"
        assert polled.events, "the poll found no event in `polled`"
        assert isinstance(polled.cursor, str), "a cursor is text"
        assert polled.cursor, "the cursor is empty after a poll that brought events: it would bring them for ever"
        second, again = talk("poll", channel.poll(polled.cursor), yes(self.polled))
        assert written(first[0]) != written(second[0]), "the second poll asks what the first one asked: use the cursor"
        assert isinstance(again, Polled), f"the second poll ended with {again!r}"
        assert [raw.key for raw in again.events] == [raw.key for raw in polled.events], (
            "the same happening has another key when it is polled again"
        )
        assert all(call.repeatable for call in first), "a poll changes nothing, so its calls are repeatable"
        for raw in polled.events:
            assert not raw_faults(raw), f"{raw!r:.300}: {'; '.join(raw_faults(raw))}"
            understand(channel, raw)
        for status in (401, 429, 500, 504):
            _, trouble = talk("poll", channel.poll(polled.cursor), HttpReply(status, {}, b""))
            assert isinstance(trouble, HubError), f"a poll answered {status} ended with {trouble!r}"


def understand(channel: Channel[Any], raw: RawEvent) -> list[Any]:
    """The events of a raw event, checked."""
    try:
        events = list(channel.normalise(raw))
    except Exception as error:
        raise AssertionError(
            f"normalise raised {type(error).__name__} for {raw.body[:300]!r}: it must make an Unknown of what it "
            "does not know"
        ) from error
    for event in events:
        faults = event_faults(event, raw)
        assert not faults, f"{event!r:.200}: {'; '.join(faults)}; the body was {raw.body[:300]!r}"
    return events


def secrets_of(settings: PluginSettings) -> list[str]:
    """The secrets among the settings."""
    return [value.get_secret_value() for _, value in settings if isinstance(value, SecretStr)]


def assert_hidden(settings: PluginSettings, shown: str, what: str) -> None:
    """No secret shows."""
    assert not any(secret in shown for secret in secrets_of(settings) if secret), f"{what} shows a secret"
