"""A hostile double of Telegram on loopback: people write to one bot, by webhook or by long poll.

Unlike Telegram it takes plain http callbacks and drops connections on request. It knows chats, blocks, quoted messages
and the exclusive choice between webhook and poll; it reports no delivery statuses, as Telegram reports none.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Literal

import aiohttp
from aiohttp import web

from hub.contracts.simulator import ChannelSimulator, Faults, Heard, Said
from hub_telegram.simulator_api import RefusalError, check

BOT = 5550100999
TOKEN = f"{BOT}:simulated-bot-token_AAF01"
SECRET = "simulated-webhook-secret"  # noqa: S105
RETRY_FIRST, RETRY_MOST = 0.02, 0.5
"""Seconds between the tries of one webhook; Telegram's own are longer."""


@dataclass(slots=True)
class Chat:
    """A private chat: the person behind it as `say` named him, and what has been said."""

    id: int
    person: str
    messages: set[int] = field(default_factory=set)
    blocked: bool = False


@dataclass(slots=True)
class Update:
    """One update until the hub has it. `heard` is missing for what is not a message."""

    id: int
    chat: int
    body: dict[str, Any]
    heard: Heard | None = None


@dataclass(slots=True)
class Waiting:
    """One open long poll; a later one ends it with a conflict."""

    news: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False


