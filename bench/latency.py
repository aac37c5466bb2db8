"""How long things take while the hub is half busy, and how fast it replies at a steady pace."""

from __future__ import annotations

from bench.figures import Figure, p99
from bench.line import closed_loop, drain
from bench.run import Run, bench

SECONDS = 4.0
EVENTS_PER_TEXT = 5
REQUESTS_PER_TEXT = 4
REPLY_RATE = 200.0
"""Texts per second of the reply figure."""


def measure(run: Run) -> list[Figure]:
    """At half of the measured line: 200s and commits, the bare handler beside it; then replies at a steady pace."""
    seen: dict[str, list[float]] = {name: [] for name in ("ack", "commit", "bare", "reply")}
    seconds = SECONDS * run.length
    with bench(run, writer="timed", crm=True, fast=True) as pair:
        whole = run.known.get("line_per_s") or closed_loop(pair, seconds)["rate"]
        texts = whole / 2 / EVENTS_PER_TEXT
        for number in range(run.rounds):
            run.tell(f"round {number + 1} of {run.rounds}, {texts:.0f} texts/s")
            rate = texts * REQUESTS_PER_TEXT
            seen["bare"].append(1e3 * p99(pair.load.call("stream", pair.bare, rate, int(rate * seconds), True)))
            pair.server.call("waits")
            talked = pair.load.call("converse", pair.hub, texts, seconds)
            seen["commit"].append(p99(pair.server.call("waits")))
            seen["ack"].append(1e3 * p99(talked["acks"]))
            drain(pair)
        for number in range(run.rounds):
            run.tell(f"round {number + 1} of {run.rounds}, {REPLY_RATE:.0f} texts/s")
            talked = pair.load.call("converse", pair.hub, REPLY_RATE, seconds)
            seen["reply"].append(1e3 * p99(talked["replies"]))
            drain(pair)
    at = f"at {texts:.0f} texts/s"
    return [
        Figure(name="ack_p99_ms", rounds=tuple(seen["ack"]), note=f"POST to 200, {at}: half of the line"),
        Figure(name="bare_p99_ms", rounds=tuple(seen["bare"]), note="the bare handler at as many requests/s"),
        Figure(name="event_to_commit_p99_ms", rounds=tuple(seen["commit"]), note=f"received to step's commit, {at}"),
        Figure(
            name="reply_p99_ms",
            rounds=tuple(seen["reply"]),
            want="at most",
            target=250,
            note=f"POST to the reply at the platform, {REPLY_RATE:.0f} texts/s",
        ),
    ]
