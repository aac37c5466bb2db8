"""Texts and times in queries, and the answers to them. Pure.

Source: SOQL and SOSL Reference ("Quoted String Escape Sequences", "Date Formats and Date Literals").
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from hub.contracts.errors import Unavailable


class Rows(NamedTuple):
    """A page of a query: `records` as Salesforce gives them, `next` is the path of the next page, "" = none."""

    records: list[dict[str, Any]]
    next: str = ""


def soql_text(value: str) -> str:
    """A text as a literal of a query: in quotes, with everything escaped that could end it."""
    from simple_salesforce.format import quote_soql_value

    return quote_soql_value(value)


def soql_time(ms: int) -> str:
    """A time (ms) as a literal of a query: 2026-01-31T10:00:00.000Z."""
    return f"{_second(ms // 1_000)}.{ms % 1_000:03d}Z"


@lru_cache(maxsize=256)
def _second(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()[:19]


def millis(text: object) -> int:
    """A time as Salesforce writes it, 2026-01-31T10:00:00.000+0000, in ms; 0 for anything else."""
    if not isinstance(text, str) or "T" not in text:
        return 0
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        return 0
    return round(told.timestamp() * 1_000) if told.tzinfo else 0


def rows(told: Any) -> Rows:
    """The answer to a query. Raises Unavailable where it is none."""
    if not isinstance(told, Mapping) or not isinstance(told.get("records"), list):
        raise Unavailable("Salesforce's answer to a query is not readable")
    return Rows(told["records"], str(told.get("nextRecordsUrl") or ""))