class TelegramSimulator(ChannelSimulator):
    """Telegram with one bot. `mode` "poll" waits for getUpdates; "webhook" delivers to `point_at` or setWebhook."""

    name: ClassVar[str] = "telegram"

    def __init__(self, faults: Faults | None = None, *, mode: Literal["poll", "webhook"] = "poll") -> None:
        super().__init__(faults)
        self.mode = mode
        self.heard: list[Heard] = []
        self.said: list[Said] = []
        self.calls: dict[str, int] = {}
        self.refused: list[str] = []
        """What the hub was refused, in Telegram's words: a hub that asks rightly leaves it empty."""
        self.polling = asyncio.Event()
        """Set while a long poll is open."""
        self._base = ""
        self._hook: dict[str, Any] = {}
        self._allowed: list[str] = []
        self._trouble = ""
        self._chats: dict[int, Chat] = {}
        self._people: dict[str, Chat] = {}
        self._pending: dict[int, Update] = {}
        self._ids = {kind: itertools.count(start) for kind, start in (("update", 700000001), ("message", 1))}
        self._waiting: Waiting | None = None
        self._workers: dict[int, asyncio.Task[None]] = {}
        self._quiet = asyncio.Event()
        self._stopping = False
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None

    # -- life ----------------------------------------------------------------------------------------------------

    async def start(self) -> str:
        """Serve on a free port of 127.0.0.1."""
        app = web.Application()
        app.router.add_route("*", "/bot{token}/{method}", self._handle)
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10))
        # a hub that is killed must not leave its long poll behind
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._base = "http://{}:{}".format(*self._runner.addresses[0][:2])
        self._check_quiet()
        return self._base

    async def stop(self) -> None:
        """End every poll, delivery and connection."""
        self._stopping = True
        self._end_poll()
        workers = list(self._workers.values())
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def config(self) -> Mapping[str, Any]:
        """The settings of a connection to this simulator."""
        return {"token": TOKEN, "secret": SECRET, "mode": self.mode, "base_url": self._base, "poll_seconds": 5}

    def accounts(self) -> list[str]:
        """The bot's id."""
        return [str(BOT)]

    def point_at(self, callback_url: str) -> None:
        """In webhook mode as if the hub had called setWebhook; while polling there is nothing to point."""
        if self.mode == "webhook":
            self._hook = {"url": callback_url, "secret_token": SECRET}
            self._deliver()

    # -- people --------------------------------------------------------------------------------------------------

    async def say(self, person: str, text: str, *, name: str = "", account: str = "", at: int = 0) -> Heard:
        """A person writes to the bot. A handle of digits is the Telegram user id; others get one."""
        return self._write(self._chat(person), {"text": text}, name=name, at=at)

    async def share_phone(self, person: str, phone: str) -> Heard:
        """A person shares his own contact."""
        chat = self._chat(person)
        contact = {"phone_number": phone.removeprefix("+"), "first_name": person, "user_id": chat.id}
        return self._write(chat, {"contact": contact})

    async def block(self, person: str, *, back: bool = False) -> None:
        """A person blocks the bot, or unblocks it (`back`)."""
        chat = self._chat(person)
        chat.blocked = not back
        user = self._user(chat, "")
        status = {True: "kicked", False: "member"}
        member = {"user": self._bot(), "status": status[chat.blocked]}
        change = {"chat": {"id": chat.id, "type": "private"}, "from": user, "date": int(time.time())}
        before = {"user": self._bot(), "status": status[not chat.blocked]}
        self._push(chat.id, "my_chat_member", {**change, "old_chat_member": before, "new_chat_member": member})

    async def settled(self) -> None:
        """Wait until no update is pending and no double is on its way."""
        while self._pending or self._workers:
            self._quiet.clear()
            await self._quiet.wait()

    # -- updates -------------------------------------------------------------------------------------------------

    def _chat(self, person: str) -> Chat:
        if person not in self._people:
            number = int(person) if person.isascii() and person.isdigit() else 7_000_000_001 + len(self._people)
            self._people[person] = self._chats[number] = Chat(number, person)
        return self._people[person]

    def _write(self, chat: Chat, content: dict[str, Any], *, name: str = "", at: int = 0) -> Heard:
        number, seconds = next(self._ids["message"]), at // 1000 or int(time.time())
        chat.messages.add(number)
        heard = Heard(
            id=f"{chat.id}:{number}",
            person=chat.person,
            account=str(BOT),
            text=content.get("text", ""),
            at=seconds * 1000,
        )
        self.heard.append(heard)
        room = {"id": chat.id, "type": "private"}
        body = {"message_id": number, "from": self._user(chat, name), "chat": room, "date": seconds, **content}
        self._push(chat.id, "message", body, heard)
        return heard

    def _push(self, chat: int, kind: str, content: dict[str, Any], heard: Heard | None = None) -> None:
        if self._allowed and kind not in self._allowed:
            return
        number = next(self._ids["update"])
        self._pending[number] = Update(number, chat, {"update_id": number, kind: content}, heard)
        if self._waiting is not None:
            self._waiting.news.set()
        self._deliver()

    def _gone(self, update: Update) -> None:
        """The hub has it for good."""
        self._pending.pop(update.id, None)
        if update.heard is not None:
            update.heard.acked = time.monotonic()
        self._check_quiet()

    def _tried(self, update: Update) -> None:
        if update.heard is not None:
            update.heard.first_try = update.heard.first_try or time.monotonic()
            update.heard.tries += 1

    def _check_quiet(self) -> None:
        if not self._pending and not self._workers:
            self._quiet.set()

    # -- webhook -------------------------------------------------------------------------------------------------

    def _deliver(self) -> None:
        """One worker a chat: the next update of a chat waits for the answer to the one before."""
        if not self._hook or self._stopping:
            return
        for chat in {update.chat for update in self._pending.values()} - set(self._workers):
            task = asyncio.get_running_loop().create_task(self._work(chat))
            self._workers[chat] = task
            task.add_done_callback(partial(self._worked, chat))

    def _worked(self, chat: int, task: asyncio.Task[None]) -> None:
        del self._workers[chat]
        self._deliver()
        self._check_quiet()

    async def _work(self, chat: int) -> None:
        pause = RETRY_FIRST
        while self._hook and (update := next((u for u in self._pending.values() if u.chat == chat), None)):
            if self.faults.hits(self.faults.reorder):
                await asyncio.sleep(self.faults.rng.uniform(0.02, 0.2))
            self._tried(update)
            if not await self._post(update):
                await asyncio.sleep(pause)
                pause = min(pause * 2, RETRY_MOST)
                continue
            pause = RETRY_FIRST
            double = self.faults.hits(self.faults.double)
            self._gone(update)
            if double:
                self._tried(update)
                await self._post(update)

    async def _post(self, update: Update) -> bool:
        """Whether the hub answered 2xx."""
        hook = self._hook
        if self.faults.down or self._session is None or not hook:
            return False
        headers = {"X-Telegram-Bot-Api-Secret-Token": hook["secret_token"]} if hook["secret_token"] else {}
        try:
            async with self._session.post(hook["url"], json=update.body, headers=headers) as answer:
                await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:  # a hub that is being killed: normal
            self._trouble = f"Connection failed: {type(error).__name__}"
            return False
        if not answer.ok:
            self._trouble = f"Wrong response from the webhook: {answer.status}"
        return answer.ok

    # -- methods -------------------------------------------------------------------------------------------------

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        """Any Bot API call: faults strike first, then the request is checked, then it is done."""
        method, began = request.match_info["method"], time.monotonic()
        self.calls[method] = self.calls.get(method, 0) + 1
        try:
            given: Any = await request.json() if request.can_read_body else {}
        except ValueError:
            given = None
        said = self._note(given, began) if method == "sendMessage" and isinstance(given, dict) else None
        fault = self._fault()
        if fault == "lose_before":
            return self._drop(request, said)
        try:
            if fault:
                raise fault
            if request.match_info["token"] != TOKEN:
                raise RefusalError(401, "Unauthorized")
            fields = check(method, given)
            answer = {"ok": True, "result": await self._do(method, fields, said)}
            status = 200
        except RefusalError as refusal:
            answer, status = refusal.body(), refusal.code
            if refusal is not fault:
                self.refused.append(f"{method}: {refusal}")
        if self.faults.down or (status == 200 and self.faults.hits(self.faults.lose_after)):
            return self._drop(request, said)
        response = web.json_response(answer, status=status)
        await response.prepare(request)
        await response.write_eof()
        if said is not None:
            said.ended = time.monotonic()
            said.answered = request.transport is not None and not request.transport.is_closing()
        return response

    def _fault(self) -> RefusalError | Literal["lose_before"] | None:
        if self.faults.down or self.faults.hits(self.faults.lose_before):
            return "lose_before"
        if self.faults.hits(self.faults.error):
            return RefusalError(500, "Internal Server Error")
        if self.faults.hits(self.faults.throttle):
            return RefusalError(429, "Too Many Requests: retry after 1", retry_after=1)
        return None

    def _drop(self, request: web.Request, said: Said | None) -> web.StreamResponse:
        """The connection breaks; the answer below goes nowhere."""
        if said is not None:
            said.ended = time.monotonic()
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)

    def _note(self, given: Mapping[str, Any], began: float) -> Said:
        """A send request came in, whatever becomes of it. Telegram knows no callback of ours."""
        chat = given.get("chat_id")
        known = self._chats.get(chat) if isinstance(chat, int) else None
        person = known.person if known else str(chat)
        said = Said(
            request=len(self.said) + 1,
            person=person,
            account=str(BOT),
            text=str(given.get("text", "")),
            callback="",
            delivered=False,
            answered=False,
            began=began,
        )
        self.said.append(said)
        return said

    async def _do(self, method: str, fields: dict[str, Any], said: Said | None) -> Any:
        if method == "getMe":
            return {**self._bot(), "can_join_groups": True}
        if method == "getUpdates":
            return await self._get_updates(fields)
        if method == "getWebhookInfo":
            info = {"url": self._hook.get("url", ""), "has_custom_certificate": False}
            info["pending_update_count"] = len(self._pending)
            return {**info, "last_error_message": self._trouble} if self._trouble else info
        if method == "sendMessage":
            return self._send(fields, said)
        self._set_webhook(fields)
        return True

    async def _get_updates(self, fields: dict[str, Any]) -> list[dict[str, Any]]:
        if self._hook:
            raise RefusalError(409, "Conflict: can't use getUpdates method while webhook is active")
        self._end_poll()
        self._allowed = fields.get("allowed_updates", self._allowed)
        for update in [u for u in self._pending.values() if u.id < fields.get("offset", 0)]:
            self._gone(update)
        waiting = self._waiting = Waiting()
        try:
            if not self._pending and not self._stopping:
                self.polling.set()
                await asyncio.wait_for(waiting.news.wait(), fields.get("timeout", 0))
        except TimeoutError:
            pass
        finally:
            if self._waiting is waiting:
                self._waiting = None
                self.polling.clear()
        if waiting.ended and not self._stopping:
            raise RefusalError(409, "Conflict: terminated by other getUpdates request; only one bot instance may run")
        batch = list(self._pending.values())[: fields.get("limit", 100)]
        for update in batch:
            self._tried(update)
        return [update.body for update in batch]

    def _end_poll(self) -> None:
        if self._waiting is not None:
            self._waiting.ended = True
            self._waiting.news.set()

    def _set_webhook(self, fields: dict[str, Any]) -> None:
        """setWebhook, or deleteWebhook, which is setWebhook without an address."""
        if fields.get("drop_pending_updates"):
            for update in list(self._pending.values()):
                self._gone(update)
        url = fields.get("url", "")
        self._hook = {"url": url, "secret_token": fields.get("secret_token", "")} if url else {}
        self._allowed = fields.get("allowed_updates", self._allowed)
        self._trouble = ""
        if url:
            self._end_poll()
        self._deliver()

    def _send(self, fields: dict[str, Any], said: Said | None) -> dict[str, Any]:
        chat, text = self._chats.get(fields["chat_id"]), fields["text"]
        if chat is None:
            raise RefusalError(400, "Bad Request: chat not found")
        if chat.blocked:
            raise RefusalError(403, "Forbidden: bot was blocked by the user")
        if not text.strip():
            raise RefusalError(400, "Bad Request: message text is empty")
        if len(text) > 4096:
            raise RefusalError(400, "Bad Request: message is too long")
        quoted = fields.get("reply_parameters", {"allow_sending_without_reply": True})
        if not quoted.get("allow_sending_without_reply") and quoted["message_id"] not in chat.messages:
            raise RefusalError(400, "Bad Request: message to be replied not found")
        number = next(self._ids["message"])
        chat.messages.add(number)
        if said is not None:
            said.delivered = True
        room = {"id": chat.id, "type": "private"}
        return {"message_id": number, "from": self._bot(), "chat": room, "date": int(time.time()), "text": text}

    def _bot(self) -> dict[str, Any]:
        return {"id": BOT, "is_bot": True, "first_name": "Simulated", "username": "simulated_bot"}

    def _user(self, chat: Chat, name: str) -> dict[str, Any]:
        first, _, last = (name or chat.person).partition(" ")
        user = {"id": chat.id, "is_bot": False, "first_name": first}
        return {**user, "last_name": last} if last else user
