"""A hub on a table, and bodies as WhatsApp posts them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.testing.tabletop import Tabletop


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Tabletop]:
    hub = Tabletop(tmp_path)
    yield hub
    hub.close()


def whatsapp(*messages: dict[str, Any], account: str = "1001", **value: Any) -> bytes:
    contacts = [
        {"profile": {"name": m.pop("name", "Ana")}, "wa_id": m["from"], "user_id": f"US.{m['from']}"} for m in messages
    ]
    content: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550100", "phone_number_id": account},
        **value,
    }
    if messages:
        content |= {"contacts": contacts, "messages": list(messages)}
    change = {"field": "messages", "value": content}
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "9", "changes": [change]}]}).encode()


@pytest.fixture
def text(table: Tabletop):
    """Make the body of one text message; the time is the table's."""

    def make(number: int, words: str, person: str = "15550101", *, seconds: int = 0, **more: Any) -> bytes:
        stamp = str(table.now // 1000 + seconds)
        message = {"from": person, "id": f"wamid.{number}", "timestamp": stamp, "type": "text", "text": {"body": words}}
        return whatsapp(message | more)

    return make


@pytest.fixture
def status():
    """Make the body of one status."""

    def make(provider_id: str, name: str, callback: str = "", at: int = 1_800_000_001, **more: Any) -> bytes:
        item = {"id": provider_id, "status": name, "timestamp": str(at), "recipient_id": "15550101", **more}
        if callback:
            item["biz_opaque_callback_data"] = callback
        return whatsapp(statuses=[item])

    return make
