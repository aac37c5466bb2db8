"""Topics as admins write them."""

import tomllib

import pytest

from hub.contracts.errors import ConfigError
from hub.contracts.toml_lines import Lines
from hub.words.said import read
from hub.words.topics import by_intent, compile_topics
from hub.words.vocabulary import Vocabulary

FILE = """
[topic.price]
match = "prefix"
words.en = ["price", { word = "cost", match = "word" }]
words.hi = ["दाम", "कीमत"]
words.hy = "գին"
words.ar = [{ word = "سعر", match = "prefixed" }]
words.zh = ["价格"]

[topic.delivery]
words = ["deliver", "shipping cost"]
intent = "delivery"
sure = 0.7

[topic.returns]
intent = "returns"
"""


def _compile(text):
    return compile_topics(tomllib.loads(text), Lines(text, "hub.toml").where)


def _topics(text):
    return Vocabulary(topics=_compile(FILE)).look(read(text)).topics


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("Prices?", {"price": "price"}),
        ("costs", {}),
        ("what does it COST", {"price": "cost"}),
        ("दामों की सूची", {"price": "दाम"}),
        ("गी՞ن", {}),
        ("Գի՞նը", {"price": "գին"}),
        ("كم السِّعْر", {"price": "سعر"}),
        ("请问价格", {"price": "价格"}),
        ("shipping cost?", {"price": "cost", "delivery": "shipping cost"}),
        ("delivery", {}),
        ("nothing of it", {}),
    ],
)
def test_words_of_all_languages_mean_the_topic_and_the_word_is_told(text, topics):
    assert _topics(text) == topics


def test_a_classifier_means_a_topic_when_it_is_sure_enough():
    topics = _compile(FILE)
    assert by_intent(topics, "delivery", 0.7) == {"delivery": "intent 'delivery' (0.70)"}
    assert by_intent(topics, "delivery", 0.69) == {}
    assert by_intent(topics, "returns", 0.79) == {}
    assert by_intent(topics, "returns", 0.8) == {"returns": "intent 'returns' (0.80)"}
    assert by_intent(topics, "", 1.0) == {}


def test_no_table_means_no_topics():
    assert compile_topics({}, str) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[topic.a]\n", 'hub.toml:1: topic \'a\' has no words (add words = ["..."] or intent = "...")'),
        ("[topic.a]\nwords = []\n", "hub.toml:2: 'words' lists no word (name one, or remove the line)"),
        ("[topic.a]\nwords = {}\n", "hub.toml:2: 'words' lists no word (name one, or remove the line)"),
        ('[topic.a]\nwords = [\n  "x",\n  "",\n]\n', "hub.toml:4: keyword '' is empty (write a word)"),
        ('[topic.a]\nwords = ["\u055e"]\n', "hub.toml:2: keyword '\u055e' is empty (write a word)"),
        ('[topic.a]\nword = ["x"]\n', "hub.toml:2: unknown key 'word' (did you mean 'words'?)"),
        (
            '[topic.a]\nwords = ["x"]\nmatch = "words"\n',
            "hub.toml:3: 'match': input should be 'word', 'prefix', 'anywhere' or 'prefixed'",
        ),
        ('[topic.a]\nwords = [{ word = "x", matches = "word" }]\n', "hub.toml:2: unknown key 'matches'"),
        ('[topic.a]\nwords = [{ match = "word" }]\n', "hub.toml:2: the key 'word' is missing (add word = ...)"),
        ("[topic.a]\nwords = [3]\n", "hub.toml:2: 3 is no word"),
        ("[topic.a]\nwords = 3\n", "hub.toml:2: 'words' is no list of words"),
        ('[topic.a.words]\nen = ["x"]\nHindi = ["y"]\n', "hub.toml:3: 'Hindi' is no language"),
        ('[topic.a]\nwords = ["x"]\nsure = 1.5\n', "hub.toml:3: topic 'a': 1.5 is no probability"),
        ('[topic.a]\nwords = ["x"]\nsure = 0\n', "hub.toml:3: topic 'a': 0 is no probability"),
        ('[topic."a b"]\nwords = ["x"]\n', "hub.toml:1: 'a b' cannot name a topic"),
        ("topic = 3\n", "hub.toml:1: 'topic' is not a table (write [topic])"),
        ("[topic]\na = 3\n", "hub.toml:2: "),
    ],
)
def test_mistakes_name_the_line_and_the_remedy(text, message):
    with pytest.raises(ConfigError) as raised:
        _compile(text)
    assert str(raised.value).startswith(message)
    assert raised.value.remedy or "match" in message or message == "hub.toml:2: "
