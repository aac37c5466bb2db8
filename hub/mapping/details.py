"""What a message says beside its text, as lines for people: a form's answers, an order's prices, how one came. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

LINES = 20
"""Most answers of a form, or articles of an order, that are shown."""
VALUE = 500
"""Characters of one value."""
DEPTH = 3
"""Lists and objects within a form's answer that are opened."""


def answers(payload: str) -> list[str]:
    """The answers of a form (a JSON object), `name: value` each; nothing for the payload of a button."""
    told = _parsed(payload)
    if not isinstance(told, dict):
        return []
    shown = ((name, _said(value)) for name, value in told.items() if name != "flow_token")
    return _some([f"{_said(name)}: {value}" for name, value in shown if value])


def articles(payload: str) -> tuple[list[str], str]:
    """The articles of an order (a JSON list) with their prices; and how the channel lists them in the text, without."""
    told = _parsed(payload)
    rows = [row for row in told if isinstance(row, dict)] if isinstance(told, list) else []
    return _some([_priced(row) for row in rows]), ", ".join(_article(row) for row in rows)


def came(referral: Mapping[str, str]) -> list[str]:
    """How the person came, and the product that is asked about."""
    named = {name: _said(value) for name, value in referral.items()}
    lines = []
    url, headline = named.get("source_url", ""), named.get("headline", "") or named.get("source_id", "")
    if headline or url:
        kind = "a post" if named.get("source_type") == "post" else "an ad"
        lines.append(f"came from {kind}: {headline or url}" + (f" ({url})" if headline and url else ""))
    if product := named.get("product_retailer_id"):
        lines.append(f"asks about the product {product}")
    return lines


def _parsed(payload: str) -> Any:
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return None


def _some(lines: Sequence[str]) -> list[str]:
    left = len(lines) - LINES
    return [*lines[:LINES], f"… and {left} more"] if left > 0 else list(lines)


def _said(value: Any, depth: int = 0) -> str:
    """A value on one line."""
    if value is None or depth > DEPTH:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        value = ", ".join(f"{name} {told}" for name, one in value.items() if (told := _said(one, depth + 1)))
    elif isinstance(value, list):
        value = ", ".join(told for one in value if (told := _said(one, depth + 1)))
    line = " ".join(str(value)[: 2 * VALUE].split())
    return f"{line[:VALUE]}…" if len(line) > VALUE else line


def _article(row: Mapping[str, Any]) -> str:
    return f"{_said(row.get('quantity')) or '1'} x {_said(row.get('product_retailer_id'))}"


def _priced(row: Mapping[str, Any]) -> str:
    price = " ".join(filter(None, (_said(row.get("item_price")), _said(row.get("currency")))))
    return f"{_article(row)} at {price}" if "item_price" in row else _article(row)
