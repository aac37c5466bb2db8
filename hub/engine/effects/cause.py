"""Why something is done: the event behind it, the person and the conversation it is about. And what follows from it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from hub.engine.line import Line, incoming, lane
from hub.model.events import Event
from hub.model.happened import Happened
from hub.store.rows import ConversationRow, MessageRow, PersonRow
from hub.store.workspace import Workspace

DEEPEST = 5
"""Events that may follow from each other: a rule that causes itself ends here."""


@dataclass(slots=True)
class Cause:
    """`seq` is the journal number of the event. `talk` is None where the person never wrote; `message` is a message of
    his, or of ours, where one is the cause. `origin` is the journal number of the message that all of it answers in the
    end, 0 = none: automatic replies count against that one."""

    seq: int
    event: Event
    person: PersonRow
    talk: ConversationRow | None
    message: MessageRow | None = None
    origin: int = 0

    @property
    def depth(self) -> int:
        """How many events of the hub led here, one after the other."""
        return getattr(self.event, "depth", 0)

    @property
    def slot(self) -> str:
        """What comes before the slot of a command that this causes: those of several causes may answer one origin."""
        if self.message is not None:
            return str(self.message.id)
        return "c" if self.origin in (0, self.seq) else f"c{self.seq}"


def follow(cls: type[Happened], name: str, cause: Cause, line: Line, work: Workspace, **values: Any) -> None:
    """An event of the hub that follows from this one, once for each `name`; none where nobody listens."""
    if not line.listens(cls.kind):
        return
    if cause.depth >= DEEPEST:
        because = f"{cls.kind} {name}: not told on, it follows from {DEEPEST} events already"
        work.decide(cause.seq, line.version, cause.person.id, cause.talk.id if cause.talk else 0, because)
        return
    key = f"{cause.seq}.{name}"
    usual = {"person": cause.person.id, "conversation": cause.talk.id if cause.talk else 0, "depth": cause.depth + 1}
    known = {f.name for f in fields(cls)}
    event = cls(key=key, at=work.now, **{n: v for n, v in usual.items() if n in known}, **values)
    work.raised[f"{cls.kind}:{key}"] = incoming(event, lane(cls.kind, cause.person.id))
