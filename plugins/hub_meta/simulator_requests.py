"""What a send request may hold, as the Cloud API reference defines it: strict, and written apart from `render`.

A check takes a value and its place in the body; it returns what is wrong there, "" when nothing is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

Check: TypeAlias = Callable[[Any, str], str]


def refusal(body: Any) -> str:
    """What is wrong with the body of a send request; "" when nothing is."""
    if not isinstance(body, dict):
        return "the body is not an object"
    kind = body.get("type")
    if not isinstance(kind, str) or kind not in BODIES:
        return "wrong type"
    if ("to" in body) == ("recipient" in body):
        return "wrong to and recipient"
    if body.get("recipient_type") == "group" and "to" not in body:
        return "wrong to"
    return BODIES[kind](body, "")


def mark_refusal(body: Any) -> str:
    """What is wrong with a request that marks a message as read."""
    return MARK(body, "")


# -- the pieces --------------------------------------------------------------------------------------------------


def words(most: int = 512, least: int = 1) -> Check:
    """A text of so many characters."""

    def check(value: Any, at: str) -> str:
        return "" if isinstance(value, str) and least <= len(value) <= most else f"wrong {at}"

    return check


def one_of(*allowed: object) -> Check:
    """One of these values."""

    def check(value: Any, at: str) -> str:
        return "" if any(value is a or (type(value) is type(a) and value == a) for a in allowed) else f"wrong {at}"

    return check


def shape(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with these parts and no others."""
    known = {**required, **(optional or {})}

    def check(value: Any, at: str) -> str:
        if not isinstance(value, dict):
            return f"wrong {at or 'body'}"
        for name in required:
            if name not in value:
                return f"missing {at}.{name}"
        for name, part in value.items():
            if name not in known:
                return f"unexpected {at}.{name}"
            if wrong := known[name](part, f"{at}.{name}"):
                return wrong
        return ""

    return check


def array(of: Check, most: int, *, unique: str = "") -> Check:
    """1 to `most` of something; `unique` names a part in which no two may be equal."""

    def check(value: Any, at: str) -> str:
        if not isinstance(value, list) or not 1 <= len(value) <= most:
            return f"wrong {at}"
        wrong = next((w for place, part in enumerate(value) if (w := of(part, f"{at}[{place}]"))), "")
        if not wrong and unique and len({_deep(part, unique) for part in value}) < len(value):
            return f"twice the same {unique} in {at}"
        return wrong

    return check


