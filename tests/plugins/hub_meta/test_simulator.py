"""The double of WhatsApp behaves as its contract says, seen from a hub on loopback."""

import asyncio
import json
import logging
import subprocess
import sys

import aiohttp
import pytest

import hub_meta
from hub import Outgoing
from hub.contracts.errors import AuthFailed, HubError, RateLimited, Rejected, Unavailable
from hub.contracts.simulator import Faults
from hub_meta.channel import WhatsApp
from hub_meta.simulator import WhatsAppSimulator

ADA, BOB, CLEO = "+447700900123", "+12025550143", "@cleo"


def test_hub_channels_and_hub_simulators_name_the_classes():
    assert list(hub_meta.hub_channels()) == [WhatsApp]
    assert list(hub_meta.hub_simulators()) == [WhatsAppSimulator]


def test_a_running_hub_does_not_import_the_simulator():
    code = "import hub_meta, sys; hub_meta.hub_channels(); print('aiohttp' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": ":".join(sys.path)}
    )
    assert done.stdout == "False\n", done.stderr


def test_what_people_say_arrives_signed_and_understood(world, scenario):
    async def work():
        async with world() as w:
            said = await w.sim.say(ADA, "Grüße / 👋", name="Ada", at=1_790_000_000_500)
            handle = await w.sim.say(CLEO, "bonjour", account=w.sim.accounts()[1])
            await w.sim.settled()
            ada, cleo = sorted(w.hub.of("message.received"), key=lambda e: e.text)
            assert (ada.provider_id, ada.text, ada.name) == (said.id, "Grüße / 👋", "Ada")
            assert (ada.at, said.at) == (1_790_000_000_000, 1_790_000_000_000)
            assert [i.kind for i in ada.sender] == ["whatsapp_user", "phone"]
            assert (ada.sender[1].key, ada.account) == (ADA, w.sim.accounts()[0])
            assert [i.kind for i in cleo.sender] == ["whatsapp_user"]
            assert (cleo.account, cleo.name) == (w.sim.accounts()[1], "cleo")
            assert w.sim.heard == [said, handle]
            assert said.tries == 1
            assert 0 < said.first_try <= said.acked

    scenario(work)


def test_it_tries_until_the_hub_says_yes_and_keeps_the_order_of_a_person(world, scenario):
    async def work():
        async with world() as w:
            w.hub.answers = [500, 0, 404, 503]
            for n in range(5):
                await w.sim.say(ADA, f"{n}")
            await w.sim.settled()
            assert [e.text for e in w.hub.of("message.received")] == ["0", "1", "2", "3", "4"]
            assert [heard.tries for heard in w.sim.heard] == [5, 1, 1, 1, 1]
            assert all(heard.acked for heard in w.sim.heard)

    scenario(work)


def test_a_person_waits_for_the_ack_others_do_not(world, scenario):
    async def work():
        async with world() as w:
            w.hub.gate.clear()
            for text in ("1", "2"):
                await w.sim.say(ADA, text)
            await w.sim.say(BOB, "other")
            await w.hub.arrived.get()
            await w.hub.arrived.get()
            assert [heard.tries for heard in w.sim.heard] == [1, 0, 1]
            w.hub.gate.set()
            await w.sim.settled()
            assert [e.text for e in w.hub.of("message.received") if e.sender[1].key == ADA] == ["1", "2"]

    scenario(work)


def test_it_waits_for_a_hub_that_is_not_there_yet(world, scenario):
    async def work():
        async with world() as w:
            knocks = asyncio.Queue()

            async def hang_up(reader, writer):
                knocks.put_nowait(1)
                writer.transport.abort()

            async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as dying:
                w.sim.point_at(f"http://127.0.0.1:{dying.sockets[0].getsockname()[1]}/in/main")
                heard = await w.sim.say(ADA, "hello")
                await knocks.get()
                await knocks.get()
                assert heard.tries >= 2
                assert heard.acked == 0
            w.sim.point_at(w.url)
            await w.sim.settled()
            assert [e.text for e in w.hub.of("message.received")] == ["hello"]

    scenario(work)


def test_doubles_and_reorder_strike(world, scenario):
    async def work():
        async with world(Faults(double=1.0)) as w:
            heard = await w.sim.say(ADA, "again")
            await w.sim.settled()
            assert w.hub.keys == [heard.id, heard.id]
        async with world(Faults(reorder=1.0)) as w:
            for n in range(40):
                await w.sim.say(ADA, f"{n:02d}")
            await w.sim.settled()
            texts = [e.text for e in w.hub.of("message.received")]
            assert sorted(texts) == [f"{n:02d}" for n in range(40)] != texts

    scenario(work)


