"""Changes one key of a mapping file; comments, order, spaces and line ends of all the rest stay as they were. Pure.

The result is read again and compared with what was meant: where it says anything else, nothing is changed.
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, InlineTable, Table

from hub.contracts.errors import ConfigError
from hub.contracts.toml_lines import Lines
from hub.mapping.files import closest

KEYS = ("from", "value", "when", "direction", "rule", "blank", "transform", "table", "inbox")
"""What a line of [person] can say."""
_LISTS = ("transform", "inbox")

Made = Callable[[Mapping[str, Any]], Any]


def set_key(text: str, file: str, field: str, key: str, value: str, *, line: int = 0) -> str:
    """The text of `file` after `key` of the CRM's `field` became `value`; "" takes the key out.

    A field without a line gets one at the end of [person], if the key is from or value. `line`: which of several lines
    of the field, from 1 (0 = it has only one). `transform` and `inbox` take several values with commas between them.
    Raises ConfigError for what cannot be changed; whether the new text is a sound mapping is not looked at.
    """
    if key not in KEYS:
        raise ConfigError(f"unknown key '{key}'", where=file, remedy=closest(key, KEYS, "keys"))
    try:
        before = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        remedy = "mend it by hand first: dragoman mapping check says where"
        raise ConfigError(f"this is not TOML: {error}", where=file, remedy=remedy) from None
    meant = copy.deepcopy(before)
    where = Lines(text, file).where(("person", field))
    _change(meant.setdefault("person", {}), field, key, value, line, where, made=dict)
    return _edited(text, meant, field, key, value, line, where)


def _edited(text: str, meant: dict[str, Any], field: str, key: str, value: str, line: int, where: str) -> str:
    ends = text.count("\r\n")
    crlf = ends > 0 and ends == text.count("\n")  # new lines get the ends of the others
    failed = ConfigError(
        f"'{field}' is written in a form that only a human can change", where=where, remedy="change it in an editor"
    )
    try:
        document = tomlkit.parse(text.replace("\r\n", "\n") if crlf else text)
        if "person" not in document:
            document["person"] = tomlkit.table()
        _change(document["person"], field, key, value, line, where, made=_inline)
        edited = document.as_string()
        edited = edited.replace("\n", "\r\n") if crlf else edited
        same = tomllib.loads(edited) == meant
    except (TOMLKitError, tomllib.TOMLDecodeError):
        raise failed from None
    if not same:
        raise failed
    return edited


def _change(person: Any, field: str, key: str, value: str, line: int, where: str, *, made: Made) -> None:
    """The change, in a document or in its plain data: `made` is how the table of a line comes about there."""
    entry = person.get(field) if isinstance(person, dict) else None
    if entry is None:
        if key not in ("from", "value") or not value or not isinstance(person, dict):
            raise ConfigError(
                f"[person] has no line '{field}'", where=where, remedy=f"set {field} from SOURCE makes one"
            )
        _add(person, field, value if key == "from" else made({"value": value}))
        return
    if isinstance(entry, list):
        place = _which(entry, field, line, where)
        entry[place] = _line(entry[place], key, value, made, field, where)
    elif line > 1:
        raise ConfigError(f"'{field}' has one line only", where=where, remedy="leave --line out")
    else:
        changed = _line(entry, key, value, made, field, where)
        if changed is not entry:
            person[field] = changed


def _add(person: Any, field: str, entry: Any) -> None:
    """A new line behind the others: what stands after them (blank lines, comments, tables) belongs to what follows."""
    body = person.value.body if isinstance(person, Table) else []
    keys = [key for key, item in body if key is not None and not isinstance(item, Table | AoT)]
    if keys and not keys[-1].is_dotted():
        person.value._insert_after(keys[-1], field, tomlkit.item(entry))
    else:
        person[field] = entry


def _which(entry: list[Any], field: str, line: int, where: str) -> int:
    if len(entry) == 1 and line in (0, 1):
        return 0
    if not 1 <= line <= len(entry):
        what = f"'{field}' has {len(entry)} lines" if not line else f"'{field}' has no line {line}"
        raise ConfigError(what, where=where, remedy=f"say which: --line 1 to {len(entry)}")
    return line - 1


def _line(entry: Any, key: str, value: str, made: Made, field: str, where: str) -> Any:
    """A line after the change: the same one changed in place, or another one."""
    if isinstance(entry, str):
        if key == "from" and value:
            return value
        if not value:
            raise ConfigError(f"'{field}' says nothing about {key}", where=where, remedy="there is nothing to take out")
        if key == "value":
            return made({"value": value})
        return made({"from": entry, key: _value(key, value)})
    if not isinstance(entry, dict):
        raise ConfigError(f"'{field}' is no line of a mapping", where=where, remedy="change it in an editor")
    if value:
        if (other := {"from": "value", "value": "from"}.get(key, "")) in entry:
            del entry[other]
        entry[key] = _value(key, value)
    elif key in entry:
        del entry[key]
    else:
        raise ConfigError(f"'{field}' says nothing about {key}", where=where, remedy="there is nothing to take out")
    return made(entry) if isinstance(entry, InlineTable) else entry


def _inline(values: Mapping[str, Any]) -> Any:
    """A table on one line, as people write it. No comment can stand in one."""
    parts = (f"{tomlkit.key(name).as_string()} = {tomlkit.item(value).as_string()}" for name, value in values.items())
    return tomlkit.parse(f"line = {{ {', '.join(parts)} }}")["line"]


def _value(key: str, value: str) -> str | list[str]:
    parts = [part.strip() for part in value.split(",")] if key in _LISTS else [value]
    return [part for part in parts if part] if key == "transform" or len(parts) > 1 else value
