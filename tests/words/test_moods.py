"""Moods by words and by form."""

import pytest

from hub.contracts.errors import ConfigError
from hub.contracts.toml_lines import Lines
from hub.words.lists import by_language
from hub.words.mood_words import ANGRY, THANKS
from hub.words.moods import compile_moods
from hub.words.said import read
from hub.words.vocabulary import Vocabulary

WORDS = Vocabulary()
NAMED = [
    "hi",
    "ar",
    "hy",
    "zh",
    "th",
    "tr",
    "ru",
    "es",
    "pt",
    "fr",
    "de",
    "it",
    "ja",
    "ko",
    "vi",
    "id",
    "fa",
    "he",
    "uk",
    "pl",
    "en",
]

ANGRY_TEXTS = """
This is unacceptable; you are SCAMMERS; what the hell is this; I am fed up with you; esto es una vergüenza
c'est honteux
das ist eine Frechheit; che schifo; é um absurdo; это возмутительно!; Сколько можно ждать; це жахливо; oszuści!
rezalet bir hizmet; DOLANDIRICISINIZ; أنتم نصابين; خدمة سيئة; هذا غير مقبول; זו חוצפה; والنصابين; این افتضاح است
तुम लोग ठग हो; यह बकवास है; bakwas service; զայրացած եմ; սա խայտառակություն է; 太过分了; 我要投诉你们; 骗子; 最悪です
ふざけるな
너무 화나요; 사기꾼; bọn lừa đảo; qua te; penipu kalian; แย่มาก; โกงกันชัดๆ; 😡; where is it 🤬; where is my order???
NOW!!!
WHERE IS MY ORDER!; I ORDERED 3 DAYS AGO WHERE IS IT!; ГДЕ МОЙ ЗАКАЗ!; ΠΟΥ ΕΙΝΑΙ Η ΠΑΡΑΓΓΕΛΙΑ!; как так！！！; Ո՞ւր է՞՞՞
"""
CALM_TEXTS = """
What is the price?; What price? What size? When?; Hello!!!; Great!!!; Thank you so much!!!; WOW THANK YOU SO MUCH
Yes!!!
I love it!!!; 太好了！！！; спасибо!!!; Perfecto!!!; Really?!; MSKU1234567 TGHU7654321 OOLU1112223
IPHONE 15 PRO MAX 256GB
ok; OK; PDF; I am not angry; is it worst-case?; 垃圾桶多少钱; 最低価格はいくら; 👍👍👍; happy birthday!!!
😂 no way!!!; GOOGLE MAPS; MY IPHONE 15
I ordered MY BLUE SOFA here last week and it has come!
kapok pillows; ASCO valves; das ist arg teuer; match nul
Bad Ischl; HOW DO I TRANSFER MONEY FROM MY ACCOUNT?; I want to report fraud; MY IPHONE 15 PRO MAX!
 the furiously fast car; गुस्सा नहीं हूँ; Dear Sir, the DHL and UPS ship it, ok
"""
THANKS_TEXTS = """
Thanks; thank you!; Tack!; ty
 THANK YOU; Thanks, that is all; gracias; ¡Muchas gracias!; obrigada; merci beaucoup; Danke!
grazie mille
спасибо; дякую; dziękuję; dziekuje; teşekkürler; TEŞEKKÜR EDERİM; شكرا; شُكْرًا; وشكرا لك; תודה; ممنون; شکریہ; धन्यवाद
dhanyavad
ধন্যবাদ; நன்றி; շնորհակալություն; շնորհակալ եմ; მადლობა; ευχαριστώ; ΕΥΧΑΡΙΣΤΩ; cảm ơn; cam on ban nhieu, cam on
ขอบคุณครับ
谢谢; 謝謝你; ありがとうございます; 감사합니다; 고마워요; terima kasih; asante; tack; kiitos; salamat po; рахмет
"""
NO_THANKS_TEXTS = """
no thanks; No, thank you; thanks in advance; Thanks, but where is it; thanks for nothing; no, gracias; non merci
nein, danke
нет, спасибо; заранее спасибо; hayır, teşekkürler; 不用谢; thanks, and what is the price?; gratitude; car trims
Kab tak aayga; Please find my card, thank you!; I would appreciate it if you came;
I have been waiting for a week now and the seller has not got back to me about the money, thank you

Thanksgiving sale
谢谢，多少钱？; thanks, you scammers; đàm; không, cảm ơn; merci de répondre
"""


def _each(text):
    return [part.strip() for line in text.splitlines() for part in line.split(";") if part.strip()]


def _moods(text):
    return WORDS.look(read(text)).moods


@pytest.mark.parametrize("text", _each(ANGRY_TEXTS))
def test_angry(text):
    assert "angry" in _moods(text)


@pytest.mark.parametrize("text", _each(CALM_TEXTS))
def test_not_angry(text):
    assert "angry" not in _moods(text)


@pytest.mark.parametrize("text", _each(THANKS_TEXTS))
def test_thanks(text):
    assert "thanks" in _moods(text)


@pytest.mark.parametrize("text", _each(NO_THANKS_TEXTS))
def test_no_thanks(text):
    assert "thanks" not in _moods(text)


@pytest.mark.parametrize(("mood", "source"), [("angry", ANGRY), ("thanks", THANKS)])
def test_moods_have_words_in_more_than_20_languages_and_every_word_shows_its_mood(mood, source):
    languages = by_language(source)
    assert set(NAMED) <= set(languages)
    for language, words in languages.items():
        for word in words:
            assert mood in _moods(word.rstrip("*~")), (language, word)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("This is Unacceptable!!!", "word 'unacceptable'"),
        ("where is it????????", "sign '?????'"),
        ("WHERE IS MY PARCEL!", "capitals"),
        ("not again 😡", "emoji 😡"),
    ],
)
def test_it_says_what_shows_the_anger(text, why):
    assert _moods(text) == {"angry": why}


def test_the_admin_adds_words_to_a_mood():
    moods = compile_moods({"moods": {"angry": {"en": ["grumble", {"word": "grr", "match": "prefix"}]}}}, str)
    words = Vocabulary(moods=moods)
    assert words.look(read("Grrrr")).moods == {"angry": "word 'grr'"}
    assert words.look(read("I grumble")).moods == {"angry": "word 'grumble'"}
    assert words.look(read("furious")).moods == {"angry": "word 'furious'"}
    assert WORDS.look(read("I grumble")).moods == {}


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ({"angri": ["x"]}, "hub.toml:2: there is no mood 'angri' (did you mean 'angry'?)"),
        ({"angry": [""]}, "hub.toml:2: keyword '' is empty (write a word)"),
        ({"angry": []}, "hub.toml:2: 'angry' lists no word (name one, or remove the line)"),
        ({"angry": {"english": ["x"]}}, "hub.toml:2: 'english' is no language (a code such as en, hi or pt-BR)"),
    ],
)
def test_mistakes_name_the_line_and_the_remedy(toml, message):
    name = next(iter(toml))
    with pytest.raises(ConfigError) as raised:
        compile_moods({"moods": toml}, Lines(f"[moods]\n{name} = 1\n", "hub.toml").where)
    assert str(raised.value) == message
