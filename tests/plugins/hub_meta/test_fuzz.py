"""Nothing that can be written in JSON makes the channel raise, lose an event, or take one person for another."""

import asyncio
import hmac
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from aiohttp import ClientSession
from hypothesis import given, settings
from hypothesis import strategies as st

from hub import RawEvent
from hub.testing.payloads import GONE, event_faults, places, raw_faults, spoilt
from hub.wire import json as wire
from hub_meta.channel import WhatsApp, WhatsAppSettings
from hub_meta.news import NEWS

CHANNEL = WhatsApp(
    WhatsAppSettings.model_validate(dict.fromkeys(("app_secret", "verify_token", "access_token"), "x")), "c"
)

NAMES_SEEN = """
id from from_user_id to to_user_id type text body timestamp status errors code title message contacts wa_id user_id
profile name image caption location latitude longitude interactive nfm_reply reaction emoji message_id edit order
original_message_id product_items quantity context group_id system recipient_id value history threads messages
biz_opaque_callback_data metadata phone_number_id unsupported error_data details button payload
"""
WORDS_SEEN = """
text image location interactive reaction edit revoke order system unsupported contacts button sent read failed
stop resume 447700900123 US.134 1790000000 131047 wamid.1 ٣
"""
ARRAYS_SEEN = "messages statuses errors message_echoes user_preferences user_id_update history contacts metadata event"
NAMES = st.sampled_from(NAMES_SEEN.split())
WORDS = st.sampled_from(WORDS_SEEN.split())
ARRAYS = st.sampled_from(ARRAYS_SEEN.split())
SCALAR = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8), WORDS)
VALUE = st.recursive(
    SCALAR | st.sampled_from(["\ud800", "a\0b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=4), inner, max_size=5),
    max_leaves=20,
)
OBJECT = st.dictionaries(NAMES, VALUE, max_size=8)
FIELDS = st.sampled_from(["messages", "smb_message_echoes", "user_preferences", "user_id_update", "history", *NEWS])
CHANGE = st.fixed_dictionaries(
    {"field": FIELDS | VALUE, "value": st.dictionaries(ARRAYS, st.lists(OBJECT | VALUE, max_size=4) | VALUE) | VALUE}
)
ENTRY = st.fixed_dictionaries({"id": VALUE, "time": VALUE, "changes": st.lists(CHANGE | VALUE, max_size=3) | VALUE})
ENVELOPE = st.fixed_dictionaries(
    {"object": st.just("whatsapp_business_account"), "entry": st.lists(ENTRY | VALUE, max_size=3)}
)


def finite(value):
    if isinstance(value, dict):
        return all(finite(v) for v in value.values())
    if isinstance(value, list):
        return all(finite(v) for v in value)
    return not isinstance(value, float) or abs(value) != float("inf")


@settings(max_examples=120, deadline=None)
@given(ENVELOPE.filter(finite))
def test_any_envelope_is_cut_and_understood(payload):
    raws = CHANNEL.split(json.dumps(payload).encode())
    assert raws or not payload["entry"] or all(isinstance(e, dict) and e.get("changes") == [] for e in payload["entry"])
    for raw in raws:
        for text in (raw.account, raw.key, raw.lane):
            assert "\0" not in text.encode().decode()
        (event,) = CHANNEL.normalise(raw)
        assert (event.key, event.account) == (raw.key, raw.account)
        assert not event_faults(event, raw)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | VALUE.map(lambda v: json.dumps(v).encode()))
def test_any_bytes_normalise(body):
    (event,) = CHANNEL.normalise(RawEvent("1", "k", "l", 5, body))
    assert (event.key, event.kind) == ("k", "unknown")


FIXTURES = sorted((Path(__file__).parent / "fixtures").glob("*.json"))
CORPUS = Path(__file__).parents[4] / "shared" / "data" / "corpus" / "whatsapp"
GOOD = [json.loads(path.read_text())["body"] for path in FIXTURES]
COLLECTED = [json.loads(path.read_text()) for path in sorted(CORPUS.glob("*.json")) if path.stat().st_size < 20_000]
"""Empty where the corpus is not beside this checkout."""
DEEP = "deeper and deeper"
ODD: tuple[Any, ...] = (
    *(
        GONE,
        None,
        True,
        False,
        0,
        -1,
        5,
        -1.5,
        1e308,
        10**30,
        2**63,
        -(2**63),
        0.1,
        [],
        [[]],
        [None],
        {},
        {"a": 1},
        [{}],
    ),
    *(
        "",
        "x",
        "0",
        "-5",
        "1e5",
        "half \ud83d",
        "\udc00\ud800",
        "a\0b",
        "\0",
        "\u0663",
        "\u202e",
        "9" * 400,
        "x" * 3000,
    ),
    *("<script>", "{}", "%s%n", "447700900123", "GB.1111111111", "12025550100", DEEP),
)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_good_payload_with_any_one_part_spoilt(path):
    good = json.loads(path.read_text())["body"]
    tried = 0
    for place in places(good["entry"]):
        for odd in (GONE, None, 5, "x", [None], {}, [{}]):
            entry = spoilt(good["entry"], place, odd)
            if isinstance(entry, list):
                tried += 1
                raws = survived(json.dumps({**good, "entry": entry}).encode())
                assert raws is not None
                assert len({(raw.account, raw.key) for raw in raws}) == len(raws)
    assert tried > 50


def survived(body: bytes) -> list[RawEvent] | None:
    """Cut and understood without any fault (None: refused with ValueError), and nobody taken for somebody else."""
    try:
        raws = CHANNEL.split(body)
    except ValueError:
        return None
    stated: list[tuple[Any, set[str]]] | None = None
    for raw in raws:
        assert not raw_faults(raw)
        for event in CHANNEL.normalise(raw):
            assert not event_faults(event, raw), (event, body)
            assert event.key == raw.key
            if people := (*getattr(event, "sender", ()), *getattr(event, "recipient", ())):
                stated = list(named(wire.loads(body))) if stated is None else stated
                keys = {identity.key.removeprefix("+") for identity in people}
                own = getattr(event, "provider_id", None)
                assert any(keys <= names for id_, names in stated if own in (None, id_)), (event, body)
    return raws


# -- who may be meant, found in a way of its own -------------------------------------------------------------------


def said(value: Any) -> str:
    """A name as it may be stored."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = str(value).replace("\0", "").removeprefix("+")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def named(payload: Any) -> Iterator[tuple[str, set[str]]]:
    """Of everything that names a person: its id, and all names that it states itself or its own contacts add."""
    for change in (change for entry in dicts(payload.get("entry")) for change in dicts(entry.get("changes"))):
        value = change.get("value") if isinstance(change.get("value"), dict) else {}
        cards = [{said(card.get("wa_id")), said(card.get("user_id"))} - {""} for card in dicts(value.get("contacts"))]
        threads = [thread for chunk in dicts(value.get("history")) for thread in dicts(chunk.get("threads"))]
        found = [(one, "") for array in value.values() for one in dicts(array)]
        found += [(one, said(thread.get("id"))) for thread in threads for one in dicts(thread.get("messages"))]
        for one, thread in found:
            own = {said(one.get(name)) for name in ("from", "from_user_id", "to", "to_user_id", "wa_id", "user_id")}
            own = (own | {thread}) - {""}
            yield said(one.get("id")), own.union(*(card for card in cards if card & own))


# -- changing good payloads ----------------------------------------------------------------------------------------


def batch(rng: Random) -> Any:
    """Many people in one delivery: some by phone, some by user id, some by both, the contacts in another order."""
    people = [(f"120255501{n:02d}", f"US.{n:06d}") for n in rng.sample(range(100), 6)]
    contacts = [{"wa_id": phone, "user_id": user, "profile": {"name": user}} for phone, user in people]
    messages = [
        {"id": f"wamid.{n}", "timestamp": "1790000000", "type": "text", "text": {"body": user}, **who}
        for n, (phone, user) in enumerate(rng.sample(people, 5))
        for who in [
            rng.choice(({"from": phone}, {"from_user_id": user}, {"from": user}, {"from": phone, "from_user_id": user}))
        ]
    ]
    value = {"metadata": {"phone_number_id": "100000000000001"}, "contacts": contacts, "messages": messages}
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "2001", "changes": [{"field": "messages", "value": value}]}],
    }


def mutated(rng: Random) -> bytes:
    """A good payload with some of its parts missing, doubled, of another type, nested or from another payload."""
    pool = COLLECTED if COLLECTED and rng.random() < 0.4 else GOOD
    payload = batch(rng) if rng.random() < 0.2 else rng.choice(pool)
    for _ in range(rng.randint(1, 4)):
        ways = list(places(payload))
        place = rng.choice(ways)
        if len(place) < 2 and rng.random() < 0.95:
            continue  # nothing is left to look at when the whole is spoilt
        payload = spoilt(payload, place, changed(rng, payload, reach(payload, place), ways))
    text = json.dumps(payload)
    if DEEP in text:
        depth = rng.choice((60, 250, 300, 600, 950, 1010, 5000))
        text = text.replace(json.dumps(DEEP), rng.choice(('{"type":', "[")) * depth, 1)  # not closed: sometimes no JSON
        if rng.random() < 0.9:
            text = json.dumps(payload).replace(json.dumps(DEEP), "[" * depth + "]" * depth)
    return text.encode()


def reach(value: Any, place: tuple[Any, ...]) -> Any:
    for step in place:
        value = value[step]
    return value


def changed(rng: Random, payload: Any, part: Any, ways: list[tuple[Any, ...]]) -> Any:
    how = rng.randrange(7)
    if how == 0:
        return [part] if rng.random() < 0.5 else {rng.choice(("id", "type", "from", "value")): part}
    if how == 1:
        return reach(payload, rng.choice(ways))
    if how == 2:
        other = rng.choice(GOOD)
        return reach(other, rng.choice(list(places(other))))
    if how == 3 and isinstance(part, list):
        return (part * rng.choice((2, 3, 40)))[:200]
    if how == 4 and isinstance(part, list):
        return rng.sample(part, len(part))
    if how == 5 and isinstance(part, dict) and part:
        name = rng.choice(sorted(part))
        return {rng.choice(NAMES_SEEN.split()): part[name], **{k: v for k, v in part.items() if k != name}}
    return rng.choice(ODD)


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_changed_payload_is_understood_or_refused(rng):
    survived(mutated(rng))


@pytest.mark.full
def test_a_hundred_thousand_changed_payloads():
    cut = 0
    for seed in range(100_000):
        try:
            cut += survived(mutated(Random(seed))) is not None
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise
    assert cut > 80_000


# -- through the door ------------------------------------------------------------------------------------------------


class Meta:
    """Of a platform only what a hub needs to be called."""

    name, url = "whatsapp", ""

    async def start(self):
        pass

    async def stop(self):
        pass

    def accounts(self):
        return ["100000000000001"]

    def config(self):
        secrets = dict.fromkeys(("app_secret", "verify_token", "access_token"), "a-secret-of-our-tests")
        return {**secrets, "base_url": "http://127.0.0.1:9"}

    def point_at(self, url):
        self.url = url


def test_the_door_answers_every_changed_payload(live):
    async def scenario():
        meta = Meta()
        async with live(meta) as here, ClientSession() as session:

            async def post(body):
                signature = hmac.new(b"a-secret-of-our-tests", body, "sha256").hexdigest()
                async with session.post(
                    meta.url, data=body, headers={"X-Hub-Signature-256": f"sha256={signature}"}
                ) as got:
                    return got.status

            statuses = Counter([await post(mutated(Random(seed))) for seed in range(250)])
            assert set(statuses) == {200, 400}
            assert statuses[200] > 150
            assert await post(json.dumps(batch(Random(1))).encode()) == 200
            await here.worked_off()
            assert await here.rows("SELECT cause FROM dead WHERE kind <> 'unrouted'") == []

    asyncio.run(scenario())
