"""Lists in the words of PostgreSQL (postgresql.org, "Arrays"): one text for each list, made without a step per value.

The driver's own way asks of every value how it is to be quoted; a step of the hub has some hundred thousand of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_BETWEEN = "\x1f"
"""Hardly ever in a text: values are quoted all at once, with this between them."""


def literal(values: Sequence[Any]) -> str:
    """Whole numbers, texts or bytes, all of one kind, as an array."""
    if not values:
        return "{}"
    first = values[0]
    if isinstance(first, str):
        joined = _BETWEEN.join(values)
        if joined.count(_BETWEEN) != len(values) - 1:
            return "{" + ",".join(f'"{_quoted(value)}"' for value in values) + "}"
        return '{"' + _quoted(joined).replace(_BETWEEN, '","') + '"}'
    if isinstance(first, bytes):
        return "{" + ",".join(f'"\\\\x{value.hex()}"' for value in values) + "}"
    return "{" + ",".join(map(str, map(int, values))) + "}"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