def test_a_sent_message_is_delivered_and_its_statuses_follow_in_order(world, scenario):
    async def work():
        async with world() as w:
            await w.sim.say(ADA, "hi")
            receipt = await w.send("447700900123", "hello", "outbox-7")
            await w.sim.settled()
            (said,) = w.sim.said
            assert (said.person, said.text, said.callback, said.request) == (ADA, "hello", "outbox-7", 1)
            assert (said.delivered, said.answered) == (True, True)
            assert 0 < said.began <= said.ended
            told = w.hub.of("status.reported")
            assert [s.status for s in told] == ["sent", "delivered", "read"]
            assert {(s.provider_id, s.callback) for s in told} == {(receipt.provider_id, "outbox-7")}

    scenario(work)


def test_an_answer_finds_its_way_back_to_a_handle(world, scenario):
    async def work():
        async with world() as w:
            await w.sim.say(CLEO, "bonjour")
            await w.sim.settled()
            await w.send(w.hub.of("message.received")[0].address, "salut")
            assert [said.person for said in w.sim.said] == [CLEO]
            with pytest.raises(HubError, match="131026"):
                await w.send("FR.999", "who?")

    scenario(work)


def test_errors_do_nothing_and_say_so(world, scenario):
    async def work():
        for faults, error in ((Faults(error=1.0), Unavailable), (Faults(throttle=1.0), RateLimited)):
            async with world(faults) as w:
                with pytest.raises(error):
                    await w.send(ADA, "hello")
                await w.sim.settled()
                assert [(said.delivered, said.answered) for said in w.sim.said] == [(False, True)]
                assert w.hub.events == []
        assert RateLimited("x", 1).retry_after == 1

    scenario(work)


def test_a_lost_connection_before_and_after_the_effect(world, scenario):
    async def work():
        for faults, delivered in ((Faults(lose_before=1.0), False), (Faults(lose_after=1.0), True)):
            async with world(faults) as w:
                with pytest.raises(aiohttp.ClientError):
                    await w.send(ADA, "hello", "outbox-9")
                await w.sim.settled()
                assert [(said.delivered, said.answered) for said in w.sim.said] == [(delivered, False)]
                assert [s.callback for s in w.hub.of("status.reported")] == ["outbox-9"] * (3 if delivered else 0)

    scenario(work)


def test_a_platform_that_is_down_does_nothing_and_comes_back(world, scenario):
    async def work():
        async with world(Faults(down=True)) as w:
            with pytest.raises(aiohttp.ClientError):
                await w.send(ADA, "hello")
            await w.sim.say(ADA, "hi")
            await asyncio.sleep(0)
            assert (w.sim.said, w.hub.events) == ([], [])
            w.sim.faults.down = False
            await w.sim.settled()
            await w.send(ADA, "hello")
            assert len(w.sim.said) == 1

    scenario(work)


def test_outside_the_window_a_message_is_taken_and_then_fails(world, scenario):
    async def work():
        async with world() as w:
            w.sim.enforce_window = True
            await w.sim.say(ADA, "long ago", at=1_600_000_000_000)
            await w.send(ADA, "too late")
            await w.sim.settled()
            assert [(s.status, "131047" in s.error) for s in w.hub.of("status.reported")] == [("failed", True)]
            await w.sim.say(ADA, "now")
            await w.send(ADA, "in time")
            assert [said.delivered for said in w.sim.said] == [False, True]

    scenario(work)


def test_echo_and_preference(world, scenario):
    async def work():
        async with world() as w:
            wamid = w.sim.echo(ADA, "a colleague")
            w.sim.prefer(ADA, False)
            w.sim.prefer(CLEO, True)
            await w.sim.settled()
            (echo,) = w.hub.of("message.echoed")
            assert (echo.provider_id, echo.text, echo.recipient[1].key) == (wamid, "a colleague", ADA)
            assert {(e.sender[-1].kind, e.wants) for e in w.hub.of("consent.changed")} == {
                ("phone", False),
                ("whatsapp_user", True),
            }

    scenario(work)


