"""The table [send_policy]: what it means, and every mistake in one sentence with its line and remedy."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hub.contracts.errors import ConfigError
from hub.engine.tables import Tables
from hub.rules import compile_rules
from hub.sending import SendPolicy

HOUR, DAY = 3_600_000, 86_400_000
HOURS = '[hours.shop]\ntimezone = "Asia/Yerevan"\nweek = { mon = "09:00-18:00" }\n'
TOPICS = '[topic.legal]\nwords = ["lawyer"]\n[topic.price]\nwords = ["price"]\n'
DOCS = Path(__file__).parents[2] / "docs" / "how-to"


def compiled(text: str) -> SendPolicy:
    tables = Tables(Path("hub.toml"), {}, text)
    return compile_rules(tables.data, tables.where).book.policy


def test_without_a_table_there_is_a_gap_of_20_hours_and_three_nudges_and_no_zone_makes_no_hour_quiet():
    policy = compiled("")
    assert (policy.min_gap, policy.nudges, policy.per_week) == (20 * HOUR, 3, 0)
    assert (policy.max_wait, policy.same_again) == (3 * DAY, 30 * DAY)
    assert policy.awake == ((540, 1260),)
    assert policy.zone is None
    assert not policy.has_topics


def test_everything_that_is_written_counts():
    policy = compiled(
        HOURS
        + HOURS.replace("shop", "other").replace("Asia/Yerevan", "Europe/Berlin")
        + TOPICS
        + '[texts]\nhand_off = "A colleague answers, {{ person.name }}."\n'
        + '[send_policy]\nmin_gap = "2h"\nquiet_hours = "22:00-07:00"\nhours = "other"\nnudges_per_inquiry = 0\n'
        + 'per_week = 2\nmax_wait = "1d"\nsame_again = "7d"\nforbidden_topics = "legal"\nallowed_topics = ["price"]\n'
    )
    assert (policy.min_gap, policy.nudges, policy.per_week) == (2 * HOUR, 0, 2)
    assert (policy.max_wait, policy.same_again) == (DAY, 7 * DAY)
    assert (policy.awake, policy.zone) == (((420, 1320),), ZoneInfo("Europe/Berlin"))
    assert (policy.forbidden, policy.allowed) == ({"legal"}, {"price"})
    assert policy.off_topic("", "ask a LAWYER", written=True)
    assert policy.hand_off is not None
    assert policy.hand_off.render("en", {"person": {"name": "Ana"}}) == "A colleague answers, Ana."


def test_the_one_zone_of_all_hours_is_the_policys():
    assert compiled(HOURS).zone == ZoneInfo("Asia/Yerevan")
    assert compiled(HOURS + '[send_policy]\nquiet_hours = ""\n').awake == ()


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ('mingap = "2h"', "unknown key 'mingap' .*did you mean 'min_gap'"),
        ('min_gap = "soon"', "'soon' is no span of time"),
        ('min_gap = ""', "'min_gap' is empty"),
        ("per_week = -1", "'per_week' is -1"),
        ("nudges_per_inquiry = 5000", "'nudges_per_inquiry' is 5000"),
        ('quiet_hours = "night"', "'night' are no quiet hours"),
        ('quiet_hours = "21:00-09:00"', "quiet hours have no time zone"),
        ('hours = "shop"', r"there is no \[hours.shop\]"),
        ('forbidden_topics = ["legall"]', r"there is no \[topic.legall\].*did you mean 'legal'"),
        ('allowed_topics = ["legal"]\nforbidden_topics = ["price", "legal"]', "'legal' is allowed and forbidden"),
        ("[[send_policy.x]]", "unknown key 'x'"),
        ('[texts]\nhand_off = "{{ message.text }}"', "the text 'hand_off' names message.text"),
    ],
)
def test_a_mistake_is_one_sentence_with_its_line_and_a_remedy(lines, told):
    with pytest.raises(ConfigError, match=rf"hub.toml:\d+: .*{told}") as mistake:
        compiled(f"{TOPICS}[send_policy]\n{lines}\n")
    assert re.search(r"\(.+\)$", str(mistake.value))


@pytest.mark.parametrize("page", ["send-policy.md", "human-control.md"])
def test_what_the_pages_show_can_be_written(page):
    blocks = re.findall(r"```toml\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    people = "[agent.anna]\n[team.sales]\nmembers = ['anna']\n[team.support]\nmembers = ['anna']\n[tag.vip]\n"
    rules = '[priority.P1]\nreply_by = "2h"\n[[rule]]\nname = "prices"\nreply = { text = "5" }\n'
    rules += '[topic.returns]\nwords = ["return"]\n'
    for block in blocks:
        text = people + HOURS + TOPICS + rules + block
        tomllib.loads(text)
        compiled(text)
