"""When to write again to somebody who is silent, decided by how he behaves, never by a fixed time. Pure."""

from hub.followup.chances import Chance, Chances, Count, Kind, counts, kind_of, unpack_kind
from hub.followup.decision import Decision, Situation, decide, meaning
from hub.followup.rhythm import NOTHING, SENT, Rhythm, answer, unpack
from hub.followup.settings import FollowUp, compile_followup
from hub.followup.signals import Behaviour, Contribution, Score, score
from hub.followup.wording import asks, ends_matter

__all__ = [
    "NOTHING",
    "SENT",
    "Behaviour",
    "Chance",
    "Chances",
    "Contribution",
    "Count",
    "Decision",
    "FollowUp",
    "Kind",
    "Rhythm",
    "Score",
    "Situation",
    "answer",
    "asks",
    "compile_followup",
    "counts",
    "decide",
    "ends_matter",
    "kind_of",
    "meaning",
    "score",
    "unpack",
    "unpack_kind",
]
