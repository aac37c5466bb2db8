"""Keywords in the world's scripts: each line a word, a text, how it is compared, and whether it is there."""

import re

import pytest

from hub.words.keywords import Keyword, Keywords

TABLE = r"""
# Hindi: vowel signs are parts of words
दाम | दाम क्या है | word | yes
दाम | दाम? | word | yes
दाम | दाम। | word | yes
दाम | दामों की सूची | word | no
दाम | दामों की सूची | prefix | yes
दाम | बादाम | word | no
दाम | बादाम | anywhere | yes
कीमत | कीमतें बताओ | word | no
कीमत | कीमतें बताओ | prefix | yes
कीमत | इसकी कीमत बताओ | word | yes
क | की | word | no
क | की | prefix | yes
हां | हाँ | word | yes
# Hindi: nukta in both encodings, or left out
\u095eोन | \u092b\u093cोन नंबर | word | yes
\u092b\u093cोन | \u095eोन नंबर | word | yes
फोन | \u095eोन नंबर | word | yes
क़ीमत | कीमत क्या है | word | yes
बड़ा | बडा सोफा | word | yes
ज़रूर | जरूर | word | yes
# Hindi: joiners and digits
क्\u200dया | क्या दाम है | word | yes
क्या | क्\u200cया | word | yes
24 | २४ घंटे | word | yes
# Other scripts of India
দাম | দাম কত? | word | yes
দাম | দামী | word | no
விலை | விலை என்ன | word | yes
విలువ | విలువలు | word | no
ਕੀਮਤ | ਕੀਮਤ ਕੀ ਹੈ | word | yes
কো | কো | word | yes
# Armenian: marks inside the word, ligature, suffixes
գին | Գի՞նը | prefix | yes
գին | գի՞ն | word | yes
գին | Գի՜ն | word | yes
գին | գի՛ն, ասեք | word | yes
գին | գինը | word | no
գին | ԳԻՆ։ | word | yes
գին | անգին | word | no
և | ԵՎ | word | yes
և | եւ | word | yes
եվ | և | word | yes
երևան | ԵՐԵՎԱՆ | word | yes
երևան | Երեւան | word | yes
մն | \ufb13 | word | yes
# Arabic: prefixes
سعر | كم السعر | word | no
سعر | كم السعر | prefixed | yes
سعر | كم سعر الكنبة | prefixed | yes
سعر | بالسعر | prefixed | yes
سعر | والسعر؟ | prefixed | yes
سعر | وبالسعر | prefixed | yes
سعر | للسعر | prefixed | yes
سعر | لسعر | prefixed | yes
سعر | فسعر | prefixed | yes
سعر | كسعر | prefixed | yes
سعر | هالسعر | prefixed | yes
سعر | عالسعر | prefixed | yes
سعر | تسعر | prefixed | no
سعر | السعرات | prefixed | no
سعر | سعرات | prefixed | no
سعر | مستسعر | prefixed | no
سعر | ما أسعر | prefixed | no
سعر | خالسعر | prefixed | no
توصيل | التوصيل مجاني؟ | prefixed | yes
# Arabic: tatweel, vowel signs, forms of letters
سعر | سعـــــر | word | yes
سعر | سِعْرٌ | word | yes
سعر | السِّعْر | prefixed | yes
أسعار | اسعار | word | yes
اسعار | أسعار | word | yes
إلغاء | الغاء | word | yes
مدرسة | مدرسه | word | yes
على | علي | word | yes
رحمن | رحمٰن | word | yes
سعر | \u200fسعر\u200f | word | yes
سعر | \ufeb3\ufecc\ufeae | word | yes
12 | ١٢ | word | yes
# Hebrew: prefixes and points
מחיר | המחיר | word | no
מחיר | המחיר? | prefixed | yes
מחיר | מה מחיר | prefixed | yes
מחיר | והמחיר | prefixed | yes
מחיר | במחיר | prefixed | yes
מחיר | שהמחיר | prefixed | yes
מחיר | מחירון | prefixed | no
מחיר | תמחיר | prefixed | no
שלום | שָׁלוֹם | word | yes
# Persian and Urdu: ya and kaf
قیمت | قيمت | word | yes
قيمت | قیمت چنده | word | yes
کتاب | كتاب | word | yes
می‌خواهم | می\u200cخواهم | word | yes
قیمت | قیمتی | word | no
12 | ۱۲ | word | yes
شکریہ | شكريه | word | yes
# Thai, Lao, Khmer, Burmese: no blanks between words
ราคา | ขอราคาหน่อยครับ | word | yes
ราคา | ราคาเท่าไร | word | yes
กี | กี่ | word | no
น้ำ | น\u0e49\u0e4d\u0e32 | word | yes
น้ำ | น\u0e4d\u0e49\u0e32 | word | yes
แพง | เเพงไป | word | yes
100 | ๑๐๐ | word | yes
ລາຄາ | ຂໍລາຄາແດ່ | word | yes
តម្លៃ | តើតម្លៃប៉ុន្មាន | word | yes
តម | តម្លៃ | word | no
ဈေး | ဒီပစ္စည်းဈေးဘယ်လောက်လဲ | word | yes
ราคา | ขอ\u200bราคา | word | yes
# Chinese and Japanese
价格 | 请问价格是多少 | word | yes
价格 | 价 格 | word | no
vip | 我要vip卡 | word | yes
vip | 我要VIP卡 | word | yes
vip | 我要vips卡 | word | no
値段 | 値段はいくらですか | word | yes
いくら | これはいくら？ | word | yes
カタログ | ｶﾀﾛｸﾞをください | word | yes
か | が | word | no
100 | １００元 | word | yes
price | ＰＲＩＣＥ？ | word | yes
# Korean: syllables and jamo
가격 | 가격 알려주세요 | word | yes
가격 | \u1100\u1161\u1100\u1167\u11a8 | word | yes
가격 | 가격이 얼마예요 | word | no
가격 | 가격이 얼마예요 | prefix | yes
가격 | 최저가격 | word | no
# Turkish i
iade | İADE İSTİYORUM | word | yes
iade | IADE | word | yes
istiyorum | İSTİYORUM | word | yes
fıstık | FISTIK | word | yes
ışık | IŞIK | word | yes
indirim | İndirim var mı? | word | yes
indirim | i\u0307ndirim | word | yes
price | PRİCE | word | yes
iade | ïade | word | no
iade | lade | word | no
sil | sıl | word | yes
# Latin script: sharp s, accents, apostrophes, ligatures
straße | STRASSE | word | yes
strasse | Straße 5 | word | yes
straße | STRAẞE | word | yes
strasse | Strase | word | no
größe | GRÖSSE | word | yes
größe | gro\u0308ße | word | yes
grosse | größe | word | no
giá | gia\u0301 bao nhiêu | word | yes
giá | gia | word | no
tiền | TIÊ\u0300N | word | yes
được | đu\u031bo\u031b\u0323c không | word | yes
coeur | cœur | word | yes
office | oﬃce | word | yes
don't | DON’T | word | yes
don't | don´t | word | yes
addition | l'addition | word | yes
año | ano | word | no
e-mail | e–mail | word | yes
# Greek: final sigma, capitals without accents
λόγος | ΛΟΓΟΣ | word | yes
τιμή | ΤΙΜΗ | word | yes
τιμή | τιμη; | word | yes
τιμή | τιμής | word | no
τιμή | τιμής | prefix | yes
# Cyrillic, Georgian, Cherokee
цена | Цена? | word | yes
цена | оценка | word | no
ещё | еще | word | yes
йод | и\u0306од | word | yes
ფასი | ᲤᲐᲡᲘ | word | yes
ფასი | ფასია | word | no
ᏣᎳᎩ | ꮳꮃꭹ | word | yes
# Invisible characters, emoji, width
price | pri\u200dce | word | yes
price | pr\u00adice | word | yes
price | \ufeffprice | word | yes
👍 | ok 👍🏽 | word | yes
❤ | ❤️ | word | yes
1 | 1️⃣ | word | yes
1 | １ | word | yes
ｓｔｏｐ | stop | word | yes
price | 𝐩𝐫𝐢𝐜𝐞 | word | yes
# ASCII
price | PRICE! | word | yes
price | price_list | word | yes
price | prices | word | no
price | enterprice | prefix | no
price | overpriced | anywhere | yes
how much | how   much | word | yes
how much | how muchness | word | no
"""


def _rows():
    about = ""
    for line in filter(None, TABLE.splitlines()):
        if line.startswith("# "):
            about = line[2:].partition(":")[0]
            continue
        text = re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), line)
        word, said, match, hit = (part.strip(" ") for part in text.split(" | "))
        yield pytest.param(word, said, match, hit == "yes", id=f"{about}: {line}")


ROWS = list(_rows())


@pytest.mark.parametrize(("word", "text", "match", "hit"), ROWS)
def test_a_keyword_is_found_exactly_where_it_stands(word, text, match, hit):
    assert Keywords([Keyword(word, match, "rule")]).find(text) == ({"rule": word} if hit else {})


def test_the_table_names_120_cases_and_more_and_both_answers():
    assert len(ROWS) >= 120
    assert sum(row.values[3] for row in ROWS) < len(ROWS) - 30


def test_all_rows_in_one_index_agree_with_each_row_alone():
    index = Keywords([Keyword(word, match, place) for place, (word, _, match, _) in enumerate(r.values for r in ROWS)])
    for place, row in enumerate(ROWS):
        word, text, _, hit = row.values
        assert (index.find(text).get(place) == word) is hit, row.id
