"""What the commands of `dragoman mapping` look at: the file, the version that runs, the fields of the CRM."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hub.cli.options import logs_to_stderr
from hub.contracts.errors import ConfigError, HubError, NotFound, PluginError
from hub.engine.human_events import MAPPING_MAX
from hub.engine.loader import load_plugins
from hub.engine.settings import Config, CrmConfig, load_config
from hub.engine.tables import closest, read_text
from hub.mapping import Mapping
from hub.mapping.mistakes import mistakes
from hub.mapping.values import Shape, shape_of
from hub.store import NoStore, Place, StoreTrouble, mappings, open_reader
from hub.store.dialects.database import Database
from hub.store.rows import MappingRow


@dataclass(frozen=True, slots=True)
class Draft:
    """A mapping file that is looked at. `shown` is its name for people."""

    text: str
    shown: str
    path: Path | None


@dataclass(frozen=True, slots=True)
class Running:
    """A version of the store, read."""

    row: MappingRow
    mapping: Mapping


@dataclass(frozen=True, slots=True)
class Bench:
    """The configuration and the CRM that a command is about."""

    config: Config
    crm: CrmConfig

    @property
    def place(self) -> Place:
        """Where the store is."""
        return self.config.hub.place

    def draft(self, file: Path | None = None) -> Draft:
        """The text of `file`, else of the mapping file of this CRM. Raises ConfigError when it cannot be read, or is
        larger than the hub would take."""
        if file is not None:
            found = Draft(read_text(file, "name a mapping file"), str(file), file)
        else:
            found = Draft(self.crm.mapping_text, self.crm.mapping.file, self.crm.mapping_file)
        if len(found.text) > MAPPING_MAX:
            what = f"the file has more than {MAPPING_MAX} characters"
            raise ConfigError(what, where=found.shown, remedy="is it the right file?")
        return found

    def read(self, draft: Draft) -> Mapping:
        """The draft as a mapping. Raises ConfigError at its first mistake."""
        return self.config.read_mapping(draft.text, draft.shown, draft=True)

    def mistakes(self, draft: Draft) -> list[ConfigError]:
        """Every mistake of the draft."""
        inboxes = None if self.config.resting else self.config.inboxes  # those of resting connections are not known
        return mistakes(draft.text, draft.shown, inboxes=inboxes, transforms=self.config.transforms)

    @contextmanager
    def store(self) -> Iterator[Database | None]:
        """The store beside a running hub; None before the first start."""
        try:
            db = open_reader(self.place)
        except NoStore:
            yield None
            return
        try:
            yield db
        finally:
            db.close()

    def running(self, db: Database | None) -> Running | None:
        """The version that runs; None before the first start."""
        row = mappings.active(db, self.crm.name) if db is not None else None
        return self.version(row) if row is not None else None

    def version(self, row: MappingRow) -> Running:
        """A version, read. Raises ConfigError when it cannot be any more."""
        return Running(row, self.config.read_mapping(row.text, f"version {row.id}"))

    def shape(self, db: Database | None, mapping: Mapping) -> Shape:
        """The CRM's fields and users as they were read last; empty before that."""
        known = mappings.shape(db, self.crm.name) if db is not None else None
        region = self.config.hub.region
        return shape_of(mapping, known.schema, known.owners, region) if known else Shape(region=region)


def bench(config: Path, crm: str) -> Bench:
    """The CRM called `crm`, else the only one. A mistake in its mapping file is no matter here. Raises ConfigError."""
    logs_to_stderr()
    found = load_config(config, load_plugins(), os.environ, keep_bad_mappings=True)
    if crm and crm not in found.crms:
        raise ConfigError(f"there is no CRM '{crm}'", where=str(config), remedy=closest(crm, found.crms, "there are"))
    if not crm and len(found.crms) != 1:
        names = ", ".join(found.crms)
        remedy = f"add --crm NAME: {names}" if names else "add a [crm.NAME]"
        raise ConfigError("several CRMs have mappings" if names else "no CRM is set", where=str(config), remedy=remedy)
    return Bench(found, found.crms[crm or next(iter(found.crms))])


@contextmanager
def told_by_name() -> Iterator[None]:
    """An adapter's own mistake is told by its name alone: its words could hold a secret. Raises PluginError."""
    try:
        yield
    except (HubError, StoreTrouble, OSError):
        raise
    except Exception as error:
        raise PluginError(f"the adapter failed with {type(error).__name__}") from None


def must_run(running: Running | None) -> Running:
    """Raises NotFound before the first start."""
    if running is None:
        raise NotFound("no version runs yet: the hub takes the file when it first starts")
    return running


def replace_file(path: Path, text: str) -> None:
    """Write the file at once or not at all, with its line ends as they are. Raises ConfigError."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fresh.write_bytes(text.encode())
        shutil.copymode(path, fresh)
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise ConfigError(
            f"the file cannot be written: {error.strerror}", where=str(path), remedy="check its permissions"
        ) from None
