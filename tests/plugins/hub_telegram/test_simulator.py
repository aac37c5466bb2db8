"""The channel against its simulator, on loopback, in both modes and in bad weather."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Literal

import aiohttp
import pytest
from aiohttp import web

from hub import Calls, ConsentChanged, HttpReply, Identity, MessageReceived, Outgoing, RawEvent, Request
from hub.contracts.errors import AuthFailed, BadSignature, Conflict, HubError, NotFound, OptedOut, Rejected, Uncertain
from hub.contracts.simulator import Faults
from hub.model.events import Event
from hub_telegram import TelegramChannel, TelegramSettings, hub_channels, hub_simulators
from hub_telegram.simulator import TelegramSimulator


class SmallHub:
    """As little of a hub as the channel needs: does its calls, takes its webhooks, remembers what came."""

    def __init__(self, sim: TelegramSimulator, session: aiohttp.ClientSession) -> None:
        self.sim, self.session = sim, session
        self.channel = TelegramChannel(TelegramSettings(**sim.config()), "telegram-main")
        self.raws: list[RawEvent] = []
        self.answers: list[int] = []
        self.answered = asyncio.Event()
        self.next_status: list[int] = []
        self.callback = ""

    async def run(self, calls: Calls[Any]) -> Any:
        """Do a generator's calls; no answer is Uncertain."""
        try:
            call = next(calls)
            while True:
                try:
                    async with self.session.request(
                        call.method, call.url, data=call.body, headers=call.headers
                    ) as answer:
                        reply = HttpReply(answer.status, dict(answer.headers), await answer.read())
                except aiohttp.ClientError:
                    call = calls.throw(Uncertain("no answer"))
                else:
                    call = calls.send(reply)
        except StopIteration as done:
            return done.value

    async def receive(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = await request.read()
        try:
            self.channel.verify(Request("POST", str(request.url), {}, headers, body))
        except BadSignature:
            status = 401
        else:
            status = self.next_status.pop(0) if self.next_status else 200
            if status == 200:
                self.raws += self.channel.split(body)
        self.answers.append(status)
        self.answered.set()
        return web.Response(status=status)

    async def poll_until_settled(self) -> None:
        """Poll through whatever weather until the simulator has nothing left."""
        cursor = ""
        settled = asyncio.ensure_future(self.sim.settled())
        while not settled.done():
            poll = asyncio.ensure_future(self.run(self.channel.poll(cursor)))
            await asyncio.wait({poll, settled}, return_when=asyncio.FIRST_COMPLETED)
            if not poll.done():
                poll.cancel()
                await asyncio.gather(poll, return_exceptions=True)
                break
            try:
                polled = poll.result()
            except HubError:
                continue
            self.raws += polled.events
            cursor = polled.cursor
        await settled

    def events(self) -> list[Event]:
        """What came, once each, in order of arrival."""
        return [self.channel.normalise(raw)[0] for raw in {raw.key: raw for raw in self.raws}.values()]

    async def answer(self, person: str, text: str, reply_to: str = "") -> Any:
        message = Outgoing(self.sim.accounts()[0], person, text, "hub-1", reply_to)
        return await self.run(self.channel.send(message))


@asynccontextmanager
async def hub_on(faults: Faults | None, mode: Literal["poll", "webhook"]) -> AsyncIterator[SmallHub]:
    sim = TelegramSimulator(faults, mode=mode)
    await sim.start()
    async with aiohttp.ClientSession() as session:
        hub = SmallHub(sim, session)
        app = web.Application()
        app.router.add_post("/in/telegram-main", hub.receive)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        hub.callback = "http://{}:{}/in/telegram-main".format(*runner.addresses[0][:2])
        sim.point_at(hub.callback)
        try:
            yield hub
        finally:
            await sim.stop()
            await runner.cleanup()


def scenario(
    story: Callable[[SmallHub], Awaitable[None]],
    faults: Faults | None = None,
    mode: Literal["poll", "webhook"] = "poll",
) -> None:
    """Run a story; afterwards no task may be left."""

    async def run() -> None:
        async with asyncio.timeout(60), hub_on(faults, mode) as hub:
            await story(hub)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left

    asyncio.run(run())


PEOPLE = ("7000000101", "+15550100", "ada")


async def talk(hub: SmallHub) -> None:
    """Three people write six messages each, all at once, and the hub answers one each."""
    for number in range(6):
        for person in PEOPLE:
            await hub.sim.say(person, f"{person} {number}", name="Ada Vale", at=1767225600000)
    if hub.channel.polling():
        await hub.poll_until_settled()
    await hub.sim.settled()
    messages = [event for event in hub.events() if isinstance(event, MessageReceived)]
    assert {message.provider_id for message in messages} == {heard.id for heard in hub.sim.heard}
    assert all(heard.acked >= heard.first_try > 0 for heard in hub.sim.heard)
    for person in PEOPLE:
        assert [m.text for m in messages if m.text.startswith(person)] == [f"{person} {n}" for n in range(6)]
        (sender,) = {m.sender for m in messages if m.text.startswith(person)}
        assert sender[0].kind == "telegram"
    first = messages[0]
    assert (first.name, first.at, first.account) == ("Ada Vale", 1767225600000, hub.sim.accounts()[0])
    assert Identity("telegram", "", "7000000101") in {m.sender[0] for m in messages}
    assert not hub.sim.refused


async def answer_all(hub: SmallHub) -> None:
    """Answer every person until the platform says it took it, counting what the hub cannot know."""
    addresses = {e.sender[0].key: e for e in hub.events() if isinstance(e, MessageReceived)}
    for event in addresses.values():
        while True:
            try:
                receipt = await hub.answer(event.address, f"to {event.address}", event.provider_id)
            except HubError:
                continue
            assert receipt.provider_id.startswith(f"{event.address}:")
            break
    said = hub.sim.said
    assert {s.person for s in said if s.delivered and s.answered} == set(PEOPLE)
    assert [s.request for s in said] == list(range(1, len(said) + 1))
    assert all(s.ended >= s.began for s in said)


def test_round_trip_by_webhook_in_bad_weather() -> None:
    async def story(hub: SmallHub) -> None:
        await talk(hub)
        assert any(heard.tries > 1 for heard in hub.sim.heard)
        await answer_all(hub)

    faults = Faults(seed=3, double=0.6, reorder=0.3, error=0.1, lose_before=0.1, lose_after=0.1, throttle=0.1)
    scenario(story, faults, "webhook")


def test_round_trip_by_poll_in_bad_weather() -> None:
    async def story(hub: SmallHub) -> None:
        await talk(hub)
        await answer_all(hub)
        every_fate = {(delivered, answered) for delivered in (True, False) for answered in (True, False)}
        while {(s.delivered, s.answered) for s in hub.sim.said} != every_fate:  # as each fault strikes in its turn
            await answer_all(hub)

    scenario(story, Faults(seed=5, error=0.2, lose_before=0.2, lose_after=0.2, throttle=0.1), "poll")


def test_round_trip_in_good_weather_says_everything_once() -> None:
    async def story(hub: SmallHub) -> None:
        await talk(hub)
        assert all(heard.tries == 1 for heard in hub.sim.heard)
        await answer_all(hub)
        assert len(hub.sim.said) == len(PEOPLE)

    scenario(story, mode="webhook")


def test_a_webhook_is_repeated_until_it_is_taken_and_the_next_one_waits() -> None:
    async def story(hub: SmallHub) -> None:
        hub.next_status = [500, 503, 404]
        first = await hub.sim.say("ada", "first")
        second = await hub.sim.say("ada", "second")
        await hub.sim.settled()
        assert hub.answers == [500, 503, 404, 200, 200]
        assert (first.tries, second.tries) == (4, 1)
        assert first.acked <= second.first_try

    scenario(story, mode="webhook")


def test_a_hub_with_another_secret_lets_nothing_in_until_it_connects() -> None:
    async def story(hub: SmallHub) -> None:
        table = {**hub.sim.config(), "secret": "another"}
        hub.channel = TelegramChannel(TelegramSettings(**table), "telegram-main")
        heard = await hub.sim.say("ada", "hi")
        await hub.answered.wait()
        assert hub.answers == [401]
        assert (heard.acked, hub.raws) == (0, [])
        (finding,) = await hub.run(hub.channel.connect(hub.callback))
        assert finding.ok
        await hub.sim.settled()
        assert heard.acked
        assert all(finding.ok for finding in await hub.run(hub.channel.probe()))

    scenario(story, mode="webhook")


def test_webhook_and_poll_exclude_each_other() -> None:
    async def story(hub: SmallHub) -> None:
        poller = TelegramChannel(TelegramSettings(**{**hub.sim.config(), "mode": "poll"}), "telegram-main")
        with pytest.raises(Conflict, match="webhook is set"):
            await hub.run(poller.poll(""))
        assert not all(finding.ok for finding in await hub.run(poller.probe()))
        await hub.run(poller.connect(""))
        await hub.sim.say("ada", "hi")
        assert len((await hub.run(poller.poll(""))).events) == 1
        assert all(finding.ok for finding in await hub.run(poller.probe()))

    scenario(story, mode="webhook")


def test_a_second_poll_ends_the_first_with_a_conflict() -> None:
    async def story(hub: SmallHub) -> None:
        first = asyncio.ensure_future(hub.run(hub.channel.poll("")))
        await hub.sim.polling.wait()
        second = asyncio.ensure_future(hub.run(hub.channel.poll("")))
        with pytest.raises(Conflict, match="another program polls"):
            await first
        await hub.sim.say("ada", "hi")
        assert len((await second).events) == 1

    scenario(story)


def test_a_hub_killed_in_its_poll_finds_everything_again() -> None:
    async def story(hub: SmallHub) -> None:
        dying = asyncio.ensure_future(hub.run(hub.channel.poll("")))
        await hub.sim.polling.wait()
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)
        heard = await hub.sim.say("ada", "hi")
        polled = await hub.run(hub.channel.poll(""))
        again = await hub.run(hub.channel.poll(""))  # died before it kept the cursor
        assert [raw.key for raw in again.events] == [raw.key for raw in polled.events]
        assert heard.acked == 0
        await hub.sim.say("ada", "more")
        later = await hub.run(hub.channel.poll(polled.cursor))
        assert len(later.events) == 1
        assert heard.acked

    scenario(story)


