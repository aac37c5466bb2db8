"""Whether somebody asks the same thing again: the sign that the answers do not help."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from math import sqrt

from hub.words.lists import words
from hub.words.mood_words import THANKS, THANKS_ALONE
from hub.words.said import Said, read

REMEMBERED = 5
"""Questions of a person that a conversation remembers."""
LENGTH = 200
"""Characters of each that are compared."""
_ALIKE = 0.8
_GRAM = 3

TopicsOf = Callable[[Said], Collection[str]]

_SMALL = """
en: hi; hello; hey; hi there; hello there; good morning; good afternoon; good evening; good day; ok; okay; yes; no;
  yep; nope; yeah; sure; fine; great; nice; cool; bye; goodbye; please; sorry; anyone there; are you there
es: hola; buenos días; buenas tardes; buenas noches; buenas; sí; vale; de acuerdo; claro; adiós; bueno
pt: olá; oi; bom dia; boa tarde; boa noite; sim; não; tá bom; tchau
fr: bonjour; bonsoir; salut; coucou; oui; non; d'accord; au revoir
de: hallo; guten tag; guten morgen; guten abend; ja; nein; gut; in ordnung; tschüss; moin; servus
it: ciao; buongiorno; buonasera; salve; sì; va bene; arrivederci
nl: hoi; goedemorgen; goedemiddag; nee; prima; goed; dag
pl: cześć; dzień dobry; dobry wieczór; tak; nie; dobrze; witam
ru: привет; здравствуйте; добрый день; добрый вечер; доброе утро; да; нет; ок; хорошо; ладно; пока
uk: привіт; вітаю; добрий день; доброго дня; так; ні; добре
tr: merhaba; selam; günaydın; iyi günler; iyi akşamlar; evet; hayır; tamam
ar: مرحبا; أهلا; السلام عليكم; صباح الخير; مساء الخير; هلا; نعم; لا; حسنا; تمام; طيب; اوكي
he: שלום; היי; הי; בוקר טוב; ערב טוב; כן; לא; בסדר; אוקיי
fa: سلام; درود; صبح بخیر; بله; نه; باشه; خوبه
ur: سلام; السلام علیکم; جی; جی ہاں; نہیں; ٹھیک ہے; اچھا
hi: नमस्ते; नमस्कार; हैलो; हाय; हाँ; जी; जी हाँ; नहीं; ठीक है; अच्छा; namaste; haan; theek hai; acha
bn: নমস্কার; হ্যালো; আসসালামু আলাইকুম; হ্যাঁ; না; ঠিক আছে; আচ্ছা
ta: வணக்கம்; ஆம்; இல்லை; சரி
te: నమస్తే; అవును; కాదు; సరే
hy: բարև; բարև ձեզ; ողջույն; բարի օր; այո; ոչ; լավ; հա
ka: გამარჯობა; კი; არა; კარგი
el: γεια; γεια σας; καλημέρα; καλησπέρα; ναι; όχι; εντάξει
id: halo; hai; selamat pagi; selamat siang; selamat malam; ya; tidak; oke; baik; iya
ms: selamat petang; tak; baiklah
vi: chào; xin chào; chào bạn; vâng; dạ; không; được; alo
th: สวัสดี; สวัสดีครับ; สวัสดีค่ะ; หวัดดี; ใช่; ไม่; โอเค; ได้; ครับ; ค่ะ
zh: 你好; 您好; 早上好; 下午好; 晚上好; 早安; 嗨; 哈喽; 是; 是的; 好; 好的; 不; 不是; 可以; 行; 嗯; 在吗; 在嗎;
  有人吗; 有人嗎
ja: こんにちは; こんばんは; おはようございます; はい; いいえ; わかりました; 了解; 了解です; もしもし
ko: 안녕; 안녕하세요; 네; 예; 아니요; 아니오; 알겠습니다; 좋아요; 여보세요
"""

_THANKS = frozenset(read(word.rstrip("*~")).plain for word in words(THANKS + THANKS_ALONE))
_SMALL_TALK = frozenset(read(word).plain for word in words(_SMALL)) | _THANKS


def same_in_a_row(new: Said, earlier: Sequence[str], topics_of: TopicsOf) -> int:
    """How many of the person's last messages are the same question, the new one among them; 0 where it asks nothing.

    The same: equal but for case and punctuation; or of like letters (cosine of their trigrams above 0.8), with the same
    numbers and the same topics, at least one. Greetings, thanks, plain answers and messages of less than two letters
    ask nothing. `earlier` is what `remember` gave before this message, `topics_of` gives the topics of a message.
    """
    text = _asked(new)
    if not text:
        return 0
    count = 1
    grams: Counter[str] | None = None
    for other in reversed(earlier):
        if other != text:
            grams = _grams(text) if grams is None else grams
            if _numbers(text) != _numbers(other) or _cosine(grams, _grams(other)) <= _ALIKE:
                break
            topics = set(topics_of(new))
            if not topics or topics != set(topics_of(read(other))):
                break
        count += 1
    return count


def remember(new: Said, earlier: Sequence[str]) -> tuple[str, ...]:
    """What a conversation keeps of a person's questions after this message: up to REMEMBERED texts of up to LENGTH
    characters, the newest last. Thanks end the row; so does an answer by a human, after which `earlier` is ()."""
    if new.plain in _THANKS:
        return ()
    text = _asked(new)
    return (*earlier, text)[-REMEMBERED:] if text else tuple(earlier)


def dump(kept: Sequence[str]) -> str:
    """What `remember` gave as short JSON; "" for nothing."""
    return json.dumps(list(kept), ensure_ascii=False, separators=(",", ":")) if kept else ""


def load(text: str) -> tuple[str, ...]:
    """What `dump` wrote; () for anything else."""
    try:
        kept = json.loads(text) if text else []
    except ValueError:
        return ()
    return tuple(one for one in kept if isinstance(one, str)) if isinstance(kept, list) else ()


def _asked(said: Said) -> str:
    """What is compared of a message; "" when it asks nothing."""
    text = said.plain
    if text in _SMALL_TALK or sum(map(str.isalpha, text[:LENGTH])) < 2:
        return ""
    return text[:LENGTH]


def _numbers(text: str) -> list[str]:
    return sorted(word for word in text.split() if any(map(str.isdigit, word)))


def _grams(text: str) -> Counter[str]:
    padded = f" {text} "
    return Counter(padded[at : at + _GRAM] for at in range(len(padded) - _GRAM + 1))


def _cosine(one: Counter[str], other: Counter[str]) -> float:
    both = sum(count * other[gram] for gram, count in one.items() if gram in other)
    return both / sqrt(sum(n * n for n in one.values()) * sum(n * n for n in other.values()) or 1)
