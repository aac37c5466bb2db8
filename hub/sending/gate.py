"""The send gate: the one place that says yes or no to an outgoing message, at the moment of sending.

It runs in the transaction that leases the send, so what it saw is still true when the bytes leave. Opt-out and
window bind everybody, humans too, and are not configurable.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hub.model.commands import SendClass
from hub.sending.policy import Outreach, SendPolicy, may_reach
from hub.sending.verdict import SEND, Verdict, span

__all__ = ["SEND", "SendState", "Verdict", "may_send"]

MARGIN = 5 * 60_000
"""ms kept free before a window closes: the platform's clock decides, not ours."""

STALE = 6 * 3_600_000
"""ms after which a reply that could not leave is no longer an answer to anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendState:
    """What the gate looks at. Times in ms, 0 = never or none.

    `window` ms in which free text is allowed after the person's last message (`last_inbound`), 0 = always ·
    `paused_until` a human has the case until then · `replies_since_inbound` automatic replies already sent to the
    message that caused this one, at most `max_replies` · `repeats` this text already went out as an automatic
    answer to it · `created` when the send was decided · `form` of its content, `sendable` whether the channel has it ·
    `fault` what is wrong with its template, one sentence · `fallback` a template may go instead while the window is
    closed · `ready` when the person may be written to again · `claimed` the agent who has the case, "" = nobody ·
    `stopped` what a human stopped, one sentence, "" = nothing · `off_topic` why its topic may not be spoken of, one
    sentence, "" = it may · `continues`: its first part left, and it goes on with it · `outreach` what the `policy`
    looks at; None = it declares no purpose.
    """

    cls: SendClass
    opted_out: bool
    window: int
    last_inbound: int
    paused_until: int
    replies_since_inbound: int
    max_replies: int
    repeats: bool
    created: int
    form: str = "text"
    sendable: bool = True
    fault: str = ""
    fallback: bool = False
    ready: int = 0
    claimed: str = ""
    stopped: str = ""
    off_topic: str = ""
    continues: bool = False
    outreach: Outreach | None = None
    policy: SendPolicy = field(default_factory=SendPolicy)


def may_send(state: SendState, now: int) -> Verdict:
    """Whether the message may leave at `now` (ms). The first reason against it wins, the graver ones first."""
    if state.opted_out:
        return _drop("opt-out", "The person asked for no more messages.")
    if not state.sendable:
        return _drop("form", f"This channel cannot send the form '{state.form}'.")
    closed = ""
    if (
        state.window
        and state.form != "template"
        and not (state.last_inbound and now < state.last_inbound + state.window - MARGIN)
    ):
        closed = f"The channel's {span(state.window)} window after the person's last message is closed."
        if not state.fallback:
            return _drop("window", closed)
    if state.fault:
        return _drop("template", state.fault)
    if state.cls != "human" and (against := _against(state, now)):
        return against
    if state.cls == "outreach" and not state.continues:
        reach = may_reach(state.outreach or Outreach(created=state.created), state.policy, now)
        if reach.action != "send":
            return reach
    if closed:
        return Verdict("template", closed, limit="window")
    if state.ready > now:
        return Verdict("wait", "the platform takes only so many messages to one person", state.ready, "pair rate")
    return SEND


def _against(state: SendState, now: int) -> Verdict | None:
    """What speaks against an automatic message beside consent, window and send policy; None = nothing."""
    if state.claimed:
        return _drop("human", f"A human has the case: {state.claimed}.")
    if state.paused_until > now:
        return _drop("human", "A human has the case: automation is paused.")
    if state.stopped:
        return _drop("stopped", state.stopped)
    if state.cls == "reply":
        if now - state.created > STALE:
            return _drop("stale", f"The reply waited longer than {span(STALE)}.")
        if state.replies_since_inbound >= state.max_replies:
            count = state.replies_since_inbound
            return _drop("replies", f"The person's last message already got {count} replies.")
    if state.repeats:
        return _drop("same words", "The same text was already sent as an answer to this message.")
    return Verdict("hand_over", state.off_topic, limit="topic") if state.off_topic else None


def _drop(limit: str, reason: str) -> Verdict:
    return Verdict("drop", reason, limit=limit)
