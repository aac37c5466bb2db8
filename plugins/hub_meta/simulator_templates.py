"""The double's catalogue of templates: listed in pages, and every send of one checked against it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aiohttp import web

VARIABLE = re.compile(r"\{\{(\w+)\}\}")
Row = dict[str, Any]


def template(
    name: str,
    body: str,
    *,
    language: str = "en",
    header: str = "",
    header_media: str = "",
    buttons: Sequence[Mapping[str, Any]] = (),
    status: str = "APPROVED",
    category: str = "UTILITY",
) -> Row:
    """A template as Meta lists it. `header_media`: image, video or document; `buttons` as `{type, text, url?}`."""
    parts: list[Row] = [{"type": "BODY", "text": body}]
    if header_media:
        parts.insert(0, {"type": "HEADER", "format": header_media.upper()})
    elif header:
        parts.insert(0, {"type": "HEADER", "format": "TEXT", "text": header})
    if buttons:
        parts.append({"type": "BUTTONS", "buttons": [dict(button) for button in buttons]})
    quality = {"score": "GREEN", "date": 1_790_000_000}
    listed = {"name": name, "language": language, "status": status, "category": category, "quality_score": quality}
    return {**listed, "components": parts}


class Catalogue:
    """`rows` as Meta lists them; `page` is the most that one answer holds."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.page = 100

    def find(self, sent: Mapping[str, Any]) -> Row | None:
        """The template that a message names."""
        wanted = sent["name"], sent["language"]["code"]
        return next((row for row in self.rows if (row["name"], row["language"]) == wanted), None)

    def mark(self, name: str, language: str, status: str) -> None:
        """Give a template another status."""
        for row in self.rows:
            if (row["name"], row["language"]) == (name, language):
                row["status"] = status

    async def listing(self, request: web.Request) -> web.StreamResponse:
        """GET /{version}/{account}/message_templates: a page, with the fields that were asked for."""
        first = int(request.query.get("after", "0"))
        size = min(int(request.query.get("limit", "25")), self.page)
        fields = request.query.get("fields", "name,language,status,category,components").split(",")
        rows = [
            {k: v for k, v in row.items() if k in fields} | {"id": str(800_000_000_000_001 + place)}
            for place, row in enumerate(self.rows)
        ]
        answer: Row = {"data": rows[first : first + size]}
        if answer["data"]:
            last = min(first + size, len(rows))
            answer["paging"] = {"cursors": {"before": str(first), "after": str(last)}}
            if last < len(rows):
                answer["paging"]["next"] = str(request.url.update_query(after=str(last)))
        return web.json_response(answer)

    def refusal(self, sent: Mapping[str, Any]) -> tuple[int, str]:
        """Meta's code and words for a template message that cannot be sent; (0, "") when it can."""
        row = self.find(sent)
        if row is None:
            return 132001, "Template name does not exist in the translation"
        if row["status"] != "APPROVED":
            codes = {"PAUSED": (132015, "Template is Paused"), "DISABLED": (132016, "Template is Disabled")}
            return codes.get(row["status"], (132001, "Template name does not exist in the translation"))
        given = {part["type"]: part["parameters"] for part in sent.get("components", ()) if part["type"] != "button"}
        parts = {part["type"]: part for part in row["components"]}
        for kind in ("header", "body"):
            wrong = _unfit(parts.get(kind.upper(), {}), given.get(kind, []))
            if wrong[0]:
                return wrong
        pressed = {part["index"]: part for part in sent.get("components", ()) if part["type"] == "button"}
        return _unfit_buttons(parts.get("BUTTONS", {}).get("buttons", []), pressed)

    def words(self, sent: Mapping[str, Any]) -> str:
        """What the person reads: the body with its values."""
        row = self.find(sent)
        body = next((part["text"] for part in (row or {}).get("components", ()) if part["type"] == "BODY"), "")
        given: list[Row] = next(
            (part["parameters"] for part in sent.get("components", ()) if part["type"] == "body"), []
        )
        values = {p.get("parameter_name", str(place)): p["text"] for place, p in enumerate(given, 1)}
        return VARIABLE.sub(lambda found: str(values.get(found[1], found[0])), body)

    def replies(self, sent: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
        """(payload, text) of the quick replies that the person sees."""
        row = self.find(sent) or {"components": []}
        buttons: list[Row] = next((part["buttons"] for part in row["components"] if part["type"] == "BUTTONS"), [])
        own = {
            part["index"]: part["parameters"][0]["payload"]
            for part in sent.get("components", ())
            if part.get("sub_type") == "quick_reply"
        }
        for place, button in enumerate(buttons):
            if button["type"] == "QUICK_REPLY":
                yield str(own.get(str(place), button["text"])), str(button["text"])


def _unfit(part: Mapping[str, Any], given: Sequence[Mapping[str, Any]]) -> tuple[int, str]:
    file = {"IMAGE", "VIDEO", "DOCUMENT"} & {part.get("format")}
    if file:
        wanted = file.pop().lower()
        fits = [value["type"] for value in given] == [wanted]
        return (0, "") if fits else (132012, f"Parameter format does not match: expected {wanted.upper()}")
    names = list(dict.fromkeys(VARIABLE.findall(part.get("text", ""))))
    if len(names) != len(given):
        return 132000, f"Number of parameters does not match the expected number of params ({len(names)})"
    if any(value["type"] != "text" for value in given):
        return 132012, "Parameter format does not match"
    named = [name for name in names if not name.isdecimal()]
    if sorted(named) != sorted(value["parameter_name"] for value in given if "parameter_name" in value):
        return 100, "Invalid parameter: Parameter name is missing or empty"
    return 0, ""


def _unfit_buttons(buttons: Sequence[Mapping[str, Any]], given: Mapping[str, Mapping[str, Any]]) -> tuple[int, str]:
    kinds = {"QUICK_REPLY": "quick_reply", "URL": "url", "COPY_CODE": "copy_code", "OTP": "url"}
    for index, part in given.items():
        kind = buttons[int(index)]["type"] if int(index) < len(buttons) else ""
        if kinds.get(kind) != part["sub_type"]:
            return 132018, f"There is an issue with the parameters of the button at index {index}"
    for place, button in enumerate(buttons):
        wants = button["type"] in ("COPY_CODE", "OTP") or VARIABLE.search(button.get("url", ""))
        if wants and str(place) not in given:
            return 131008, f"Required parameter is missing: button at index {place}"
    return 0, ""
