"""The WhatsApp Cloud API as a channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import quote

from pydantic import Field, SecretStr

from hub import (
    Calls,
    Capabilities,
    Channel,
    Content,
    Finding,
    HttpCall,
    HttpReply,
    Media,
    MediaSource,
    Outgoing,
    PluginSettings,
    RawEvent,
    Receipt,
    Reply,
    Request,
    TemplateInfo,
)
from hub.contracts.errors import BadSignature, HubError, Temporary, Unavailable, Uncertain
from hub.model.events import Event
from hub.wire.signatures import hmac_sha256_hex, same
from hub_meta.envelope import mapping, sequence, split, word
from hub_meta.errors import error_for
from hub_meta.examine import examine
from hub_meta.media import locate
from hub_meta.parse import events
from hub_meta.render import CAPTION_MAX, PARTS, TEXT_MAX, UserIdField, message_body, refused
from hub_meta.templates import FIELDS, listed
from hub_meta.upload import multipart

WEBHOOK_FIELDS = (
    "messages, smb_message_echoes, user_preferences, history, user_id_update, account_update, account_alerts, "
    "account_review_update, business_capability_update, security, message_template_status_update, "
    "message_template_quality_update, message_template_components_update, template_category_update, "
    "phone_number_quality_update, phone_number_name_update"
)
PAGES_MAX = 100
UPLOAD_TIMEOUT, MARK_TIMEOUT = 120.0, 5.0
"""Seconds."""


class WhatsAppSettings(PluginSettings):
    """One Meta app with WhatsApp: its secrets, and where its numbers live."""

    app_secret: SecretStr = Field(min_length=1, description="App secret (App settings > Basic): signs the webhooks.")
    verify_token: SecretStr = Field(min_length=1, description="A word of your own; Meta repeats it in its handshake.")
    access_token: SecretStr = Field(
        min_length=1, description="Token of a system user with whatsapp_business_messaging."
    )
    base_url: str = Field("https://graph.facebook.com", description="Address of the Graph API.")
    api_version: str = Field("v23.0", pattern=r"^v\d+\.\d+$", description="Version of the Graph API.")
    waba_id: str = Field("", description="WhatsApp Business account id; lets `connect` and `check` do their part.")
    portfolio: str = Field(
        "",
        pattern=r"^[^:]*$",
        description="Business portfolio whose user ids these are; connections that share it share people. "
        "Empty: the connection's name.",
    )
    user_id_field: UserIdField = Field(
        "recipient", description="Body field that takes a business-scoped user id when no phone is known."
    )
    horizon: float = Field(7 * 86_400, gt=0, description="Seconds for which Meta tries to deliver a webhook again.")
    rate: float = Field(80, gt=0, description="Messages a second for each number; 20 with coexistence, 1000 at most.")


class WhatsApp(Channel[WhatsAppSettings]):
    """WhatsApp numbers of one Meta app, both ways. See `render` for what goes out, `parse` for what comes in.

    `pair`: Meta allows one message in six seconds for one recipient, and bursts of up to 45 on credit (131056).
    """

    name: ClassVar[str] = "whatsapp"
    Settings: ClassVar[type[PluginSettings]] = WhatsAppSettings
    capabilities: ClassVar[Capabilities] = Capabilities(
        proof="evidence",
        text_max=TEXT_MAX,
        window=24 * 3_600_000,
        rate=80,
        horizon=7 * 86_400,
        statuses=True,
        reads=True,
        forms=frozenset(PARTS),
        caption_max=CAPTION_MAX,
        pair=(45, 6.0),
    )

    def __init__(self, settings: WhatsAppSettings, connection: str) -> None:
        super().__init__(settings, connection)
        self._secret = settings.app_secret.get_secret_value().encode()
        self._scope = settings.portfolio or connection
        self._graph = f"{settings.base_url.rstrip('/')}/{settings.api_version}/"

    def handshake(self, request: Request) -> Reply | None:
        """Meta's subscription check: the challenge for the right verify token, else 403."""
        query = request.query
        if query.get("hub.mode") != "subscribe":
            return None
        if not same(query.get("hub.verify_token", ""), self.settings.verify_token.get_secret_value()):
            return Reply(403)
        return Reply(200, query.get("hub.challenge", "").encode(errors="replace"))

    @classmethod
    def fits(cls, content: Content, text: str) -> str:
        """What WhatsApp would refuse of this message; see `hub_meta.render`."""
        return refused(content, text)

    def verify(self, request: Request) -> None:
        """`X-Hub-Signature-256`: HMAC-SHA256 with the app secret over the raw bytes. Raises BadSignature."""
        given = request.headers.get("x-hub-signature-256")
        if given is None:
            raise BadSignature("the header X-Hub-Signature-256 is missing")
        if not same(given, "sha256=" + hmac_sha256_hex(self._secret, request.body)):
            raise BadSignature("X-Hub-Signature-256 does not fit the body: another app's secret, or a changed body")

    def split(self, body: bytes) -> Sequence[RawEvent]:
        """One raw event for each message, status, echo, preference, piece of news and error, under its own number."""
        return split(body)

    def normalise(self, raw: RawEvent) -> Sequence[Event]:
        """What a raw event says; see `hub_meta.parse`."""
        return events(raw, self._scope)

    def locate(self, account: str, media: Media) -> Calls[MediaSource]:
        """Where a received file is now; see `hub_meta.media`."""
        return locate(self.settings.base_url, self._graph, self._bearer(), account, media)

    def send(self, message: Outgoing) -> Calls[Receipt]:
        """Send one message. A reply that cannot be read is Uncertain: WhatsApp may have taken the message."""
        sent = message_body(message, self.settings.user_id_field)
        answer = yield from self._ask("POST", f"{quote(message.account, safe='')}/messages", sent)
        first = next(iter(sequence(answer.get("messages"))), None)
        provider_id = word(mapping(first).get("id"))
        if not provider_id:
            raise Uncertain("WhatsApp answered without a message id")
        return Receipt(provider_id)

    def upload(self, account: str, media: Media, data: bytes) -> Calls[str]:
        """Give WhatsApp a file; the id lives 30 days. What is uncertain is Unavailable here: a repeat does no harm."""
        kind, packed = multipart(media, data)
        url = f"{self._graph}{quote(account, safe='')}/media"
        headers = {**self._bearer(), "content-type": kind}
        try:
            answer = yield from _answered(HttpCall("POST", url, headers, packed, True, UPLOAD_TIMEOUT))
        except Uncertain as error:
            raise Unavailable(f"the file may not have reached WhatsApp: {error}") from None
        if not (name := word(answer.get("id"))):
            raise Unavailable("WhatsApp answered an upload without an id")
        return name

    def templates(self) -> Calls[list[TemplateInfo]]:
        """Every template of the WhatsApp Business account; none without `waba_id`."""
        if not self.settings.waba_id:
            return []
        path = f"{quote(self.settings.waba_id, safe='')}/message_templates?fields={FIELDS}&limit=100"
        found: list[TemplateInfo] = []
        after = ""
        for _ in range(PAGES_MAX):
            answer = yield from self._ask("GET", f"{path}&after={quote(after, safe='')}" if after else path)
            found += filter(None, map(listed, sequence(answer.get("data"))))
            paging = mapping(answer.get("paging"))
            before, after = after, word(mapping(paging.get("cursors")).get("after"))
            if not after or after == before or not paging.get("next"):
                break
        return found

    def mark_read(self, account: str, address: str, provider_id: str, *, typing: bool) -> Calls[None]:
        """Blue ticks up to that message, and for up to 25 seconds that an answer is being written."""
        mark: dict[str, Any] = {"messaging_product": "whatsapp", "status": "read", "message_id": provider_id}
        if typing:
            mark["typing_indicator"] = {"type": "text"}
        yield from self._ask("POST", f"{quote(account, safe='')}/messages", mark, timeout=MARK_TIMEOUT)

    def examine(self, callback_url: str) -> Calls[list[Finding]]:
        """Whether Meta still delivers here, how long the token lives, how the numbers are; see `hub_meta.examine`."""
        token = self.settings.access_token.get_secret_value()
        return (yield from examine(self._ask, token, self.settings.waba_id, callback_url))

    def probe(self) -> Calls[list[Finding]]:
        """Ask Meta for the account's numbers, or, without `waba_id`, only whether the token is alive."""
        waba = self.settings.waba_id
        path = f"{quote(waba, safe='')}/phone_numbers?fields=id,display_phone_number,verified_name" if waba else "me"
        try:
            answer = yield from self._ask("GET", path)
        except Temporary:
            raise
        except HubError as error:
            return [Finding(False, str(error), "check access_token and waba_id in Meta's Business settings")]
        if not waba:
            return [Finding(True, "the access token is alive; set waba_id to see its numbers")]
        numbers = [mapping(row) for row in sequence(answer.get("data"))]
        if not numbers:
            return [Finding(False, f"WhatsApp Business account {waba} has no number", "add one in WhatsApp Manager")]
        return [
            Finding(True, f"number {word(n.get('display_phone_number'))}: account {word(n.get('id'))} for an inbox")
            for n in numbers
        ]

    def connect(self, callback_url: str) -> Calls[list[Finding]]:
        """Let the WhatsApp Business account deliver to `callback_url` (Meta shakes hands with it at once)."""
        waba = self.settings.waba_id
        fields = f"in the app's dashboard, WhatsApp > Configuration, subscribe the webhook fields {WEBHOOK_FIELDS}"
        if not waba:
            paste = f"in the app's dashboard, WhatsApp > Configuration, paste {callback_url} as callback URL and the"
            return [
                Finding(False, "waba_id is not set, so a person must connect", f"{paste} value of verify_token"),
                Finding(False, "webhook fields", fields),
            ]
        body = {"override_callback_uri": callback_url, "verify_token": self.settings.verify_token.get_secret_value()}
        try:
            yield from self._ask("POST", f"{quote(waba, safe='')}/subscribed_apps", body, repeatable=True)
        except Temporary:
            raise
        except HubError as error:
            remedy = "the hub must be reachable from the internet and the token needs whatsapp_business_management"
            return [Finding(False, str(error), remedy)]
        return [
            Finding(True, f"WhatsApp Business account {waba} delivers to {callback_url}"),
            Finding(True, "webhook fields are chosen by a person", fields),
        ]

    def _ask(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        repeatable: bool = False,
        timeout: float = 20.0,
    ) -> Calls[dict[str, Any]]:
        """One call of the Graph API: its answer as an object. Raises what the reply means."""
        if body is None:
            call = HttpCall(method, self._graph + path, self._bearer(), repeatable=True)
        else:
            call = HttpCall.json(method, self._graph + path, body, self._bearer(), repeatable=repeatable)
        return _answered(replace(call, timeout=timeout))

    def _bearer(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.settings.access_token.get_secret_value()}"}


def _answered(call: HttpCall) -> Calls[dict[str, Any]]:
    """Make a call of the Graph API: its answer as an object. Raises what the reply means."""
    reply: HttpReply = yield call
    answer = reply.json()
    if not 200 <= reply.status < 300 or (isinstance(answer, dict) and "error" in answer):
        raise error_for(reply.status, reply.headers, answer)
    if not isinstance(answer, dict):
        raise Uncertain("Meta's answer could not be read")
    return answer
