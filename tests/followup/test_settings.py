"""[followup.NAME] of hub.toml: what is taken, and how mistakes are told."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from hub.contracts.errors import ConfigError
from hub.contracts.toml_lines import Lines
from hub.followup.settings import WEIGHTS, FollowUp, compile_followup

HOUR = 3_600_000
TEXTS = 'texts = { clarify = "fu.clarify", advance = "fu.next" }'


def compiled(text: str) -> FollowUp:
    text = f"[followup.sales]\n{text}"
    data: dict[str, Any] = tomllib.loads(text)
    where = Lines(text, "hub.toml").where
    return compile_followup("sales", data["followup"]["sales"], ("followup", "sales"), where)


def test_only_texts_are_needed() -> None:
    found = compiled(TEXTS)
    assert found == FollowUp(name="sales", texts={"clarify": "fu.clarify", "advance": "fu.next"})
    assert (found.answers_alone_below, found.at_least, found.at_most) == (0.3, 4 * HOUR, 120 * HOUR)
    assert (found.nudges, found.sends, found.left_alone) == (3, 4, 0.1)


def test_everything_can_be_set() -> None:
    found = compiled(
        f"""
        answers_alone_below = 0.25
        at_least = "1h"
        at_most = "2d"
        nudges = 2
        sends = 5
        sends_per = "7d"
        restart_after = "3d"
        left_alone = 0
        advance_from = 2
        signals = {{ depth = 3, latency = 0.5 }}
        required = ["quantity"]
        products = ["ZX-900"]
        competitors = "Acme"
        {TEXTS}
        """
    )
    assert (found.at_least, found.at_most, found.sends_per, found.restart_after) == (
        HOUR,
        48 * HOUR,
        168 * HOUR,
        72 * HOUR,
    )
    assert found.weights == {**WEIGHTS, "depth": 3, "latency": 0.5}
    assert (found.products, found.competitors) == (("zx-900",), ("Acme",))
    assert found.comparison.find("what acme asks")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "hub.toml:1: [followup.sales] has no texts (add texts = "),
        (f'{TEXTS}\nat_mots = "3d"', "hub.toml:3: unknown key 'at_mots' (did you mean 'at_most'?)"),
        (
            f'{TEXTS}\nat_most = "soon"',
            "hub.toml:3: 'soon' is no span of time (a number and s, m, h or d, such as 12h)",
        ),
        (f'{TEXTS}\nat_most = "8d"', "hub.toml:3: at_most is 8d: nobody is waited for longer than a week"),
        (f'{TEXTS}\nat_most = ""', "hub.toml:3: at_most is empty"),
        (f'{TEXTS}\nat_least = "6d"', "hub.toml:3: at_least (6d) is longer than at_most (5d)"),
        (f"{TEXTS}\nanswers_alone_below = 30", "hub.toml:3: 'answers_alone_below': "),
        (f"{TEXTS}\nnudges = -1", "hub.toml:3: 'nudges': "),
        (f'{TEXTS}\nnudges = "3"', "hub.toml:3: 'nudges': "),
        (f"{TEXTS}\nleft_alone = 2", "hub.toml:3: 'left_alone': "),
        (f"{TEXTS}\nsignals = {{ dept = 1.0 }}", "hub.toml:3: there is no signal 'dept' (did you mean 'depth'?)"),
        (f"{TEXTS}\nsignals = {{ depth = nan }}", "hub.toml:3: signal 'depth': nan is no weight"),
        ('texts = { nudge = "x" }', "hub.toml:2: there is no follow-up called 'nudge' (follow-ups: advance, "),
        (f'{TEXTS}\nproducts = [""]', "hub.toml:3: a product without a name"),
        (f'{TEXTS}\ncompetitors = [" "]', "hub.toml:3: "),
        (f"{TEXTS}\nadvance_from = inf", "hub.toml:3: 'advance_from': "),
    ],
)
def test_a_mistake_is_one_sentence_with_its_line(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        compiled(text)
    assert str(caught.value).startswith(told)
