"""A person asks for a human, in any language."""

import pytest

from hub.contracts.toml_lines import Lines
from hub.words.human_words import ALONE, PHRASES
from hub.words.lists import by_language
from hub.words.said import read
from hub.words.topics import compile_topics
from hub.words.vocabulary import Vocabulary

WORDS = Vocabulary()

ASKED = """
HUMAN; human; Human!; human please; HUMAN NOW; GET ME HUMAN; “human”; ＨＵＭＡＮ; I want a HUMAN; mujhe HUMAN chahiye
quiero HUMAN ya
HUMAN 🙏; I want to talk to a human; can I speak with a person?; connect me to an agent; live agent please; operator
customer service; Real person, please; get me a representative; is there a human?; can a human help me;
 I DON'T WANT A BOT, TALK TO A HUMAN; no bots
quiero hablar con una persona; atención al cliente; atencion al cliente; agente humano; comunicame con un asesor
quero falar com um atendente; atendente; je veux parler à un conseiller; service client; Je veux parler a un humain
ich möchte mit einem Menschen sprechen; Mitarbeiter; echten Menschen bitte; vorrei parlare con un operatore
ik wil een medewerker spreken; chcę porozmawiać z konsultantem; chce porozmawiac z czlowiekiem
соедините с оператором; Оператор!; хочу поговорить с живым человеком; з'єднайте з оператором; жива людина
müşteri temsilcisine bağlanmak istiyorum; GERÇEK İNSAN; bir insanla konuşmak istiyorum; MÜŞTERİ HİZMETLERİ
أريد التحدث مع موظف; خدمة العملاء; ابغى موظف; موظف بشري; بالموظف البشري أو شخص حقيقي; حولني على موظف
אני רוצה לדבר עם נציג; נציג אנושי; שירות לקוחות; می‌خواهم با اپراتور صحبت کنم; اپراتور انسانی
انسان سے بات کرنی ہے; मानव ग्राहक सेवा; मुझे किसी इंसान से बात करनी है; इंसान; kisi insan se baat karni hai
মানুষের সাথে কথা বলতে চাই; மனிதருடன் பேச வேண்டும்; మనిషితో మాట్లాడాలి; माणसाशी बोलायचे आहे
Ուզում եմ խոսել օպերատորի հետ կապվել; մարդու հետ խոսել; ՄԱ՛ՐԴ; կապեք ինձ օպերատորի հետ
ადამიანთან საუბარი მინდა; θέλω να μιλήσω με άνθρωπο; ΘΕΛΩ ΝΑ ΜΙΛΗΣΩ ΜΕ ΕΚΠΡΟΣΩΠΟ; vreau să vorbesc cu un operator
egy emberrel szeretnék beszélni; chci mluvit s člověkem; chcem hovoriť s človekom; искам да говоря с човек
želim da razgovaram sa osobom; prata med en människa; tale med et menneske; snakke med en person; ihmisen kanssa
saya mau bicara dengan manusia; hubungkan saya ke CS; saya nak bercakap dengan ejen; makausap ang totoong tao
kuzungumza na mtu; tôi muốn gặp nhân viên; gap nhan vien; nói chuyện với người thật; ขอคุยกับเจ้าหน้าที่; คุยกับคน
ລົມກັບພະນັກງານ; និយាយជាមួយបុគ្គលិក; ဝန်ထမ်းနဲ့ ပြောချင်တယ်; 人工客服; 转人工; 請轉接真人客服; 我要找客服; 人工; 真人
人間と話したい; オペレーターにつないでください; 担当者と話したい; 상담원 연결해 주세요; 사람과 대화하고 싶어요; 상담사
адаммен сөйлескім келеді; canlı operator; insanla danışmaq istəyirəm
"""

NOT_ASKED = """
humanity; humanitarian aid; agent orange; I am human; I'm a human being; HUMAN resources department?; human rights
HUMANITY; SUPERHUMAN; NOT A BOT I AM HUMAN AFTER ALL OF THIS LONG SHOUTED LINE; are you a real person?; are you human
is this a real person; am I speaking with a real person; or are you an AI or a real person
 I don't want to talk to a human; no need to talk to an agent; estate agent in Leeds
real estate
tour operator; which operator is the cheapest?; the human eye; a book about a person; human hair wig; HUMAN HAIR wig
how much is it; thanks; 人工智能; 你们用人工智能吗; 不用人工; 人工湖; 我想转人工智能专业; 人工草坪多少钱
какой у вас оператор связи?; человек-паук костюм; insan hakları; какая поддержка форматов; मानव संसाधन; मानवता
موظفين; إنسانية; حقوق الإنسان; մարդկություն; Menschenrechte; menschlich; humanos; 人間ドック; 人と犬; 사람들
đông người
consultant salary; ¿eres una persona real?; вы живой человек?; 你是真人吗; 진짜 사람이에요?; Sind Sie ein echter Mensch?
do I need to speak to a representative to change my pin?; should I contact customer support
 客服电话怎么写在网站上; operators; representative democracy
"""


def _each(text):
    return [part.strip() for line in text.splitlines() for part in line.split(";") if part.strip()]


@pytest.mark.parametrize("text", _each(ASKED))
def test_asks_for_a_human(text):
    assert WORDS.look(read(text)).human


@pytest.mark.parametrize("text", _each(NOT_ASKED))
def test_does_not_ask_for_a_human(text):
    assert WORDS.look(read(text)).human == ""


def test_human_is_understood_in_more_than_25_languages():
    assert len(by_language(PHRASES)) > 40
    assert len(by_language(ALONE)) > 40


def test_every_listed_word_and_phrase_asks_for_a_human():
    for source in (PHRASES, ALONE):
        for language, words in by_language(source).items():
            for word in words:
                assert WORDS.look(read(word.rstrip("*~"))).human, (language, word)


def test_it_says_which_words_asked():
    assert WORDS.look(read("Please let me talk to a person!")).human == "talk to a person"
    assert WORDS.look(read(" Human! ")).human == "Human!"
    assert WORDS.look(read("give me the HUMAN already")).human == "HUMAN"


def test_the_admin_adds_words_through_the_topic_human():
    topics = compile_topics({"topic": {"human": {"words": {"en": ["front desk"]}}}}, Lines("", "hub.toml").where)
    assert WORDS.look(read("the front desk please")).human == ""
    meaning = Vocabulary(topics=topics).look(read("the Front Desk please"))
    assert (meaning.human, meaning.topics) == ("front desk", {"human": "front desk"})
    assert Vocabulary(topics=topics).look(read("转人工")).human == "转人工"
