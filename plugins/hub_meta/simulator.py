"""A hostile double of the WhatsApp Cloud API on loopback: signs, retries, doubles, reorders, drops and throttles.

What people do is in `simulator_people`; here the platform answers the hub.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, ClassVar

import aiohttp
from aiohttp import web

from hub.contracts.simulator import ChannelSimulator, Faults, Heard, Said
from hub.wire.signatures import same
from hub_meta import simulator_payloads as payloads
from hub_meta.simulator_courier import Post
from hub_meta.simulator_desk import Desk
from hub_meta.simulator_people import People, now
from hub_meta.simulator_replies import dropped, refused
from hub_meta.simulator_requests import mark_refusal, refusal

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
UPLOAD_MAX = 110_000_000


@dataclass(frozen=True, slots=True)
class ReadMark:
    """The hub showed a person that it read a message; `typing`: and that it writes."""

    account: str
    message: str
    typing: bool


class WhatsAppSimulator(People, ChannelSimulator):
    """WhatsApp, as hostile as its `faults` say.

    `statuses` follow each delivered message; with `enforce_window` a free message more than 24 hours after the person's
    last one is taken and then reported as failed (131047), as the real platform does. `pair_rate` (burst, seconds):
    more than so many messages to one person, and then one every so many seconds, are refused (131056); (0, 0) = off.
    `media` and `templates` are the platform's stores, `desk` the business's own settings, `read_marks` a ledger,
    `groups` the ids of groups that may be written to.
    """

    name: ClassVar[str] = "whatsapp"

    def __init__(self, faults: Faults | None = None) -> None:
        ChannelSimulator.__init__(self, faults)
        People.__init__(self)
        self.heard: list[Heard] = []
        self.said: list[Said] = []
        self.read_marks: list[ReadMark] = []
        self.groups: set[str] = set()
        self.statuses: tuple[str, ...] = ("sent", "delivered", "read")
        self.enforce_window = False
        self.pair_rate: tuple[int, float] = (0, 0.0)
        self.verify_token = "simulated-verify-token"  # noqa: S105  # opens nothing
        self.access_token = "simulated-access-token"  # noqa: S105
        self.base_url = ""
        self.desk = Desk(self._shake_hands)
        self._requests = count(1)
        self._credit: dict[tuple[str, str], tuple[float, float]] = {}
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        """Serve on 127.0.0.1 and a free port; returns the base address."""
        app = web.Application(middlewares=[self._gate], client_max_size=UPLOAD_MAX)
        app.router.add_post("/{version}/{account}/messages", self._messages)
        app.router.add_post("/{version}/{account}/media", self._hostile(self.media.upload))
        app.router.add_get("/attachments/", self._hostile(self.media.download))
        app.router.add_get("/{version}/{waba}/message_templates", self._hostile(self.templates.listing))
        app.router.add_post("/{version}/{waba}/subscribed_apps", self.desk.subscribe)
        app.router.add_get("/{version}/{waba}/subscribed_apps", self.desk.subscribed)
        app.router.add_get("/{version}/{waba}/phone_numbers", self.desk.phone_numbers)
        app.router.add_get("/{version}/me", self.desk.me)
        app.router.add_get("/{version}/debug_token", self._debug_token)
        app.router.add_get("/{version}/{media}", self._hostile(self.media.locate))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.base_url = self.media.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
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
        """Where to deliver from now on: the callback address in the app's dashboard."""
        self.spread([callback_url])

    def spread(self, callback_urls: Sequence[str]) -> None:
        """The same, where a load balancer has several hubs behind one address: each try goes to any of them."""
        self.desk.app_url = self._courier.url = callback_urls[0]
        self._courier.others = list(callback_urls[1:])

    def answered(self) -> Mapping[str, int]:
        """How the hub answered each try of a webhook."""
        return self._courier.answered

    def steal_webhook(self, url: str, *, account: str = "") -> None:
        """Somebody points the webhooks at another address: of everything, or only of one number (`account`).

        Of everything: it is delivered there. Of one number: Meta only tells so, the double goes on delivering.
        """
        if account:
            self.desk.number_urls[account] = url
        else:
            self.desk.subscribe_to(url)
            self._courier.url = url

    def set_templates(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """The templates from now on, as Meta lists them; `simulator_templates.template` makes one."""
        self.templates.rows = [dict(row) for row in rows]

    def forget_media(self, media: str) -> None:
        """The platform deletes a file."""
        self.media.forget(media)

    async def settled(self) -> None:
        """Wait until everything said was acknowledged and every status was delivered."""
        await self._courier.settled()

    async def deliver(self, payload: Mapping[str, Any]) -> int:
        """Sign any payload and deliver it once, now; the hub's HTTP status, 0 when no answer came."""
        return await self._courier.attempt(Post("", payloads.dump(payload), self.app_secret.encode()))

    # -- the Graph API -------------------------------------------------------------------------------------------

    @web.middleware
    async def _gate(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self.faults.down:
            return dropped(request)
        token = request.headers.get("authorization", "")
        if not same(token, f"Bearer {self.access_token}"):
            return refused(401, 190, "Invalid OAuth access token.")
        try:
            return await handler(request)
        except (aiohttp.ClientError, OSError):  # the hub died in the middle of its request
            return dropped(request)

    def _hostile(self, handler: Handler) -> Handler:
        """The same faults as for messages; what happens, happens before the answer is lost."""

        async def strike(request: web.Request) -> web.StreamResponse:
            struck, answer = self._trouble()
            if struck:
                return dropped(request) if answer is None else answer
            response = await handler(request)
            return dropped(request) if self.faults.hits(self.faults.lose_after) else response

        return strike

    def _trouble(self) -> tuple[bool, web.Response | None]:
        """Whether a fault strikes before any effect, and what is answered; None: the connection breaks."""
        faults = self.faults
        if faults.hits(faults.lose_before):
            return True, None
        if faults.hits(faults.error):
            return True, refused(500, 131000, "Something went wrong")
        if faults.hits(faults.throttle):
            return True, refused(429, 130429, "Rate limit hit", headers={"Retry-After": "1"})
        return False, None

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        began, account = time.monotonic(), request.match_info["account"]
        raw = await request.read()
        try:
            body = json.loads(raw)
        except ValueError:
            body = None
        if account not in payloads.NUMBERS:
            return refused(400, 100, "Unsupported post request.", error_subcode=33)
        if isinstance(body, dict) and "status" in body:
            return self._mark(account, body)
        if wrong := refusal(body):
            return refused(400, 100, f"(#100) Invalid parameter: {wrong}")
        person = self._person(body)
        if not person:
            return refused(400, 131026, "Message undeliverable")
        form = body["type"]
        said = Said(
            request=next(self._requests),
            person=person,
            account=account,
            text=self._words(form, body[form]),
            callback=body.get("biz_opaque_callback_data", ""),
            delivered=False,
            answered=False,
            began=began,
            form=form,
            part=body[form],
            reply_to=body.get("context", {}).get("message_id", ""),
        )
        self.said.append(said)
        response = self._take(said)
        try:
            if response is None:
                return dropped(request)
            await response.prepare(request)
            await response.write_eof()
            said.answered = request.transport is not None and not request.transport.is_closing()
            return response
        finally:
            said.ended = time.monotonic()

    def _take(self, said: Said) -> web.Response | None:
        """Let the request take effect, or not, as the faults decide; None: the answer never leaves."""
        struck, answer = self._trouble()
        if struck:
            return answer
        if (wrong := self._objection(said)) is not None:
            return wrong
        said.id = self._wamid()
        self._known.add(said.id)
        said.delivered = said.form == "template" or self._in_window(said)
        self._report(said)
        if self.faults.hits(self.faults.lose_after):
            return None
        contact = {"input": said.person, "user_id": payloads.user_id(said.person)}
        if digits := payloads.wa_id(said.person):
            contact["wa_id"] = digits
        return web.json_response(
            {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": said.id}]}
        )

    def _objection(self, said: Said) -> web.Response | None:
        """What Meta checks beyond the shape: the template, the files, the message reacted to, the pace."""
        if said.form == "template":
            code, words = self.templates.refusal(said.part)
            if code:
                return refused(404 if code == 132001 else 400, code, f"(#{code}) {words}", details=words)
        for media in _media_ids(said.part):
            if media not in self.media.files:
                return refused(400, 131009, "(#131009) Parameter value is not valid", details="Media ID not found")
        if said.form == "reaction" and said.part["message_id"] not in self._known:
            return refused(400, 131009, "(#131009) Parameter value is not valid", details="Message ID not found")
        if not self._on_pace(said):
            return refused(400, 131056, "(#131056) (Business Account, Consumer Account) pair rate limit hit")
        return None

    def _on_pace(self, said: Said) -> bool:
        burst, seconds = self.pair_rate
        if not burst:
            return True
        credit, then = self._credit.get((said.account, said.person), (float(burst), said.began))
        credit = min(burst, credit + (said.began - then) / seconds)
        allowed = credit >= 1
        self._credit[said.account, said.person] = credit - allowed, said.began
        return allowed

    def _mark(self, account: str, body: dict[str, Any]) -> web.StreamResponse:
        if wrong := mark_refusal(body):
            return refused(400, 100, f"(#100) Invalid parameter: {wrong}")
        if body["message_id"] not in self._known:
            return refused(400, 131009, "(#131009) Parameter value is not valid", details="Message ID not found")
        self.read_marks.append(ReadMark(account, body["message_id"], "typing_indicator" in body))
        return web.json_response({"success": True})

    def _report(self, said: Said) -> None:
        faults, at = self.faults, now() // 1000
        errors: tuple[dict[str, Any], ...] = ()
        names = list(self.statuses)
        if not said.delivered:
            names, errors = ["failed"], ({"code": 131047, "title": "Re-engagement message"},)
        if faults.hits(faults.reorder):
            faults.rng.shuffle(names)
        for name in names:
            payload = payloads.status(
                said.account, said.person, name, wamid=said.id, callback=said.callback, at=at, errors=errors
            )
            self._post(said.person, payload)

    def _in_window(self, said: Said) -> bool:
        last = self._last_heard.get((said.account, said.person), 0)
        return not self.enforce_window or now() - last < 24 * 3_600_000

    def _person(self, body: Mapping[str, Any]) -> str:
        address = str(body.get("to") or body["recipient"])
        if body.get("recipient_type") == "group":
            return payloads.GROUP + address if address in self.groups else ""
        digits = address.removeprefix("+")
        return self._people.get(digits) or (f"+{digits}" if digits.isdecimal() else "")

    def _words(self, form: str, part: Any) -> str:
        """What the person reads of a message."""
        if form == "template":
            return self.templates.words(part)
        if form == "interactive":
            return str(part["body"]["text"])
        if form == "contacts":
            return ", ".join(card["name"]["formatted_name"] for card in part)
        return str(part.get("body") or part.get("caption") or part.get("emoji") or part.get("name") or "")

    async def _debug_token(self, request: web.Request) -> web.StreamResponse:
        self.desk.token = self.access_token
        return await self.desk.debug_token(request)

    async def _shake_hands(self, url: str, verify_token: str) -> bool:
        challenge = uuid.uuid4().hex
        query = {"hub.mode": "subscribe", "hub.verify_token": verify_token, "hub.challenge": challenge}
        if await self._courier.get(url, query) != (200, challenge.encode()):
            return False
        self._courier.url = url
        return True


def _media_ids(part: Any) -> Iterable[str]:
    """The ids of all files in a message's part."""
    if not isinstance(part, dict):
        return
    if isinstance(part.get("id"), str):
        yield part["id"]
    for component in part.get("components", ()):
        for value in component["parameters"]:
            yield from _media_ids(value.get(value["type"]))
