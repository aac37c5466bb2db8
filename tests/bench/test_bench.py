"""The bench runs and says what it found; what it found is judged by people, on a quiet machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.full
def test_the_bench_ends_with_one_line_of_results(tmp_path: Path) -> None:
    path = os.pathsep.join(str(ROOT / part) for part in (".", "plugins", "adapters"))
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", "--only", "disk", "accept", "--folder", tmp_path],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    last = done.stdout.rstrip().splitlines()[-1]
    name, _, data = last.partition(" ")
    assert name == "RESULT"
    found = json.loads(data)
    for figure in ("fdatasync_per_s", "accept_ratio", "accept_per_s", "accept_bare_per_s", "accept_cpu_us"):
        low, high = found["spread"][figure]
        assert 0 < low <= found[figure] <= high
    assert found["rounds"] == 2
    assert found["quick"] is True
    assert set(found["missed"]) <= {"accept_ratio"}
    assert list(tmp_path.iterdir()) == [], "a run leaves nothing behind"


def test_a_mistake_on_the_command_line_is_told() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--only", "everything"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / p) for p in (".", "plugins", "adapters"))},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2
    assert "invalid choice: 'everything'" in done.stderr
