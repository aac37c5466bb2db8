"""Everything on: text, rules, reply, three statuses, HubSpot. Five journal events for each text."""

from __future__ import annotations

import time

from bench.figures import Figure
from bench.run import WARM_UP, Bench, Run, bench

SECONDS = 4.0
BARE_SECONDS = 1.5
RAMP = 2.0
"""Seconds until the CRM's batches flow as well: more than its linger."""
IN_FLIGHT = 128
"""Conversations that wait for an answer at any time."""
DRAIN = 60.0


def measure(run: Run) -> list[Figure]:
    """The line with the extras, then its CPU without them."""
    fast = _rounds(run, fast=True)
    plain = _rounds(run, fast=False)
    run.known["line_per_s"] = Figure(name="", rounds=tuple(fast["rate"])).value or 0.0
    return [
        Figure(name="line_ratio", rounds=_share(fast, "rate"), want="at least", target=0.15, aim=0.22, note="to bare"),
        Figure(name="line_per_s", rounds=tuple(fast["rate"]), note="journal events committed by the step"),
        Figure(name="line_bare_per_s", rounds=tuple(fast["bare_rate"])),
        Figure(name="line_crm_per_s", rounds=tuple(fast["crm"]), note="messages logged in the CRM; 2 in 5 events"),
        Figure(name="bare_cpu_us", rounds=tuple(fast["bare_cpu"])),
        Figure(name="cpu_us_per_event", rounds=tuple(fast["cpu"]), note="all threads of the hub's process"),
        Figure(name="line_cpu_ratio", rounds=_share(fast, "cpu"), want="at most", target=6, aim=4, note="to bare"),
        Figure(name="bare_cpu_us_plain", rounds=tuple(plain["bare_cpu"]), note="without uvloop and orjson"),
        Figure(name="cpu_us_per_event_plain", rounds=tuple(plain["cpu"])),
        Figure(name="line_cpu_ratio_plain", rounds=_share(plain, "cpu"), want="at most", target=8),
        Figure(name="line_ratio_plain", rounds=_share(plain, "rate")),
    ]


def _share(seen: dict[str, list[float]], name: str) -> tuple[float, ...]:
    return tuple(hub / bare for hub, bare in zip(seen[name], seen[f"bare_{name}"], strict=True))


def _rounds(run: Run, *, fast: bool) -> dict[str, list[float]]:
    seen: dict[str, list[float]] = {name: [] for name in ("rate", "cpu", "crm", "bare_rate", "bare_cpu")}
    with bench(run, writer="whole", crm=True, fast=fast) as pair:
        bare = pair.flood(1, WARM_UP, bare=True)
        for number in range(run.rounds):
            run.tell(f"round {number + 1} of {run.rounds}, {'with' if fast else 'without'} the extras")
            bare = pair.flood(BARE_SECONDS * run.length, bare.rate, bare=True)
            seen["bare_rate"].append(bare.rate)
            seen["bare_cpu"].append(bare.cpu)
            for name, value in closed_loop(pair, SECONDS * run.length).items():
                seen[name].append(value)
    return seen


def closed_loop(pair: Bench, seconds: float) -> dict[str, float]:
    """Events per second, CPU (us) for each, and messages logged per second, while the loop is in full swing."""
    pair.load.call("talk", pair.hub, IN_FLIGHT)
    time.sleep(RAMP)
    before, logged = pair.server.call("counts"), pair.load.call("counts")["logged"]
    time.sleep(seconds)
    after, logged = pair.server.call("counts"), pair.load.call("counts")["logged"] - logged
    ended = pair.load.call("hush")
    if ended["lost"][0] or after["buried"]:
        raise RuntimeError(f"{ended['lost'][0]:.0f} conversations had no end, {after['buried']} events were buried")
    drain(pair)
    events, took = after["stepped"] - before["stepped"], after["clock"] - before["clock"]
    return {
        "rate": events / took,
        "cpu": (after["cpu"] - before["cpu"]) / events * 1e6,
        "crm": logged / took,
    }


def drain(pair: Bench) -> None:
    """Wait until nothing is left to do, so that one round costs the next nothing."""
    end = time.monotonic() + DRAIN
    while left := pair.server.call("backlog"):
        if time.monotonic() > end:
            raise RuntimeError(f"{left} events and commands still wait after {DRAIN:.0f} s")
        time.sleep(0.1)
