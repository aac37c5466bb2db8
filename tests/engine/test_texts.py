"""Reply texts through a whole hub: what they name, what each channel says, templates in their place, and the notice
that a machine answers."""

from __future__ import annotations

import pytest

from hub.contracts.errors import ConfigError
from hub.engine import ticks
from hub.model.by_hand import ConsentRecorded
from hub.model.content import Template
from hub.model.happened import CampaignDue
from hub.testing.tabletop import Tabletop
from tests.engine.talking import BEN, HOUR, MINUTE, TEXTS, talking

AWAY = (
    TEXTS
    + """
[company]
hotline = "+44 7700 900123"
[hours.shop]
timezone = "Europe/London"
week = { mon-fri = "09:00-18:00" }
holidays = "GB-ENG"
[texts]
away = "Back at {{ hours.next_open }}. Urgent: {{ company.hotline }}. Usual wait: {{ stats.mean_reply }} minutes."
[[rule]]
name = "away"
outside = "shop"
reply = "away"
"""
)
LATE = (
    TEXTS
    + """
[texts.news]
text = { en = "News", de = "Neues" }
channels = { whatsapp = { en = "News for {{ person.name }}" }, telegram = "nothing" }
template = { en = { name = "news", language = "en_GB", params = ["{{ person.name }}"] }, de = { name = "neues", \
language = "de" } }
[texts.second]
text = "Something else"
template = { name = "second", language = "en", params = ["{{ message.text }}"] }
[[rule]]
name = "at once"
keywords = ["now"]
reply = "news"
[[rule]]
name = "news"
keywords = ["later"]
after = "25h"
reply = "news"
[[rule]]
name = "second"
keywords = ["later"]
after = "26h"
reply = "second"
[[rule]]
name = "plain"
keywords = ["later"]
after = "27h"
reply = { text = "Without a template" }
"""
)


@pytest.fixture
def talk(tmp_path):
    """Somebody writes to a hub with this hub.toml."""
    yield from talking(tmp_path)


# -- what a text names ------------------------------------------------------------------------------------------------


def test_an_away_text_names_the_next_opening_the_hotline_and_the_usual_wait_in_minutes(talk):
    ana = talk(AWAY)
    table = ana.table
    table.now += 2 * HOUR  # Friday, 10 o'clock
    ana.write("is somebody there?")
    assert ana.said() == []
    table.now += 12 * MINUTE
    ana.answer()
    assert ana.said() == ["I am Eva"]
    assert ticks.count(table.store, table.now)
    table.step()
    table.now += 10 * HOUR  # Friday evening
    ana.write("hello", BEN)
    assert ana.said() == ["Back at 2027-01-18 09:00. Urgent: +44 7700 900123. Usual wait: 12 minutes."]
    table.now += 58 * HOUR + 30 * MINUTE  # Monday morning
    ana.write("hello again", BEN)
    assert ana.said() == ["Back at 09:00. Urgent: +44 7700 900123. Usual wait: 12 minutes."]


def test_before_anybody_was_answered_the_usual_wait_is_empty(talk):
    ana = talk(AWAY.replace("{{ stats.mean_reply }} minutes", "{{ stats.mean_reply or 'short' }}"))
    ana.write("hello")  # Friday, 8 o'clock
    assert ana.said() == ["Back at 09:00. Urgent: +44 7700 900123. Usual wait: short."]


def test_a_channel_says_its_own_words(talk):
    ana = talk(LATE)
    ana.write("now")
    assert ana.said() == ["News for Ana"]


# -- a template in its place ------------------------------------------------------------------------------------------


def test_the_template_of_a_text_goes_in_its_place_once_the_window_is_closed(talk):
    ana = talk(LATE)
    ana.write("later")
    ana.table.tick(25 * HOUR)
    assert ana.table.lease() == []
    (one,) = ana.table.lease()
    assert one.message.content.template == Template(name="news", language="en_GB", body=("Ana",))
    assert one.message.text == ""
    states = ana.table.rows("SELECT o.rule, o.state, o.reason FROM outbox o WHERE o.kind='send' ORDER BY o.id")
    assert [row[:2] for row in states] == [("news", "dropped"), ("fallback", "started")]
    assert states[0][2].endswith("closed; the template 'news' goes in its place.")


