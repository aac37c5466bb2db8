"""Pigeon keeps the contract of a channel."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from pathlib import Path

from hub_pigeon import Pigeon

from hub.testing.channel_contract import ChannelContract

SECRET = "a-signing-secret-of-our-tests"


class TestPigeon(ChannelContract):
    channel = Pigeon
    settings = {"secret": SECRET, "token": "an-access-token-of-our-tests"}
    fixtures = Path(__file__).parent / "fixtures"
    accepted = [{"id": "note-9"}]

    def sign(self, body: bytes) -> Mapping[str, str]:
        return {"X-Pigeon-Signature": hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}