def test_a_platform_that_is_down_answers_nothing_and_comes_back() -> None:
    async def story(hub: SmallHub) -> None:
        hub.sim.faults.down = True
        heard = await hub.sim.say("ada", "hi")
        with pytest.raises(Uncertain):
            await hub.answer("7000000001", "hello")
        assert [(s.delivered, s.answered) for s in hub.sim.said] == [(False, False)]
        assert heard.acked == 0
        hub.sim.faults.down = False
        await hub.sim.settled()
        assert heard.acked

    scenario(story, mode="webhook")


def test_blocking_and_unblocking_are_told_and_obeyed() -> None:
    async def story(hub: SmallHub) -> None:
        await hub.sim.say("7000000101", "hi")
        await hub.sim.block("7000000101")
        await hub.sim.settled()
        with pytest.raises(OptedOut):
            await hub.answer("7000000101", "hello")
        await hub.sim.block("7000000101", back=True)
        await hub.sim.settled()
        await hub.answer("7000000101", "hello")
        _, off, on = hub.events()
        assert isinstance(off, ConsentChanged)
        assert isinstance(on, ConsentChanged)
        assert (off.wants, on.wants) == (False, True)
        assert off.sender == (Identity("telegram", "", "7000000101"),)

    scenario(story, mode="webhook")


