"""`when`: one expression in CEL (Common Expression Language) for what the other keys cannot say.

Compiled at load with everything checked that can be: its length, its names, and that it ends soon. The library is the
optional extra `cel`; nothing else needs it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.contracts.errors import ConfigError
from hub.contracts.toml_tables import Path, Where, closest
from hub.rules.case import Case
from hub.rules.kinds import SAID
from hub.words.compare import number

LONGEST = 500  # characters of an expression
MOST_OPERATORS = 40
MOST_MEMBERS = 100
"""Members of a list or a table that an expression sees: what repeats itself over one ends soon."""
LONGEST_TEXT = 2_000
"""Characters of a message that an expression sees."""

OPEN: tuple[str, ...] = ("*",)
NAMES: Mapping[str, tuple[str, ...]] = {
    "channel": (),
    "deals": (),
    "details": OPEN,
    "event": ("about", "after", "before", "field", "kind", "score"),
    "facts": OPEN,
    "first": (),
    "inbox": (),
    "inquiry": ("age", "nudges", "open", "owner", "priority", "state"),
    "intents": OPEN,
    "message": ("text",),
    "moods": (),
    "now": (),
    "numbers": OPEN,
    "owner": (),
    "person": ("language", "name"),
    "same": (),
    "silent": (),
    "tags": (),
    "tickets": (),
    "topics": (),
    "values": OPEN,
}
"""What an expression may name. `details` of the inquiry and `values` of the person are texts, `numbers` those of both
that are numbers; `now` is a timestamp, `silent` (since he last wrote) and `inquiry.age` are durations."""

LOOKS = {
    "deals": "beside",
    "facts": "facts",
    "intents": "intents",
    "owner": "beside",
    "same": "same",
    "tags": "tags",
    "tickets": "beside",
    "topics": "intents",
}
_LISTS = frozenset({"deals", "moods", "tags", "topics"})
_REPEATS = frozenset({"all", "exists", "exists_one", "filter", "map"})
_FUNCTIONS = frozenset(
    {
        "contains",
        "double",
        "duration",
        "endsWith",
        "getDate",
        "getDayOfMonth",
        "getDayOfWeek",
        "getDayOfYear",
        "getFullYear",
        "getHours",
        "getMinutes",
        "getMonth",
        "int",
        "max",
        "min",
        "size",
        "startsWith",
        "string",
        "timestamp",
        "uint",
    }
)
_TOKEN = re.compile(
    r"""\s+|//[^\n]*|(?P<text>(?:"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))|(?P<name>[A-Za-z_]\w*)"""
    r"""|(?P<number>[0-9][\w.]*)|(?P<sign>&&|\|\||[<>=!]=|.)""",
    re.DOTALL,
)
_OPERATORS = frozenset({"&&", "||", "<=", ">=", "==", "!=", "<", ">", "+", "-", "*", "/", "%", "!", "?", "in"})
_REMEDY = "such as when = \"silent > duration('72h') && numbers.budget >= 50000.0\""


@dataclass(frozen=True, slots=True)
class When:
    """A compiled expression. One that cannot be worked out for an event is false there, and `seen` says why."""

    holds: Callable[[Case], bool]
    seen: Callable[[Case], str]
    looks: frozenset[str]


def compile_when(source: str, path: Path, where: Where) -> When:
    """The expression that stands at `path`. Raises ConfigError, also where the library is not installed."""

    def mistake(what: str, remedy: str = _REMEDY) -> ConfigError:
        return ConfigError(f"'when': {what}", where=where(path), remedy=remedy)

    try:
        import cel
    except ImportError:
        raise mistake("the library for CEL is not installed", 'pip install "dragoman[cel]", or remove when') from None
    if not source.strip():
        raise mistake("it is empty")
    if len(source) > LONGEST:
        raise mistake(f"it has {len(source)} characters", f"at most {LONGEST}; split the rule, or use the other keys")
    if '"""' in source or "'''" in source:
        raise mistake("it has a text in three quotes", "write \"...\" or '...'")
    tokens = list(_tokens(source))
    _check_length(tokens, mistake)
    try:
        program = cel.compile(source)
    except Exception as error:
        told = str(error).partition("ERROR: ")[2].partition("\n")[0] or str(error).partition("\n")[0]
        raise mistake(f"it cannot be read: {told.partition(': ')[2] or told:.80}") from None
    for name in program.functions():
        if name[0] not in "_@!-" and name not in _FUNCTIONS:
            what = "it calls matches, which may take long" if name == "matches" else f"it calls {name}"
            remedy = "look for words with keywords" if name == "matches" else closest(name, _FUNCTIONS, "functions")
            raise mistake(what, remedy)
    used = _used(tokens, mistake)
    try:
        result = program.execute(cel.Context(_sample()))
    except Exception:
        result = False  # a name in an open table that the sample does not have
    if not isinstance(result, bool):
        raise mistake("it is neither true nor false", "compare something: numbers.budget >= 50000.0")

    def ask(case: Case) -> tuple[bool, str]:
        known = case.facts.get(source)
        if known is not None:
            return known  # type: ignore[no-any-return]
        if case.asked is None:
            case.asked = cel.Context(_facts(case))
        try:
            found = program.execute(case.asked)
            answer = (found is True, str(found).lower() if isinstance(found, bool) else "neither true nor false")
        except Exception as error:  # whatever the library raises, the rule is quiet and says why
            answer = (False, f"cannot be told: {str(error).partition('.')[0]:.80}")
        case.facts[source] = answer
        return answer

    return When(
        lambda case: ask(case)[0],
        lambda case: f"when {source:.60}: {ask(case)[1]}",
        frozenset(LOOKS[name] for name in used if name in LOOKS),
    )


