"""Which version of the configuration runs: its rules and texts are taken between two steps, all else at a start."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hub.contracts.errors import ConfigError
from hub.engine.line import Line
from hub.engine.rule_files import RULE_TABLES
from hub.engine.settings import Config
from hub.engine.tables import read_text
from hub.store import Store, configurations, trail
from hub.store.configurations import Configuration
from hub.store.dialects.database import Database

CONFIGURED = "configuration"
"""Subject of the notice about the version that runs, and the wake-up that says that another one does."""
NAMED = ("connection", "crm", "inbox", "plugin", "role")
"""Sections that hold a table for each name."""


def start(store: Store, config: Config, now: int) -> tuple[Config, int, dict[str, str]]:
    """The configuration to run with, its version, and what an admin must know by subject of a notice.

    Where the store is this process's own, its file runs from now on. Where it is shared, the store's version does: the
    file is its first one, and takes the place of one that cannot be read any more, unless it ran before. Raises
    ConfigError then.
    """
    with store.transaction():  # another process may start at the same time
        trail.note_start(store.db, now)
        active = configurations.active(store.db)
        if active is None or active.body == config.text:
            return config, active.id if active else configurations.add(store.db, config.text, now), {}
        if not store.db.shared:
            return config, configurations.add(store.db, config.text, now), {}
        try:
            return _with(config, active), active.id, {CONFIGURED: _differs(config, active)}
        except ConfigError as error:
            unread = f"version {active.id} of the configuration cannot be read here: {error}"
            if configurations.ran(store.db, config.text):
                remedy = "the file here ran before it; install what the version needs, or apply a file without it"
                raise ConfigError(unread, where=str(config.file), remedy=remedy) from error
        version = configurations.add(store.db, config.text, now, note=unread)
        return config, version, {CONFIGURED: f"{unread}; {config.file} is version {version} and runs"}


def refresh(db: Database, line: Line) -> dict[str, str]:
    """The line uses the version that the store says from now on. Returns, by subject of a notice, why it cannot."""
    active = configurations.active(db)
    if active is not None and active.id != line.version:
        try:
            line.config, line.version = _with(line.config, active), active.id
        except ConfigError as error:
            what = f"version {active.id} of the configuration cannot be read here, version {line.version} runs on"
            return {CONFIGURED: f"{what}: {error}"}
    return {}


def beside_file(db: Database, line: Line) -> dict[str, str]:
    """What an admin must know about the file here beside the version that runs, by subject of a notice, "" = nothing.

    To be asked when either of them has changed: a file may be one that somebody just writes.
    """
    active = configurations.active(db)
    return {CONFIGURED: _differs(line.config, active)} if active is not None else {}


def _with(config: Config, version: Configuration) -> Config:
    """The configuration with the rules and texts of a version. Raises ConfigError when they cannot be read."""
    return replace(config, rules=config.read_rules(version.body, f"version {version.id}"), version=version.hash)


def _differs(config: Config, active: Configuration) -> str:
    """How the file here differs from what runs, and what to do about it."""
    try:
        here = read_text(config.file, "")
    except ConfigError:
        here = ""
    waiting = at_start(config.text, active.body)
    if waiting and here == active.body:
        told = f"version {active.id} changes {_listed(waiting)}, taken when a process starts"
        return f"{told}: restart the processes one after the other"
    if waiting:
        told = f"version {active.id} of the configuration runs with its rules and texts, and has another "
        return f"{told}{_listed(waiting)} than {config.file}: dragoman pull, then restart the processes one by one"
    if here != active.body:
        told = f"{config.file} is not what runs: that is version {active.id}, by {active.agent}"
        return f"{told}; dragoman pull brings it here, dragoman apply makes the file the next version"
    return ""


def at_start(before: str, after: str) -> list[str]:
    """The tables in which two texts of hub.toml differ that a process takes only when it starts, as [name]. Neither has
    mistakes."""
    one, other = _tables(before), _tables(after)
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def _tables(text: str) -> dict[str, Any]:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:  # it was checked when it was read
        return {}
    found: dict[str, Any] = {}
    for name, table in data.items():
        if name in NAMED and isinstance(table, Mapping):
            found |= {f"[{name}.{key}]": part for key, part in table.items()}
        elif name not in RULE_TABLES:
            found[f"[{name}]"] = table
    return found


def _listed(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
