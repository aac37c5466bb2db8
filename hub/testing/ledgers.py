"""What the proof is computed from: the platforms' own ledgers, and what the driver knows because it made the people.

All clock values are seconds of one monotonic clock.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from hub.contracts.simulator import Heard, Logged, Said

WRITE_DOWN = 2.0
"""Seconds in which a killed hub may not yet have written down an answer that left the platform."""
TOKEN = re.compile(r"\bm\d{5,}\b")
"""Each message of a run carries a word of its own, such as m00042; replies repeat it."""


def token_of(text: str) -> str:
    """The first token in a text, "" when there is none."""
    found = TOKEN.search(text)
    return found[0] if found else ""


class Trouble(NamedTuple):
    """A time when something was off: a process of the hub was dead until it was ready again or slept, its database
    was dead, a platform was out, or the hub's machine was at fault."""

    kind: Literal["kill", "sleep", "store", "crm", "channel", "hub"]
    began: float
    ended: float


class Unsent(NamedTuple):
    """What the hub says about a reply that it has not simply sent."""

    state: str  # uncertain, dropped, dead
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledgers:
    """What one CRM and the channel saw.

    `people`: person as the channel names him -> digits under which a CRM may know him. `owned`: contacts that stood
    there before the hub came -> whose they are. `calls` are those that messages cost, by endpoint. `due`: tokens of
    messages that a rule answers. `unsent`: token of a reply -> the hub's word, and `gaps`: spans (ms) that the hub
    itself names as lost because the platform no longer delivers what was sent in them; these two are the only things
    here that are not a platform's.
    """

    heard: Sequence[Heard]
    said: Sequence[Said]
    logged: Sequence[Logged]
    contacts: Sequence[Mapping[str, str]]
    calls: Mapping[str, int]
    people: Mapping[str, frozenset[str]]
    owned: Mapping[str, frozenset[str]]
    due: frozenset[str]
    unsent: Mapping[str, Unsent] = field(default_factory=dict)
    troubles: Sequence[Trouble] = ()
    crm_swallowed: int = 0
    gaps: Sequence[tuple[int, int]] = ()

    @property
    def kills(self) -> list[float]:
        """When a process of the hub was killed."""
        return self._began("kill")

    @property
    def store_kills(self) -> list[float]:
        """When the hub's database was killed."""
        return self._began("store")

    @property
    def deaths(self) -> list[float]:
        """When somebody ceased to know what was under way."""
        return self._began("kill", "sleep", "store")

    def written(self, at: float) -> float:
        """When what came at that time can have stood in the store: at once, or when it worked again."""
        off = [t for t in self.troubles if t.kind == "store" and t.began <= at + WRITE_DOWN and at <= t.ended]
        return max([at, *(trouble.ended for trouble in off)]) + WRITE_DOWN

    def _began(self, *kinds: str) -> list[float]:
        return [trouble.began for trouble in self.troubles if trouble.kind in kinds]
