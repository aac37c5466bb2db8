"""What stands in the CRM about a message is to follow the message."""

from __future__ import annotations

from hub.engine.effects.people import add_beside
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
        slot = f"m{message.id}.{seq}"
        add_beside(
            work, kind="log", crm=crm, person=message.person, message=message, event=seq, rule="relog", slot=slot
        )


def _untouched(order: OutboxRow) -> bool:
    """It will be written, and no try with the older text may have come through."""
    return order.state in ("waiting", "held") and not order.doubt


def _written(order: OutboxRow) -> bool:
    """It is written, or may be."""
    return order.state in ("done", "started") or bool(order.open and order.doubt)
