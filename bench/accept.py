"""The public listener alone: verify, split, store durably, answer 200. The step rests; no extras."""

from __future__ import annotations

from bench.figures import Figure
from bench.run import WARM_UP, Run, bench

SECONDS = 2.0


def measure(run: Run) -> list[Figure]:
    """Accepted webhooks per second as a share of what the bare handler answers, round by round."""
    ratios, bares, hubs, cpus, bare_cpus = [], [], [], [], []
    seconds = SECONDS * run.length
    with bench(run, writer="idle", crm=False, fast=False) as pair:
        bare = pair.flood(1, WARM_UP, bare=True)
        hub = pair.flood(1, WARM_UP, bare=False)
        for number in range(run.rounds):
            run.tell(f"round {number + 1} of {run.rounds}")
            bare = pair.flood(seconds, bare.rate, bare=True)
            hub = pair.flood(seconds, hub.rate, bare=False)
            bares.append(bare.rate)
            hubs.append(hub.rate)
            cpus.append(hub.cpu)
            bare_cpus.append(bare.cpu)
            ratios.append(hub.rate / bare.rate)
    return [
        Figure(name="accept_ratio", rounds=tuple(ratios), want="at least", target=0.45, aim=0.55, note="to bare"),
        Figure(name="accept_per_s", rounds=tuple(hubs), note="webhooks stored before the 200"),
        Figure(name="accept_bare_per_s", rounds=tuple(bares)),
        Figure(name="accept_cpu_us", rounds=tuple(cpus), note="CPU of the process for each"),
        Figure(name="accept_bare_cpu_us", rounds=tuple(bare_cpus)),
    ]
