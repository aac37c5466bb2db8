"""What the load says: WhatsApp webhooks of about 600 bytes, signed, from invented people with reserved numbers."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Iterator

from hub_meta.simulator_payloads import NUMBERS, dump, message, status

ACCOUNT = next(iter(NUMBERS))
SECRET = b"app-secret"
PATH = "/hook/meta"
RULES = 100
FILLER = "Good day, I saw your shop window yesterday evening and would like to know a little more about this."


def person(number: int) -> str:
    """The `number`-th person's phone: in every area code, 555-0100 to 555-0199 belong to nobody."""
    area, line = divmod(number, 100)
    return f"+1{201 + area % 780}555{100 + line:04}"


def keyword(rule: int) -> str:
    """The word that rule number `rule` listens for."""
    return f"article{rule:03}"


def text_webhook(wamid: str, number: int) -> bytes:
    """A person writes; exactly one rule answers."""
    text = f"{FILLER} Is {keyword(number % RULES)} in stock?"
    at = int(time.time())
    return dump(message(ACCOUNT, person(number), text, wamid=wamid, name=f"Bench Person {number}", at=at))


def status_webhook(wamid: str, phone: str, said: str, callback: str) -> bytes:
    """The platform reports about a message of the hub."""
    return dump(status(ACCOUNT, phone, said, wamid=wamid, callback=callback, at=int(time.time())))


def request(body: bytes, path: str = PATH, secret: bytes = SECRET) -> bytes:
    """The request as it stands on the wire, with the platform's signature and usual headers."""
    signature = hmac.digest(secret, body, hashlib.sha256).hex()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: facebookexternalua\r\nAccept: */*\r\n"
        f"Content-Type: application/json\r\nX-Hub-Signature-256: sha256={signature}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def names(prefix: str) -> Iterator[str]:
    """Message ids that never repeat, as long as the platform's own."""
    count = 0
    while True:
        count += 1
        yield f"wamid.{prefix}{count:0{40 - len(prefix)}}"
