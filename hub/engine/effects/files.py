"""Files of messages on their way into the CRM."""

from __future__ import annotations

import json

from hub.engine.effects.people import add_beside
from hub.engine.line import Line
from hub.store.rows import MediaRow, MessageRow
from hub.store.workspace import Workspace


def order(file: MediaRow, message: MessageRow, seq: int, line: Line, work: Workspace) -> None:
    """A stored file is to stand in every CRM that wants attachments, beside its message."""
    for crm, config in line.config.crms.items():
        if config.attachments != "upload":
            continue
        add_beside(
            work,
            kind="file",
            crm=crm,
            person=message.person,
            message=message,
            event=seq,
            rule="file",
            slot=f"f{file.id}",
            body=json.dumps({"media": file.id}),
        )
