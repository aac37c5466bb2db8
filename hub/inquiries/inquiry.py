"""The state of an inquiry: open, snoozed or closed, who is waited for, and the next step that every open one has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

State = Literal["open", "snoozed", "closed"]
"""Where it stands."""

Waits = Literal["us", "person", "nobody"]
"""Who has to do something."""

Kind = Literal["reply", "follow_up", "wake", "call", "own", "none"]
"""What comes next: reply by a time, write again, look at it again after a sleep, call, what somebody wrote, nothing."""

FOLLOW_UP = 7 * 86_400_000
"""Ms without a word after which an open inquiry that nobody planned is to be followed up."""

REPLY = 86_400_000
"""Ms within which a person who waits for us is to be answered while no reply clock says when."""

WORDS_MAX = 200
"""Characters of a reason or of an agent's own words; what is longer is cut."""


class Step(NamedTuple):
    """What comes next `at` (ms; 0 = no time), with own `words`; "none" has its reason there."""

    kind: Kind
    at: int = 0
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """Times in ms, 0 = never. `until` it sleeps · `reason` why it was closed, at `closed` · `reopened` how often ·
    `changed` when anything happened last · `due` when the person is to be answered, 0 while that clock does not run ·
    `plan` what somebody decided comes next, None = nobody did."""

    opened: int
    state: State = "open"
    waits_for: Waits = "us"
    until: int = 0
    reason: str = ""
    closed: int = 0
    reopened: int = 0
    changed: int = 0
    due: int = 0
    plan: Step | None = None


class Arrival(NamedTuple):
    """The inquiry that a person's message belongs to: it goes on in the last one, reopens it, or begins a new one."""

    inquiry: Inquiry
    what: Literal["goes on", "reopened", "new"]


def begin(now: int) -> Inquiry:
    """A new inquiry: open, the person waits for us."""
    return Inquiry(opened=now, changed=now)


def arrive(inquiry: Inquiry | None, now: int, reopen_within: int) -> Arrival:
    """A message of the person at `now`.

    A closed inquiry reopens within `reopen_within` ms of its end (0 = never), else a new one begins; a snoozed one
    wakes. What was planned for the person's silence falls away; a call and own words stay.
    """
    if inquiry is None or (inquiry.state == "closed" and now - inquiry.closed >= reopen_within):
        return Arrival(begin(now), "new")
    if inquiry.state == "closed":
        return Arrival(reopen(inquiry, now), "reopened")
    kept = inquiry.plan if inquiry.plan and inquiry.plan.kind in ("call", "own") else None
    return Arrival(replace(inquiry, state="open", until=0, waits_for="us", plan=kept, changed=now), "goes on")


def answered(inquiry: Inquiry, now: int) -> Inquiry:
    """We answered: now the person is waited for. A closed one stays as it is."""
    if inquiry.state == "closed":
        return inquiry
    return replace(inquiry, waits_for="person", due=0, changed=now)


def set_due(inquiry: Inquiry, due: int) -> Inquiry:
    """With the time (ms) at which the person is to be answered, as the reply clock says; 0 = the clock stands still."""
    return replace(inquiry, due=due) if inquiry.state != "closed" else inquiry


def wait_for(inquiry: Inquiry, whom: Waits, now: int) -> Inquiry:
    """Somebody else is waited for; a closed inquiry waits for nobody."""
    return replace(inquiry, waits_for=whom, changed=now) if inquiry.state != "closed" else inquiry


def snooze(inquiry: Inquiry, until: int, now: int) -> Inquiry:
    """Asleep until `until` (ms). Raises ValueError where it is closed or `until` is not after `now`."""
    if inquiry.state == "closed":
        raise ValueError("a closed inquiry cannot be snoozed; reopen it first")
    if until <= now:
        raise ValueError("the time to wake has passed already")
    return replace(inquiry, state="snoozed", until=until, due=0, changed=now)


def wake(inquiry: Inquiry, now: int) -> Inquiry:
    """Open again after a sleep; any other stays as it is."""
    if inquiry.state != "snoozed":
        return inquiry
    return replace(inquiry, state="open", until=0, changed=now)


def close(inquiry: Inquiry, reason: str, now: int) -> Inquiry:
    """Closed for `reason`. A closed one stays as it is. Raises ValueError without a reason."""
    if not reason.strip():
        raise ValueError("say why the inquiry is closed")
    if inquiry.state == "closed":
        return inquiry
    return replace(
        inquiry,
        state="closed",
        waits_for="nobody",
        reason=reason.strip()[:WORDS_MAX],
        closed=now,
        until=0,
        due=0,
        plan=None,
        changed=now,
    )


def reopen(inquiry: Inquiry, now: int) -> Inquiry:
    """Open again, waiting for us; any that is not closed stays as it is."""
    if inquiry.state != "closed":
        return inquiry
    count = inquiry.reopened + 1
    return replace(inquiry, state="open", waits_for="us", reason="", closed=0, reopened=count, changed=now)


def plan(inquiry: Inquiry, step: Step, now: int) -> Inquiry:
    """With a decided next step. Raises ValueError where the inquiry is closed, a step has no time, own words are empty
    or an explicit "none" has no reason."""
    if inquiry.state == "closed":
        raise ValueError("a closed inquiry has no next step; reopen it first")
    words = step.words.strip()[:WORDS_MAX]
    if step.kind == "none":
        if not words:
            raise ValueError("say why there is no next step")
        return replace(inquiry, plan=Step("none", 0, words), changed=now)
    if step.kind not in ("follow_up", "call", "own"):
        raise ValueError("only a follow-up, a call, own words or none can be planned")
    if step.at <= 0:
        raise ValueError("a next step needs a time")
    if step.kind == "own" and not words:
        raise ValueError("say what is to be done")
    return replace(inquiry, plan=Step(step.kind, step.at, words), changed=now)


def next_step(inquiry: Inquiry, now: int) -> Step:
    """What comes next at `now`, never nothing: a step with a time, or "none" with a reason.

    A person who waits for us comes first, but for a plan that is due earlier; then the plan; then an answer within
    `REPLY`, or a follow-up `FOLLOW_UP` after the last word. A snoozed inquiry whose time has come is as an open one.
    """
    if inquiry.state == "closed":
        return Step("none", 0, f"closed: {inquiry.reason}")
    if inquiry.state == "snoozed" and now < inquiry.until:
        return Step("wake", inquiry.until)
    decided = inquiry.plan
    if inquiry.waits_for == "us" and inquiry.due:
        reply = Step("reply", inquiry.due)
        return decided if decided and 0 < decided.at < reply.at else reply
    if decided:
        return decided
    if inquiry.state == "snoozed":
        return Step("wake", inquiry.until)
    if inquiry.waits_for == "us":
        return Step("reply", inquiry.changed + REPLY)
    return Step("follow_up", inquiry.changed + FOLLOW_UP)


def overdue(inquiry: Inquiry, now: int) -> int:
    """Ms by which the next step is late at `now`; 0 = it is not."""
    step = next_step(inquiry, now)
    return max(0, now - step.at) if step.at else 0
