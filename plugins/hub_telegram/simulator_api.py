"""What the simulated Telegram takes: its own table of methods and fields, and the words of its refusals.

Written from the Bot API page, not from the channel: a request that the channel gets wrong must fail here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

UPDATE_KINDS = frozenset(
    {
        "message",
        "edited_message",
        "channel_post",
        "edited_channel_post",
        "business_connection",
        "business_message",
        "edited_business_message",
        "deleted_business_messages",
        "message_reaction",
        "message_reaction_count",
        "inline_query",
        "chosen_inline_result",
        "callback_query",
        "shipping_query",
        "pre_checkout_query",
        "purchased_paid_media",
        "poll",
        "poll_answer",
        "my_chat_member",
        "chat_member",
        "chat_join_request",
        "chat_boost",
        "removed_chat_boost",
    }
)


@dataclass(frozen=True, slots=True)
class Field:
    """One known field of a method: whether it must be there, and what its value must be."""

    required: bool
    fits: Callable[[Any], bool]


class RefusalError(Exception):
    """An answer with `ok` false, in Telegram's words."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters

    def body(self) -> dict[str, Any]:
        """The answer's JSON."""
        answer: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        return {**answer, "parameters": self.parameters} if self.parameters else answer


def whole(value: Any) -> bool:
    """An integer, and not true or false."""
    return isinstance(value, int) and not isinstance(value, bool)


def between(low: int, high: int) -> Callable[[Any], bool]:
    """An integer in these bounds."""
    return lambda value: whole(value) and low <= value <= high


def kinds(value: Any) -> bool:
    """A list of known kinds of update."""
    return isinstance(value, list) and all(kind in UPDATE_KINDS for kind in value)


def reply_parameters(value: Any) -> bool:
    """A quoted message: by its id, and with no field that this simulator does not know."""
    known = {"message_id", "allow_sending_without_reply"}
    return isinstance(value, dict) and whole(value.get("message_id")) and set(value) <= known


METHODS: Mapping[str, Mapping[str, Field]] = {
    "getMe": {},
    "getWebhookInfo": {},
    "deleteWebhook": {"drop_pending_updates": Field(False, lambda value: isinstance(value, bool))},
    "setWebhook": {
        "url": Field(True, lambda value: isinstance(value, str) and (not value or value.startswith("http"))),
        "secret_token": Field(False, lambda v: isinstance(v, str) and bool(re.fullmatch(r"[\w-]{1,256}", v, re.ASCII))),
        "max_connections": Field(False, between(1, 100)),
        "allowed_updates": Field(False, kinds),
        "drop_pending_updates": Field(False, lambda value: isinstance(value, bool)),
    },
    "getUpdates": {
        "offset": Field(False, between(0, 2**53)),
        "limit": Field(False, between(1, 100)),
        "timeout": Field(False, between(0, 50)),
        "allowed_updates": Field(False, kinds),
    },
    "sendMessage": {
        "chat_id": Field(True, lambda value: whole(value) or isinstance(value, str)),
        "text": Field(True, lambda value: isinstance(value, str)),
        "reply_parameters": Field(False, reply_parameters),
        "disable_notification": Field(False, lambda value: isinstance(value, bool)),
    },
}


def check(method: str, given: Any) -> dict[str, Any]:
    """The fields of a request. Raises RefusalError for an unknown method, an unknown, missing or ill-typed field."""
    if method not in METHODS:
        raise RefusalError(404, "Not Found: method not found")
    if not isinstance(given, dict):
        raise RefusalError(400, "Bad Request: the body is not a JSON object")
    known = METHODS[method]
    for name in given:
        if name not in known:
            raise RefusalError(400, f"Bad Request: unknown field {name}")
        if not known[name].fits(given[name]):
            raise RefusalError(400, f"Bad Request: wrong value for field {name}")
    for name, field in known.items():
        if field.required and name not in given:
            raise RefusalError(400, f"Bad Request: field {name} is missing")
    return given
