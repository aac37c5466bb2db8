"""The context of an inquiry: what was asked, how serious it is, what happened so far, the products, the buyer.

One JSON object that travels with the inquiry, whoever has it and whatever flow it is in. Values are never changed in
place: every function gives a new context.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from hub.wire import json as quick

Context = Mapping[str, Any]
"""Five parts, each absent while empty.

`request` every detail as it was named first, and `details` those that are different now · `intent`
`{"level": "high", "score": 0.7, "at": ms}` · `history` counters by name · `products` at most PRODUCTS names, the one
consulted last at the end · `company` the buyer's organisation, and the `role` of the contact in it.
"""

PRODUCTS = 2
"""Products or services that are linked at a time."""
KEYS_MAX = 40
"""Details of a request, facts of a company, counters: so many each."""
KEY_MAX = 40
"""Characters of a key."""
VALUE_MAX = 300
"""Characters of a value; what is longer is cut."""
SIZE_MAX = 16_000
"""Bytes of a packed context; what would make it larger is dropped."""

LEVELS = ("low", "medium", "high")
"""Levels of intent."""
ROLES = ("decision-maker", "influencer", "executor")
"""Roles of a contact in his organisation."""


class Change(NamedTuple):
    """A detail that was known and is now different: `request` or `company`, its key, both values."""

    part: str
    key: str
    before: str
    after: str


class Merged(NamedTuple):
    """The new context; what is different now (`changed`); what was not known (`new`) and what did not fit or is no
    value (`dropped`), both as `part.key`."""

    context: Context
    changed: tuple[Change, ...]
    new: tuple[str, ...]
    dropped: tuple[str, ...]


def merge(context: Context, found: Context) -> Merged:
    """`context` with what was `found`: `request`, `company` and `products`, as a message or the CRM told it.

    A detail keeps what was said first, and what is said now stands beside it. An empty value says nothing and changes
    nothing. A third product replaces the one that was consulted longest ago.
    """
    parts = {part: dict(context.get(part, {})) for part in ("request", "details", "company")}
    changed: list[Change] = []
    new: list[str] = []
    dropped: list[str] = []
    size = len(pack(context).encode())
    for part in ("request", "company"):
        told = found.get(part, {})
        for key, given in told.items() if isinstance(told, Mapping) else ():
            value = _value(part, str(key), given)
            if value == "":
                continue
            here = parts[part]
            before = parts["details"].get(key, here.get(key)) if part == "request" else here.get(key)
            if value is None or (before is None and (len(here) >= KEYS_MAX or len(str(key)) > KEY_MAX)):
                dropped.append(f"{part}.{key}")
                continue
            if before == value:
                continue
            size += len(json.dumps([str(key), value], ensure_ascii=False).encode())
            if size > SIZE_MAX:
                dropped.append(f"{part}.{key}")
                continue
            if before is None:
                here[key] = value
                new.append(f"{part}.{key}")
                continue
            changed.append(Change(part, str(key), before, value))
            if part == "company":
                here[key] = value
            elif here[key] == value:  # back to what was said first
                parts["details"].pop(key, None)
            else:
                parts["details"][key] = value
    products, added = _products(context.get("products", ()), found.get("products", ()))
    merged = {**context, **parts, "products": products}
    return Merged(_without_empty(merged), tuple(changed), (*new, *added), tuple(dropped))


def _value(part: str, key: str, given: Any) -> str | None:
    """What is kept of a value: one line, cut; "" says nothing, None = no value."""
    if given is None:
        return ""
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        return None
    value = " ".join(str(given).split())[:VALUE_MAX].rstrip().encode(errors="replace").decode()
    if part == "company" and key == "role" and value and value not in ROLES:
        return None
    return value


def _products(known: Any, told: Any) -> tuple[list[str], list[str]]:
    products = [str(name) for name in known]
    added: list[str] = []
    for name in [told] if isinstance(told, str) else told if isinstance(told, list | tuple) else ():
        product = _value("products", "", name)
        if not product:
            continue
        if product in products:
            products.remove(product)
        else:
            added.append(f"products.{product}")
        products.append(product)
    return products[-PRODUCTS:], [name for name in added if name.partition(".")[2] in products[-PRODUCTS:]]


def count(context: Context, counter: str, by: int = 1) -> Context:
    """With a counter of the history raised; a new one beyond KEYS_MAX, or with too long a name, is left out."""
    history = dict(context.get("history", {}))
    if counter not in history and (len(history) >= KEYS_MAX or len(counter) > KEY_MAX):
        return context
    history[counter] = history.get(counter, 0) + by
    return _without_empty({**context, "history": history})


def counted(packed: str, counter: str) -> str:
    """`count` on the packed form: every message counts, so it is quick."""
    if not packed:
        return f'{{"history":{{"{counter}":1}}}}'
    context = quick.loads(packed.encode())
    return quick.dumps(dict(sorted(count(context, counter).items()))).decode()


def with_intent(context: Context, level: str, score: float, now: int) -> Context:
    """With the inferred level of intent (one of LEVELS) and its score from 0 to 1. Raises ValueError for another."""
    if level not in LEVELS or not 0 <= score <= 1:
        raise ValueError(f"no level of intent: {level!r} {score!r}")
    return {**context, "intent": {"level": level, "score": round(score, 3), "at": now}}


def request(context: Context) -> Mapping[str, str]:
    """What is asked for, as it stands now."""
    return {**context.get("request", {}), **context.get("details", {})}


def found_in(values: Mapping[str, str]) -> Context:
    """Values by name as the parts they belong to: `product` (several with commas between), `company.NAME`, and all
    others of the request."""
    products = [name.strip() for key in ("product", "products") for name in values.get(key, "").split(",")]
    prefix = "company."
    return {
        "products": [name for name in products if name],
        "company": {key.removeprefix(prefix): value for key, value in values.items() if key.startswith(prefix)},
        "request": {
            key: value
            for key, value in values.items()
            if key not in ("product", "products") and not key.startswith(prefix)
        },
    }


def named(context: Context) -> Mapping[str, str]:
    """Everything that is known by a name, as rules and texts ask for it: the inverse of `found_in`."""
    if not context or context.keys() == {"history"}:
        return {}
    company = {f"company.{key}": value for key, value in context.get("company", {}).items()}
    products = {"product": ", ".join(context["products"])} if context.get("products") else {}
    return {**request(context), **company, **products}


def pack(context: Context) -> str:
    """As short JSON, the same text for the same context."""
    return json.dumps(_without_empty(context), separators=(",", ":"), ensure_ascii=False, sort_keys=True)


def unpack(text: str) -> Context:
    """Inverse of `pack`; an empty context for ""."""
    found: Context = json.loads(text) if text else {}
    return found


def _without_empty(context: Context) -> Context:
    return {part: value for part, value in context.items() if value}
