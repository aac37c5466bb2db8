"""Reads a TOML file that people write: every mistake becomes one sentence with file, line and remedy.

Secrets stand in it as `{ env = "NAME" }` or `{ file = "path" }` and are resolved here, before validation; no message
made here ever shows a value that came from there.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
import tomllib
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretBytes, SecretStr, ValidationError

from hub.contracts.errors import ConfigError
from hub.contracts.toml_lines import Lines

ADDRESSES = ("base_url", "url", "instance_url")
"""Settings that say where a platform is."""
Key = tuple[str | int, ...]
M = TypeVar("M", bound=BaseModel)

NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
SECRET_MAX = 64 * 1024  # bytes of a secret's file
TEXT_MAX = 4 * 1024 * 1024  # bytes of a configuration file

_AT = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")


def closest(name: str, known: Iterable[str], noun: str = "known") -> str:
    """A remedy for a misspelt name: the closest known one, else all of them."""
    names = sorted(known)
    if close := difflib.get_close_matches(name, names, 1):
        return f"did you mean '{close[0]}'?"
    return f"{noun}: {', '.join(names) or 'none'}"


def is_loopback(host: str) -> bool:
    """Whether `host` (no port, no brackets) is this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def on_loopback(url: str) -> bool:
    """Whether the address leads to this machine only. An address that cannot be read does not."""
    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError:
        return False


def read_text(file: Path, remedy: str) -> str:
    """A configuration file's text. Raises ConfigError when it cannot be read; `remedy` helps when it is missing."""
    try:
        raw = file.read_bytes()
        if len(raw) > TEXT_MAX:
            raise ConfigError("the file is larger than 4 MiB", where=str(file), remedy="is it the right file?")
        return raw.decode()
    except FileNotFoundError:
        raise ConfigError("the file does not exist", where=str(file), remedy=remedy) from None
    except UnicodeDecodeError:
        raise ConfigError("the file is not UTF-8 text", where=str(file), remedy="save it as UTF-8") from None
    except OSError as error:
        raise ConfigError(
            f"the file cannot be read: {error.strerror}", where=str(file), remedy="check its permissions"
        ) from None


@dataclass(frozen=True, slots=True)
class Tables:
    """One parsed file. `environ` is where `{ env = ... }` looks; `{ file = ... }` is relative to the file's folder."""

    file: Path
    environ: Mapping[str, str] = field(repr=False)
    text: str = field(repr=False)
    data: Mapping[str, Any] = field(init=False, repr=False)
    lines: Lines = field(init=False, repr=False)

    def __post_init__(self) -> None:
        try:
            data = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            found = _AT.search(str(error))
            line = found.group(1) if found and found.group(1) else str(len(self.text.splitlines()) or 1)
            raise ConfigError(
                f"this is not TOML: {_AT.sub('', str(error))}",
                where=f"{self.file}:{line}",
                remedy='the form is key = "value"; look also at the line above',
            ) from None
        object.__setattr__(self, "data", data)
        object.__setattr__(self, "lines", Lines(self.text, str(self.file)))

    def where(self, path: Key) -> str:
        """`file:line` of a key."""
        return self.lines.where(path)

    def error(self, path: Key, what: str, remedy: str) -> ConfigError:
        """A ConfigError about a key."""
        return ConfigError(what, where=self.where(path), remedy=remedy)

    def named(self, section: str) -> dict[str, dict[str, Any]]:
        """The tables [section.NAME] by name. Raises ConfigError on anything else under `section`."""
        tables = self.data.get(section, {})
        if not isinstance(tables, dict):
            raise self.error((section,), f"'{section}' is not a table", f"write [{section}.NAME]")
        for name, table in tables.items():
            if not isinstance(table, dict):
                raise self.error((section, name), f"'{name}' stands in no named table", f"write [{section}.NAME]")
            if not NAME.fullmatch(name):
                raise self.error(
                    (section, name),
                    f"'{name}' cannot name a {section}",
                    "a name begins with a-z and goes on with a-z, 0-9, _ and -, at most 63 characters",
                )
        return tables

    def resolve(self, value: Any, path: Key) -> Any:
        """`value` with every `{ env = ... }` and `{ file = ... }` in it replaced. Raises ConfigError."""
        if isinstance(value, list):
            return [self.resolve(part, (*path, place)) for place, part in enumerate(value)]
        if not isinstance(value, dict):
            return value
        if len(value) == 1 and isinstance(source := value.get("env"), str):
            if self.environ.get(source):
                return self.environ[source]
            state = "empty" if source in self.environ else "not set"
            others = sorted({name for name in _variables(self.data) if not self.environ.get(name)} - {source})
            also = f"; also missing: {', '.join(others)}" if others else ""
            raise self.error(path, f"the environment variable {source} is {state}", f"export {source}=...{also}")
        if len(value) == 1 and isinstance(source := value.get("file"), str):
            return self._secret_file(self.file.parent / source, path)
        return {key: self.resolve(part, (*path, key)) for key, part in value.items()}

    def _secret_file(self, file: Path, path: Key) -> str:
        try:
            with file.open("rb") as opened:
                raw = opened.read(SECRET_MAX + 1)
            secret = raw.decode().strip()
        except (OSError, UnicodeDecodeError) as error:
            why = (error.strerror if isinstance(error, OSError) else "") or "it is not text"
            raise self.error(path, f"the secret's file {file} cannot be read: {why}", "check path and rights") from None
        if not secret or len(raw) > SECRET_MAX:
            state = "larger than 64 KiB" if secret else "empty"
            raise self.error(path, f"the secret's file {file} is {state}", "put the bare secret into it")
        return secret

    def build(self, model: type[M], table: Mapping[str, Any], path: Key) -> M:
        """`table`, which stands at `path`, validated as `model` with its secrets resolved. Raises ConfigError."""
        self._refuse_literals(model, table, path)
        values = self.resolve(dict(table), path)
        try:
            return model.model_validate(values)
        except ValidationError as error:
            raise sentence(error, model, table, values, self, path) from None

    def _refuse_literals(self, model: type[BaseModel], table: Mapping[str, Any], path: Key) -> None:
        """Secrets stand in the environment or in files, unless the platform is a simulator on this machine."""
        addresses = [table[key] for key in ADDRESSES if isinstance(table.get(key), str)]
        if addresses and all(map(on_loopback, addresses)):
            return
        for key, value in table.items():
            if isinstance(value, str) and is_secret(model, key):
                variable = "_".join(str(part) for part in (*path[1:], key)).upper().replace("-", "_")
                raise self.error(
                    (*path, key),
                    f"'{key}' is a secret and stands here in plain text",
                    f'write {key} = {{ env = "{variable}" }} or {{ file = "path" }}, and change the secret',
                )


