"""The Telegram channel: a bot's updates in, its messages out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field, SecretStr, field_validator

from hub import (
    Calls,
    Capabilities,
    Channel,
    Finding,
    HttpCall,
    HttpReply,
    Outgoing,
    PluginSettings,
    Polled,
    RawEvent,
    Receipt,
    Request,
)
from hub.contracts.errors import AuthFailed, BadSignature, Refused, Unavailable, Uncertain
from hub.model.events import Event
from hub.wire.signatures import same
from hub_telegram import errors, parse

ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
"""The kinds of update asked for; Telegram keeps all others to itself."""

SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105
MAX_CONNECTIONS = 40
POLL_MARGIN = 10.0
"""Seconds that a poll's answer may take beyond its waiting time."""


class TelegramSettings(PluginSettings):
    """One bot."""

    model_config = ConfigDict(hide_input_in_errors=True, use_attribute_docstrings=True)

    token: SecretStr
    """From @BotFather, `<bot id>:<secret part>`. The bot id is the inbox's account."""
    secret: SecretStr | None = None
    """Sent back by Telegram with every webhook: 1-256 of A-Z a-z 0-9 _ -. Without it webhooks are refused."""
    mode: Literal["poll", "webhook"] = "poll"
    """How updates come; Telegram allows a bot one of the two."""
    base_url: str = "https://api.telegram.org"
    """Telegram, a Bot API server of one's own, or a simulator."""
    rate: float = Field(default=25, gt=0, le=1000)
    """Sends per second; Telegram's own limit is about 30 for a bot."""
    poll_seconds: int = Field(default=25, ge=1, le=50)
    """How long Telegram holds a poll open when there is nothing new."""

    @field_validator("token")
    @classmethod
    def _token(cls, value: SecretStr) -> SecretStr:
        if not re.fullmatch(r"[0-9]{1,20}:[A-Za-z0-9_-]{1,200}", value.get_secret_value()):
            raise ValueError("not a bot token: digits, a colon, then letters, digits, _ or -")
        return value

    @field_validator("secret")
    @classmethod
    def _secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", value.get_secret_value()):
            raise ValueError("a webhook secret has 1-256 of A-Z a-z 0-9 _ -")
        return value

    @field_validator("base_url")
    @classmethod
    def _base_url(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            raise ValueError("an address starts with https:// (or http:// on this machine)")
        return value.rstrip("/")


class TelegramChannel(Channel[TelegramSettings]):
    """A Telegram bot. One connection is one bot, one account, one inbox.

    Telegram has no idempotency key, no look-up and no delivery status for a bot's messages: a send without an answer
    is uncertain at once.
    """

    name: ClassVar[str] = "telegram"
    Settings: ClassVar[type[PluginSettings]] = TelegramSettings
    capabilities: ClassVar[Capabilities] = Capabilities(proof="none", text_max=4096, rate=25.0, horizon=24 * 3600)

    @property
    def account(self) -> str:
        """The bot's id: the digits before the token's colon."""
        return self.settings.token.get_secret_value().partition(":")[0]

    # -- in ------------------------------------------------------------------------------------------------------

    def verify(self, request: Request) -> None:
        """Compare the secret header in constant time. While polling, or without a secret, nothing is accepted."""
        if self.settings.mode != "webhook" or self.settings.secret is None:
            raise BadSignature("this bot takes no webhooks")
        if not same(request.headers.get(SECRET_HEADER, ""), self.settings.secret.get_secret_value()):
            raise BadSignature("the webhook's secret is missing or wrong")

    def split(self, body: bytes) -> Sequence[RawEvent]:
        """One update a body, kept as it came."""
        return [parse.raw_event(parse.load(body), self.account, body)]

    def normalise(self, raw: RawEvent) -> Sequence[Event]:
        """What the update means, as one event."""
        return parse.events(raw)

    def polling(self) -> bool:
        """Whether `mode` is "poll"."""
        return self.settings.mode == "poll"

    def poll(self, cursor: str) -> Calls[Polled]:
        """Wait for updates. `cursor` is the next update_id; naming it confirms all before it, so Telegram forgets them.

        Raises Conflict while a webhook is set or another program polls the same bot.
        """
        asked: dict[str, Any] = {"timeout": self.settings.poll_seconds, "allowed_updates": list(ALLOWED_UPDATES)}
        if cursor:
            asked["offset"] = int(cursor)
        call = self._call("getUpdates", asked)
        found = self._result((yield replace(call, timeout=self.settings.poll_seconds + POLL_MARGIN)))
        if not isinstance(found, list):
            raise Unavailable("Telegram's answer to a poll is not a list of updates")
        updates = [u for u in found if isinstance(u, dict) and parse.number(u.get("update_id"))]
        raws = [parse.raw_event(update, self.account, parse.store(update)) for update in updates]
        last = max((int(update["update_id"]) for update in updates), default=None)
        return Polled(raws, cursor if last is None else str(last + 1))

    # -- out -----------------------------------------------------------------------------------------------------

    def send(self, message: Outgoing) -> Calls[Receipt]:
        """One sendMessage. A quoted message that was deleted meanwhile does not stop the answer."""
        chat = message.address
        body: dict[str, Any] = {"chat_id": int(chat) if re.fullmatch(r"-?[0-9]+", chat) else chat}
        body["text"] = parse.clean(message.text)
        quoted = message.reply_to.rpartition(":")[2]
        if re.fullmatch(r"[0-9]+", quoted):
            body["reply_parameters"] = {"message_id": int(quoted), "allow_sending_without_reply": True}
        sent = parse.table(self._result((yield self._call("sendMessage", body, repeatable=False)), repeatable=False))
        room, message_id = parse.number(parse.table(sent.get("chat")).get("id")), parse.number(sent.get("message_id"))
        if not message_id:
            raise Uncertain("Telegram took the message but its answer does not name it")
        return Receipt(f"{room or chat}:{message_id}")

    # -- set up --------------------------------------------------------------------------------------------------

    def probe(self) -> Calls[list[Finding]]:
        """Ask who the bot is and what Telegram says of its webhook; changes nothing."""
        try:
            me = parse.table(self._result((yield self._call("getMe", {}))))
        except AuthFailed as error:
            return [Finding(False, str(error), "put the token from @BotFather into `token`")]
        username = parse.clean(me.get("username"))
        findings = [Finding(True, f"the token works as @{username}")]
        if parse.number(me.get("id")) != self.account:
            findings = [Finding(False, "the token answers for another bot", "check `token` and `base_url`")]
        info = parse.table(self._result((yield self._call("getWebhookInfo", {}))))
        return [*findings, *self._webhook(info)]

    def connect(self, callback_url: str) -> Calls[list[Finding]]:
        """Set the webhook to `callback_url`, or remove it so that polls work. Waiting updates are kept."""
        if self.settings.mode == "poll":
            self._result((yield self._call("deleteWebhook", {"drop_pending_updates": False})))
            return [Finding(True, "no webhook is set: the hub polls")]
        if self.settings.secret is None:
            return [Finding(False, "no webhook was set: there is no secret", "set `secret` for this connection")]
        wanted = {
            "url": callback_url,
            "secret_token": self.settings.secret.get_secret_value(),
            "allowed_updates": list(ALLOWED_UPDATES),
            "max_connections": MAX_CONNECTIONS,
        }
        try:
            self._result((yield self._call("setWebhook", wanted)))
        except Refused as error:
            return [Finding(False, str(error), "Telegram wants a public https address on port 443, 80, 88 or 8443")]
        return [Finding(True, f"Telegram delivers to {callback_url}")]

    def examine(self, callback_url: str) -> Calls[list[Finding]]:
        """Whether updates still come: each bot has one webhook, and whoever sets his own takes them all away."""
        info = parse.table(self._result((yield self._call("getWebhookInfo", {}))))
        url, trouble = parse.clean(info.get("url")), parse.clean(info.get("last_error_message"))
        again = "connect this connection again, and find out who else uses the bot's token"
        if url != callback_url:
            what = f"another program has set the webhook to {url}" if url else "somebody removed the webhook"
            return [Finding(False, what, again)]
        waiting = parse.number(info.get("pending_update_count")) or "0"
        if url and trouble and waiting != "0":
            what = f"{waiting} updates are waiting, and the last delivery failed: {trouble}"
            return [Finding(False, what, "check that the public address is reachable")]
        return [Finding(True, f"Telegram delivers to {url}" if url else "no webhook is set: polls can work")]

    def _webhook(self, info: Any) -> list[Finding]:
        """What getWebhookInfo tells, against the mode that is set."""
        url, trouble = parse.clean(info.get("url")), parse.clean(info.get("last_error_message"))
        found = []
        if self.settings.mode == "poll":
            found.append(Finding(not url, f"a webhook is set: {url}" if url else "no webhook is set: polls can work"))
        elif self.settings.secret is None:
            found.append(Finding(False, "there is no secret: every webhook is refused", "set `secret`"))
        else:
            found.append(Finding(bool(url), f"Telegram delivers to {url}" if url else "no webhook is set"))
        if not found[0].ok and not found[0].remedy:
            found[0] = found[0]._replace(remedy="connect this connection again")
        if url and trouble:
            found.append(Finding(False, f"the last delivery failed: {trouble}", "check that the address is reachable"))
        found.append(Finding(True, f"{parse.number(info.get('pending_update_count')) or '0'} updates are waiting"))
        return found

    # -- wire ----------------------------------------------------------------------------------------------------

    def _call(self, method: str, body: dict[str, Any], *, repeatable: bool = True) -> HttpCall:
        address = f"{self.settings.base_url}/bot{self.settings.token.get_secret_value()}/{method}"
        return HttpCall.json("POST", address, body, repeatable=repeatable)

    def _result(self, reply: HttpReply, *, repeatable: bool = True) -> Any:
        hide = [self.settings.token.get_secret_value().partition(":")[2]]
        if self.settings.secret is not None:
            hide.append(self.settings.secret.get_secret_value())
        return errors.result(reply, hide, repeatable=repeatable)
