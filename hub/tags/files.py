"""Tags as people write them in hub.toml: [tag.NAME] tables, checked whole, compiled once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from itertools import combinations
from typing import Any, NoReturn

from hub.contracts.errors import ConfigError
from hub.contracts.toml_tables import Path, Table, Where, span, tables, validate
from hub.tags.tags import Asked, Derivation, TagKind, Tags
from hub.texts.texts import ReplyText, compile_text
from hub.words.compare import Test, compile_test

NAME = re.compile(r"[^\W_][\w.:>+-]{0,59}")
"""What a tag, a segment and a campaign may be called."""
FEWEST, MOST = 5, 8
"""Tags of one dimension that people can tell apart and still find enough: fewer or more is worth a word."""
DAY = 86_400_000  # ms
EVERY = {"weekly": 7, "monthly": 30, "quarterly": 91, "half-yearly": 182, "yearly": 365}  # days


class DeriveTable(Table):
    """When a tag follows by itself."""

    where: dict[str, Any] | None = None
    after: str = ""


class TagTable(Table):
    """One [tag.NAME]."""

    dimension: str = "state"
    group: str = ""
    expires: str = ""
    remind: str = ""
    review: str = ""
    closed_by_hand: bool = False
    until_answered: bool | None = None
    notify: str = ""
    text: Any = None
    derive: DeriveTable | None = None


def compile_tags(data: Mapping[str, Any], where: Where) -> Tags:
    """The tables `tag` of a parsed hub.toml. Raises ConfigError with place and remedy at the first mistake."""
    found = tables(data, "tag", where)
    kinds = {name: _kind(name, table, where) for name, table in found.items()}
    return Tags(kinds, (*_crowds(kinds), *_crossings(kinds)))


def _kind(name: str, given: Any, where: Where) -> TagKind:
    path: Path = ("tag", name)
    called(name, path, where)
    table = validate(TagTable, given, path, where, {"derive": DeriveTable})
    for key in ("dimension", *(["group"] if "group" in table.model_fields_set else [])):
        if not NAME.fullmatch(getattr(table, key)):
            _wrong(f"'{key}' of the tag '{name}' is no name", (*path, key), where, 'a word such as "state" or "value"')
    expires, remind = span(table.expires, (*path, "expires"), where), span(table.remind, (*path, "remind"), where)
    if table.closed_by_hand and expires:
        what = f"the tag '{name}' is closed by hand and yet expires"
        _wrong(what, (*path, "expires"), where, "keep one of the two; review asks a human to look again")
    if table.closed_by_hand and table.derive:
        what = f"the tag '{name}' is closed by hand and yet follows from values"
        _wrong(what, (*path, "derive"), where, "keep one of the two")
    if expires and remind >= expires:
        what = f"the tag '{name}' reminds after {table.remind}, when it has expired after {table.expires}"
        _wrong(what, (*path, "remind"), where, "remind earlier")
    if not remind and not table.review and (table.notify or table.text is not None):
        key = "notify" if table.notify else "text"
        what = f"the tag '{name}' tells somebody something, but never when"
        _wrong(what, (*path, key), where, 'add remind = "23h" or review = "90d"')
    if bool(table.notify) != (table.text is not None):
        key = "notify" if table.notify else "text"
        what = f"the tag '{name}' says {'whom it tells, but not what' if table.notify else 'what, but not to whom'}"
        _wrong(what, (*path, key), where, 'notify = "owner" and text = "..." stand together')
    answered = table.until_answered
    return TagKind(
        name=name,
        dimension=table.dimension,
        group=table.group,
        expires=expires,
        remind=remind,
        review=_every(table.review, (*path, "review"), where),
        by_hand=table.closed_by_hand,
        until_answered=table.dimension == "state" if answered is None else answered,
        notify=table.notify,
        text=_text(table.text, (*path, "text"), where) if table.text is not None else None,
        derive=_derivation(table.derive, (*path, "derive"), where) if table.derive else None,
    )


def called(name: str, path: Path, where: Where) -> None:
    """Raise ConfigError unless it is a name that commands and rules can say."""
    if not NAME.fullmatch(name):
        what = f"'{name}' is no name for a {path[0]}"
        _wrong(what, path, where, "letters, digits, - . : > +, up to 60 characters, a letter or digit first")


def _every(text: str, path: Path, where: Where) -> int:
    return EVERY[text] * DAY if text in EVERY else span(text, path, where)


def _text(source: Any, path: Path, where: Where) -> ReplyText:
    if not isinstance(source, str | Mapping):
        _wrong("'text' is not a text", path, where, 'write "..." or a table by language: { en = "...", de = "..." }')
    try:
        found = compile_text(source)
    except ValueError as error:
        _wrong(f"'text': {error}", path, where, "")
    if strange := sorted(found.uses - {"person.name", "person.language"}):
        _wrong(f"a reminder cannot name {strange[0]}", path, where, "known: person.language, person.name")
    return found


def _derivation(table: DeriveTable, path: Path, where: Where) -> Derivation:
    if not table.where and not table.after:
        _wrong("'derive' says nothing that could hold", path, where, 'where = { company_size = "> 200" } or after')
    asked = compile_where(table.where or {}, (*path, "where"), where)
    return Derivation(asked, span(table.after, (*path, "after"), where))


def compile_where(given: Mapping[str, Any], path: Path, where: Where) -> tuple[Asked, ...]:
    """Comparisons by the name of the value. Raises ConfigError."""
    return tuple(Asked(name, compile_test(value, (*path, name), where)) for name, value in given.items())


def _crowds(kinds: Mapping[str, TagKind]) -> list[str]:
    """What to say of dimensions that have too few or too many tags."""
    sizes = Counter(kind.dimension for kind in kinds.values())
    return [
        f"the dimension '{name}' has {size} tag{'s' if size > 1 else ''}: {FEWEST} to {MOST} are told apart best"
        for name, size in sizes.items()
        if not FEWEST <= size <= MOST
    ]


def _crossings(kinds: Mapping[str, TagKind]) -> list[str]:
    """What to say of tags of one group whose conditions can hold together."""
    told = []
    for one, two in combinations([kind for kind in kinds.values() if kind.group and kind.derive], 2):
        if one.group == two.group and one.derive and two.derive and _can_meet(one.derive, two.derive):
            told.append(
                f"the tags '{one.name}' and '{two.name}' of the group '{one.group}' can follow from the same values: "
                f"'{one.name}' stands first and counts"
            )
    return told


def _can_meet(one: Derivation, two: Derivation) -> bool:
    others: dict[str, Test] = {asked.name: asked.test for asked in two.where}
    return all(asked.test.overlaps(others[asked.name]) for asked in one.where if asked.name in others)


def _wrong(what: str, path: Path, where: Where, remedy: str) -> NoReturn:
    raise ConfigError(what, where=where(path), remedy=remedy)
