"""The contract bites: each pigeon here breaks one promise, and the test that guards it says so."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hub_pigeon import Pigeon, PigeonSettings

from hub import HttpCall, Identity, Outgoing, Polled, RawEvent, Receipt, Reply, Unknown
from hub.contracts.errors import BadSignature, RateLimited, Rejected, Unavailable, Uncertain
from hub.testing.channel_contract import ChannelContract
from hub.testing.payloads import Payload, differences, read_payloads

SECRET, TOKEN = "a-signing-secret-of-our-tests", "an-access-token-of-our-tests"
FIXTURES = Path(__file__).parent / "pigeon/fixtures"
NOTES = read_payloads(FIXTURES)[0]


class Suite(ChannelContract):
    """The suite of a sound pigeon; what a test changes is set on a subclass."""

    channel = Pigeon
    settings = {"secret": SECRET, "token": TOKEN}
    fixtures = FIXTURES
    accepted = [{"id": "note-9"}]

    def sign(self, body: bytes) -> dict[str, str]:
        return {"X-Pigeon-Signature": hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}


def suite(about: dict[str, Any] | None = None, **pigeon: Any) -> ChannelContract:
    """A suite with changed attributes, for a pigeon with changed methods."""
    return type("Changed", (Suite,), {"channel": type("Broken", (Pigeon,), pigeon), **(about or {})})()


def each(change: Callable[[RawEvent], RawEvent]) -> Callable[[Any, bytes], list[RawEvent]]:
    """A split whose events are changed."""
    return lambda self, body: [change(raw) for raw in Pigeon.split(self, body)]


def events(change: Callable[[Any], Any]) -> Callable[[Any, RawEvent], list[Any]]:
    """A normalise whose events are changed."""
    return lambda self, raw: [change(event) for event in Pigeon.normalise(self, raw)]


def changed(**fields: Any) -> dict[str, Any]:
    return {"normalise": events(lambda event: event if isinstance(event, Unknown) else replace(event, **fields))}


def able(**abilities: Any) -> dict[str, Any]:
    return {"capabilities": replace(Pigeon.capabilities, **abilities)}


def parsing_first(self, request):
    json.loads(request.body)
    Pigeon.verify(self, request)


def plain_comparison(self, request):
    expected = hmac.new(SECRET.encode(), request.body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, request.headers.get("x-pigeon-signature", "")):
        raise BadSignature("no")


def over_the_meaning(self, request):
    body = json.dumps(json.loads(request.body)).encode()
    Pigeon.verify(self, replace(request, body=body))


def telling(self, request):
    try:
        Pigeon.verify(self, request)
    except BadSignature:
        wanted = hmac.new(SECRET.encode(), request.body, hashlib.sha256).hexdigest()
        raise BadSignature(f"expected {wanted}") from None


def dropping(self, raw):
    found = Pigeon.normalise(self, raw)
    return [event for event in found if not isinstance(event, Unknown)]


def trusting(self, raw):
    note = json.loads(raw.body)
    return [Unknown(key=raw.key, at=raw.at, account=raw.account, what=note["from"])]


def plain_answer(self, message):
    return Receipt("1")


def sending(meaning: Callable[[Any, Any], Any], **call: Any) -> dict[str, Any]:
    """A send whose one call is changed, or whose reply means what `meaning(self, reply)` returns or raises."""

    def send(self, message: Outgoing):
        fields = {"method": "POST", "url": f"{self.settings.base_url}/notes", "body": message.text.encode(), **call}
        return meaning(self, (yield HttpCall(**fields)))

    return {"send": send}


def swallowing(self, message):
    try:
        yield HttpCall("POST", f"{self.settings.base_url}/notes")
    except Uncertain:
        raise Unavailable("try again") from None
    return Receipt("1")


def blindly(self, reply):
    return Receipt(str(reply.json()["id"]))


def always(self, reply):
    return Receipt("1")


def waiting(self, reply):
    raise RateLimited("wait", float(reply.headers["retry-after"]))


def quoting(self, reply):
    raise Rejected(reply.body.decode())


class Gray(Pigeon):
    """A pigeon that polls."""

    def polling(self) -> bool:
        return True

    def poll(self, cursor):
        reply = yield HttpCall("GET", f"{self.settings.base_url}/notes?after={cursor}", repeatable=True)
        if reply.status != 200:
            raise Unavailable(f"Pigeon is not available ({reply.status})")
        raws = self.split(reply.body)
        return Polled(raws, raws[-1].key)


def stuck(self, cursor):
    return (yield from Gray.poll(self, ""))


def from_the_start(self, cursor):
    polled = yield from Gray.poll(self, cursor)
    return Polled(polled.events, "")


class OpenSettings(PigeonSettings):
    secret: str


POLLED = {"polled": json.loads(NOTES.body)}
TWICE = b'{"loft": "l", "notes": [{"id": "1", "from": "a"}, {"id": "1", "from": "b"}]}'

BROKEN: dict[str, tuple[ChannelContract, Callable[[Any], None], str]] = {
    "a secret in plain settings": (
        suite(Settings=OpenSettings, about={"settings": {"secret": SECRET, "token": SECRET}}),
        lambda s: s.test_secrets_do_not_print(),
        "shows a secret",
    ),
    "another address": (
        suite(**sending(always, url="https://api.pigeon.example/notes")),
        lambda s: s.test_the_platforms_address_is_a_setting(),
        "every call goes to the setting base_url",
    ),
    "a window in seconds": (suite(**able(window=3600)), lambda s: s.test_abilities_make_sense(), "in milliseconds"),
    "a signature nobody can make": (
        suite(about={"sign": lambda self, body: {"X-Pigeon-Signature": "0"}}),
        lambda s: s.test_what_the_platform_signed_is_let_in(NOTES),
        "does not fit",
    ),
    "no signature checked": (
        suite(verify=lambda self, request: None),
        lambda s: s.test_a_wrong_or_missing_signature_is_refused("missing"),
        "let a request in",
    ),
    "no headers needed": (
        suite(verify=lambda self, request: request.headers and Pigeon.verify(self, request)),
        lambda s: s.test_a_request_without_any_header_is_refused(),
        "let a request in",
    ),
    "a comparison of ASCII only": (
        suite(verify=plain_comparison),
        lambda s: s.test_a_wrong_or_missing_signature_is_refused("not ASCII"),
        "raised TypeError",
    ),
    "the wanted signature told": (
        suite(verify=telling),
        lambda s: s.test_a_wrong_or_missing_signature_is_refused("empty"),
        "tells the signature",
    ),
    "signed by meaning": (
        suite(verify=over_the_meaning),
        lambda s: s.test_the_signature_is_over_the_raw_bytes(),
        "let a request in",
    ),
    "called unsigned, but signed": (
        suite(about={"signs_body": False}),
        lambda s: s.test_the_signature_is_over_the_raw_bytes(),
        "does not fit",
    ),
    "parsed before verified": (suite(verify=parsing_first), lambda s: s.test_verify_does_not_read_the_body(), ""),
    "a handshake for all": (
        suite(handshake=lambda self, request: Reply(200)),
        lambda s: s.test_a_stranger_gets_no_handshake({}),
        "return None",
    ),
    "a key by chance": (
        suite(split=each(lambda raw: raw._replace(key=secrets.token_hex(8)))),
        lambda s: s.test_cutting_again_gives_the_same(NOTES),
        "more than the body",
    ),
    "a key of the bytes": (
        suite(split=lambda self, body: [RawEvent("l", hashlib.sha256(body).hexdigest(), "", 0, body)]),
        lambda s: s.test_cutting_again_gives_the_same(NOTES),
        "gets other keys",
    ),
    "a key for two": (
        suite(),
        lambda s: s.test_cutting_again_gives_the_same(replace(NOTES, body=TWICE)),
        "name more than one event",
    ),
    "no account": (
        suite(split=each(lambda raw: raw._replace(account=""))),
        lambda s: s.test_raw_events_can_be_stored(NOTES),
        "account is empty",
    ),
    "no key": (
        suite(split=each(lambda raw: raw._replace(key=""))),
        lambda s: s.test_raw_events_can_be_stored(NOTES),
        "key is empty",
    ),
    "a long key": (
        suite(split=each(lambda raw: raw._replace(key="k" * 5000))),
        lambda s: s.test_raw_events_can_be_stored(NOTES),
        "400 at most",
    ),
    "half a surrogate": (
        suite(split=each(lambda raw: raw._replace(key="\ud83d"))),
        lambda s: s.test_raw_events_can_be_stored(NOTES),
        "half surrogate",
    ),
    "seconds": (
        suite(split=each(lambda raw: raw._replace(at=raw.at // 1000))),
        lambda s: s.test_raw_events_can_be_stored(NOTES),
        "looks like seconds",
    ),
    "an error of its own for garbage": (
        suite(split=lambda self, body: Pigeon.split(self, body) or json.loads(body)["notes"][0]),
        lambda s: s.test_garbage_is_refused_with_value_error(b'{"loft": "x", "notes": []}'),
        "raised IndexError",
    ),
    "one event too few": (
        suite(split=lambda self, body: Pigeon.split(self, body)[:1]),
        lambda s: s.test_a_payload_becomes_its_events(NOTES),
        "the channel says",
    ),
    "another text": (
        suite(**changed(text="moo")),
        lambda s: s.test_a_payload_becomes_its_events(NOTES),
        "text: expected 'coo', got 'moo'",
    ),
    "a colon in a kind": (
        suite(**changed(sender=(Identity("pi:geon", "", "ada"),))),
        lambda s: s.test_events_can_be_worked_with(NOTES),
        "identity kind",
    ),
    "a colon in a scope": (
        suite(**changed(sender=(Identity("pigeon", "a:b", "ada"),))),
        lambda s: s.test_events_can_be_worked_with(NOTES),
        "identity scope",
    ),
    "a phone as people write it": (
        suite(**changed(sender=(Identity("phone", "", "020 7946 0000"),))),
        lambda s: s.test_events_can_be_worked_with(NOTES),
        "E.164",
    ),
    "nobody": (suite(**changed(sender=())), lambda s: s.test_events_can_be_worked_with(NOTES), "names nobody"),
    "another's account": (
        suite(**changed(account="loft-2")),
        lambda s: s.test_events_can_be_worked_with(NOTES),
        "that of the raw event",
    ),
    "no id of the platform's": (
        suite(**changed(provider_id="")),
        lambda s: s.test_events_can_be_worked_with(NOTES),
        "provider_id",
    ),
    "the unknown dropped": (
        suite(normalise=dropping),
        lambda s: s.test_what_cannot_be_read_is_unknown_not_lost(b"{}"),
        "kept and counted",
    ),
    "trust in fields": (suite(normalise=trusting), lambda s: s.test_no_payload_makes_the_channel_raise(), "raised"),
    "no generator": (
        suite(send=plain_answer),
        lambda s: s.test_a_message_that_is_taken_has_a_receipt(),
        "is a generator",
    ),
    "a yes taken for a no": (
        suite(about={"accepted": [{"note": 9}]}),
        lambda s: s.test_a_message_that_is_taken_has_a_receipt(),
        "the platform took the message",
    ),
    "no callback for the evidence": (
        suite(**able(proof="evidence")),
        lambda s: s.test_a_send_can_be_settled_as_declared(),
        "no call carries message.callback",
    ),
    "no status that names the send": (
        suite(**able(proof="evidence"), **sending(always, headers={"x-callback": "contract.17"})),
        lambda s: s.test_a_send_can_be_settled_as_declared(),
        "add a payload",
    ),
    "a key that is none": (
        suite(**able(proof="key"), **sending(always)),
        lambda s: s.test_a_send_can_be_settled_as_declared(),
        "another key",
    ),
    "a send repeated blindly": (
        suite(**sending(always, repeatable=True)),
        lambda s: s.test_a_send_can_be_settled_as_declared(),
        "must not be repeatable",
    ),
    "silence taken for a no": (
        suite(send=swallowing),
        lambda s: s.test_silence_is_never_taken_for_an_answer(),
        "say it twice",
    ),
    "every status a yes": (
        suite(**sending(always)),
        lambda s: s.test_a_refusal_has_its_error(404, b""),
        "is no yes",
    ),
    "a refusal read blindly": (
        suite(**sending(blindly)),
        lambda s: s.test_a_refusal_has_its_error(404, b""),
        "raised TypeError",
    ),
    "a server's trouble a refusal": (
        suite(**sending(quoting)),
        lambda s: s.test_a_refusal_has_its_error(503, b"down"),
        "Temporary or Uncertain",
    ),
    "a wait that is no number": (
        suite(**sending(waiting)),
        lambda s: s.test_a_limit_is_waited_out_as_long_as_asked(),
        "raised ValueError",
    ),
    "an empty yes": (
        suite(**sending(always)),
        lambda s: s.test_a_yes_that_cannot_be_read_is_uncertain(b"{}"),
        "so Uncertain",
    ),
    "the platform's words with the token in them": (
        suite(**sending(quoting, headers={"authorization": TOKEN})),
        lambda s: s.test_no_error_shows_a_secret_or_a_text(),
        "shows a secret",
    ),
    "poll without polling": (
        suite(poll=Gray.poll),
        lambda s: s.test_polls_go_on_from_their_cursor(),
        "needs polling()",
    ),
    "a cursor that is not used": (
        suite(POLLED, polling=Gray.polling, poll=stuck),
        lambda s: s.test_polls_go_on_from_their_cursor(),
        "use the cursor",
    ),
    "a cursor that is not told": (
        suite(POLLED, polling=Gray.polling, poll=from_the_start),
        lambda s: s.test_polls_go_on_from_their_cursor(),
        "for ever",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_pigeon_is_told_what_is_wrong(name: str) -> None:
    contract, guard, words = BROKEN[name]
    with pytest.raises((AssertionError, BadSignature, ValueError)) as caught:
        guard(contract)
    assert words in str(caught.value)


def test_a_pigeon_that_polls_is_sound() -> None:
    contract = suite(POLLED, polling=Gray.polling, poll=Gray.poll)
    contract.test_polls_go_on_from_their_cursor()
    contract.test_the_platforms_address_is_a_setting()


def test_every_test_of_the_contract_has_a_pigeon_that_fails_it() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    tests = [name for name in vars(ChannelContract) if name.startswith("test_")]
    assert len(tests) > 20
    assert [name for name in tests if f"s.{name}(" not in source] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not JSON"),
        ("[]", "a payload is"),
        ('{"body": 1}', "a payload is"),
        ('{"body": 1, "expected": [], "header": {}}', "unknown header"),
    ],
)
def test_a_payload_file_that_is_wrong_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ValueError, match="holds no payload"):
        read_payloads(tmp_path)
    (tmp_path / "note.json").write_text(text)
    with pytest.raises(ValueError, match=rf"note\.json.*{words}"):
        read_payloads(tmp_path)


def test_a_payload_is_text_or_json_with_its_headers(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"headers": {"X-Id": "7"}, "body": "a=1&b=\u00fc", "expected": []}', "utf-8")
    assert read_payloads(tmp_path) == [Payload("a", "a=1&b=\u00fc".encode(), {"x-id": "7"}, [])]


def test_an_expected_field_that_does_not_exist_is_told() -> None:
    event = Unknown(key="1", at=0, account="a", what="x")
    assert differences({"kind": "unknown", "sender": []}, event) == ["unknown has no field sender"]
    assert differences({"what": "x"}, event) == []


@pytest.mark.parametrize("module", ["channel_contract", "crm_contract"])
@pytest.mark.parametrize("missing", ["pytest", "hypothesis"])
def test_without_pytest_the_remedy_is_told(module: str, missing: str) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None; import hub.testing.{module}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert "pip install pytest hypothesis" in done.stderr
