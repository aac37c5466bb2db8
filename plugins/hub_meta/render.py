"""The body of an outgoing message, as `POST /{version}/{phone number id}/messages` wants it (Cloud API reference)."""

from __future__ import annotations

from typing import Any, Literal

from hub import Outgoing
from hub_meta.parse import GROUP, phone

UserIdField = Literal["recipient", "to"]


def text_body(message: Outgoing, user_id_field: UserIdField) -> dict[str, Any]:
    """A text message. Phones go into `to`, business-scoped user ids into `user_id_field`, groups by their own type."""
    body: dict[str, Any] = {"messaging_product": "whatsapp", "recipient_type": "individual"}
    address = message.address
    if address.startswith(GROUP):
        body["recipient_type"] = "group"
        body["to"] = address.removeprefix(GROUP)
    elif phone(address):
        body["to"] = address
    else:
        body[user_id_field] = address
    body["type"] = "text"
    body["text"] = {"body": message.text, "preview_url": False}
    if message.reply_to:
        body["context"] = {"message_id": message.reply_to}
    if message.callback:
        body["biz_opaque_callback_data"] = message.callback
    return body
