"""Everything that words mean, in one pass over a message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.words.consent import consent_word
from hub.words.keywords import Keyword, Keywords
from hub.words.normal import LONGEST, normal
from hub.words.said import read
from hub.words.topics import compile_topics
from hub.words.vocabulary import NOTHING, Vocabulary


def test_one_message_means_rules_topics_moods_and_the_wish_for_a_human_at_once():
    topics = compile_topics({"topic": {"price": {"words": ["Price"]}}}, str)
    words = Vocabulary([Keyword("Sofa", "word", 7), Keyword("sofa", "prefix", 9)], topics)
    meaning = words.look(read("The price of the sofa is ridiculous, let me talk to a person"))
    assert meaning.rules == {7: "Sofa", 9: "sofa"}
    assert meaning.topics == {"price": "Price"}
    assert meaning.moods == {"angry": "word 'ridiculous'"}
    assert meaning.human == "talk to a person"


def test_no_text_means_nothing():
    assert Vocabulary().look(read("")) == NOTHING
    assert Vocabulary().look(read("   ")) == NOTHING


def test_10000_keywords_of_1000_rules_are_each_found_for_their_rules():
    words = [f"{stem}{number}" for number in range(1250) for stem in ("ab", "ծգ", "क्ष", "دم", "ราค", "价", "ßi", "Ωμ")]
    keywords = [Keyword(word, "word", place % 1000) for place, word in enumerate(words)]
    vocabulary = Vocabulary(keywords)
    for place in range(0, 10_000, 97):
        assert vocabulary.look(read(f"x {words[place]}!")).rules == {place % 1000: words[place]}


def test_owners_are_anything_hashable():
    index = Keywords([Keyword("price", "word", ("topic", "price")), Keyword("Price", "word", ("rule", 3))])
    assert index.find("the price") == {("topic", "price"): "price", ("rule", 3): "Price"}


def test_words_behind_the_10000th_character_do_not_count():
    index = Keywords([Keyword("price", "word", 0)])
    assert index.find("x " * 4_997 + "price") == {0: "price"}
    assert index.find("x " * 5_000 + "price") == {}
    assert len(read("\ufdfa" * 20_000).normal) <= LONGEST
    assert len(read("x" * 20_000).text) == len(normal("x" * 20_000)) == LONGEST


def test_a_letter_under_ten_thousand_marks_keeps_few_of_them():
    assert len(normal("a" + "\u0301\u0316" * 5_000)) < 40
    assert normal("a" + "\u0301" * 10_000 + " price").startswith("á")


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Hello, it's  2 o'clock!", ("hello", "it", "s", "2", "o", "clock")),
        ("दाम क्या है?", ("दाम", "क्या", "है")),
        ("Գի՞նը՝ ասեք։", ("գինը", "ասեք")),
        ("价格，多少？", ("价格", "多少")),
        ("...", ()),
    ],
)
def test_tokens_are_the_words_without_what_stands_between(text, tokens):
    assert read(text).tokens == tokens
    assert read(text).plain == " ".join(tokens)


def test_a_message_is_brought_into_normal_form_once():
    said = read("Ｐｒｉｃｅ")
    first = said.normal
    Vocabulary().look(said)
    consent_word(said)
    assert said.normal is first


ODD = st.text(
    st.sampled_from(
        "aiİIıiſßẞςΣée\u0301\u0307\u0327֍և եվԵՎ՞क\u093c\u095cी\u200d"
        "กีํ้้าเเ가\u1100\u1161\u11a8ｶﾞ١٢سِـٱى1️⃣👍🏽´` -–\ufdfa\u0345ΐ"
    )
)


@given(ODD)
def test_normal_text_stays_as_it_is(text):
    assert normal(normal(text)) == normal(text)


@given(st.text(max_size=60))
def test_never_raises(text):
    meaning = Vocabulary.look(EMPTY, read(text))
    assert set(meaning.moods) <= {"angry", "thanks"}


EMPTY = Vocabulary()
