"""Follow-up at work: silences begin when we write and end when he does; a timer of the person looks at each."""

from __future__ import annotations

import json
from typing import Any

from hub import followup
from hub.engine.effects.cause import Cause
from hub.engine.effects.machine import say
from hub.engine.effects.timers import arm
from hub.engine.line import Line
from hub.followup import Behaviour, Chances, Count, Decision, FollowUp, Rhythm, Situation
from hub.followup.chances import HORIZON
from hub.inquiries import context
from hub.model.commands import Send
from hub.model.events import MessageReceived
from hub.model.view import View
from hub.store import chances as learned
from hub.store.rows import InquiryRow
from hub.store.workspace import Workspace
from hub.texts.variables import values

LOOK = "followup:look"
"""The timer of a person whose silence is to be looked at."""
SHOWN = 500
"""Characters of his last message that are remembered with a silence."""


def spoke(cause: Cause, text: str, line: Line, work: Workspace) -> None:
    """We wrote to him: the first message after his last one begins a silence; a question makes it one to be watched."""
    settings, row = _settings(line), work.standing.inquiry(cause.person.id)
    if settings is None or row is None or row.state == "closed":
        return
    silence: dict[str, Any] = json.loads(row.silence) if row.silence else {}
    if "at" in silence:
        silence["asked"] = silence["asked"] or followup.asks(text)
    else:
        mine, everybody = followup.unpack(cause.person.rhythm), _everybody(work)
        quiet = work.now - silence["his_at"] if silence.get("his_at") else None
        silence |= {
            "since": work.now,
            "at": work.now,
            "asked": followup.asks(text),
            "kind": followup.kind_of(mine, everybody, quiet).pack(),
            "before": dict(context.request(context.unpack(row.context))),
        }
        cause.person.rhythm = (mine + followup.SENT).pack()
        work.learned((), _plain(followup.SENT))
    row.silence = json.dumps(silence, ensure_ascii=False)
    arm(work, "person", cause.person.id, LOOK, silence["at"] + settings.at_least)


def heard(cause: Cause, same: int, line: Line, work: Workspace) -> None:
    """He wrote: the silence is over, and it is learned from. Of one that a nudge broke, only how long it was until
    then. `same`: how many times in a row he has asked this."""
    settings, row, event = _settings(line), work.standing.inquiry(cause.person.id), cause.event
    if settings is None or row is None or not isinstance(event, MessageReceived):
        return
    silence: dict[str, Any] = json.loads(row.silence) if row.silence else {}
    latency = None
    if "at" in silence:
        latency = work.now - silence["since"]
        nudged = silence.get("nudged", 0)
        answer = followup.answer((nudged or work.now) - silence["since"])
        cause.person.rhythm = (followup.unpack(cause.person.rhythm) + answer).pack()
        kind = followup.unpack_kind(silence["kind"])
        work.learned(() if nudged else followup.counts(kind, latency, True), _plain(answer))
        arm(work, "person", cause.person.id, LOOK, 0)
    row.silence = json.dumps(
        {
            "his": event.text[:SHOWN],
            "his_at": work.now,
            "latency": latency,
            "same": same,
            "pressed": bool(event.payload),
            "switched": bool(silence.get("talk")) and cause.talk is not None and silence["talk"] != cause.talk.id,
            "talk": cause.talk.id if cause.talk else 0,
            "said": silence.get("said", []),
        },
        ensure_ascii=False,
    )


def ended(row: InquiryRow, work: Workspace) -> None:
    """The silence ends without an answer: the inquiry was closed, a human took over, or it lasted too long."""
    silence: dict[str, Any] = json.loads(row.silence) if row.silence else {}
    if "at" in silence:
        if not silence.get("nudged"):
            kind = followup.unpack_kind(silence["kind"])
            work.learned(followup.counts(kind, work.now - silence["since"], False), _plain(followup.NOTHING))
        row.silence = ""
        arm(work, "person", row.person, LOOK, 0)


def rang(cause: Cause, view: View, line: Line, work: Workspace) -> None:
    """It is time to look at his silence: a nudge goes, or it is looked at again, or nothing goes at all."""
    settings, row = _settings(line), work.standing.inquiry(cause.person.id)
    silence: dict[str, Any] = json.loads(row.silence) if row is not None and row.silence else {}
    if settings is None or row is None or "at" not in silence or cause.talk is None:
        return
    if work.now >= silence["at"] + HORIZON:
        ended(row, work)
        return
    paused = view.conversation.paused_until
    if work.now < paused < silence["at"] + HORIZON:  # a human answered him: it is looked at when the pause is over
        arm(work, "person", cause.person.id, LOOK, paused + 1)
        return
    table = work.standing.once("chances", lambda db: Chances(Count(*count) for count in learned.rows(db)))
    decision = followup.decide(_situation(row, silence, cause, view, settings, work), settings, table)
    _keep(decision, settings, cause, line, work)
    _weigh(decision, settings, row, work)
    if decision.move in ("clarify", "advance"):
        _nudge(decision, row, silence, cause, view, settings, line, work)
        return
    at = decision.at if decision.move == "wait" else silence["at"] + HORIZON
    if decision.otherwise:
        silence["otherwise"] = decision.otherwise
        row.silence = json.dumps(silence, ensure_ascii=False)
    arm(work, "person", cause.person.id, LOOK, max(at, work.now + 60_000))


