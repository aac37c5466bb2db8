"""Webhooks: only what HubSpot signed just now, cut into events with stable keys, understood as records to read."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from aiohttp import web
from hubspot.utils.signature import Signature
from hypothesis import given, settings
from hypothesis import strategies as st

from hub import RawEvent, Ref, Request
from hub.contracts.errors import BadSignature, StaleSignature
from hub.contracts.simulator import Faults
from hub_hubspot import simulator_acts as acts
from hub_hubspot import webhooks
from hub_hubspot.crm import HubSpot
from hub_hubspot.simulator import HubSpotSimulator

SECRET = "an-app-secret"
URL = "https://hub.example.com/hook/hubspot?a=%2Fb%20c"
NOW = 1_790_000_000_000
EVENT = {
    "eventId": 1,
    "subscriptionId": 2,
    "portalId": 4242,
    "occurredAt": NOW,
    "subscriptionType": "contact.propertyChange",
    "attemptNumber": 0,
    "objectId": 512,
    "propertyName": "phone",
    "propertyValue": "+442079460001",
}


def request(body=b"[]", *, url=URL, stamp=NOW, secret=SECRET, signed_url="", **headers):
    stamp = str(stamp)
    signature = webhooks.signed(secret, "POST", signed_url or url, body, stamp).decode()
    given_headers = {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": stamp}
    return Request(method="POST", url=url, query={}, headers={**given_headers, **headers}, body=body)


def test_the_clients_own_signature_is_ours():
    url, body, stamp = "https://hub.example.com/hook/hubspot?a=/b%20c", '[{"é":1}]', str(NOW)
    theirs = Signature.get_signature(SECRET, body, "v3", url, "POST", stamp)
    assert webhooks.signed(SECRET, "POST", url, body.encode(), stamp).decode() == theirs
    now = str(time.time_ns() // 1_000_000)
    signature = webhooks.signed(SECRET, "POST", url, body.encode(), now).decode()
    assert Signature.is_valid(signature, SECRET, body, url, "POST", "v3", now)


def test_signed_just_now_passes():
    for stamp in (NOW, NOW - 299_000, NOW + 299_000):
        webhooks.verify(SECRET, request(b"[1]", stamp=stamp), NOW)


def test_what_hubspot_decodes_is_decoded_before_it_is_signed():
    encoded, decoded = "%3A%2f%3F%40%21%24%27%28%29%2A%2C%3B%20%25", ":/?@!$'()*,;%20%25"
    url = f"https://hub.example.com/hook/hubspot?a={encoded}"
    webhooks.verify(SECRET, request(url=url, signed_url=f"https://hub.example.com/hook/hubspot?a={decoded}"), NOW)


@pytest.mark.parametrize(
    "bad",
    [
        request(stamp="soon"),
        request(stamp="²"),
        request(secret="another"),
        request(**{"x-hubspot-signature-v3": "é"}),
        request(**{"x-hubspot-signature-v3": ""}),
        request(**{"x-hubspot-request-timestamp": str(NOW + 1)}),
        Request("POST", URL, {}, request().headers, b"[2]"),
        Request("PUT", URL, {}, request().headers, b"[]"),
        Request("POST", URL + "&b=1", {}, request().headers, b"[]"),
        Request("POST", URL, {}, {}, b"[]"),
    ],
)
def test_everything_else_does_not(bad):
    with pytest.raises(BadSignature) as caught:
        webhooks.verify(SECRET, bad, NOW)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("off", [301_000, -301_000])
def test_signed_at_another_time_may_come_again(off):
    with pytest.raises(StaleSignature) as caught:
        webhooks.verify(SECRET, request(stamp=NOW - off), NOW)
    assert caught.value.off == off
    with pytest.raises(BadSignature) as refused:
        webhooks.verify(SECRET, request(stamp=NOW - off, secret="another"), NOW)
    assert not isinstance(refused.value, StaleSignature)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_older_signatures_are_refused_by_name(version):
    headers = {"x-hubspot-signature": "0" * 64, "x-hubspot-signature-version": version}
    with pytest.raises(BadSignature, match=f"{version}.*v3"):
        webhooks.verify(SECRET, Request("POST", URL, {}, headers, b"[]"), NOW)


def test_events_are_cut_with_keys_that_a_redelivery_repeats():
    other = {**EVENT, "propertyName": "email"}
    body = json.dumps([EVENT, other]).encode()
    again = json.dumps([{**EVENT, "attemptNumber": 3}]).encode()
    first, second = webhooks.split(body)
    (repeated,) = webhooks.split(again)
    assert first.key == repeated.key == f"4242:2:1:512:{NOW}:phone"
    assert first.key != second.key
    assert (first.account, first.lane, first.at) == ("4242", "512", NOW)
    assert repeated.body == again
    assert [ref for event in webhooks.normalise(second) for ref in event.refs] == [Ref("contact", "512")]
    assert webhooks.split(b"[]") == []


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b'"x"', b"null", b"[[]]", b"\xff"])
def test_a_body_that_is_no_array_of_events(body):
    with pytest.raises(ValueError):
        webhooks.split(body)


MERGE = {"primaryObjectId": 1, "mergedObjectIds": [2, 3], "newObjectId": 9, "objectId": 9}


@pytest.mark.parametrize(
    ("told", "refs", "erased"),
    [
        ({"subscriptionType": "contact.creation"}, {("contact", "512")}, ()),
        ({"subscriptionType": "contact.deletion"}, {("contact", "512")}, ()),
        ({"subscriptionType": "contact.restore"}, {("contact", "512")}, ()),
        ({"subscriptionType": "contact.merge", **MERGE}, {("contact", i) for i in "1239"}, ()),
        ({"subscriptionType": "company.merge", **MERGE}, {("company", i) for i in "1239"}, ()),
        ({"subscriptionType": "deal.propertyChange"}, {("deal", "512")}, ()),
        ({"subscriptionType": "ticket.creation"}, {("ticket", "512")}, ()),
        ({"subscriptionType": "object.propertyChange", "objectTypeId": "0-27"}, {("task", "512")}, ()),
        ({"subscriptionType": "contact.privacyDeletion"}, set(), ("512",)),
        (
            {
                "subscriptionType": "contact.associationChange",
                "objectId": None,
                "associationType": "CONTACT_TO_DEAL",
                "fromObjectId": 5,
                "toObjectId": 6,
            },
            {("contact", "5"), ("deal", "6")},
            (),
        ),
        ({"subscriptionType": "contact.creation", "objectId": "512"}, {("contact", "512")}, ()),
    ],
)
def test_what_events_mean(told, refs, erased):
    (raw,) = webhooks.split(json.dumps([EVENT | told]).encode())
    (event,) = webhooks.normalise(raw)
    assert (set(event.refs), event.erased) == (refs, erased)
    assert (event.key, event.at) == (raw.key, NOW)


@pytest.mark.parametrize(
    "told",
    [
        {"subscriptionType": "conversation.newMessage"},
        {"subscriptionType": "product.creation"},
        {"subscriptionType": "object.creation", "objectTypeId": "2-9"},
        {"subscriptionType": ""},
        {"subscriptionType": None},
        {"subscriptionType": "contact.creation", "objectId": "../1"},
        {"subscriptionType": "contact.creation", "objectId": True},
        {"subscriptionType": "contact.associationChange", "objectId": 0},
    ],
)
def test_what_the_hub_does_not_keep(told):
    (raw,) = webhooks.split(json.dumps([EVENT | told]).encode())
    assert webhooks.normalise(raw) == []


VALUES = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda v: st.lists(v, max_size=3))
NAMES = st.sampled_from([*EVENT, *MERGE, "objectTypeId", "associationType", "fromObjectId", "toObjectId"])


@settings(deadline=None)
@given(st.dictionaries(NAMES, VALUES))
def test_nothing_makes_it_raise(told):
    (raw,) = webhooks.split(json.dumps([EVENT | told]).encode())
    webhooks.normalise(raw)
    webhooks.normalise(raw._replace(body=json.dumps(told).encode()))
    webhooks.normalise(RawEvent("", "", "", 0, b"\xff"))


def adapter(sim, **more):
    table = {name: value for name, value in {**sim.config(), **sim.app(), **more}.items() if name != "adapter"}
    return HubSpot(HubSpot.Settings(**table))


def test_hearing_needs_a_secret():
    sim = HubSpotSimulator()
    assert adapter(sim).hearing()
    deaf = adapter(sim, client_secret=None)
    assert not deaf.hearing()
    with pytest.raises(BadSignature):
        deaf.verify(request())


def test_events_of_other_accounts_are_left_out():
    sim = HubSpotSimulator()
    body = json.dumps([EVENT, EVENT | {"portalId": 1}]).encode()
    assert len(adapter(sim).split(body)) == 2
    assert [raw.account for raw in adapter(sim, portal="4242").split(body)] == ["4242"]


class Door:
    """What a hub does with deliveries: verify, split, keep once, answer 200; `moods` are answers it gives before."""

    def __init__(self, crm, moods=()):
        self.crm, self.moods, self.kept, self.deliveries = crm, list(moods), {}, 0

    async def answer(self, asked):
        self.deliveries += 1
        body = await asked.read()
        headers = {name.lower(): value for name, value in asked.headers.items()}
        self.crm.verify(Request(asked.method, str(asked.url), dict(asked.query), headers, body))
        if self.moods:
            return web.Response(status=self.moods.pop(0))
        self.kept |= {raw.key: raw for raw in self.crm.split(body)}
        return web.Response(status=200)


def delivered(act, *, faults=None, moods=()):
    """What a door kept, after people did something."""

    async def main():
        sim = HubSpotSimulator(faults)
        await sim.start()
        crm = adapter(sim)
        door = Door(crm, moods)
        app = web.Application()
        app.router.add_post("/hook/hubspot", door.answer)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            port = runner.addresses[0][1]
            sim.point_at(f"http://127.0.0.1:{port}/hook/hubspot")
            act(sim)
            async with asyncio.timeout(20):
                await sim.hooks.settled()
        finally:
            await runner.cleanup()
            await sim.stop()
        return sim, door, [event for raw in door.kept.values() for event in crm.normalise(raw)]

    return asyncio.run(main())


def test_everything_that_happened_is_heard_once_whatever_the_network_does():
    done = {}

    def act(sim):
        done["ids"] = ids = sim.fill([{"name": f"P{n}"} for n in range(250)])
        for i in ids:
            acts.edit(sim.portal, "contacts", i, {"city": "Hull", "phone": "+442079460001"})

    faults = Faults(double=0.5, reorder=0.5)
    sim, door, events = delivered(act, faults=faults, moods=[503, 500, 429])
    assert sim.hooks.refused == []
    assert len(door.kept) == len(sim.hooks.delivered) == 250 * 3
    assert {ref.id for event in events for ref in event.refs} == set(done["ids"])
    assert door.deliveries > 8


def test_a_merge_is_told_as_two_deletions_and_no_change_of_values():
    done = {}

    def act(sim):
        ana, ben = sim.fill([{"name": "Ana"}, {"name": "Ben", "phone": "+442079460001"}])
        done["ids"] = {ana, ben, acts.merge(sim.portal, "contacts", ana, ben)}

    sim, _, events = delivered(act)
    kinds = [event["subscriptionType"] for event in sim.hooks.delivered]
    assert sorted(kinds) == ["contact.creation"] * 2 + ["contact.deletion"] * 2 + ["contact.merge"]
    assert {ref.id for event in events for ref in event.refs} == done["ids"]


def test_a_refusal_is_not_tried_again():
    sim, door, events = delivered(lambda sim: sim.fill([{"name": "Ana"}]), moods=[401])
    assert (len(sim.hooks.refused), door.deliveries, events) == (1, 1, [])
