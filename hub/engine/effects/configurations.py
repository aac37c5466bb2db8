"""A hub.toml becomes the next version of the configuration: its rules and texts run from the next step on."""

from __future__ import annotations

from hub.contracts.errors import ConfigError
from hub.engine.configurations import CONFIGURED
from hub.engine.line import Line
from hub.model.by_hand import ConfigurationApplied
from hub.store import configurations
from hub.store.journal import Claimed
from hub.store.workspace import Workspace


def applied(event: ConfigurationApplied, row: Claimed, line: Line, work: Workspace) -> None:
    """It is version N, or is refused with a reason that stands in its row; what ran before runs on then."""
    db = work.db
    db.need_alone()
    current = configurations.active(db)
    if current is not None and current.body == event.text:
        work.decide(row.seq, line.version, 0, 0, f"the configuration is version {current.id} already")
        return
    number, reason = configurations.newest(db) + 1, ""
    try:
        line.config.read_rules(event.text, f"version {number}")
    except ConfigError as error:
        reason = str(error)
    configurations.add(db, event.text, work.now, agent=event.agent, note=event.note, refused=reason)
    became = f"was refused: {reason}" if reason else "is active"
    work.decide(row.seq, line.version, 0, 0, f"version {number} of the configuration {became}")
    if not reason:
        work.woken.add(CONFIGURED)
