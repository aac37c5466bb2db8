"""What to do about a silence: clarify, advance, pause, or wait until when. Each decision says why."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from hub.followup.chances import Chance, Chances, Kind
from hub.followup.settings import FollowUp, Purpose
from hub.followup.signals import Behaviour, Score, missing, score
from hub.followup.wording import ends_matter

Move = Literal["clarify", "advance", "pause", "wait"]
Stop = Literal["", "closed", "opted out", "a person answers him", "paused"]
Silence = Literal["hesitation", "completion"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is known when a silence is looked at. Times in ms.

    `key` names the silence, the same at every look. `ours_at`: when our last message went; `ours_asked`: it leaves
    something open (a question, a choice, an offer). `his_at`: when he wrote last, 0 = never. `kind`: what he was like
    when our message went. `before` and `stage_before`: the details of the inquiry and the stage of its deal when our
    message went, None = not kept; `behaviour.details` and `stage` are those of now. `nudges` went in this inquiry,
    `sends` to this person within `sends_per`, over all channels; `said` holds the contents (`Decision.content`) of
    those of this inquiry. `other`: another follow-up to him is planned or unanswered, in words. `stop`: nothing goes
    at all, why.
    """

    key: str
    now: int
    ours_at: int
    ours_asked: bool
    kind: Kind
    his_at: int = 0
    behaviour: Behaviour = field(default_factory=Behaviour)
    before: Mapping[str, str] | None = None
    stage_before: str = ""
    stage: str = ""
    nudges: int = 0
    sends: int = 0
    said: Collection[str] = ()
    other: str = ""
    stop: Stop = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do, and why.

    `clarify` and `advance`: send now. `wait`: look again `at` (ms), then it would be `planned`. `pause`: nothing until
    he writes or somebody resumes. `purpose` names the text in `FollowUp.texts`; `content` names what it would say, for
    `Situation.said`; `asks_for` are the details that it asks about. `otherwise`: where the silence is left alone on
    purpose, when the nudge would have gone, else 0; who is silent then and answers later would have been nudged
    needlessly. `score` and `chance` are None where they played no part.
    """

    move: Move
    reasons: tuple[str, ...]
    at: int = 0
    planned: Move = "pause"
    purpose: Purpose | None = None
    text: str = ""
    content: str = ""
    asks_for: tuple[str, ...] = ()
    otherwise: int = 0
    score: Score | None = None
    chance: Chance | None = None


def meaning(ours_asked: bool, ours_at: int, his_at: int, his_text: str) -> Silence:
    """Whether a silence is a hesitation or the end of the matter: he thanked or confirmed, or nothing was left open.

    Our open question counts only after his last word: who says "thanks" to it has ended the matter.
    """
    if his_at > ours_at:
        return "completion" if ends_matter(his_text) else "hesitation"
    return "hesitation" if ours_asked else "completion"


def decide(situation: Situation, settings: FollowUp, chances: Chances) -> Decision:
    """What to do about a silence now. Pure: the same arguments give the same decision."""
    if reason := _stopped(situation, settings):
        return Decision(move="pause", reasons=(reason,))
    points = score(situation.behaviour, settings)
    planned = _plan(situation, settings, points)
    if planned.move == "pause":
        return planned
    due, otherwise, chance, reasons = _due(situation, settings, chances)
    wait = situation.now < due
    return replace(
        planned,
        move="wait" if wait else planned.move,
        reasons=(*planned.reasons, *reasons),
        at=due if wait else 0,
        otherwise=otherwise,
        chance=chance,
    )


def _stopped(situation: Situation, settings: FollowUp) -> str:
    """Why nothing may go, or ""."""
    if situation.stop:
        return situation.stop
    silence = meaning(situation.ours_asked, situation.ours_at, situation.his_at, situation.behaviour.text)
    if silence == "completion":
        return "the silence ends the matter: " + (
            "he thanked or confirmed" if situation.his_at > situation.ours_at else "nothing was left open"
        )
    if situation.his_at > situation.ours_at:
        return "the last word is his: he waits for us"
    if situation.other:
        return f"one line at a time: {situation.other}"
    if situation.nudges >= settings.nudges:
        return f"{situation.nudges} of {settings.nudges} nudges went already"
    if situation.sends >= settings.sends:
        return f"{situation.sends} of {settings.sends} sends to him went already"
    return ""


def _plan(situation: Situation, settings: FollowUp, points: Score) -> Decision:
    """Which of the moves it will be once it is time."""
    behaviour = situation.behaviour
    lacking = missing(behaviour.details, settings)
    changed = behaviour.changed > 0
    why: list[tuple[Move, str, str, tuple[str, ...]]] = []  # move, reason, content, asks for
    if behaviour.same_question > 1:
        why.append(("clarify", f"he asked the same {behaviour.same_question} times", "clarify:question", ()))
    if changed:
        why.append(("clarify", "he changed details", "clarify:" + _details(behaviour.details), ()))
    if lacking:
        why.append(("clarify", f"missing: {', '.join(lacking)}", "clarify:" + ",".join(lacking), lacking))
    if points.points >= settings.advance_from:
        reason = f"{points.points:g} of {settings.advance_from:g} points: worth the next step"
        why.append(("advance", reason, f"advance:{situation.stage}", ()))
    if not why:
        reason = f"{points.points:g} of {settings.advance_from:g} points, nothing to clarify: it would add nothing"
        return Decision(move="pause", reasons=(reason,), score=points)
    restart = _restart(situation, settings)
    refused = []
    for move, reason, content, asks_for in why:
        purpose: Purpose = "restart" if restart else "clarify" if move == "clarify" else "advance"
        content = f"restart:{content}" if restart else content
        if content in situation.said:
            refused.append(f"{content} was said already")
        elif not (text := settings.texts.get(purpose)):
            refused.append(f"no text to {purpose}")
        else:
            reasons = (reason, f"restart: {restart}") if restart else (reason,)
            return Decision(
                move=move,
                reasons=reasons,
                planned=move,
                purpose=purpose,
                text=text,
                content=content,
                asks_for=asks_for,
                score=points,
            )
    return Decision(move="pause", reasons=("nothing new to say", *refused), score=points)


def _restart(situation: Situation, settings: FollowUp) -> str:
    """Why a continuation would come too late, or ""."""
    if situation.before is not None and dict(situation.before) != dict(situation.behaviour.details):
        return "what he asks for has changed"
    if situation.stage != situation.stage_before and situation.before is not None:
        return f"the deal went from {situation.stage_before or 'nothing'} to {situation.stage or 'nothing'}"
    if situation.his_at and settings.restart_after and situation.now - situation.his_at > settings.restart_after:
        return f"nothing from him for {_hours(situation.now - situation.his_at)}"
    return ""


def _due(situation: Situation, settings: FollowUp, chances: Chances) -> tuple[int, int, Chance, list[str]]:
    """When a nudge may go and, where the silence is left alone, would have gone (ms); the chance now; why then."""
    kind, most = situation.kind, settings.at_most
    chance = chances.after(kind, max(0, situation.now - situation.ours_at), most)
    below = chances.falls_below(kind, settings.answers_alone_below, most)
    reasons = [str(chance)]
    if below is None:
        wait = most
        reasons.append(f"so at most {_hours(most)}")
    else:
        wait = min(most, max(settings.at_least * (situation.nudges + 1), below))
        reasons.append(f"below {settings.answers_alone_below:.0%} after {_hours(below)}")
        if wait != below:
            reasons.append(f"but at {'least' if wait > below else 'most'} {_hours(wait)}")
    due = situation.ours_at + wait
    if wait < most and left_alone(situation.key, settings.left_alone):
        reasons.append(f"left alone for {_hours(most)}, to see what people do by themselves")
        return situation.ours_at + most, due, chance, reasons
    return due, 0, chance, reasons


def left_alone(key: str, share: float) -> bool:
    """Whether the silence `key` is one of the `share` that is left alone: by its name, so always the same answer."""
    return zlib.crc32(key.encode()) % 10_000 < share * 10_000


def _details(details: Mapping[str, str]) -> str:
    return ",".join(f"{name}={details[name]}" for name in sorted(details))


def _hours(ms: int) -> str:
    return f"{ms / 3_600_000:.3g} h"
