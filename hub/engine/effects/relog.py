"""What stands in the CRM about a message is to follow the message."""

from __future__ import annotations

from hub.engine.effects.people import add_outbox
from hub.engine.line import Line
from hub.store.rows import MessageRow, OutboxRow
from hub.store.workspace import Workspace


def relog(message: MessageRow, seq: int, line: Line, work: Workspace) -> None:
    """Write the message's record anew in every CRM that has it, or may have it; needs the message's commands loaded.

    Where it is still to be written for the first time, it is written as it is then: nothing to order.
    """
    orders: dict[str, list[OutboxRow]] = {}
    for order in work.outbox.rows.values():
        if order.message == message.id and order.kind == "log":
            orders.setdefault(order.target, []).append(order)
    for crm in line.config.crms:
        before = orders.get(crm, [])
        if any(_untouched(order) for order in before) or not any(_written(order) for order in before):
            continue
        link = work.link_of.get((message.person, crm))
        ready = link is not None and link.ready
        add_outbox(
            work,
            kind="log",
            target=crm,
            lane=message.person,
            message=message.id,
            conversation=message.conversation,
            event=seq,
            rule="relog",
            slot=f"m{message.id}.{seq}",
            state="waiting" if ready else "held",
            reason="" if ready else f"waits for the link of person {message.person} in {crm}",
        )


def _untouched(order: OutboxRow) -> bool:
    """It will be written, and no try with the older text may have come through."""
    return order.state in ("waiting", "held") and not order.doubt


def _written(order: OutboxRow) -> bool:
    """It is written, or may be."""
    return order.state in ("done", "started") or bool(order.open and order.doubt)
