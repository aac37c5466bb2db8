"""Templates as a platform lists them now: they replace what was known."""

from __future__ import annotations

import hashlib

from hub.engine.line import Line
from hub.model.events import TemplatesRead
from hub.store import templates
from hub.store.journal import Claimed
from hub.store.workspace import Workspace
from hub.wire import json


def cursor(connection: str) -> str:
    """The cursor that holds the hash of what was read last."""
    return f"templates.{connection}"


def digest(event: TemplatesRead) -> str:
    """The same for the same templates, in whatever order the platform lists them."""
    rows = sorted(json.dumps(dict(row)) for row in event.templates)
    return hashlib.sha256(b"\n".join(rows)).hexdigest()[:24]


def read(event: TemplatesRead, row: Claimed, line: Line, work: Workspace) -> None:
    """The list of a connection was read, and differs from the last one."""
    count = templates.replace(work, event.connection, event.templates)
    work.cursor(cursor(event.connection), digest(event))
    work.decide(row.seq, line.version, 0, 0, f"connection {event.connection}: {count} templates were read")
