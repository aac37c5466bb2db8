"""What the tests of the WhatsApp channel share."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable, Generator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from hub import Card, Content, HttpCall, HttpReply, Media, Option, Outgoing, Place, Request, Template
from hub_meta.channel import WhatsApp, WhatsAppSettings
from hub_meta.simulator import WhatsAppSimulator

PICTURE = Media(kind="image", ref="701", mime="image/png")
FORMS: dict[str, tuple[dict[str, Any], str, Any]] = {
    # what is sent beside account, address and callback; WhatsApp's type; that type's part
    "text": ({"text": "Grüße / 👋"}, "text", {"body": "Grüße / 👋", "preview_url": False}),
    "image": (
        {"text": "our shop", "content": Content(form="image", media=PICTURE)},
        "image",
        {"id": "701", "caption": "our shop"},
    ),
    "video by address": (
        {"text": "", "content": Content(form="video", media=Media(kind="video", url="https://example.com/v.mp4"))},
        "video",
        {"link": "https://example.com/v.mp4"},
    ),
    "audio": (
        {"text": "", "content": Content(form="audio", media=Media(kind="audio", ref="701"))},
        "audio",
        {"id": "701"},
    ),
    "voice": (
        {"text": "", "content": Content(form="voice", media=Media(kind="voice", ref="701"))},
        "audio",
        {"id": "701", "voice": True},
    ),
    "document": (
        {
            "text": "signed",
            "content": Content(form="document", media=Media(kind="document", ref="701", name="a ñ.pdf")),
        },
        "document",
        {"id": "701", "filename": "a ñ.pdf", "caption": "signed"},
    ),
    "sticker": (
        {"text": "", "content": Content(form="sticker", media=Media(kind="sticker", ref="701"))},
        "sticker",
        {"id": "701"},
    ),
    "template": (
        {
            "text": "Hi Ada, see you at 9.",
            "content": Content(
                form="template",
                template=Template(
                    name="visit",
                    language="en",
                    header=("Monday",),
                    body=("Ada", "9"),
                    buttons=("payload:YES", "", "x/7"),
                ),
            ),
        },
        "template",
        {
            "name": "visit",
            "language": {"policy": "deterministic", "code": "en"},
            "components": [
                {"type": "header", "parameters": [{"type": "text", "text": "Monday"}]},
                {"type": "body", "parameters": [{"type": "text", "text": "Ada"}, {"type": "text", "text": "9"}]},
                {
                    "type": "button",
                    "sub_type": "quick_reply",
                    "index": "0",
                    "parameters": [{"type": "payload", "payload": "YES"}],
                },
                {"type": "button", "sub_type": "url", "index": "2", "parameters": [{"type": "text", "text": "x/7"}]},
            ],
        },
    ),
    "template with a file": (
        {
            "text": "",
            "content": Content(
                form="template",
                template=Template(
                    name="offer",
                    language="en",
                    media=PICTURE,
                    body=("Ada",),
                    names=("first_name",),
                    buttons=("code:SUN",),
                ),
            ),
        },
        "template",
        {
            "name": "offer",
            "language": {"policy": "deterministic", "code": "en"},
            "components": [
                {"type": "header", "parameters": [{"type": "image", "image": {"id": "701"}}]},
                {"type": "body", "parameters": [{"type": "text", "parameter_name": "first_name", "text": "Ada"}]},
                {
                    "type": "button",
                    "sub_type": "copy_code",
                    "index": "0",
                    "parameters": [{"type": "coupon_code", "coupon_code": "SUN"}],
                },
            ],
        },
    ),
    "template without values": (
        {"text": "", "content": Content(form="template", template=Template(name="plain", language="en"))},
        "template",
        {"name": "plain", "language": {"policy": "deterministic", "code": "en"}},
    ),
    "buttons": (
        {
            "text": "Does it fit?",
            "content": Content(
                form="buttons",
                options=(Option(id="y", title="Yes"), Option(id="n", title="No")),
                header="Size",
                footer="Shop",
            ),
        },
        "interactive",
        {
            "type": "button",
            "header": {"type": "text", "text": "Size"},
            "body": {"text": "Does it fit?"},
            "footer": {"text": "Shop"},
            "action": {
                "buttons": [
                    {"type": "reply", "reply": {"id": "y", "title": "Yes"}},
                    {"type": "reply", "reply": {"id": "n", "title": "No"}},
                ]
            },
        },
    ),
    "list": (
        {
            "text": "When?",
            "content": Content(
                form="list",
                button="Choose",
                options=(Option(id="mo", title="Monday", description="9 to 5"), Option(id="tu", title="Tuesday")),
            ),
        },
        "interactive",
        {
            "type": "list",
            "body": {"text": "When?"},
            "action": {
                "button": "Choose",
                "sections": [
                    {
                        "rows": [
                            {"id": "mo", "title": "Monday", "description": "9 to 5"},
                            {"id": "tu", "title": "Tuesday"},
                        ]
                    }
                ],
            },
        },
    ),
    "location": (
        {"text": "", "content": Content(form="location", place=Place(latitude=51.5, longitude=-0.00001, name="Shop"))},
        "location",
        {"latitude": "51.5000000", "longitude": "-0.0000100", "name": "Shop"},
    ),
    "contacts": (
        {
            "text": "",
            "content": Content(
                form="contacts",
                cards=(
                    Card(
                        name="Bob Ray",
                        phones=("+12025550143",),
                        emails=("bob@example.com",),
                        organisation="Example Ltd",
                    ),
                ),
            ),
        },
        "contacts",
        [
            {
                "name": {"formatted_name": "Bob Ray", "first_name": "Bob Ray"},
                "phones": [{"phone": "+12025550143"}],
                "emails": [{"email": "bob@example.com"}],
                "org": {"company": "Example Ltd"},
            }
        ],
    ),
    "reaction": (
        {"text": "👍", "reply_to": "wamid.IN1", "content": Content(form="reaction")},
        "reaction",
        {"message_id": "wamid.IN1", "emoji": "👍"},
    ),
    "reaction taken back": (
        {"text": "", "reply_to": "wamid.IN1", "content": Content(form="reaction")},
        "reaction",
        {"message_id": "wamid.IN1", "emoji": ""},
    ),
}

FIXTURES = Path(__file__).parent / "fixtures"
SETTINGS = {"app_secret": "an-app-secret", "verify_token": "a-verify-token", "access_token": "an-access-token"}


@pytest.fixture(params=FORMS)
def form(request):
    """Every form of a message: its name, what is sent, WhatsApp's type and that type's part."""
    return request.param, *FORMS[request.param]


@pytest.fixture
def channel() -> WhatsApp:
    """A connection named `main` with nothing but its secrets set."""
    return WhatsApp(WhatsAppSettings.model_validate(SETTINGS), "main")


@pytest.fixture
def make() -> Callable[..., WhatsApp]:
    """Build a channel with other settings."""
    return lambda connection="main", **changes: WhatsApp(
        WhatsAppSettings.model_validate({**SETTINGS, **changes}), connection
    )


@pytest.fixture
def fixture_bytes() -> Callable[[str], bytes]:
    """The body of a payload in fixtures/, as it is posted."""
    return lambda name: json.dumps(json.loads((FIXTURES / f"{name}.json").read_text())["body"]).encode()


@pytest.fixture
def signed() -> Callable[..., Request]:
    """A webhook request, signed as Meta documents it (computed here, not with the code under test)."""

    def build(body: bytes, secret: str = "an-app-secret") -> Request:
        signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return Request("POST", "https://hub.example.com/x", {}, {"x-hub-signature-256": signature}, body)

    return build


@pytest.fixture
def answer() -> Callable[..., tuple[list[HttpCall], Any]]:
    """Run a conversation of calls against fixed replies `(status, body, headers?)`: the calls and the result."""

    def run(calls: Generator[HttpCall, HttpReply, Any], *replies: Any) -> tuple[list[HttpCall], Any]:
        seen: list[HttpCall] = []
        try:
            call = next(calls)
            for status, body, *headers in replies:
                seen.append(call)
                raw = body if isinstance(body, bytes) else json.dumps(body).encode()
                call = calls.send(HttpReply(status, headers[0] if headers else {}, raw))
        except StopIteration as end:
            return seen, end.value
        raise AssertionError(f"one more call than replies: {call.url}")

    return run


# -- a hub and the double of WhatsApp ----------------------------------------------------------------------------


class Receiver:
    """A hub's listener: handshakes, verifies, splits, normalises, and answers as `answers` says, then 200."""

    def __init__(self, channel):
        self.channel, self.answers, self.events, self.keys = channel, [], [], []
        self.gate = asyncio.Event()
        self.gate.set()
        self.arrived = asyncio.Queue()

    async def hear(self, request):
        headers = {k.lower(): v for k, v in request.headers.items()}
        asked = Request(request.method, str(request.url), dict(request.query), headers, await request.read())
        if request.method == "GET":
            reply = self.channel.handshake(asked)
            return web.Response(status=reply.status, body=reply.body)
        self.channel.verify(asked)
        raws = self.channel.split(asked.body)
        self.arrived.put_nowait(raws)
        await self.gate.wait()
        status = self.answers.pop(0) if self.answers else 200
        if status == 0:
            request.transport.abort()
        elif status == 200:
            self.keys += [raw.key for raw in raws]
            self.events += [event for raw in raws for event in self.channel.normalise(raw)]
        return web.Response(status=status or 500)

    def of(self, kind):
        return [event for event in self.events if event.kind == kind]