def _situation(
    row: InquiryRow, silence: dict[str, Any], cause: Cause, view: View, settings: FollowUp, work: Workspace
) -> Situation:
    details = context.request(context.unpack(row.context))
    before, sent = silence.get("before"), [int(at) for at in cause.person.outreach.split()]
    talk = view.conversation
    stop = "closed" if row.state == "closed" else "opted out" if cause.person.opted_out else ""
    if not stop and talk.paused_until > work.now:
        stop = "a person answers him" if talk.claimed or talk.last_human else "paused"
    if not stop and row.state == "snoozed":
        stop = "paused"
    behaviour = Behaviour(
        text=silence.get("his", ""),
        latency=silence.get("latency"),
        person=followup.unpack(cause.person.rhythm),
        everybody=_everybody(work),
        details=details,
        changed=sum(1 for name, value in details.items() if before and before.get(name, value) != value),
        same_question=silence.get("same", 0),
        pressed=bool(silence.get("pressed")),
        switched=bool(silence.get("switched")),
    )
    return Situation(
        key=f"{row.id}.{silence['since']}",
        now=work.now,
        ours_at=silence["at"],
        ours_asked=bool(silence["asked"]),
        kind=followup.unpack_kind(silence["kind"]),
        his_at=silence.get("his_at", 0),
        behaviour=behaviour,
        before=before,
        nudges=row.nudges,
        sends=sum(1 for at in sent if at > work.now - settings.sends_per),
        said=silence.get("said", []),
        stop=stop,  # type: ignore[arg-type]
    )


def _nudge(
    decision: Decision,
    row: InquiryRow,
    silence: dict[str, Any],
    cause: Cause,
    view: View,
    settings: FollowUp,
    line: Line,
    work: Workspace,
) -> None:
    """What is said is outreach like any other: the gate has the last word. The silence is broken, and counts so far."""
    talk, book = cause.talk, line.config.rules.book
    assert talk is not None
    text = book.texts[decision.text]
    channel = line.config.connections[line.config.inboxes[talk.inbox].connection].channel
    known = values(text.uses, cause.event, view, None, book.company)
    command = Send(
        rule="followup",
        slot=f"f.{row.id}.{silence['since']}.{len(silence.get('said', []))}",
        text=text.render(cause.person.language, known, channel.name),
        instead=text.instead(cause.person.language, known),
        cls="outreach",
        purpose="revive" if decision.purpose == "restart" else decision.purpose or "clarify",
        topic=text.topic,
    )
    say(command, cause.seq, talk, cause.person, channel, line, work)
    if not silence.get("nudged"):
        kind = followup.unpack_kind(silence["kind"])
        work.learned(followup.counts(kind, work.now - silence["since"], False), _plain(followup.NOTHING))
    said = [*silence.get("said", []), decision.content]
    silence |= {"at": work.now, "nudged": silence.get("nudged") or work.now, "said": said}
    row.silence = json.dumps(silence, ensure_ascii=False)
    arm(work, "person", cause.person.id, LOOK, work.now + settings.at_least)


def _keep(decision: Decision, settings: FollowUp, cause: Cause, line: Line, work: Workspace) -> None:
    """Why, with each signal's points."""
    told = [f"follow-up {settings.name}: {decision.move}", *decision.reasons]
    signals = [str(one) for one in decision.score.contributions] if decision.score else []
    entry: dict[str, Any] = {"rule": "followup", "conditions": signals, "did": list(decision.reasons)}
    if decision.otherwise:  # what became of it tells how many nudges are needless
        entry["otherwise"] = decision.otherwise
    record = json.dumps([entry], ensure_ascii=False)
    talk = cause.talk.id if cause.talk else 0
    work.decide(cause.seq, line.version, cause.person.id, talk, "; ".join(told), record)


def _weigh(decision: Decision, settings: FollowUp, row: InquiryRow, work: Workspace) -> None:
    """How much the person means it, by the signals: kept with the inquiry."""
    if decision.score is None:
        return
    share = decision.score.points / (2 * settings.advance_from) if settings.advance_from > 0 else 1.0
    score = min(1.0, max(0.0, share))
    level = "high" if score >= 0.5 else "medium" if score >= 0.25 else "low"
    row.context = context.pack(context.with_intent(context.unpack(row.context), level, score, work.now))


def _settings(line: Line) -> FollowUp | None:
    """The first follow-up of the file; one coherent line for everybody."""
    return next(iter(line.config.rules.book.follow_ups.values()), None)


def _everybody(work: Workspace) -> Rhythm:
    return work.standing.once("rhythm", lambda db: Rhythm(*learned.everybody(db)))


def _plain(rhythm: Rhythm) -> tuple[int, int, int]:
    return rhythm.asked, rhythm.answered, rhythm.logs
