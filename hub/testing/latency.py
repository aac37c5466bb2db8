"""How long a message takes into the CRM while nothing is broken."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from hub.contracts.simulator import Heard
from hub.testing.ledgers import Trouble, token_of


def to_crm(
    heard: Sequence[Heard], stored: Mapping[str, float], troubles: Sequence[Trouble], lead: float = 0.0
) -> tuple[float, float]:
    """p95 of the seconds from the 200 to the CRM, and the share (0..1) of all messages that it covers.

    Left out are messages acknowledged from `lead` seconds before a trouble until its traces were worked off. Without
    a lead those that a trouble caught on their way count with all that they had to wait.
    """
    arrived = sorted((h.acked, stored[token]) for h in heard if h.acked and (token := token_of(h.text)) in stored)
    if not arrived:
        return 0.0, 0.0
    spans = [(trouble.began - lead, worked_off(arrived, trouble.ended)) for trouble in troubles]
    waits = sorted(done - acked for acked, done in arrived if not any(a <= acked <= b for a, b in spans))
    p95 = max(0.0, waits[math.ceil(len(waits) * 0.95) - 1]) if waits else 0.0
    return p95, len(waits) / len(heard)


def worked_off(arrived: Sequence[tuple[float, float]], ended: float) -> float:
    """When the first message acknowledged after `ended` stood in the CRM and every one accepted before it did too.

    `arrived` holds (acknowledged, stored) by time of acknowledgement. Infinite when that never came.
    """
    latest, clear = 0.0, math.inf
    for acked, done in arrived:
        if acked > ended and latest <= done:
            clear = min(clear, done)
        latest = max(latest, done)
    return clear