def test_each_text_has_its_own_and_only_a_text_without_one_takes_the_inboxes(talk):
    ana = talk(LATE)
    ana.write("later please")
    for later, expected in ((25, ["news"]), (1, ["second"]), (1, ["again"])):
        ana.table.tick(later * HOUR)
        assert ana.said() == expected


def test_a_template_stands_in_the_language_of_the_person(talk):
    ana = talk(LATE)
    ana.write("later")
    ana.table.rows("UPDATE people SET language='de'")
    ana.table.tick(25 * HOUR)
    assert ana.said() == ["neues"]


def test_while_the_window_is_open_the_text_itself_goes(talk):
    ana = talk(LATE.replace('after = "25h"', 'after = "23h"'))
    ana.write("later")
    ana.table.tick(23 * HOUR)
    assert ana.said() == ["News for Ana"]


def test_a_refusal_of_the_platform_because_of_the_window_brings_the_texts_own_template(talk):
    ana = talk(LATE)
    ana.write("now")
    (one,) = ana.table.lease()
    ana.table.sent(one, outcome="dead", reason="more than 24 hours passed", error="WindowClosed")
    assert ana.said() == ["news"]


def test_a_campaign_says_its_text_by_template_too_once_the_window_is_closed(talk):
    segment = """
[segment.all]
where = { city = "Rome" }
[campaign.spring]
segment = "all"
text = "spring"
[texts.spring]
text = "Spring offers"
template = { name = "spring", language = "en", params = ["{{ person.name }}"] }
"""
    ana = talk(TEXTS + segment)
    table = ana.table
    ana.write("hello")
    table.rows("""UPDATE people SET attributes='{"city": "Rome"}'""")
    consent = ConsentRecorded(key="c", at=table.now, person="p1", purpose="market", given=True, evidence="form")
    table.happen(consent)
    table.step()
    table.tick(25 * HOUR)
    table.happen(CampaignDue(key="s", at=table.now, person=1, campaign="spring", run=1))
    table.step()
    assert ana.said() == ["spring"]


@pytest.mark.parametrize(
    ("template", "key", "words"),
    [
        ('"news"', "template", "'template' is no template"),
        ('{ en = "news" }', "template", "'template' is no template"),
        ('{ name = "news" }', "template", "the key 'language' is missing"),
        ('{ name = "", language = "en" }', "template", "the template's name is empty"),
        ('{ name = "a", language = "en", parms = [] }', "template", "unknown key 'parms'.*did you mean 'params'"),
        ('{ de = { name = "a", language = "en", params = 1 } }', "template", "'params' is neither a list nor a table"),
        ('{ name = "a", language = "en", params = ["{{ nobody }}"] }', "template", "unknown variable nobody"),
        ('{ name = "a", language = "en", params = ["{{ change.after }}"] }', "reply", "a message has no change.after"),
        ('{ name = "a", language = "en", params = ["{{ company.x }}"] }', "news", "does not say 'x'"),
        ('{ name = "a", language = "en", params = ["%s"] }' % ("x" * 40_000), "template", "the text is longer"),
    ],
)
def test_a_mistake_in_the_template_of_a_text_is_told_with_its_line(tmp_path, template, key, words):
    rule = '[[rule]]\nname = "news"\nkeywords = ["news"]\nreply = "news"\n'
    toml = f'{TEXTS}[texts.news]\ntext = "News"\ntemplate = {template}\n{rule}'
    with pytest.raises(ConfigError, match=words) as caught:
        Tabletop(tmp_path, toml)
    line = int(caught.value.where.rpartition(":")[2])
    places = {"template": "\ntemplate = ", "reply": 'reply = "news"', "news": "[texts.news]"}
    assert line == toml[: toml.index(places[key]) + 1].count("\n") + 1
