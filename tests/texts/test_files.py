"""Reply texts as they stand in hub.toml."""

import tomllib

import pytest

from hub.contracts.errors import ConfigError
from hub.contracts.toml_lines import Lines
from hub.texts.files import compile_company, compile_texts


def load(text):
    data, lines = tomllib.loads(text), Lines(text, "hub.toml")
    return compile_texts(data, compile_company(data, lines.where), lines.where)


def test_a_channel_with_a_text_of_its_own_says_that_one_in_the_readers_language():
    texts = load(
        """
        [texts.away]
        text = { en = "We are back {{ hours.next_open }}.", de = "Wir sind {{ hours.next_open }} zurück." }
        channels = { sms = { en = "Back {{ hours.next_open }}", de = "Zurück {{ hours.next_open }}" } }
        """
    )
    values = {"hours": {"next_open": "09:00"}}
    assert texts["away"].render("de", values) == "Wir sind 09:00 zurück."
    assert texts["away"].render("de-AT", values, "sms") == "Zurück 09:00"
    assert texts["away"].render("fr", values, "whatsapp") == "We are back 09:00."


def test_an_away_text_names_opening_hotline_and_the_usual_wait():
    texts = load(
        """
        [company]
        hotline = "+44 7700 900123"
        [texts]
        away = "Back {{ hours.next_open }}. Urgent: {{ company.hotline }}. Usual wait {{ stats.mean_reply }} minutes."
        """
    )
    assert texts["away"].uses == {"hours.next_open", "company.hotline", "stats.mean_reply"}


def test_purpose_and_topic_stand_with_the_text():
    texts = load('[texts]\nnext = { text = "Shall we go on?", purpose = "advance", topic = "offer" }')
    assert (texts["next"].purpose, texts["next"].topic) == ("advance", "offer")


def test_a_value_named_like_a_method_is_a_value():
    texts = load("[texts]\na = \"{{ detail.items }} {{ value.keys or 'none' }}\"")
    assert texts["a"].render("", {"detail": {"items": "three"}, "value": {"keys": ""}}) == "three none"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (
            '[texts]\na = "{{ company.hotlin }}"\n[company]\nhotline = "1"',
            2,
            "does not say 'hotlin'.*did you mean 'hotline'",
        ),
        ("[company]\nhotline = 112", 2, "'hotline' of .company. is not a text"),
        ('[texts]\na = { text = "x", purpose = "nag" }', 2, "'nag' is no purpose"),
        ('[texts]\na = { text = "x", porpose = "advance" }', 2, "unknown key 'porpose'.*did you mean 'purpose'"),
        ('[texts.a]\ntext = "x"\nchannels = "sms"', 3, "'channels' is not a table"),
        ('[texts.a.text]\nen = "x"\nde = "{{ x }}"', 3, "unknown variable x"),
        ('[texts.a]\ntext = "x"\n[texts.a.channels]\nsms = "{{ y }}"', 4, "unknown variable y"),
        ("[texts]\na = 3", 2, "'a' is not a text"),
        ('[texts]\na = { text = "x", topic = 3 }', 2, "'topic' is not a name"),
        ("texts = 3", 1, "'texts' is not a table"),
    ],
)
def test_a_mistake_is_told_with_its_line(text, line, words):
    with pytest.raises(ConfigError, match=words) as told:
        load(text)
    assert f"hub.toml:{line}" in str(told.value)
