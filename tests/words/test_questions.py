"""The same question again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.words.questions import LENGTH, REMEMBERED, dump, load, remember, same_in_a_row
from hub.words.said import read
from hub.words.topics import compile_topics
from hub.words.vocabulary import Vocabulary

TOPICS = compile_topics(
    {"topic": {"price": {"words": ["price", "cost", "价格", "कीमत"]}, "delivery": {"words": ["deliver", "delivery"]}}},
    str,
)
WORDS = Vocabulary(topics=TOPICS)


def _topics(said):
    return WORDS.look(said).topics


def _count(*texts):
    kept = ()
    count = 0
    for text in texts:
        said = read(text)
        count = same_in_a_row(said, kept, _topics)
        kept = load(dump(remember(said, kept)))
    return count


@pytest.mark.parametrize(
    ("texts", "count"),
    [
        (["What is the price?"], 1),
        (["What is the price?", "what is the PRICE", "What is the price???"], 3),
        (["Where do I park?", "where do i park", "Where do I park!"], 3),
        (["कीमत क्या है?", "कीमत क्या है", "कीमत क्या है ?"], 3),
        (["价格多少", "价格多少？", "价格多少！"], 3),
        (["Գինը ինչքա՞ն է", "գինը ինչքան է", "ԳԻՆԸ ԻՆՉՔԱՆ Է"], 3),
        # like letters count with the same topics, and only then
        (["what is the price of the blue sofa", "what's the price of the blue sofa?"], 2),
        (["where is my blue sofa from monday", "where's my blue sofa from monday?"], 1),
        (["can you deliver the big blue sofa today", "price: can you deliver the big blue sofa today"], 1),
        (["price of the sofa", "does the sofa cost a lot of money when ordered today"], 1),
        # another number is another question
        (["price of the sofa in size 42", "price of the sofa in size 43", "price of the sofa in size 44"], 1),
        (["price of the sofa in size 42", "the price of the sofa in size 42?"], 2),
        # a row: another question between begins anew, small talk does not
        (["price?", "delivery?", "price?"], 1),
        (["price?", "hello?", "price?", "ok", "price?"], 3),
        (["price?", "thank you!", "price?"], 1),
        # these ask nothing, however often they come
        (["hi", "hi", "hi"], 0),
        (["Hello!", "hello", "HELLO"], 0),
        (["thanks", "thanks", "thanks"], 0),
        (["नमस्ते", "नमस्ते", "नमस्ते"], 0),
        (["你好", "你好", "你好"], 0),
        (["yes", "yes", "yes"], 0),
        (["1", "1", "1"], 0),
        (["👍", "👍", "👍"], 0),
        (["?", "??", "???"], 0),
        (["", "", ""], 0),
    ],
)
def test_how_many_times_in_a_row(texts, count):
    assert _count(*texts) == count


def test_more_than_is_remembered_stays_at_the_most_that_can_be_counted():
    assert _count(*["what is the price"] * 20) == REMEMBERED + 1


def test_an_answer_by_a_human_begins_anew():
    said = read("what is the price")
    assert same_in_a_row(said, (), _topics) == 1


def test_long_messages_are_compared_by_their_beginning_and_stay_short():
    long = "please tell me the price of every single sofa in your shop " * 20
    assert _count(long, long + " thank you", long.upper()) == 3
    assert [len(one) for one in remember(read(long), ())] == [LENGTH]


@given(st.lists(st.text(max_size=60), max_size=8))
def test_what_is_remembered_survives_writing_and_reading(texts):
    kept = ()
    for text in texts:
        said = read(text)
        count = same_in_a_row(said, kept, _topics)
        assert 0 <= count <= REMEMBERED + 1
        kept = remember(said, kept)
        assert load(dump(kept)) == kept
        assert len(kept) <= REMEMBERED
        assert all(0 < len(one) <= LENGTH for one in kept)


@pytest.mark.parametrize("text", ["", "{", "{}", "null", "3", "[1, null]"])
def test_what_is_no_memory_is_none(text):
    assert load(text) == ()


def test_nothing_is_written_for_nothing():
    assert dump(()) == ""
    assert dump(("a b", "ճ")) == '["a b","ճ"]'
