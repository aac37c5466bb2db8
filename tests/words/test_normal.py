"""Text made comparable, and keywords found in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.words.keywords import Keyword, Keywords
from hub.words.normal import normal


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("PRICE", "price"),
        ("ＰＲＩＣＥ １", "price 1"),
        ("how\n  much", "how much"),
        ("Straße", "STRASSE"),
        ("ի՞նչ", "ինչ"),
        ("ԵՎ", "եւ"),
        ("և", "եւ"),
        ("سعـــر", "سعر"),
        ("سِعْر", "سعر"),
        ("إسم", "اسم"),
        ("كتابى", "کتابی"),
        ("مدرسة", "مدرسه"),
        ("\u095e", "\u092b\u093c"),
        ("don’t", "don't"),
        ("pri\u00adce", "price"),
        ("e\u0301", "é"),
    ],
)
def test_same(one, other):
    assert normal(one) == normal(other)


@given(st.text(max_size=40))
def test_never_raises_and_is_idempotent(text):
    assert normal(normal(text)) == normal(text)


@pytest.mark.parametrize(
    ("word", "match", "text", "hit"),
    [
        ("price", "word", "What is the PRICE?", True),
        ("price", "word", "prices", False),
        ("price", "word", "overprice", False),
        ("price", "word", "price_list", True),
        ("price", "word", "price2", False),
        ("price", "prefix", "prices", True),
        ("price", "prefix", "overprice", False),
        ("price", "anywhere", "overpriced", True),
        ("how much", "word", "So how  much is it", True),
        ("գին", "word", "Գի՞ն", True),
        ("գին", "word", "գինը", False),
        ("գին", "prefix", "Գինը ինչքա՞ն է", True),
        ("दाम", "word", "दाम क्या है", True),
        ("दाम", "word", "दामों", False),
        ("दाम", "word", "बदाम", False),
        ("سعر", "word", "كم السِّعْر", False),
        ("سعر", "anywhere", "كم السِّعْر", True),
        ("价格", "word", "请问价格是多少", True),
        ("vip", "word", "我要vip卡", True),
        ("ราคา", "word", "ขอราคาหน่อย", True),
        ("値段", "word", "値段はいくらですか", True),
        ("цена", "word", "Цена?", True),
        ("?", "word", "really?", True),
        ("", "word", "", None),
        ("\u055e", "word", "", None),
    ],
)
def test_keywords_of_many_languages(word, match, text, hit):
    if hit is None:
        with pytest.raises(ValueError, match="empty"):
            Keywords([Keyword(word, match, 0)])
    else:
        assert (Keywords([Keyword(word, match, 0)]).find(text) == {0: word}) is hit


def test_keywords_that_overlap_are_all_found():
    words = [Keyword("art", "word", 1), Keyword("art gallery", "word", 2), Keyword("gallery", "word", 3)]
    assert set(Keywords(words).find("the art gallery")) == {1, 2, 3}


def test_the_same_word_in_two_rules_and_two_ways():
    index = Keywords([Keyword("Price", "word", 1), Keyword("price", "prefix", 2), Keyword("cost", "word", 1)])
    assert index.find("price") == {1: "Price", 2: "price"}
    assert index.find("prices") == {2: "price"}
    assert index.find("cost") == {1: "cost"}
    assert Keywords([]).find("price") == {}


def _plain(word, match, text):
    """The same question answered the slow way, for ASCII."""
    padded = f" {' '.join(text.split())} "
    begins = any(padded[at - 1] == " " and padded.startswith(word, at) for at in range(1, len(padded)))
    return {"word": f" {word} " in padded, "prefix": begins, "anywhere": word in padded}[match]


@given(
    st.text(alphabet="ab ", min_size=1, max_size=6).map(lambda text: " ".join(text.split())).filter(bool),
    st.sampled_from(["word", "prefix", "anywhere"]),
    st.text(alphabet="ab ", max_size=20),
)
def test_agrees_with_a_plain_search(word, match, text):
    assert bool(Keywords([Keyword(word, match, 0)]).find(text)) is _plain(word, match, text)