class World:
    """A simulator, a receiver and the one session a hub has."""

    def __init__(self, sim, hub, url, session):
        self.sim, self.hub, self.url, self.session = sim, hub, url, session

    @property
    def channel(self):
        return self.hub.channel

    async def run(self, calls):
        """Carry a channel's calls out, as the hub does; no answer raises aiohttp's error."""
        try:
            call = next(calls)
            while True:
                async with self.session.request(call.method, call.url, headers=call.headers, data=call.body) as reply:
                    headers = {k.lower(): v for k, v in reply.headers.items()}
                    call = calls.send(HttpReply(reply.status, headers, await reply.read()))
        except StopIteration as end:
            return end.value

    async def send(self, address, text, callback="outbox-1", account="", **more):
        said = Outgoing(account or self.sim.accounts()[0], address, text, callback, **more)
        return await self.run(self.channel.send(said))


@asynccontextmanager
async def _world(faults=None):
    sim = WhatsAppSimulator(faults)
    await sim.start()
    channel = WhatsApp(WhatsAppSettings.model_validate(sim.config()), "main")
    hub = Receiver(channel)
    app = web.Application()
    app.router.add_route("*", "/in/main", hub.hear)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/in/main"
    sim.point_at(url)
    async with aiohttp.ClientSession() as session:
        try:
            yield World(sim, hub, url, session)
        finally:
            await sim.stop()
            await runner.cleanup()
    assert {t for t in asyncio.all_tasks() if t is not asyncio.current_task()} == set()


def _scenario(work):
    """Run a scenario with a deadline, so that what hangs fails."""

    async def bounded():
        async with asyncio.timeout(30):
            await work()

    asyncio.run(bounded())


@pytest.fixture
def world():
    """`async with world(faults) as w`: a simulator, a hub's listener and its channel on loopback."""
    return _world


@pytest.fixture
def scenario():
    """Run an async scenario with a deadline."""
    return _scenario
