"""The business's own side of the double: the app, its token, its numbers, and who gets the webhooks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from hub_meta.simulator_payloads import NUMBERS
from hub_meta.simulator_replies import refused

APP = "400000000000001"


class Desk:
    """What the business set at Meta.

    `apps`: app id -> its name and callback override, of those subscribed to the WhatsApp Business account.
    `app_url`: the callback in the app's dashboard; `number_urls`: a number's own callback. `token_expires` and
    `data_expires` in seconds since 1970, 0 = never. `numbers`: what Meta says of each number.
    """

    def __init__(self, shake_hands: Callable[[str, str], Awaitable[bool]]) -> None:
        self.token = ""
        self.apps: dict[str, tuple[str, str]] = {APP: ("Example hub", "")}
        self.app_url = ""
        self.number_urls: dict[str, str] = {}
        self.token_valid = True
        self.token_expires = self.data_expires = 0
        self.scopes = ["whatsapp_business_messaging", "whatsapp_business_management"]
        self.numbers: dict[str, dict[str, Any]] = {
            account: {
                "id": account,
                "display_phone_number": f"+{digits}",
                "verified_name": "Example Ltd",
                "quality_rating": "GREEN",
                "status": "CONNECTED",
                "name_status": "APPROVED",
                "throughput": {"level": "STANDARD"},
            }
            for account, digits in NUMBERS.items()
        }
        self._shake_hands = shake_hands

    async def subscribe(self, request: web.Request) -> web.StreamResponse:
        """POST subscribed_apps: the override counts only after a handshake."""
        body = await request.json()
        url = str(body["override_callback_uri"])
        if not await self._shake_hands(url, str(body["verify_token"])):
            return refused(400, 2200, "Callback verification failed")
        self.subscribe_to(url)
        return web.json_response({"success": True})

    def subscribe_to(self, url: str) -> None:
        """The WhatsApp Business account delivers to `url`, whatever the app's dashboard says."""
        self.apps[APP] = self.apps.get(APP, ("Example hub", ""))[0], url

    async def subscribed(self, request: web.Request) -> web.StreamResponse:
        """GET subscribed_apps."""
        rows: list[dict[str, Any]] = []
        for app, (name, url) in self.apps.items():
            data = {"id": app, "name": name, "link": f"https://www.example.com/games/?app_id={app}"}
            rows.append({"whatsapp_business_api_data": data, **({"override_callback_uri": url} if url else {})})
        return web.json_response({"data": rows})

    async def phone_numbers(self, request: web.Request) -> web.StreamResponse:
        """GET phone_numbers: the fields that were asked for, and always the id."""
        fields = {"id", *request.query.get("fields", "display_phone_number,verified_name").split(",")}
        override = self.apps.get(APP, ("", ""))[1]
        rows = []
        for account, facts in self.numbers.items():
            urls = {
                "phone_number": self.number_urls.get(account, ""),
                "whatsapp_business_account": override,
                "application": self.app_url,
            }
            whole = {**facts, "webhook_configuration": {name: url for name, url in urls.items() if url}}
            rows.append({name: value for name, value in whole.items() if name in fields})
        return web.json_response({"data": rows})

    async def debug_token(self, request: web.Request) -> web.StreamResponse:
        """GET debug_token."""
        if request.query.get("input_token") != self.token or not self.token_valid:
            return web.json_response({"data": {"is_valid": False, "scopes": []}})
        facts = {"app_id": APP, "type": "SYSTEM_USER", "application": "Example hub", "is_valid": True}
        ends = {"expires_at": self.token_expires, "data_access_expires_at": self.data_expires}
        return web.json_response({"data": {**facts, **ends, "scopes": self.scopes}})

    async def me(self, request: web.Request) -> web.StreamResponse:
        """GET me."""
        return web.json_response({"id": "300000000000001", "name": "simulated system user"})