def _deep(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = value[name]
    return value


def _degrees(most: int) -> Check:
    def check(value: Any, at: str) -> str:
        try:
            good = isinstance(value, str | int | float) and abs(float(value)) <= most
        except ValueError:
            good = False
        return "" if good else f"wrong {at}"

    return check


def _file(**more: Check) -> Check:
    """A file by exactly one of its id and its address."""
    parts = shape({}, {"id": words(100), "link": _link, **more})

    def check(value: Any, at: str) -> str:
        if wrong := parts(value, at):
            return wrong
        return "" if ("id" in value) != ("link" in value) else f"wrong {at}: one of id and link"

    return check


def _link(value: Any, at: str) -> str:
    return "" if isinstance(value, str) and value.startswith(("http://", "https://")) else f"wrong {at}"


def _interactive(value: Any, at: str) -> str:
    kind = value.get("type") if isinstance(value, dict) else None
    action = ACTIONS.get(kind) if isinstance(kind, str) else None
    if action is None:
        return f"wrong {at}.type"
    frame = {"header": shape({"type": one_of("text"), "text": words(60)}), "footer": shape({"text": words(60)})}
    fixed = {"type": words(), "body": shape({"text": words(1024)}), "action": action}
    return shape(fixed, frame)(value, at)


def _list(value: Any, at: str) -> str:
    row = shape({"id": words(200), "title": words(24)}, {"description": words(72)})
    section = shape({"rows": array(row, 10, unique="id")}, {"title": words(24)})
    wrong = shape({"button": words(20), "sections": array(section, 10)})(value, at)
    if wrong:
        return wrong
    sections = value["sections"]
    if sum(len(section["rows"]) for section in sections) > 10:
        return f"wrong {at}.sections: more than 10 rows"
    return f"missing {at}.sections.title" if len(sections) > 1 and any("title" not in s for s in sections) else ""


def _parameter(value: Any, at: str) -> str:
    kind = value.get("type") if isinstance(value, dict) else None
    check = PARAMETERS.get(kind) if isinstance(kind, str) else None
    return check(value, at) if check else f"wrong {at}.type"


def _value(value: Any, at: str) -> str:
    """The value of a variable: WhatsApp takes no line end, no tab, no run of spaces in it."""
    if not isinstance(value, str) or not value:
        return f"wrong {at}"
    bad = any(part in value for part in ("\n", "\t", " " * 5))
    return (
        f"wrong {at}: Param text cannot have new-line/tab characters or more than 4 consecutive spaces" if bad else ""
    )


def _component(value: Any, at: str) -> str:
    kind = value.get("type") if isinstance(value, dict) else None
    parameters = array(_parameter, 100)
    if kind in ("header", "body"):
        return shape({"type": words(), "parameters": parameters})(value, at)
    if kind != "button":
        return f"wrong {at}.type"
    sub = one_of("quick_reply", "url", "copy_code")
    index = one_of(*map(str, range(10)))
    return shape({"type": words(), "sub_type": sub, "index": index, "parameters": parameters})(value, at)


FLAG = one_of(True, False)
CARD = shape(
    {"name": shape({"formatted_name": words()}, dict.fromkeys(("first_name", "last_name"), words()))},
    {
        "phones": array(shape({"phone": words()}, {"type": words(), "wa_id": words()}), 20),
        "emails": array(shape({"email": words()}, {"type": words()}), 20),
        "org": shape({}, dict.fromkeys(("company", "department", "title"), words())),
    },
)
BUTTON = shape({"type": one_of("reply"), "reply": shape({"id": words(256), "title": words(20)})})
ACTIONS: dict[str, Check] = {
    "button": shape({"buttons": array(BUTTON, 3, unique="reply.id")}),
    "list": _list,
}
PARAMETERS: dict[str, Check] = {
    "text": shape({"type": words(), "text": _value}, {"parameter_name": words()}),
    "payload": shape({"type": words(), "payload": words(256)}),
    "coupon_code": shape({"type": words(), "coupon_code": words(20)}),
    "image": shape({"type": words(), "image": _file()}),
    "video": shape({"type": words(), "video": _file()}),
    "document": shape({"type": words(), "document": _file(filename=words())}),
}
LANGUAGE = shape({"code": words(20)}, {"policy": one_of("deterministic")})
TYPES: dict[str, Check] = {
    "text": shape({"body": words(4096)}, {"preview_url": FLAG}),
    "image": _file(caption=words(1024)),
    "video": _file(caption=words(1024)),
    "audio": _file(voice=FLAG),
    "document": _file(caption=words(1024), filename=words()),
    "sticker": _file(),
    "location": shape(
        {"latitude": _degrees(90), "longitude": _degrees(180)}, {"name": words(1000), "address": words(1000)}
    ),
    "contacts": array(CARD, 257),
    "reaction": shape({"message_id": words(), "emoji": words(least=0)}),
    "interactive": _interactive,
    "template": shape({"name": words(), "language": LANGUAGE}, {"components": array(_component, 20)}),
}
HEAD: dict[str, Check] = {"messaging_product": one_of("whatsapp"), "type": words()}
COMMON: dict[str, Check] = {
    "recipient_type": one_of("individual", "group"),
    "to": words(),
    "recipient": words(),
    "context": shape({"message_id": words()}),
    "biz_opaque_callback_data": words(512),
}
BODIES = {kind: shape({**HEAD, kind: part}, COMMON) for kind, part in TYPES.items()}
"""WhatsApp's type -> the check of a whole body."""
MARK = shape(
    {"messaging_product": one_of("whatsapp"), "status": one_of("read"), "message_id": words()},
    {"typing_indicator": shape({"type": one_of("text")})},
)
