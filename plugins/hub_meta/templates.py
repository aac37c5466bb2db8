"""Templates: what Meta lists of them, and the part of a message that fills one in.

Sources: Graph API, WhatsApp Business Account > Message Templates (`components`, `status`); Cloud API reference,
template object.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from hub import Template, TemplateInfo
from hub.contracts.errors import Rejected
from hub_meta.envelope import Json, mapping, sequence, word

FIELDS = "name,language,status,category,quality_score,components"
VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
FORBIDDEN = re.compile(r"[\n\r\t]| {5}")
"""A variable's value holds no line end, no tab and no more than four spaces in a row."""
HEADER_FILES = {"IMAGE": "image", "VIDEO": "video", "DOCUMENT": "document"}
BUTTONS_MAX = 10
KINDS = {"payload:": ("quick_reply", "payload"), "code:": ("copy_code", "coupon_code"), "url:": ("url", "text")}
"""How a button's value says what it is; without such a beginning it is the changing end of an address."""


def listed(row: Any) -> TemplateInfo | None:
    """A template as Meta lists it; None for a row without name or language."""
    data = mapping(row)
    name, language, status = word(data.get("name")), word(data.get("language")), word(data.get("status"))
    if not name or not language:
        return None
    header, body, buttons, media = 0, 0, 0, ""
    for part in map(mapping, sequence(data.get("components"))):
        kind = word(part.get("type")).upper()
        if kind == "HEADER":
            header, media = variables(part.get("text")), HEADER_FILES.get(word(part.get("format")).upper(), "")
        elif kind == "BODY":
            body = variables(part.get("text"))
        elif kind == "BUTTONS":
            buttons = sum(_takes_value(mapping(button)) for button in sequence(part.get("buttons")))
    return TemplateInfo(
        account="",
        name=name,
        language=language,
        status=status,
        usable=status.upper() == "APPROVED",
        category=word(data.get("category")),
        quality=word(mapping(data.get("quality_score")).get("score")),
        header=header,
        body=body,
        buttons=buttons,
        header_media=media,
    )


def variables(text: Any) -> int:
    """How many different variables a text holds, numbered (`{{1}}`) or named (`{{first_name}}`)."""
    return len(set(VARIABLE.findall(text))) if isinstance(text, str) else 0


def _takes_value(button: Json) -> bool:
    kind = word(button.get("type")).upper()
    return kind in ("COPY_CODE", "OTP") or (kind == "URL" and variables(button.get("url")) > 0)


def template_object(template: Template, media: Json | None) -> Json:
    """The `template` part of a message; `media` is the file of its header. Raises Rejected for unfit values."""
    if not template.name or not template.language:
        raise Rejected("a template needs its name and its language")
    if media is not None and template.header:
        raise Rejected("a template's header is a file or a text, not both")
    if template.names and len(template.names) != len(template.header) + len(template.body):
        raise Rejected("a template with named variables needs one name for each value")
    split = len(template.header)
    parts: list[Json] = []
    if media is not None and template.media is not None:
        parts.append({"type": "header", "parameters": [{"type": template.media.kind, template.media.kind: media}]})
    if template.header:
        parts.append({"type": "header", "parameters": _values(template.header, template.names[:split])})
    if template.body:
        parts.append({"type": "body", "parameters": _values(template.body, template.names[split:])})
    if len(template.buttons) > BUTTONS_MAX:
        raise Rejected(f"a template has at most {BUTTONS_MAX} buttons")
    parts += [_button(place, value) for place, value in enumerate(template.buttons) if value]
    # Meta's description asks for the policy; it knows no other
    language = {"policy": "deterministic", "code": template.language}
    return {"name": template.name, "language": language, **({"components": parts} if parts else {})}


def _values(values: Sequence[str], names: Sequence[str]) -> list[Json]:
    found = []
    for place, value in enumerate(values):
        if not value.strip():
            raise Rejected(f"value {place + 1} of the template is empty: WhatsApp takes none")
        if FORBIDDEN.search(value):
            raise Rejected(
                f"value {place + 1} of the template holds a line end, a tab or more than four spaces in a row"
            )
        named = {"parameter_name": names[place]} if names else {}
        found.append({"type": "text", **named, "text": value})
    return found


def _button(place: int, value: str) -> Json:
    beginning = next((start for start in KINDS if value.startswith(start)), "")
    kind, name = KINDS[beginning or "url:"]
    value = value.removeprefix(beginning)
    if not value:
        raise Rejected(f"the value of the template's button {place + 1} is empty")
    parameter = {"type": name, name: value}
    return {"type": "button", "sub_type": kind, "index": str(place), "parameters": [parameter]}
