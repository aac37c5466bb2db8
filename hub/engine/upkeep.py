"""The tables [backup] and [retention], read from hub.toml with the rest or alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from hub.backup.keys import read_key
from hub.backup.settings import KEY, BackupSettings, RetentionSettings
from hub.contracts.errors import ConfigError
from hub.engine.tables import Tables, read_text

UPKEEP = ("backup", "retention")


def retention_settings(tables: Tables) -> RetentionSettings:
    """The table [retention]. Raises ConfigError."""
    return tables.build(RetentionSettings, _table(tables, "retention"), ("retention",))


def backup_settings(tables: Tables) -> BackupSettings:
    """The table [backup], its key also from the environment, its folder absolute. Raises ConfigError."""
    settings = tables.build(BackupSettings, _table(tables, "backup"), ("backup",))
    more: dict[str, Any] = {}
    if settings.key is None and tables.environ.get(KEY):
        more["key"] = SecretStr(tables.environ[KEY])
    if settings.to and not settings.to.startswith("s3://"):
        more["to"] = str((tables.file.parent / Path(settings.to).expanduser()).resolve())
    settings = settings.model_copy(update=more)
    if settings.key is not None:
        try:
            read_key(settings.key.get_secret_value())
        except ConfigError as error:
            raise tables.error(("backup", "key"), error.what, error.remedy) from None
    elif settings.to and settings.encrypt:
        raise tables.error(("backup",), "backups are to be sealed, and there is no key", NO_KEY)
    return settings


NO_KEY = f"dragoman backup --new-key prints one; put it into {KEY} and keep it apart from the backups"


def load_backup(file: Path, environ: Mapping[str, str]) -> BackupSettings:
    """The table [backup] alone, for commands that need no other secret. Raises ConfigError."""
    return backup_settings(Tables(file, environ, read_text(file, "dragoman init writes a starter")))


def load_retention(file: Path, environ: Mapping[str, str]) -> RetentionSettings:
    """The table [retention] alone. Raises ConfigError."""
    return retention_settings(Tables(file, environ, read_text(file, "dragoman init writes a starter")))


def _table(tables: Tables, name: str) -> Mapping[str, Any]:
    table = tables.data.get(name, {})
    if not isinstance(table, dict):
        raise tables.error((name,), f"'{name}' is not a table", f"write [{name}]")
    return table
