"""A hostile double of the WhatsApp Cloud API on loopback: signs, retries, doubles, reorders, drops and throttles."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from itertools import count
from typing import Any, ClassVar

import aiohttp
from aiohttp import web

from hub.contracts.simulator import ChannelSimulator, Faults, Heard, Said
from hub.wire.signatures import same
from hub_meta import simulator_payloads as payloads
from hub_meta.simulator_courier import Courier, Post

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class WhatsAppSimulator(ChannelSimulator):
    """WhatsApp, as hostile as its `faults` say.

    `statuses` follow each delivered message; with `enforce_window` a message more than 24 hours after the person's
    last one is taken and then reported as failed (131047), as the real platform does.
    """

    name: ClassVar[str] = "whatsapp"

    def __init__(self, faults: Faults | None = None) -> None:
        super().__init__(faults)
        self.heard: list[Heard] = []
        self.said: list[Said] = []
        self.statuses: tuple[str, ...] = ("sent", "delivered", "read")
        self.enforce_window = False
        self.app_secret = "simulated-app-secret"  # noqa: S105  # opens nothing
        self.verify_token = "simulated-verify-token"  # noqa: S105
        self.access_token = "simulated-access-token"  # noqa: S105
        self.base_url = ""
        self._run = uuid.uuid4().hex[:12]
        self._ids = count(1)
        self._requests = count(1)
        self._people: dict[str, str] = {}  # wa_id or user id -> the person as the caller names them
        self._last_heard: dict[tuple[str, str], int] = {}
        self._courier = Courier(lambda: self.faults)
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        """Serve on 127.0.0.1 and a free port; returns the base address."""
        app = web.Application(middlewares=[self._gate])
        app.router.add_post("/{version}/{account}/messages", self._messages)
        app.router.add_post("/{version}/{waba}/subscribed_apps", self._subscribe)
        app.router.add_get("/{version}/{waba}/phone_numbers", self._numbers)
        app.router.add_get("/{version}/me", self._me)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._courier.start()
        return self.base_url

    async def stop(self) -> None:
        """Stop serving and delivering; every task ends."""
        await self._courier.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def config(self) -> Mapping[str, Any]:
        """The settings of `WhatsApp` that point at this simulator."""
        return {
            "app_secret": self.app_secret,
            "verify_token": self.verify_token,
            "access_token": self.access_token,
            "base_url": self.base_url,
            "waba_id": payloads.WABA,
        }

    def accounts(self) -> list[str]:
        """The phone number ids."""
        return list(payloads.NUMBERS)

    def point_at(self, callback_url: str) -> None:
        """Where to deliver from now on."""
        self._courier.url = callback_url

    async def settled(self) -> None:
        """Wait until everything said was acknowledged and every status was delivered."""
        await self._courier.settled()

    # -- people and the business ---------------------------------------------------------------------------------

    async def say(self, person: str, text: str, *, name: str = "", account: str = "", at: int = 0) -> Heard:
        """A person writes; `person` is a phone with + or a handle `@name`, which has no phone. `at` in ms, 0 = now."""
        account, seconds = account or self.accounts()[0], (at or _now()) // 1000
        self._meet(person)
        heard = Heard(id=self._wamid(), person=person, account=account, text=text, at=seconds * 1000)
        last = self._last_heard.get((account, person), 0)
        self._last_heard[account, person] = max(last, heard.at)
        self.heard.append(heard)
        self._post(person, payloads.message(account, person, text, wamid=heard.id, name=name, at=seconds), heard)
        return heard

    def echo(self, person: str, text: str, *, account: str = "") -> str:
        """Somebody of the business answers on the phone; returns the message id. Delivered in the background."""
        self._meet(person)
        wamid, account = self._wamid(), account or self.accounts()[0]
        self._post(person, payloads.echo(account, person, text, wamid=wamid, at=_now() // 1000))
        return wamid

    def prefer(self, person: str, wants: bool, *, account: str = "") -> None:
        """A person uses WhatsApp's own switch for marketing messages."""
        self._meet(person)
        self._post(person, payloads.preference(account or self.accounts()[0], person, wants, at=_now() // 1000))

    async def deliver(self, payload: Mapping[str, Any]) -> int:
        """Sign any payload and deliver it once, now; the hub's HTTP status, 0 when no answer came."""
        return await self._courier.attempt(Post("", payloads.dump(payload), self.app_secret.encode()))

    def _post(self, person: str, payload: Mapping[str, Any], heard: Heard | None = None) -> None:
        self._courier.post(Post(person, payloads.dump(payload), self.app_secret.encode(), heard))

    def _meet(self, person: str) -> None:
        self._people[payloads.user_id(person)] = person
        if digits := payloads.wa_id(person):
            self._people[digits] = person

    def _wamid(self) -> str:
        return f"wamid.{self._run}{next(self._ids):08d}=="

    # -- the Graph API -------------------------------------------------------------------------------------------

    @web.middleware
    async def _gate(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self.faults.down:
            return _drop(request)
        token = request.headers.get("authorization", "")
        if not same(token, f"Bearer {self.access_token}"):
            return _error(401, 190, "Invalid OAuth access token.")
        try:
            return await handler(request)
        except (aiohttp.ClientError, OSError):  # the hub died in the middle of its request
            return _drop(request)

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        began, account = time.monotonic(), request.match_info["account"]
        raw = await request.read()
        try:
            body = json.loads(raw)
        except ValueError:
            body = None
        if account not in payloads.NUMBERS:
            return _error(400, 100, "Unsupported post request.", error_subcode=33)
        if wrong := payloads.refusal(body):
            return _error(400, 100, f"(#100) Invalid parameter: {wrong}")
        person = self._person(body.get("to") or body["recipient"])
        if not person:
            return _error(400, 131026, "Message undeliverable")
        said = Said(
            request=next(self._requests),
            person=person,
            account=account,
            text=body["text"]["body"],
            callback=body.get("biz_opaque_callback_data", ""),
            delivered=False,
            answered=False,
            began=began,
        )
        self.said.append(said)
        response = self._take(said)
        try:
            if response is None:
                return _drop(request)
            await response.prepare(request)
            await response.write_eof()
            said.answered = request.transport is not None and not request.transport.is_closing()
            return response
        finally:
            said.ended = time.monotonic()

    def _take(self, said: Said) -> web.Response | None:
        """Let the request take effect, or not, as the faults decide; None: the answer never leaves."""
        faults = self.faults
        if faults.hits(faults.lose_before):
            return None
        if faults.hits(faults.error):
            return _error(500, 131000, "Something went wrong")
        if faults.hits(faults.throttle):
            return _error(429, 130429, "Rate limit hit", headers={"Retry-After": "1"})
        wamid = self._wamid()
        said.delivered = self._in_window(said)
        self._report(said, wamid)
        if faults.hits(faults.lose_after):
            return None
        contact = {"input": said.person, "user_id": payloads.user_id(said.person)}
        if digits := payloads.wa_id(said.person):
            contact["wa_id"] = digits
        return web.json_response({"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": wamid}]})

    def _report(self, said: Said, wamid: str) -> None:
        faults, now = self.faults, _now() // 1000
        errors: tuple[dict[str, Any], ...] = ()
        names = list(self.statuses)
        if not said.delivered:
            names, errors = ["failed"], ({"code": 131047, "title": "Re-engagement message"},)
        if faults.hits(faults.reorder):
            faults.rng.shuffle(names)
        for name in names:
            payload = payloads.status(
                said.account, said.person, name, wamid=wamid, callback=said.callback, at=now, errors=errors
            )
            self._post(said.person, payload)

    def _in_window(self, said: Said) -> bool:
        last = self._last_heard.get((said.account, said.person), 0)
        return not self.enforce_window or _now() - last < 24 * 3_600_000

    def _person(self, address: str) -> str:
        digits = address.removeprefix("+")
        return self._people.get(digits) or (f"+{digits}" if digits.isdecimal() else "")

    async def _subscribe(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        url, challenge = str(body["override_callback_uri"]), uuid.uuid4().hex
        query = {"hub.mode": "subscribe", "hub.verify_token": str(body["verify_token"]), "hub.challenge": challenge}
        if await self._courier.get(url, query) != (200, challenge.encode()):
            return _error(400, 2200, "Callback verification failed")
        self.point_at(url)
        return web.json_response({"success": True})

    async def _numbers(self, request: web.Request) -> web.StreamResponse:
        rows = [
            {"id": account, "display_phone_number": f"+{digits}", "verified_name": "Example Ltd"}
            for account, digits in payloads.NUMBERS.items()
        ]
        return web.json_response({"data": rows})

    async def _me(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"id": "300000000000001", "name": "simulated system user"})


def _now() -> int:
    return time.time_ns() // 1_000_000


def _drop(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()  # nobody is there to read it


def _error(
    status: int, code: int, words: str, *, error_subcode: int = 0, headers: Mapping[str, str] | None = None
) -> web.Response:
    error: dict[str, Any] = {"message": words, "type": "OAuthException", "code": code, "fbtrace_id": "simulated"}
    if error_subcode:
        error["error_subcode"] = error_subcode
    return web.json_response({"error": error}, status=status, headers=headers)
