"""A richer model beside the one that ships: boosted trees over the same facts, with scikit-learn, which the product
does not need."""

from __future__ import annotations

import importlib
import importlib.util
import math
from collections.abc import Sequence

from bench.silences import HOUR, Silence
from hub.followup.chances import HORIZON
from hub.followup.rhythm import Rhythm

LOOKS: tuple[int, ...] = tuple(
    int(hours * HOUR) for hours in (0.5, 1, 2, 3, 4, 6, 8, 12, 15, 18, 24, 30, 36, 48, 72, 96, 120)
)
"""When the model looks at a silence (ms)."""


def moments(
    found: Sequence[Silence], judged: Sequence[Silence], cut: int, thresholds: Sequence[float]
) -> tuple[list[tuple[float, bool]], dict[float, dict[int, int]]] | None:
    """Learns from the silences that ended before `cut` (ms) and says for those `judged`: (chance, came true) at each
    look, and by threshold and silence when (ms) to nudge. None without scikit-learn."""
    if importlib.util.find_spec("sklearn") is None:
        return None
    trees = importlib.import_module("sklearn.ensemble").HistGradientBoostingClassifier(
        max_iter=200, learning_rate=0.05, min_samples_leaf=100, random_state=1
    )
    past = [one for one in found if _ended(one) < cut]
    rows = [(_facts(one, look), one.length < math.inf) for one in past for look in LOOKS if one.length > look]
    trees.fit([facts for facts, _ in rows], [true for _, true in rows])
    asked = [_facts(one, look) for one in judged for look in LOOKS]
    shares = [float(share) for share in trees.predict_proba(asked)[:, 1]]
    points = []
    chosen: dict[float, dict[int, int]] = {at: {} for at in thresholds}
    for number, one in enumerate(judged):
        curve = shares[number * len(LOOKS) : (number + 1) * len(LOOKS)]
        points += [
            (share, one.length < math.inf) for share, look in zip(curve, LOOKS, strict=True) if one.length > look
        ]
        for at in thresholds:
            chosen[at][id(one)] = next((look for share, look in zip(curve, LOOKS, strict=True) if share < at), HORIZON)
    return points, chosen


def _ended(one: Silence) -> int:
    return one.answered if one.answered is not None and one.length < math.inf else one.at + HORIZON


def _facts(one: Silence, look: int) -> list[float]:
    """What is known at a look; a missing value is not a number."""
    quiet = math.nan if one.quiet is None else one.quiet / HOUR
    usual = math.nan if one.guess is None else math.log(one.guess / 1000)
    hour = one.at // HOUR % 24
    return [
        look / HOUR,
        quiet,
        usual,
        float(hour),
        *_counts(one.person),
        *_counts(one.pair),
        math.log(look / 1000) - usual,
    ]


def _counts(rhythm: Rhythm) -> list[float]:
    share = rhythm.answered / rhythm.asked if rhythm.asked else math.nan
    gap = rhythm.logs / rhythm.answered / 1000 if rhythm.answered else math.nan
    return [float(rhythm.asked), float(rhythm.answered), share, gap]
