"""Statuses of outbound messages only climb."""

from __future__ import annotations

from hub.model.messages import RANK


def climbs(old: str, new: str) -> bool:
    """Whether a report of `new` changes a message that stands at `old`. Late and repeated reports do not."""
    return RANK.get(new, -1) > RANK.get(old, -1)
