"""The notice that a machine answers, and what is said when a human takes over: texts that the hub says by itself."""

from __future__ import annotations

import pytest

from hub.contracts.errors import ConfigError
from hub.model.by_hand import TagsEdited
from hub.testing.tabletop import Tabletop
from tests.engine.talking import BEN, HOUR, TEXTS, talking

NOTICE = (
    TEXTS
    + """
[company]
name = "Example"
[texts]
machine_notice = { en = "A machine of {{ company.name }} answers.", de = "Hier antwortet eine Maschine." }
[[rule]]
name = "price"
keywords = ["price"]
reply = { text = "From 10." }
[[rule]]
name = "map"
keywords = ["map"]
media = { kind = "image", url = "https://example.com/map.png" }
[[rule]]
name = "form"
keywords = ["form"]
template = { name = "form", language = "en" }
[[rule]]
name = "choose"
keywords = ["choose"]
reply = { text = "Which one?" }
buttons = ["This", "That"]
"""
)


@pytest.fixture
def talk(tmp_path):
    """Somebody writes to a hub with this hub.toml."""
    yield from talking(tmp_path)


SAYS = "A machine of Example answers."


def test_the_first_automatic_message_says_that_a_machine_answers_and_one_a_day_later_again(talk):
    ana = talk(NOTICE)
    ana.write("price")
    assert ana.said() == [f"{SAYS}\n\nFrom 10."]
    ana.table.now += 23 * HOUR
    ana.write("price")
    assert ana.said() == ["From 10."]
    ana.table.now += HOUR
    ana.write("price")
    assert ana.said() == [f"{SAYS}\n\nFrom 10."]


def test_every_conversation_is_told_in_its_language(talk):
    ana = talk(NOTICE)
    ana.write("price")
    ana.write("hello", BEN)
    ana.table.rows("UPDATE people SET language='de' WHERE id=2")
    ana.write("price", BEN)
    assert sorted(ana.said()) == [f"{SAYS}\n\nFrom 10.", "Hier antwortet eine Maschine.\n\nFrom 10."]


def test_a_file_carries_it_and_choices_do(talk):
    ana = talk(NOTICE)
    ana.write("map")
    assert ana.said() == [SAYS]
    ana.write("choose", BEN)
    assert ana.said() == [f"{SAYS}\n\nWhich one?"]


def test_a_template_is_the_whole_message_and_the_next_one_says_it(talk):
    ana = talk(NOTICE)
    ana.write("form")
    ana.write("price")
    assert ana.said() == ["form", f"{SAYS}\n\nFrom 10."]


def test_the_same_unasked_words_are_known_again_with_the_notice_and_without(talk):
    ana = talk(
        NOTICE
        + """
[send_policy]
min_gap = "1h"
quiet_hours = ""
[tag.new]
[tag.old]
[[rule]]
name = "welcome"
on = "tag.added"
purpose = "inform"
reply = { text = "Welcome" }
"""
    )
    ana.write("price")
    assert ana.said() == [f"{SAYS}\n\nFrom 10."]
    for later, tag, said in ((2, "new", ["Welcome"]), (40, "old", [])):
        ana.table.now += later * HOUR
        ana.write("hello")
        ana.table.happen(TagsEdited(key=tag, at=ana.table.now, person="p1", add=(tag,)))
        ana.table.step()
        assert ana.said() == said
    ((reason,),) = ana.table.rows("SELECT reason FROM outbox WHERE state='dropped'")
    assert reason.startswith("The person got the same words within the last 30")


def test_a_human_is_no_machine(talk):
    ana = talk(NOTICE)
    ana.write("hello")
    ana.answer()
    assert ana.said() == ["I am Eva"]


def test_what_was_not_sent_told_nothing(talk):
    ana = talk(NOTICE)
    ana.write("price")
    ana.answer()  # he comes first: what the rule says is dropped
    assert ana.said() == ["I am Eva"]
    ana.table.tick(13 * HOUR)
    ana.write("price")
    assert ana.said() == [f"{SAYS}\n\nFrom 10."]


def test_without_the_text_nothing_is_said_of_it(talk):
    ana = talk(NOTICE.replace("machine_notice", "another"))
    ana.write("price")
    assert ana.said() == ["From 10."]


@pytest.mark.parametrize("name", ["machine_notice", "hand_off"])
def test_a_text_that_the_hub_says_by_itself_names_nothing_of_an_event(tmp_path, name):
    toml = TEXTS + f'[texts]\n{name} = "You wrote {{{{ message.text }}}}"\n'
    with pytest.raises(ConfigError, match=f"'{name}' names message.text, which is not known") as caught:
        Tabletop(tmp_path, toml)
    assert caught.value.where.endswith(f":{toml.count(chr(10))}")


def test_a_human_is_announced_with_the_hotline_of_the_company(talk):
    ana = talk(NOTICE.replace("machine_notice", "hand_off"))
    ana.write("a human please")
    assert ana.said() == [SAYS]
