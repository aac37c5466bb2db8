"""Placeholder until below."""

from bench.figures import Figure
from bench.run import Run


def measure(run: Run) -> list[Figure]:
    return [Figure(name="rss_mb", rounds=())]
