"""Answers that a question waits for: what each of them does, checked at load, and which one a message is.

An answer does one of: "hand_off" · "priority:P1" · "field:NAME" (what was written becomes a detail of the inquiry;
"field:person.NAME" a value of the person), and with ";rule:NAME" behind it that rule acts · "rule:NAME" (that rule
acts) · "rate:NAME" (a score for NAME: where the
answers are numbers, from the lowest = 0 to the highest = 100, else in the order of the file) or "rate:NAME:80".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from hub.contracts.errors import ConfigError
from hub.contracts.toml_tables import Path
from hub.model.commands import Command, HandOff, Rate, SetField, SetPriority
from hub.rules.known import Known
from hub.rules.tables import AskTable
from hub.words.normal import normal

ANY = "*"
"""The answer that anything written is, unless it asks something itself."""
LONGEST = 500  # characters of what becomes a value
MOST_CHOICES = 20
RULE = "answer"
"""The built-in that does what an answer asks for."""
_THEN = ";rule:"
_QUESTION_MARKS = "?？؟՞;"
_REMEDY = '"hand_off", "priority:P1", "field:budget", "rule:NAME" or "rate:NAME"'


class Answer(NamedTuple):
    """The answer that a message is: its `key`, and what it `does`."""

    key: str
    does: str

    @property
    def rule(self) -> str:
        """The rule that acts on it, "" = none does."""
        return self.does.removeprefix("rule:") if self.does.startswith("rule:") else self.does.partition(_THEN)[2]


def compile_ask(table: AskTable, path: Path, known: Known) -> Mapping[str, str]:
    """What the answers to a question do, by answer. Raises ConfigError."""
    at = (*path, "ask")
    if (table.choices is None) is (not table.field):
        what = "a question has choices or a field" if table.field else "the question waits for no answer"
        remedy = 'choices = { "1" = "hand_off" }, or field = "budget"; to say something without waiting use reply'
        raise ConfigError(what, where=known.where(at), remedy=remedy)
    if table.field:
        name = table.field.strip()
        if not name or name == "person.":
            raise ConfigError("'field' names nothing", where=known.where((*at, "field")), remedy='field = "budget"')
        if table.then:
            known.check("rule", [table.then], known.rules, (*at, "then"))
        return {ANY: f"field:{name}{_THEN}{table.then}" if table.then else f"field:{name}"}
    if table.then:
        what = "'then' goes with a field; each choice says what it does itself"
        raise ConfigError(what, where=known.where((*at, "then")), remedy=f'"{"1"}" = "rule:{table.then}"')
    choices = table.choices or {}
    if not 1 <= len(choices) <= MOST_CHOICES:
        what, remedy = f"there are {len(choices)} choices", f"write 1 to {MOST_CHOICES}"
        raise ConfigError(what, where=known.where((*at, "choices")), remedy=remedy)
    seen: dict[str, str] = {}
    for key, does in choices.items():
        where = (*at, "choices", key)
        if not normal(key):
            raise ConfigError("a choice is empty", where=known.where(where), remedy='such as "1" = "hand_off"')
        if normal(key) in seen:
            what = f"the choices '{seen[normal(key)]}' and '{key}' are the same to people"
            raise ConfigError(what, where=known.where(where), remedy="give each its own")
        seen[normal(key)] = key
        _check(does, where, known)
    return dict(choices)


def _check(does: str, path: Path, known: Known) -> None:
    kind, _, name = does.partition(":")
    match kind:
        case "hand_off" if not name:
            return
        case "priority" if name:
            known.check("priority", [name], known.levels, path, "[priority.NAME]")
        case "rule" if name:
            known.check("rule", [name], known.rules, path)
        case "field" if name:
            return
        case "rate" if name:
            about, _, score = name.rpartition(":")
            if about and score.isdecimal() and int(score) > 100:
                raise ConfigError(f"the score {score} is above 100", where=known.where(path), remedy="0 to 100")
        case _:
            raise ConfigError(f"'{does}' is nothing that an answer does", where=known.where(path), remedy=_REMEDY)


def find(expects: Mapping[str, str], text: str, payload: str) -> Answer | None:
    """The answer that a message is, None = it is none: then it is a message like any other."""
    if payload and payload in expects:
        return Answer(payload, expects[payload])
    said = normal(text).strip(" .!)'\"")
    for key, does in expects.items():
        if said and key != ANY and normal(key).strip(" .!)'\"") == said:
            return Answer(key, does)
    if ANY in expects and said and len(text) <= LONGEST and not any(mark in text for mark in _QUESTION_MARKS):
        return Answer(ANY, expects[ANY])
    return None


def carry_out(answer: Answer, expects: Mapping[str, str], text: str) -> Command | None:
    """The command of an answer; None where a rule acts on it, or where it is none that this version knows."""
    kind, _, name = answer.does.partition(_THEN)[0].partition(":")
    match kind:
        case "hand_off":
            return HandOff(rule=RULE, because=f"answered '{answer.key}'")
        case "priority":
            return SetPriority(rule=RULE, priority=name)
        case "field":
            person = name.startswith("person.")
            value = " ".join(text.split())
            return SetField(rule=RULE, values={name.removeprefix("person."): value}, inquiry=not person)
        case "rate":
            of, score = _score(answer, expects)
            return Rate(rule=RULE, score=score, of=of)
    return None


def _score(answer: Answer, expects: Mapping[str, str]) -> tuple[str, int]:
    """Whom the answer rates, and how (0 to 100)."""
    name = answer.does.removeprefix("rate:")
    about, _, score = name.rpartition(":")
    if about and score.isdecimal():
        return about, min(100, int(score))
    keys = [key for key, does in expects.items() if does == answer.does]
    numbers = [int(key) for key in keys if key.isdecimal()]
    if len(numbers) == len(keys):
        low, high, mine = min(numbers), max(numbers), int(answer.key)
    else:
        low, high, mine = 0, len(keys) - 1, keys.index(answer.key)
    return name, round(100 * (mine - low) / (high - low)) if high > low else 100
