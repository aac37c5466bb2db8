"""How soon silent people are reached, and how many are nudged needlessly: `python -m bench.followup`.

The messages are private chat of students (1,899 people, 59,835 messages), so the figures show whether the method works,
not what it does for a company. The first 70 % of the time only teach; the rest is judged, while the hub goes on
learning as it does in service: nothing is used before it happened. Nothing of the data is part of the product.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import boosted
from bench.silences import Message, Reached, Silence, judge, learn, ranking, read, silences
from hub.followup.chances import HORIZON, STEPS
from hub.followup.decision import left_alone
from hub.followup.settings import FollowUp

DATA = Path(os.environ.get("DRAGOMAN_DATA") or Path(__file__).parents[2] / "shared" / "data")
FILE = Path("intent/collegemsg/CollegeMsg.txt")
THRESHOLDS = (0.4, 0.3, 0.25)
WANTED = 1.3
"""Times sooner than the fixed timer, at WANTED_AT of the thresholds."""
WANTED_AT = 2
LEARNING = 0.7
"""Part of the time that only teaches."""
LEFT_ALONE = FollowUp().left_alone

OURS = "rhythm and chances"
Rows = dict[float, Reached]


def main() -> int:
    """See module. Returns the exit status: 2 without the data."""
    path = DATA / FILE
    if not path.is_file():
        print(f"No record of messages at {path}: set DRAGOMAN_DATA to the folder that holds {FILE}.", file=sys.stderr)
        return 2
    result, ways = measure(read(path))
    console = Console(width=140)
    console.print(_table(ways))
    off = "{gap_off} by his rhythm, {gap_off_all} by everybody's".format_map(result)
    ranks = "AUROC {auroc}, Brier {brier} (always the mean: {brier_base})".format_map(result)
    console.print(
        f"{result['judged']} silences judged, {result['silent']} of them without an answer in a week.\n"
        f"Still answers alone, over {len(STEPS) - 1} moments: {ranks}.\n"
        f"How soon he answers, off by a factor of {off}."
    )
    if "boosted" not in result:
        console.print("Boosted trees were not tried: scikit-learn is not installed.")
    print("RESULT " + json.dumps(result))
    return 0


def measure(messages: Sequence[Message]) -> tuple[dict[str, Any], dict[str, Rows]]:
    """The figures for RESULT, and each way of choosing the moment at each threshold."""
    found, _ = _taught(messages)
    judged = between(messages, found, LEARNING, 1.0)
    ways = {OURS: _rows(judged)}
    auroc, brier, base = ranking([point for one in judged for point in _points(one)])
    own, same = _off(judged)
    result: dict[str, Any] = {
        "silences": len(found),
        "judged": len(judged),
        "silent": sum(one.length == math.inf for one in judged),
        "auroc": round(auroc, 3),
        "brier": round(brier, 3),
        "brier_base": round(base, 3),
        "gap_off": round(own, 2),
        "gap_off_all": round(same, 2),
    }
    ways["ours, judged on the 30 % before"] = _rows(between(messages, found, LEARNING - 0.3, LEARNING))
    nudging, seconds = _taught(messages, _own_nudge)
    result["us_per_silence"] = round(1e6 * seconds / len(found))
    ways["ours, taught while it nudges"] = _rows(between(messages, nudging, LEARNING, 1.0))
    broken, _ = _taught(messages, lambda one: one.again)
    ways["ours, writers who did not insist"] = _rows(
        [one for one in between(messages, broken, LEARNING, 1.0) if one.again is None]
    )
    if chosen := boosted.moments(found, judged, cut(messages, LEARNING), THRESHOLDS):
        points, moments = chosen
        ways["boosted trees"] = {at: judge(judged, _looked_up(moments[at])) for at in THRESHOLDS}
        result["boosted"] = dict(zip(("auroc", "brier"), (round(x, 3) for x in ranking(points)), strict=False))
    result["at"] = {
        way: {
            f"{at:.2f}": {
                "needless": round(reached.needless, 3),
                "of_nudged": round(reached.vain, 3),
                "wait_h": round(reached.wait, 1),
                "fixed_h": round(reached.fixed, 1),
                "sooner": round(reached.ratio, 2),
            }
            for at, reached in rows.items()
        }
        for way, rows in ways.items()
    }
    result["met"] = sum(reached.ratio >= WANTED for reached in ways[OURS].values()) >= WANTED_AT
    return result, ways


def _taught(
    messages: Sequence[Message], cut_short: Callable[[Silence], int | None] | None = None
) -> tuple[list[Silence], float]:
    """The silences, with what the hub thought of each, and the CPU seconds that took."""
    found = silences(messages)
    began = time.process_time()
    learn(messages, found, THRESHOLDS, cut_short, since=cut(messages, LEARNING - 0.3))
    return found, time.process_time() - began


def _own_nudge(one: Silence) -> int | None:
    """When the hub itself would break this silence: the middle threshold, and a share that is left alone."""
    alone = left_alone(f"{one.writer}-{one.reader}-{one.at}", LEFT_ALONE)
    return None if alone or one.nudge[0.3] >= HORIZON else one.at + one.nudge[0.3]


def cut(messages: Sequence[Message], part: float) -> int:
    """The moment (ms) at which this part of the time is over."""
    first, last = messages[0].at, messages[-1].at
    return first + int(part * (last - first))


def between(messages: Sequence[Message], found: Sequence[Silence], begin: float, end: float) -> list[Silence]:
    """The silences that began in this part of the time and whose end is known."""
    first, last = cut(messages, begin), min(cut(messages, end), messages[-1].at - HORIZON)
    return [one for one in found if first <= one.at <= last]


def _rows(judged: Sequence[Silence]) -> Rows:
    return {at: judge(judged, _at(at)) for at in THRESHOLDS}


def _at(threshold: float) -> Callable[[Silence], int]:
    return lambda one: one.nudge[threshold]


def _looked_up(moments: Mapping[int, int]) -> Callable[[Silence], int]:
    return lambda one: moments[id(one)]


def _points(one: Silence) -> list[tuple[float, bool]]:
    """The chance at the beginning of each step that the silence reached, and whether it came true."""
    return [
        (one.curve[step], one.length < math.inf)
        for step in range(1, len(STEPS))
        if one.curve and one.length > STEPS[step]
    ]


def _off(judged: Sequence[Silence]) -> tuple[float, float]:
    """By which factor the time of an answer is off on average: by the reader's own rhythm, and by everybody's."""
    answered = [one for one in judged if one.length < math.inf and one.guess and one.usual]
    own, same = (
        fmean(abs(math.log(max(one.length, 1000) / (guess or 1))) for one, guess in pairs)
        for pairs in (((one, one.guess) for one in answered), ((one, one.usual) for one in answered))
    )
    return math.exp(own), math.exp(same)


def _table(ways: dict[str, Rows]) -> Table:
    shown = Table(title="Follow-up: whom it reaches, and when", title_justify="left", title_style="bold")
    for name in (
        "",
        "below",
        "needless",
        "of the nudged",
        "silent reached after",
        "mean",
        "fixed timer, as needless",
        "sooner",
    ):
        shown.add_column(name, justify="right" if name else "left")
    for way, rows in ways.items():
        for at, reached in rows.items():
            shown.add_row(
                way if at == THRESHOLDS[0] else "",
                f"{at:.0%}",
                f"{reached.needless:.1%}",
                f"{reached.vain:.1%}",
                f"{reached.wait:.1f} h",
                f"{reached.mean:.1f} h",
                f"{reached.fixed:.1f} h",
                f"{reached.ratio:.2f}x",
            )
        shown.add_section()
    return shown


if __name__ == "__main__":
    sys.exit(main())
