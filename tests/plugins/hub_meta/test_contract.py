"""WhatsApp keeps the contract of a channel."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from pathlib import Path

from hub.testing.channel_contract import ChannelContract
from hub_meta.channel import WhatsApp


class TestWhatsApp(ChannelContract):
    channel = WhatsApp
    settings = {
        "app_secret": "an-app-secret-of-our-tests",
        "verify_token": "a-verify-token-of-our-tests",
        "access_token": "an-access-token-of-our-tests",
        "portfolio": "main",
        "waba_id": "200000000000001",
    }
    fixtures = Path(__file__).parent / "fixtures"
    accepted = [{"messaging_product": "whatsapp", "contacts": [], "messages": [{"id": "wamid.OUT9"}]}]

    def sign(self, body: bytes) -> Mapping[str, str]:
        secret = str(self.settings["app_secret"]).encode()
        return {"X-Hub-Signature-256": "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()}
