"""Words that end a matter, words that compare, concrete things."""

from __future__ import annotations

import pytest

from hub.followup.wording import _COMPARISON, _DONE, asks, comparing, ends_matter, specifics
from hub.words.lists import by_language

DONE = {
    "en": "Ok, thank you very much!",
    "de": "Alles klar, vielen Dank",
    "fr": "D'accord, merci beaucoup !",
    "es": "Perfecto, muchas gracias",
    "pt": "Tudo bem, obrigada",
    "it": "Va bene, grazie mille",
    "nl": "Prima, dank je wel",
    "pl": "Dobrze, dziękuję",
    "tr": "Tamam, TEŞEKKÜR EDERİM",
    "ru": "Хорошо, спасибо большое))",
    "uk": "Добре, дякую",
    "hy": "Լավ, շնորհակալությու՜ն։",
    "ar": "تمام، شكراً جزيلاً",
    "he": "בסדר, תודה רבה",
    "hi": "ठीक है, धन्यवाद।",
    "bn": "ঠিক আছে, ধন্যবাদ",
    "id": "Oke, terima kasih",
    "vi": "Vâng, cảm ơn bạn",
    "th": "โอเคขอบคุณค่ะ",
    "zh": "好的，谢谢！",
    "ja": "わかりました。ありがとうございます！",
    "ko": "네, 감사합니다",
}


@pytest.mark.parametrize("language", DONE)
def test_thanks_and_confirmations_end_a_matter_in_22_languages(language: str) -> None:
    assert ends_matter(DONE[language])


@pytest.mark.parametrize("text", ["👍", "🙏🙏", "OK 👍", "thanks... 😊"])
def test_a_sign_ends_a_matter(text: str) -> None:
    assert ends_matter(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "...",
        "😡",
        "ok?",
        "好的？",
        "շնորհակալություն՞",
        "thanks, and the price",
        "not ok",
        "thanksgiving",
        "谢谢，多少钱",
        "धन्यवाद, कीमत",
        "42",
        "ok " * 40,
    ],
)
def test_anything_else_ends_nothing(text: str) -> None:
    assert not ends_matter(text)


@pytest.mark.parametrize(("text", "asked"), [("Blue or red?", True), ("多少？", True), ("كم؟", True), ("Bye.", False)])
def test_a_question_has_a_mark(text: str, asked: bool) -> None:
    assert asks(text) is asked


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("hello there", {}),
        ("I need 500 pcs, each 3 kg", {"unit": 2}),
        ("by 12 May at 14:30", {"date": 2}),
        ("2026-05-01", {"date": 1}),
        ("5 High Street, Leeds", {"address": 1}),
        ("Hauptstraße 12", {"address": 1}),
        ("ann@example.com", {"address": 1}),
        ("ул. Мира 5", {"address": 1}),
        ("the ZX-900 in 3 colours", {"product": 1, "number": 1}),
        ("ZX-9001", {"number": 1}),
        ("$1,200.50", {"unit": 1}),
        ("५०० किलो", {"unit": 1}),
        ("5月3日 200个", {"date": 1, "unit": 1}),
        ("१२ मई तक", {"number": 1}),
    ],
)
def test_concrete_things_are_counted_once(text: str, found: dict[str, int]) -> None:
    assert specifics(text, ("zx-900",)) == found


@pytest.mark.parametrize("piece", ["1", "a-", "a.", "1 a a a ", "@", "1,", "street 1 ", "ok "])
def test_a_long_message_is_looked_at_without_haste_and_to_the_end(piece: str) -> None:
    assert isinstance(specifics(piece * 20_000), dict)
    assert ends_matter(piece * 20_000) is False


@pytest.mark.parametrize("language", by_language(_COMPARISON))
def test_every_comparing_word_is_found_in_a_sentence(language: str) -> None:
    index = comparing()
    spaced = language not in {"th", "zh", "ja"}
    for word in by_language(_COMPARISON)[language]:
        assert word in index.find(f"... {word}, ..." if spaced else f"我{word}我")


def test_competitors_are_found_by_name() -> None:
    index = comparing(["Acme Parts"])
    assert list(index.find("we also asked ACME parts")) == ["Acme Parts"]
    assert not index.find("acme partship")


def test_a_competitor_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError):
        comparing(["  "])


def test_both_lists_hold_at_least_twelve_languages() -> None:
    assert min(len(by_language(_DONE)), len(by_language(_COMPARISON))) >= 20