def _variables(value: Any) -> Iterator[str]:
    """Every variable that is named somewhere as `{ env = "NAME" }`."""
    if isinstance(value, dict):
        if len(value) == 1 and isinstance(name := value.get("env"), str):
            yield name
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _variables(part)


def is_secret(model: type[BaseModel], key: str) -> bool:
    """Whether the field never prints."""
    known = model.model_fields.get(key)
    return known is not None and _holds_secret(known.annotation)


def _holds_secret(annotation: Any) -> bool:
    return annotation in (SecretStr, SecretBytes) or any(_holds_secret(a) for a in typing.get_args(annotation))


def sentence(
    error: ValidationError,
    model: type[BaseModel],
    table: Mapping[str, Any],
    values: Mapping[str, Any],
    tables: Tables,
    path: Key,
) -> ConfigError:
    """One sentence for the first mistake; an unknown key comes first, since it often explains a missing one.

    `table` is what the person wrote, `values` the same with secrets resolved: only what was written may be shown.
    """
    first = min(error.errors(include_url=False), key=lambda e: e["type"] != "extra_forbidden")
    loc: Key = first["loc"]
    head = f"[{'.'.join(map(str, path))}]"
    key = ".".join(map(str, loc))
    secret = bool(loc) and is_secret(model, str(loc[0]))
    if first["type"] == "extra_forbidden":
        known = model.model_fields if len(loc) == 1 else ()
        return tables.error((*path, *loc), f"{head} has the unknown key '{key}'", _known(str(loc[-1]), known))
    about = model.model_fields[str(loc[0])].description if loc and str(loc[0]) in model.model_fields else None
    if first["type"] == "missing":
        form = '{ env = "NAME" }' if secret else "..."
        return tables.error(
            path, f"{head} lacks the key '{key}'", f"add {key} = {form}" + (f": {about}" if about else "")
        )
    what = first["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    what = f"'{key}' {what[6:]}" if what.startswith("Input ") else f"'{key}': {what}" if key else f"{head}: {what}"
    written = table.get(str(loc[0])) if loc else None
    if len(loc) == 1 and not secret and isinstance(written, str | int | float):
        what += f", not {written!r:.60}"
    for hidden in _hidden(model, table, values):
        what = what.replace(hidden, "***")
    return tables.error((*path, *loc), what, about or f"mend {head}")


def _known(key: str, known: Iterable[str]) -> str:
    return closest(key, known, "known keys") if known else "remove it"


def _hidden(model: type[BaseModel], table: Mapping[str, Any], values: Mapping[str, Any]) -> Sequence[str]:
    """Resolved values that no message may show."""
    return [
        value
        for key, value in values.items()
        if isinstance(value, str) and value and (is_secret(model, key) or not isinstance(table.get(key), str))
    ]
