"""The WhatsApp Cloud API as a channel."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, ClassVar
from urllib.parse import quote

from pydantic import Field, SecretStr

from hub import (
    Calls,
    Capabilities,
    Channel,
    Finding,
    HttpCall,
    HttpReply,
    Outgoing,
    PluginSettings,
    RawEvent,
    Receipt,
    Reply,
    Request,
)
from hub.contracts.errors import BadSignature, HubError, Rejected, Temporary, Uncertain
from hub.model.events import Event
from hub.wire.signatures import hmac_sha256_hex, same
from hub_meta.envelope import mapping, sequence, split, word
from hub_meta.errors import error_for
from hub_meta.parse import events
from hub_meta.render import UserIdField, text_body

TEXT_MAX = 4096
WEBHOOK_FIELDS = "messages, smb_message_echoes, user_preferences, history, account_update"


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
    rate: float = Field(80, gt=0, description="Messages a second for each number; 20 with coexistence, 1000 at most.")


class WhatsApp(Channel[WhatsAppSettings]):
    """WhatsApp numbers of one Meta app: text out; texts, statuses, echoes, preferences and history in."""

    name: ClassVar[str] = "whatsapp"
    Settings: ClassVar[type[PluginSettings]] = WhatsAppSettings
    capabilities: ClassVar[Capabilities] = Capabilities(
        proof="evidence",
        text_max=TEXT_MAX,
        window=24 * 3_600_000,
        rate=80,
        horizon=7 * 86_400,
        statuses=True,
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

    def verify(self, request: Request) -> None:
        """`X-Hub-Signature-256`: HMAC-SHA256 with the app secret over the raw bytes. Raises BadSignature."""
        given = request.headers.get("x-hub-signature-256")
        if given is None:
            raise BadSignature("the header X-Hub-Signature-256 is missing")
        if not same(given, "sha256=" + hmac_sha256_hex(self._secret, request.body)):
            raise BadSignature("X-Hub-Signature-256 does not fit the body: another app's secret, or a changed body")

    def split(self, body: bytes) -> Sequence[RawEvent]:
        """One raw event for each message, status, echo, preference and error, each under its own number."""
        return split(body)

    def normalise(self, raw: RawEvent) -> Sequence[Event]:
        """What a raw event says; see `hub_meta.parse`."""
        return events(raw, self._scope)

    def send(self, message: Outgoing) -> Calls[Receipt]:
        """Send a text. A reply that cannot be read is Uncertain: WhatsApp may have taken the message."""
        if not message.text:
            raise Rejected("WhatsApp takes no empty text")
        if len(message.text) > TEXT_MAX:
            raise Rejected(f"the text is longer than WhatsApp's {TEXT_MAX} characters")
        body = text_body(message, self.settings.user_id_field)
        answer = yield from self._ask("POST", f"{quote(message.account, safe='')}/messages", body)
        first = next(iter(sequence(answer.get("messages"))), None)
        provider_id = word(mapping(first).get("id"))
        if not provider_id:
            raise Uncertain("WhatsApp answered without a message id")
        return Receipt(provider_id)

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
        self, method: str, path: str, body: dict[str, Any] | None = None, *, repeatable: bool = False
    ) -> Generator[HttpCall, HttpReply, dict[str, Any]]:
        """One call of the Graph API: its answer as an object. Raises what the reply means."""
        headers = {"authorization": f"Bearer {self.settings.access_token.get_secret_value()}"}
        if body is None:
            reply = yield HttpCall(method, self._graph + path, headers, repeatable=True)
        else:
            reply = yield HttpCall.json(method, self._graph + path, body, headers, repeatable=repeatable)
        answer = reply.json()
        if not 200 <= reply.status < 300 or (isinstance(answer, dict) and "error" in answer):
            raise error_for(reply.status, reply.headers, answer)
        if not isinstance(answer, dict):
            raise Uncertain("Meta's answer could not be read")
        return answer