Token = tuple[str, str]
"""What it is (text, name, number, sign), and how it is written."""


def _tokens(source: str) -> Iterator[Token]:
    for found in _TOKEN.finditer(source):
        if found.lastgroup:
            yield found.lastgroup, found.group()


def _check_length(tokens: list[Token], mistake: Callable[..., ConfigError]) -> None:
    """Refuse what could run long: many operators, and repetition within repetition or over what has no known end."""
    operators = sum(written in _OPERATORS for kind, written in tokens if kind != "text")
    if operators > MOST_OPERATORS:
        raise mistake(
            f"it has {operators} operators", f"at most {MOST_OPERATORS}; split the rule, or use the other keys"
        )
    depth, repeats = 0, -1
    for place, (kind, written) in enumerate(tokens):
        if kind == "sign" and written in "([{":
            depth += 1
        elif kind == "sign" and written in ")]}":
            depth -= 1
            if depth == repeats:
                repeats = -1
        elif kind == "name" and written in _REPEATS and tokens[place - 1 : place] == [("sign", ".")]:
            if repeats >= 0:
                raise mistake(f"{written} stands inside another repetition, which may take long", "repeat once")
            before = tokens[place - 2][1] if place > 1 else ""
            if before not in _LISTS and before != "]":
                remedy = f"repeat over {', '.join(sorted(_LISTS))} or a list that you write"
                raise mistake(f"{written} repeats over '{before}', which is no list that ends soon", remedy)
            repeats = depth


def _used(tokens: list[Token], mistake: Callable[..., ConfigError]) -> set[str]:
    """The names of NAMES that it uses; an unknown one is a mistake."""
    bound = {
        tokens[place + 2][1]
        for place, (kind, written) in enumerate(tokens[:-2])
        if kind == "name" and written in _REPEATS and tokens[place + 1][1] == "("
    }
    used: set[str] = set()
    for place, (kind, name) in enumerate(tokens):
        after = [written for _, written in tokens[place + 1 : place + 3]]
        dotted = place > 0 and tokens[place - 1] == ("sign", ".")
        if kind != "name" or dotted or name in ("in", "true", "false", "null", *bound) or after[:1] == ["("]:
            continue
        keys = NAMES.get(name)
        if keys is None:
            raise mistake(f"unknown name '{name}'", closest(name, NAMES, "names"))
        if keys and keys != OPEN and after[:1] == ["."] and after[1] not in keys:
            raise mistake(f"unknown name '{name}.{after[1]}'", closest(after[1], keys, f"of {name}"))
        used.add(name)
    return used


def _facts(case: Case) -> dict[str, Any]:
    view, event, inquiry = case.view, case.event, case.view.inquiry
    details = _few(inquiry.details if inquiry is not None else {})
    values = _few(view.values)
    figures = {name: number(value) for name, value in (values | details).items()}
    return {
        "channel": view.conversation.channel,
        "deals": [
            {"stage": deal.stage, "label": deal.label, "owner": deal.owner, "closed": deal.closed}
            for deal in view.deals[:MOST_MEMBERS]
        ],
        "details": details,
        "event": {
            "about": case.names[0] if case.names else "",
            "after": getattr(event, "after", ""),
            "before": getattr(event, "before", ""),
            "field": getattr(event, "field", ""),
            "kind": event.kind,
            "score": getattr(event, "score", 0),
        },
        "facts": _few(view.facts),
        "first": view.conversation.first,
        "inbox": view.conversation.inbox,
        "inquiry": {
            "age": timedelta(milliseconds=case.now - inquiry.opened if inquiry is not None else 0),
            "nudges": inquiry.nudges if inquiry is not None else 0,
            "open": inquiry is not None and inquiry.state == "open",
            "owner": inquiry.owner if inquiry is not None else "",
            "priority": inquiry.priority if inquiry is not None else "",
            "state": inquiry.state if inquiry is not None else "",
        },
        "intents": _few(view.intents),
        "message": {"text": case.text[:LONGEST_TEXT]},
        "moods": list(case.meaning.moods)[:MOST_MEMBERS],
        "now": datetime.fromtimestamp(case.now / 1000, UTC),
        "numbers": {name: figure for name, figure in figures.items() if figure is not None},
        "owner": view.owner,
        "person": {"language": view.person.language, "name": view.person.name},
        "same": view.conversation.same,
        "silent": timedelta(milliseconds=case.now - view.heard),
        "tags": list(view.tags)[:MOST_MEMBERS],
        "tickets": view.tickets,
        "topics": list(case.meaning.topics)[:MOST_MEMBERS],
        "values": values,
    }


def _few(members: Mapping[str, Any]) -> dict[str, Any]:
    return dict(list(members.items())[:MOST_MEMBERS])


def _sample() -> dict[str, Any]:
    """Facts of nobody: enough to see whether an expression is true or false."""
    texts = {name: "" for name, keys in NAMES.items() if not keys}
    inquiry = {"age": timedelta(), "nudges": 0, "open": False, "owner": "", "priority": "", "state": ""}
    about = {"about": "", "after": "", "before": "", "field": "", "kind": SAID, "score": 0}
    lists: dict[str, Any] = {name: [] for name in _LISTS}
    open_ones: dict[str, Any] = {name: {} for name, keys in NAMES.items() if keys == OPEN}
    single = {"first": False, "now": datetime(2026, 1, 1, tzinfo=UTC), "same": 1, "silent": timedelta(), "tickets": 0}
    person = {"language": "", "name": ""}
    named = {"event": about, "inquiry": inquiry, "message": {"text": ""}, "person": person}
    return texts | open_ones | lists | single | named
