"""The send gate: the one place that says yes or no to an outgoing message, at the moment of sending.

It runs in the transaction that leases the send, so what it saw is still true when the bytes leave. Opt-out and
window bind everybody, humans too, and are not configurable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from hub.model.commands import SendClass

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
    closed · `ready` when the person may be written to again.
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


class Verdict(NamedTuple):
    """`send` now, `wait` until `due` (ms), `drop` for ever, or drop it and let the inbox's `template` go instead:
    `reason` is kept with the message."""

    action: Literal["send", "drop", "template", "wait"]
    reason: str = ""
    due: int = 0


SEND = Verdict("send")


def may_send(state: SendState, now: int) -> Verdict:
    """Whether the message may leave at `now` (ms). The first reason against it wins, the graver ones first."""
    if state.opted_out:
        return Verdict("drop", "The person asked for no more messages.")
    if not state.sendable:
        return Verdict("drop", f"This channel cannot send the form '{state.form}'.")
    closed = ""
    if (
        state.window
        and state.form != "template"
        and not (state.last_inbound and now < state.last_inbound + state.window - MARGIN)
    ):
        closed = f"The channel's {_span(state.window)} window after the person's last message is closed."
        if not state.fallback:
            return Verdict("drop", closed)
    if state.fault:
        return Verdict("drop", state.fault)
    if against := _against(state, now):
        return Verdict("drop", against)
    if closed:
        return Verdict("template", closed)
    if state.ready > now:
        return Verdict("wait", "the platform takes only so many messages to one person", state.ready)
    return SEND


def _against(state: SendState, now: int) -> str:
    """What speaks against an automatic message beside consent and window; "" = nothing."""
    if state.cls == "human":
        return ""
    if state.paused_until > now:
        return "A human has the case: automation is paused."
    if state.cls == "reply":
        if now - state.created > STALE:
            return f"The reply waited longer than {_span(STALE)}."
        if state.replies_since_inbound >= state.max_replies:
            return f"The person's last message already got {state.replies_since_inbound} replies."
    return "The same text was already sent as an answer to this message." if state.repeats else ""


def _span(ms: int) -> str:
    hours, minutes = divmod(ms // 60_000, 60)
    return f"{hours} h" if not minutes else f"{hours} h {minutes} min" if hours else f"{minutes} min"
