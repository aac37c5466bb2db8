"""`[followup.NAME]` in hub.toml: weights of the signals, fences around the nudges, names of the texts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from pydantic import Field

from hub.contracts.errors import ConfigError
from hub.contracts.toml_tables import Names, Path, Table, Where, closest, span, validate
from hub.followup.chances import HORIZON
from hub.followup.wording import comparing
from hub.words.keywords import Keywords
from hub.words.normal import normal

Purpose = Literal["clarify", "advance", "restart"]
"""What a follow-up is for: reduce uncertainty · go a step forward · begin anew after much time or change."""

PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
WEIGHTS: Mapping[str, float] = {
    "latency": 1.0,
    "specificity": 1.5,
    "depth": 2.0,
    "changed_details": 1.0,
    "repeated_question": -1.0,
    "comparison": 1.0,
    "engagement": 1.0,
}
"""The signals, with the points that a full one gives unless the table says otherwise."""


class FollowUpTable(Table):
    """One [followup.NAME]."""

    answers_alone_below: float = Field(0.3, gt=0, lt=1)
    at_least: str = "4h"
    at_most: str = "5d"
    nudges: int = Field(3, ge=0, le=20)
    sends: int = Field(4, ge=0, le=100)
    sends_per: str = "30d"
    restart_after: str = "7d"
    left_alone: float = Field(0.1, ge=0, le=1)
    advance_from: float = Field(1.0, allow_inf_nan=False)
    signals: dict[str, float] = Field(default_factory=dict)
    texts: dict[str, str] = Field(default_factory=dict)
    required: Names = Field(default_factory=list)
    products: Names = Field(default_factory=list)
    competitors: Names = Field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """How a team follows up. Times in ms.

    A nudge goes when the chance that he answers alone falls below `answers_alone_below`, at least `at_least` times the
    number of the nudge and at most `at_most` after our last message; at most `nudges` of an inquiry, and at most
    `sends` to a person in `sends_per`. A share `left_alone` of the silences is left until `at_most` whatever the
    chance, so that the hub keeps seeing what people do by themselves. After `restart_after` without a word from him
    the text is that of a restart. With `advance_from` points an inquiry is worth a next step. `texts` names a text by
    purpose: a purpose without one is never followed. `comparison` is the index of comparing words and `competitors`.
    """

    name: str = ""
    answers_alone_below: float = 0.3
    at_least: int = 4 * 3_600_000
    at_most: int = 120 * 3_600_000
    nudges: int = 3
    sends: int = 4
    sends_per: int = 30 * 86_400_000
    restart_after: int = 7 * 86_400_000
    left_alone: float = 0.1
    advance_from: float = 1.0
    weights: Mapping[str, float] = field(default_factory=lambda: WEIGHTS)
    texts: Mapping[Purpose, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    competitors: tuple[str, ...] = ()
    comparison: Keywords[str] = field(default_factory=comparing, repr=False, compare=False)


def compile_followup(name: str, table: Any, path: Path, where: Where) -> FollowUp:
    """The settings of `[followup.NAME]`, which stands at `path`. Raises ConfigError with place and remedy at the first
    mistake. That the named texts exist is for the caller to check."""
    checked = validate(FollowUpTable, table, path, where)
    times = {key: span(getattr(checked, key), (*path, key), where) for key in ("at_least", "at_most", "sends_per")}
    restart_after = span(checked.restart_after, (*path, "restart_after"), where)
    if not 0 < times["at_most"] <= HORIZON:
        raise ConfigError(
            f"at_most is {checked.at_most or 'empty'}: nobody is waited for longer than a week, nor not at all",
            where=where((*path, "at_most")),
            remedy='such as at_most = "5d"',
        )
    if times["at_least"] > times["at_most"]:
        raise ConfigError(
            f"at_least ({checked.at_least}) is longer than at_most ({checked.at_most})",
            where=where((*path, "at_least")),
            remedy="no nudge could ever go",
        )
    for key, weight in checked.signals.items():
        if key not in WEIGHTS:
            raise ConfigError(
                f"there is no signal '{key}'",
                where=where((*path, "signals", key)),
                remedy=closest(key, WEIGHTS, "signals"),
            )
        if not math.isfinite(weight):
            raise ConfigError(
                f"signal '{key}': {weight} is no weight",
                where=where((*path, "signals", key)),
                remedy="a number such as 1.5; 0 switches it off",
            )
    texts: dict[Purpose, str] = {}
    for key, text in checked.texts.items():
        purpose = next((known for known in PURPOSES if known == key), None)
        if purpose is None:
            raise ConfigError(
                f"there is no follow-up called '{key}'",
                where=where((*path, "texts", key)),
                remedy=closest(key, PURPOSES, "follow-ups"),
            )
        texts[purpose] = text
    if not texts:
        raise ConfigError(
            f"[followup.{name}] has no texts",
            where=where((*path, "texts")),
            remedy='add texts = { clarify = "...", advance = "...", restart = "..." }',
        )
    products = []
    for place, product in enumerate(checked.products):
        if not (plain := normal(product)):
            raise ConfigError(
                "a product without a name", where=where((*path, "products", place)), remedy="write a name, or remove it"
            )
        products.append(plain)
    try:
        comparison = comparing(checked.competitors)
    except ValueError as error:
        raise ConfigError(str(error), where=where((*path, "competitors")), remedy="write a name") from None
    return FollowUp(
        name=name,
        answers_alone_below=checked.answers_alone_below,
        **times,
        nudges=checked.nudges,
        sends=checked.sends,
        restart_after=restart_after,
        left_alone=checked.left_alone,
        advance_from=checked.advance_from,
        weights={**WEIGHTS, **checked.signals},
        texts=texts,
        required=tuple(checked.required),
        products=tuple(products),
        competitors=tuple(checked.competitors),
        comparison=comparison,
    )
