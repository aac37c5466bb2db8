"""The lines of a mapping: which field of the CRM gets what of a person, when, and whose value stays. Pure."""

from __future__ import annotations

from collections import abc
from dataclasses import dataclass, field
from typing import Literal

from hub.contracts.transforms import TransformSpec
from hub.mapping.facts import PersonFacts, attribute

When = Literal["create", "always"]
Direction = Literal["both", "push", "pull"]
Rule = Literal["crm", "hub", "newest", "fill-blank", "append", "ask"]
Blank = Literal["keep", "send"]


@dataclass(frozen=True, slots=True)
class Transform:
    """A transform with its argument, as a line names it."""

    spec: TransformSpec
    argument: str = ""

    @property
    def text(self) -> str:
        """As the file has it: `cut:40`."""
        return f"{self.spec.name}:{self.argument}" if self.argument else self.spec.name

    def forward(self, value: str) -> str:
        """The CRM's value, "" = none; so too where a plugin's transform fails."""
        return _tried(self.spec.forward, value, self.argument)

    def back(self, value: str) -> str:
        """The hub's value, "" = none; so too for a one-way transform, and where a plugin's fails."""
        return _tried(self.spec.back, value, self.argument) if self.spec.back is not None else ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of values: hub value -> CRM value, in the order of the file. `places`: where each hub value stands."""

    name: str
    values: abc.Mapping[str, str] = field(default_factory=dict)
    places: abc.Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    def forth(self, text: str) -> str | None:
        """The CRM's value; letter case does not matter. None when the table does not have it."""
        found = self.values.get(text)
        small = text.casefold()
        return found or next((crm for hub, crm in self.values.items() if hub.casefold() == small), None)

    def back(self, text: str) -> str | None:
        """The hub's value: of two for one CRM value the first. None when the table does not have it."""
        small = text.casefold()
        exact = (hub for hub, crm in self.values.items() if crm == text)
        return next(exact, None) or next((hub for hub, crm in self.values.items() if crm.casefold() == small), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRule:
    """One line of the file: the CRM field, its `source` (else the constant `value`), and where it stands.

    `table` of an owner is the file's [owners]. `inboxes`: the line counts for people who wrote to one of them, empty =
    for everybody.
    """

    field: str
    source: str = ""
    value: str = ""
    when: When = "create"
    direction: Direction = "both"
    rule: Rule = "crm"
    blank: Blank = "keep"
    transforms: tuple[Transform, ...] = ()
    table: Table | None = None
    inboxes: frozenset[str] = frozenset()
    where: str = ""

    @property
    def attribute(self) -> str:
        """The value of a person behind the line, "" for one that only the hub knows."""
        return attribute(self.source)

    @property
    def pushes(self) -> bool:
        """Whether the hub's value is written into records that are there already."""
        return self.direction != "pull" and self.when == "always"

    @property
    def pulls(self) -> bool:
        """Whether the CRM's value can be taken: the hub keeps such values, and nothing is lost on the way back."""
        return self.direction != "push" and bool(self.attribute) and all(t.spec.back for t in self.transforms)


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping file. `file` is the name shown to people, `person` its lines in their order."""

    file: str
    person: tuple[FieldRule, ...]
    tables: abc.Mapping[str, Table] = field(default_factory=dict)
    owners: abc.Mapping[str, str] = field(default_factory=dict)
    _everybody: abc.Mapping[str, FieldRule] | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not any(rule.inboxes for rule in self.person):  # the same lines count for all people
            object.__setattr__(self, "_everybody", self._first(frozenset()))

    @property
    def fields(self) -> frozenset[str]:
        """All CRM fields that the file names."""
        return frozenset(rule.field for rule in self.person)

    def lines(self, facts: PersonFacts) -> abc.Mapping[str, FieldRule]:
        """CRM field -> the line that counts for this person: the first that fits."""
        if self._everybody is not None:
            return self._everybody
        return self._first(facts.inboxes)

    def _first(self, inboxes: abc.Iterable[str]) -> dict[str, FieldRule]:
        found: dict[str, FieldRule] = {}
        for rule in self.person:
            if not rule.inboxes or not rule.inboxes.isdisjoint(inboxes):
                found.setdefault(rule.field, rule)
        return found


def _tried(function: abc.Callable[[str, str], str], value: str, argument: str) -> str:
    try:
        made = function(value, argument)
    except Exception:  # a stranger's code must not stop the step
        return ""
    return made if isinstance(made, str) else ""
