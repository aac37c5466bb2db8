"""What the bench of follow-ups counts, on a few invented messages and on the record where it is at hand."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.followup import DATA, FILE, LEARNING, THRESHOLDS, WANTED, WANTED_AT, between, cut
from bench.silences import HOUR, Message, Silence, judge, learn, ranking, read, silences
from hub.followup.chances import HORIZON

ROOT = Path(__file__).parents[2]


def test_a_silence_lasts_from_the_first_message_to_the_answer() -> None:
    found = silences([Message(1, 2, 0), Message(1, 2, 5), Message(1, 2, 2 * HOUR), Message(2, 1, 3 * HOUR)])
    assert [(one.writer, one.reader, one.at, one.answered, one.again) for one in found] == [
        (1, 2, 0, 3 * HOUR, 2 * HOUR),
        (2, 1, 3 * HOUR, None, None),
    ]
    assert [one.length for one in found] == [3 * HOUR, math.inf]


def test_a_way_is_judged_by_the_fixed_timer_that_nudges_as_many_needlessly() -> None:
    answered = [Silence(1, 2, 0, 0, answered=hours * HOUR) for hours in (1, 2, 3, 10, 20)]
    silent = [Silence(1, 2, 0, 0) for _ in range(3)]
    moments = dict(zip(map(id, answered + silent), [9, 9, 9, 9, 30, 4, 6, 90], strict=True))
    found = judge(answered + silent, lambda one: moments[id(one)] * HOUR)
    assert (found.needless, found.wait, found.fixed) == (1 / 5, 6, 10)
    assert found.vain == 1 / 4
    assert found.ratio == pytest.approx(10 / 6)


def test_nothing_is_used_before_it_happened() -> None:
    """The same beginning with two different ends gives the same thoughts about it."""
    past = [Message(1, 100 + n, n * HOUR) for n in range(400)]
    past += [Message(100 + n, 1, n * HOUR + HOUR // 2) for n in range(0, 400, 2)]
    past.sort(key=lambda message: message.at)
    ends = ([Message(20, 21, 999 * HOUR)], [Message(100 + n, 1, 500 * HOUR + n) for n in range(1, 400, 2)])
    thoughts = []
    for end in ends:
        messages = past + end
        found = silences(messages)
        learn(messages, found, THRESHOLDS)
        thoughts.append([(one.kind, one.curve, one.guess) for one in found if one.at < 400 * HOUR])
    assert thoughts[0] == thoughts[1]
    assert any(curve for _, curve, _ in thoughts[0])


def test_what_breaks_a_silence_is_no_answer() -> None:
    messages = [Message(1, 100 + n, n * HOUR) for n in range(400)]
    messages += [Message(100 + n, 1, (n + 30) * HOUR) for n in range(400)]
    messages.sort(key=lambda message: message.at)
    chances = []
    for cut_short in (None, lambda one: one.at + 10 * HOUR if one.writer == 1 else None):
        found = silences(messages)
        learn(messages, found, THRESHOLDS, cut_short)
        chances.append([one.curve for one in found if one.writer == 1][-1][0])
    assert chances[0] > 0.9
    assert chances[1] < 0.1


def test_a_ranking_without_mistakes() -> None:
    points = [(0.9, True), (0.8, True), (0.2, False), (0.1, False)]
    assert ranking(points) == (1.0, pytest.approx(0.025), 0.25)
    assert ranking([(0.5, True), (0.5, False)])[0] == 0.5


def test_without_the_record_it_says_so_and_ends_with_2(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.followup"],
        cwd=ROOT,
        env={
            **os.environ,
            "DRAGOMAN_DATA": str(tmp_path),
            "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in (".", "plugins", "adapters")),
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"No record of messages at {tmp_path}")
    assert done.stdout == ""


@pytest.mark.skipif(not (DATA / FILE).is_file(), reason=f"there is no record of messages at {DATA / FILE}")
def test_the_silent_are_reached_1_3_times_sooner_at_two_of_three_thresholds() -> None:
    """Than by the fixed timer that nudges as many needlessly."""
    messages = read(DATA / FILE)
    found = silences(messages)
    learn(messages, found, THRESHOLDS, since=cut(messages, LEARNING))
    judged = between(messages, found, LEARNING, 1.0)
    assert (len(found), len(judged), sum(one.length == math.inf for one in judged)) == (44_086, 2_614, 748)
    ratios = [judge(judged, lambda one, at=at: one.nudge[at]).ratio for at in THRESHOLDS]
    assert sum(ratio >= WANTED for ratio in ratios) >= WANTED_AT, ratios
    assert all(one.nudge[0.25] <= HORIZON for one in judged)
