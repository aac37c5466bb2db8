"""Messages and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NewType

from hub.model.content import PLAIN, Content

MessageId = NewType("MessageId", int)
OutboxId = NewType("OutboxId", int)

Status = Literal["queued", "accepted", "sent", "delivered", "read", "failed", "uncertain", "dropped"]
"""`queued` waits in the outbox · `accepted` the platform took it · the rest as the platform reports it."""

RANK: dict[str, int] = {
    "queued": 0,
    "uncertain": 1,
    "dropped": 1,
    "accepted": 2,
    "sent": 3,
    "failed": 4,
    "delivered": 5,
    "read": 6,
}
"""Statuses arrive late, twice and out of order: a message only ever climbs. `failed` loses against
`delivered` (some platforms report a failed retry of a delivered message) and beats everything before."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way to a person, as a channel's `send` receives it.

    `account` is the sending account (a phone-number id, a bot), `address` the recipient as the channel wants it,
    `callback` the hub's own name for this send: a channel that can attach it must, it joins late statuses. `content`
    says what it is beside its text; only forms that the channel's capabilities name ever come.
    """

    account: str
    address: str
    text: str
    callback: str
    reply_to: str = ""
    content: Content = PLAIN


@dataclass(frozen=True, slots=True)
class Receipt:
    """The platform's word that it took a message. `provider_id` names it in later statuses; may be empty."""

    provider_id: str = ""