def test_a_shared_phone_becomes_an_identity() -> None:
    async def story(hub: SmallHub) -> None:
        await hub.sim.share_phone("ada", "+447700900123")
        await hub.sim.settled()
        (event,) = hub.events()
        assert isinstance(event, MessageReceived)
        assert event.sender[1] == Identity("phone", "", "+447700900123")

    scenario(story, mode="webhook")


def test_the_simulator_refuses_what_telegram_refuses() -> None:
    async def story(hub: SmallHub) -> None:
        await hub.sim.say("7000000101", "hi")
        with pytest.raises(NotFound, match="does not know this chat"):
            await hub.answer("7000000999", "hello")
        with pytest.raises(Rejected, match="longer"):
            await hub.answer("7000000101", "x" * 4097)
        with pytest.raises(Rejected, match="empty"):
            await hub.answer("7000000101", " ")
        foreign = TelegramChannel(TelegramSettings(**{**hub.sim.config(), "token": "1:wrong"}), "x")
        with pytest.raises(AuthFailed):
            await hub.run(foreign.poll(""))
        base, token = hub.sim.config()["base_url"], hub.sim.config()["token"]
        for method, body, status in (
            ("sendMessage", {"chat_id": 7000000101, "text": "x", "parse": "HTML"}, 400),
            ("sendMessage", {"chat_id": 7000000101}, 400),
            ("sendMessage", {"chat_id": True, "text": "x"}, 400),
            ("sendMessage", {"chat_id": 7000000101, "text": "x", "reply_parameters": {"message_id": 99}}, 400),
            ("sendMessage", {"chat_id": 7000000101, "text": "x", "reply_parameters": {"id": 1}}, 400),
            ("sendMessage", [], 400),
            ("getUpdates", {"offset": "1"}, 400),
            ("getUpdates", {"timeout": 51}, 400),
            ("setWebhook", {}, 400),
            ("setWebhook", {"url": "http://127.0.0.1:1", "secret_token": "no spaces"}, 400),
            ("setWebhook", {"url": "", "allowed_updates": ["messages"]}, 400),
            ("sendTelegram", {}, 404),
        ):
            async with hub.session.post(f"{base}/bot{token}/{method}", json=body) as answer:
                assert answer.status == status, (method, body)
                assert (await answer.json())["ok"] is False
        assert [said.delivered for said in hub.sim.said] == [False] * len(hub.sim.said)

    scenario(story)


def test_hub_channels_and_hub_simulators_name_the_channel_and_its_double() -> None:
    assert hub_channels() == [TelegramChannel]
    assert hub_simulators() == [TelegramSimulator]
