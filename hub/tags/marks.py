"""What the numbers of tags say: which ones nobody needs, which say nothing, who has to be followed up."""

from __future__ import annotations

HARDLY, LITTLE, MOST = 0.02, 0.05, 0.40
"""Shares of the people who have any tag: a tag of fewer is checked, merged or deleted; one of more says little."""
ANSWERS = 0.20
"""Share of those who were spoken to that answers, below which another way of speaking to them is due."""
FRESH = 0.95
"""Share of people whose tags are to follow within 24 h of what they do."""
FOLLOW_UP = 7 * 86_400_000
"""ms after the last message with somebody at which he is to be followed up."""


def share(part: int, whole: int) -> float:
    """A part of a whole, 0 of nothing."""
    return part / whole if whole else 0.0


def used(people: int, tagged: int) -> str:
    """What is to be said of a tag that `people` of the `tagged` ones have; "" = nothing. None is deleted by itself."""
    if not tagged:
        return ""
    found = people / tagged
    if found < HARDLY:
        return "hardly used: delete it, or merge it into another"
    if found < LITTLE:
        return "little used: check it"
    return "so many have it that it says little: divide it" if found > MOST else ""


def answering(answered: int, asked: int) -> str:
    """What is to be said of a tag of whose people so many answered; "" = nothing."""
    if not asked or answered / asked >= ANSWERS:
        return ""
    return "few answer: speak to them in another way"


def overdue(last: int, now: int, state: str) -> bool:
    """Whether somebody has to be followed up: there was no message with him (the last one at `last`, ms) for more than
    7 days, and his inquiry is not closed."""
    return state != "closed" and now - last > FOLLOW_UP