def test_any_payload_can_be_delivered_once(world, scenario):
    async def work():
        async with world() as w:
            news = {"object": "whatsapp_business_account", "entry": [{"id": "9", "changes": [{"field": "x"}]}]}
            assert await w.sim.deliver(news) == 200
            w.hub.answers = [503]
            assert await w.sim.deliver(news) == 503
            assert [e.kind for e in w.hub.events] == ["unknown"]
            w.sim.point_at("http://127.0.0.1:9/closed")
            assert await w.sim.deliver(news) == 0

    scenario(work)


@pytest.mark.parametrize(
    "change",
    [
        {"messaging_product": "sms"},
        {"recipient_type": "crowd"},
        {"to": None},
        {"to": 447700900123},
        {"recipient": "US.1"},
        {"type": "image"},
        {"text": None},
        {"text": {"body": ""}},
        {"text": {"body": "x" * 4097}},
        {"text": {"body": "x", "preview_url": "no"}},
        {"text": {"body": "x", "colour": "red"}},
        {"context": {"id": "wamid.1"}},
        {"biz_opaque_callback_data": "x" * 513},
        {"surprise": 1},
    ],
)
def test_a_wrong_body_is_refused(change, world, scenario):
    async def work():
        async with world() as w:
            good = json.loads(next(w.channel.send(Outgoing(w.sim.accounts()[0], "447700900123", "x", "c"))).body)
            body = {k: v for k, v in {**good, **change}.items() if v is not None}
            url = f"{w.sim.base_url}/v23.0/{w.sim.accounts()[0]}/messages"
            headers = {"authorization": f"Bearer {w.sim.access_token}"}
            for sent, status in ((good, 200), (body, 400)):
                async with w.session.post(url, json=sent, headers=headers) as reply:
                    assert reply.status == status
                    answer = await reply.json()
            assert answer["error"]["code"] == 100
            assert len(w.sim.said) == 1

    scenario(work)


def test_a_wrong_token_and_a_wrong_number_are_refused(world, scenario):
    async def work():
        async with world() as w:
            with pytest.raises(AuthFailed):
                await w.send(ADA, "x", account="999")
            w.sim.access_token = "renewed"
            with pytest.raises(AuthFailed):
                await w.send(ADA, "x")
            assert w.sim.said == []

    scenario(work)


def test_probe_and_connect_work_against_it(world, scenario):
    async def work():
        async with world() as w:
            found = await w.run(w.channel.probe())
            assert [account in finding.what for account, finding in zip(w.sim.accounts(), found, strict=True)] == [
                True
            ] * 2
            w.sim.point_at("http://127.0.0.1:9/closed")
            assert all(f.ok for f in await w.run(w.channel.connect(w.url)))
            await w.sim.say(ADA, "through the new address")
            await w.sim.settled()
            assert len(w.hub.of("message.received")) == 1
            (refused,) = await w.run(w.channel.connect("http://127.0.0.1:9/closed"))
            assert not refused.ok

    scenario(work)


def test_it_ends_quietly_in_the_middle_of_everything(caplog, world, scenario):
    async def work():
        async with world(Faults(double=0.5, reorder=0.5)) as w:
            w.hub.gate.clear()
            for n in range(50):
                await w.sim.say(f"+1202555{n:04d}", "never answered")
            await w.hub.arrived.get()
            w.sim.point_at("http://127.0.0.1:9/closed")
            for n in range(50):
                await w.sim.say(f"+1202555{n:04d}", "never reached")
            _, writer = await asyncio.open_connection("127.0.0.1", int(w.sim.base_url.rsplit(":", 1)[1]))
            path = f"/v23.0/{w.sim.accounts()[0]}/messages"
            head = f"POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {w.sim.access_token}\r\n"
            writer.write(f"{head}content-length: 50\r\n\r\nhalf a bo".encode())
            await writer.drain()
            await w.run(w.channel.probe())
            writer.transport.abort()  # the hub is killed in the middle of its request
            await w.run(w.channel.probe())
            await w.sim.stop()
            await w.sim.stop()
            await w.sim.settled()
            w.hub.gate.set()

    with caplog.at_level(logging.WARNING):
        scenario(work)
    assert [record.getMessage() for record in caplog.records] == []


def test_a_refused_content_is_not_repeated_by_the_channel(world, scenario):
    async def work():
        async with world() as w:
            with pytest.raises(Rejected):
                await w.send(ADA, "x", callback="c" * 600)

    scenario(work)
