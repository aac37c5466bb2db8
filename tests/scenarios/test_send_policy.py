"""Random rules, channels, moves, pauses, claims, opt-outs and kills: nothing begins to leave that should not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hub.engine.loader import Plugins
from hub.sending import SendState, Verdict, may_send
from hub.testing.fence_audit import Auditor
from hub.testing.fence_world import FenceWorld, Slip, fence_plugins
from hub.testing.stores import place_of


@pytest.fixture(scope="module")
def plugins() -> Plugins:
    return fence_plugins()


def audited(folder: Path, seed: int, steps: int, plugins: Plugins, engine: str = "") -> Auditor:
    """A hub of its own lives through `steps`; raises AssertionError at the first send that should not have begun."""
    folder.mkdir(exist_ok=True)
    place = place_of(folder / "data", "postgres") if engine == "postgres" else None
    world = FenceWorld(folder, seed, plugins, place)
    try:
        world.run(steps)
    finally:
        world.close()
        Slip.events.clear()
    return world.auditor


def test_nothing_begins_against_opt_out_window_claim_gap_quiet_hours_consent_or_the_replies_per_inbound(
    tmp_path, plugins
):
    seen = [audited(tmp_path / str(seed), seed, 110, plugins).seen for seed in range(6)]
    for cls in ("reply", "human", "outreach"):
        assert sum(one[cls] for one in seen), cls


@pytest.mark.full
@pytest.mark.parametrize("seed", range(1000, 1040))
def test_nothing_begins_against_the_limits_in_a_long_life(tmp_path, seed, plugins):
    audited(tmp_path / "hub", seed, 400, plugins)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(3))
def test_nothing_begins_against_the_limits_on_a_server(tmp_path, seed, plugins, postgres):
    audited(tmp_path / "hub", seed, 150, plugins, "postgres")


def forgetful(**changes: object) -> Callable[[SendState, int], Verdict]:
    """A gate that does not look at something. Names of `Outreach` and `SendPolicy` have their prefix."""

    def gate(state: SendState, now: int) -> Verdict:
        out, policy = state.outreach, state.policy
        plain = {name: value for name, value in changes.items() if "__" not in name}
        if out is not None:
            out = replace(out, **{n.partition("__")[2]: v for n, v in changes.items() if n.startswith("out__")})
        rules = {n.partition("__")[2]: v for n, v in changes.items() if n.startswith("policy__")}
        return may_send(replace(state, **plain, outreach=out, policy=replace(policy, **rules)), now)

    return gate


@pytest.mark.full
@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ({"opted_out": False}, "asked for no more messages"),
        ({"window": 0}, "the window is closed"),
        ({"claimed": ""}, "a human has the case"),
        ({"paused_until": 0}, "are silent|the person is paused"),
        ({"stopped": ""}, "a human stopped"),
        ({"max_replies": 99}, "replies already"),
        ({"repeats": False}, "the same words$"),
        ({"off_topic": ""}, "is forbidden"),
        ({"out__sent": ()}, "too soon"),
        ({"policy__per_week": 0}, "in a week"),
        ({"policy__awake": ()}, "quiet hours"),
        ({"out__preferred": ""}, "he prefers"),
        ({"out__consent": True}, "consent to"),
        ({"out__same": 0}, "the same words again"),
        ({"out__nudges": 0}, "nudges"),
    ],
)
def test_a_gate_that_forgets_one_limit_is_found_out(tmp_path, monkeypatch, broken, told, plugins):
    monkeypatch.setattr("hub.engine.lease.may_send", forgetful(**broken))
    with pytest.raises(AssertionError, match=told):
        live_on(tmp_path, plugins)


def live_on(folder: Path, plugins: Plugins) -> None:
    """One life after the other, until a send begins that should not have."""
    for seed in range(2000, 2060):
        audited(folder / str(seed), seed, 200, plugins)
