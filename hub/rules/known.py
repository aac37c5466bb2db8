"""The names that rules may use, collected before the first rule is compiled."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from hub.contracts.errors import ConfigError
from hub.contracts.toml_tables import Path, Where, closest
from hub.rules.book import Book
from hub.words.keywords import Keyword

BUILT_IN = (
    "answer",
    "consent",
    "erase",
    "fallback",
    "file",
    "followup",
    "hand_off",
    "human",
    "link",
    "log",
    "pause",
    "relog",
    "retry",
    "sync",
)
"""What the hub does by itself, and no rule may be called."""
MOST_KEYWORDS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the file says beside its rules (`book`), and the names of all rules and of the timers that they arm.

    `words` collects the keywords of all rules while they are compiled, each of the `lists` under its own number.
    """

    where: Where
    book: Book = field(default_factory=Book)
    timers: Collection[str] = ()
    rules: Collection[str] = ()
    words: list[Keyword[int]] = field(default_factory=list)
    lists: list[Path] = field(default_factory=list)

    @property
    def speakers(self) -> set[str]:
        """Who may say something: rules, agents, campaigns, and what is built in."""
        campaigns = (f"campaign:{name}" for name in self.book.campaigns)
        return {*self.rules, *self.book.staff.agents, *campaigns, *BUILT_IN}

    @property
    def levels(self) -> list[str]:
        """The names of the priorities."""
        return [priority.name for priority in self.book.priorities.all]

    def check(self, noun: str, names: Sequence[str], among: Collection[str], path: Path, table: str = "") -> None:
        """Raise ConfigError for the first of `names` (which stand at `path`, one or a list) that is not `among` them.

        `noun` says what it would be, `table` where it is declared, such as `[tag.NAME]`.
        """
        for place, name in enumerate(names):
            if name not in among:
                remedy = closest(name, among, "known")
                if table and not among:
                    remedy = f"add {table.replace('NAME', name)}"
                raise ConfigError(f"there is no {noun} '{name}'", where=self.where((*path, place)), remedy=remedy)
