"""What the invented customers are called and what they write, in the scripts that customers write in."""

from __future__ import annotations

import random
from typing import NamedTuple


class Voice(NamedTuple):
    """A language: names, the word for price, questions that hold it, and talk that does not."""

    language: str
    countries: tuple[str, ...]
    first: str
    last: str
    keyword: str
    asks: tuple[str, ...]
    talks: tuple[str, ...]

    def name(self, rng: random.Random) -> str:
        """An invented name."""
        return f"{rng.choice(self.first.split())} {rng.choice(self.last.split())}"

    def text(self, rng: random.Random, token: str, *, asks: bool) -> str:
        """Something to say, with its token."""
        said = rng.choice(self.asks if asks else self.talks)
        return f"{token} {said}" if rng.random() < 0.5 else f"{said}\n{token}"


VOICES: tuple[Voice, ...] = (
    Voice(
        "en",
        ("GB", "US"),
        "Ada Ben Cleo Dan Elsie Finn Gwen Hugo",
        "Example Sample Placeholder Testwell Mockford",
        "price",
        ("price please", "What is the price of the blue one?", "Hi! PRICE for 3 < 4 & 5?"),
        ("Hello there", "I'll be there at 10.", "Thank you 🙏", "A & B <b>bold</b> \\ \"quoted\" 'too'"),
    ),
    Voice(
        "fr",
        ("FR",),
        "Amélie Benoît Chloé Désiré Élodie",
        "Exemple Modèle Échantillon",
        "prix",
        ("Quel est le prix ?", "le prix, s'il vous plaît"),
        ("Bonjour à tous", "Merci bien, à demain"),
    ),
    Voice(
        "de",
        ("DE",),
        "Änne Björn Jörg Käthe Uwe",
        "Muster Beispiel Größe",
        "preis",
        ("Was ist der Preis?", "Preis bitte für zwei Stück"),
        ("Grüße aus Köln", "Danke schön"),
    ),
    Voice(
        "pt",
        ("BR",),
        "João Conceição Inês Tomé",
        "Exemplo Amostra",
        "preço",
        ("Qual é o preço?", "preço por favor 😀"),
        ("Bom dia!", "Já recebi, obrigado"),
    ),
    Voice(
        "es",
        ("AR", "MX"),
        "Iñigo Begoña Ángel Núria",
        "Ejemplo Muestra",
        "precio",
        ("¿Qué precio tiene?", "precio por favor"),
        ("Buenos días", "Gracias, mañana paso"),
    ),
    Voice(
        "ru",
        ("RU",),
        "Аня Борис Вера Глеб",
        "Примерова Образцов",
        "цена",
        ("Какая цена?", "цена за две штуки"),
        ("Здравствуйте", "Спасибо, до завтра"),
    ),
    Voice(
        "ar",
        ("EG",),
        "أمل باسم جميلة",
        "مثال نموذج",
        "سعر",
        ("كم سعر هذا؟", "سعر القطعة من فضلك"),
        ("مرحبا", "شكرا جزيلا"),
    ),
    Voice(
        "hy",
        ("AM",),
        "Անի Բագրատ Գոհար",
        "Օրինակյան Նմուշյան",
        "գին",
        ("Ի՞նչ գին ունի", "գին ասեք խնդրում եմ"),
        ("Բարև ձեզ", "Շնորհակալություն"),
    ),
    Voice(
        "hi",
        ("IN",),
        "आशा बलराम चित्रा",
        "उदाहरण नमूना",
        "कीमत",
        ("इसकी कीमत क्या है?", "कीमत बताइए"),
        ("नमस्ते", "धन्यवाद"),
    ),
    Voice(
        "zh",
        ("CN",),
        "李 王 张",
        "示例 样本",
        "价格",
        ("请问价格是多少？", "价格 谢谢"),
        ("你好", "好的，明天见"),
    ),
    Voice(
        "he",
        ("IL",),
        "אורי בתיה גיל",
        "דוגמה מופת",
        "מחיר",
        ("מה מחיר המוצר?", "מחיר בבקשה"),
        ("שלום", "תודה רבה"),
    ),
    Voice(
        "emoji",
        ("US", "GB"),
        "Zoë Søren Łukasz",
        "Naïve Façade",
        "price",
        ("💶💶💶 price ❓", "👨‍👩‍👧‍👦 price for four"),
        ("👍🏽", "🎉🎉", "🇦🇲❤️"),
    ),
)

KEYWORDS = tuple(dict.fromkeys(voice.keyword for voice in VOICES))
"""The rule's keywords: the word for price in each language."""
