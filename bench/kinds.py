"""What one inbound WhatsApp event costs, by kind: cut, stored, understood and worked off. CPU, so no disk in it."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.bodies import ACCOUNT, names, person
from bench.figures import Figure
from bench.run import Run
from hub.engine.poller import raw_incoming
from hub.testing.tabletop import HUB_TOML, Tabletop
from hub_meta.simulator_payloads import contact, dump, envelope, status, user_id, wa_id

BATCH = 64
BATCHES = 12
"""Batches of a round; the first of each kind is not counted: it meets cold caches."""
PEOPLE = 200

Part = dict[str, Any]


def part(kind: str, body: Any, **more: Any) -> Callable[[str, int], Part]:
    """A message of one type."""
    return lambda wamid, number: {"id": wamid, "type": kind, kind: body, **more}


FILE = {"id": "1234567890", "mime_type": "image/jpeg", "sha256": "pmWkWSBCL51Bfkhn79xPuKBKHz//H6B+mY6G9/eieuM="}
LIST = {"type": "list_reply", "list_reply": {"id": "red", "title": "The red one", "description": "in stock"}}
FORM = {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": json.dumps({"size": "M"})}}
ITEMS = [{"product_retailer_id": "sku-1", "quantity": 2, "item_price": 9.5, "currency": "EUR"}]
CARD = {"name": {"formatted_name": "Ann Example"}, "phones": [{"phone": "+12015550100", "type": "CELL"}]}
MESSAGES: dict[str, Callable[[str, int], Part]] = {
    "text": part("text", {"body": "Good day, is the red one still there, and what would it cost to send it to us?"}),
    "image": part("image", {**FILE, "caption": "this one"}),
    "voice": part("audio", {**FILE, "mime_type": "audio/ogg; codecs=opus", "voice": True}),
    "location": part("location", {"latitude": 40.18, "longitude": 44.51, "name": "The shop"}),
    "contacts": part("contacts", [CARD]),
    "reaction": part("reaction", {"message_id": "wamid.earlier", "emoji": "👍"}),
    "button": part("button", {"payload": "yes", "text": "Yes"}, context={"id": "wamid.asked"}),
    "list": part("interactive", LIST, context={"id": "wamid.asked"}),
    "form": part("interactive", FORM, context={"id": "wamid.asked"}),
    "order": part("order", {"catalog_id": "1", "text": "please", "product_items": ITEMS}),
    "edit": part("edit", {"original_message_id": "wamid.earlier", "message": {"type": "text", "text": {"body": "no"}}}),
    "unsupported": part("unsupported", {}, errors=[{"code": 131051, "title": "Message type unknown"}]),
}


def webhook(kind: str, wamid: str, number: int) -> bytes:
    """One event of a kind from one of the people."""
    phone, at = person(number % PEOPLE), int(time.time())
    if kind == "status":
        return dump(status(ACCOUNT, phone, "delivered", wamid=wamid, callback="", at=at))
    said = {"from": wa_id(phone), "from_user_id": user_id(phone), "timestamp": str(at), **MESSAGES[kind](wamid, number)}
    return dump(envelope(ACCOUNT, "messages", {"contacts": [contact(phone, "Ann Example")], "messages": [said]}, at=at))


def measure(run: Run) -> list[Figure]:
    """Microseconds of CPU for each event, by kind, with a CRM set and one rule."""
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(dir=run.folder, prefix="dragoman-bench-") as folder:
        table = Tabletop(Path(folder), HUB_TOML.replace('account = "1001"', f'account = "{ACCOUNT}"'))
        wamids = names("kind")
        for number in range(run.rounds):
            for kind in (*MESSAGES, "status"):
                run.tell(f"round {number + 1} of {run.rounds}: {kind}")
                found.setdefault(kind, []).append(cost(table, kind, wamids, max(2, int(BATCHES * run.length))))
        table.close()
    return [Figure(name=f"in_us_{kind}", rounds=tuple(rounds), note="CPU, one event") for kind, rounds in found.items()]


def cost(table: Tabletop, kind: str, wamids: Any, batches: int) -> float:
    """Microseconds of CPU for each event of some batches."""
    channel = table.config.connections["meta"].channel
    spent = 0.0
    for batch in range(batches):
        bodies = [webhook(kind, next(wamids), n + batch * BATCH) for n in range(BATCH)]
        table.now = time.time_ns() // 1_000_000
        began = time.process_time()
        raws = [raw_incoming("meta", raw, table.now) for body in bodies for raw in channel.split(body)]
        table.store.accept(raws)
        done = table.step(BATCH)
        if batch:
            spent += time.process_time() - began
        if done.events != BATCH or done.buried:
            raise RuntimeError(f"{kind}: {done.events} events worked off, {done.buried} buried")
    return spent / ((batches - 1) * BATCH) * 1e6
