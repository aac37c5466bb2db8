"""Files of messages on their way into the CRM."""

from __future__ import annotations

import json

from hub.engine.effects.people import add_outbox
from hub.engine.line import Line
from hub.store.rows import MediaRow, MessageRow
from hub.store.workspace import Workspace


def order(file: MediaRow, message: MessageRow, seq: int, line: Line, work: Workspace) -> None:
    """A stored file is to stand in every CRM that wants attachments, beside its message."""
    for crm, config in line.config.crms.items():
        if config.attachments != "upload":
            continue
        link = work.link_of.get((message.person, crm))
        ready = link is not None and link.ready
        add_outbox(
            work,
            kind="file",
            target=crm,
            lane=message.person,
            message=message.id,
            conversation=message.conversation,
            event=seq,
            rule="file",
            slot=f"f{file.id}",
            state="waiting" if ready else "held",
            reason="" if ready else f"waits for the link of person {message.person} in {crm}",
            body=json.dumps({"media": file.id}),
        )
