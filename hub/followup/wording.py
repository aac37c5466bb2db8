"""Words that matter for following up, in many languages, and concrete things in a text: numbers, dates, places."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from hub.words.keywords import Keyword, Keywords
from hub.words.lists import by_language
from hub.words.normal import normal
from hub.words.said import read

_COMPARISON = """
en: cheaper; other supplier; another supplier; other suppliers; other offer; other offers; another quote
en: other quotes; competitor; competitors; vs; versus; compared to; compared with; better price; best price
en: elsewhere; alternatives; match the price; price match
de: billiger; günstiger; anderer anbieter; andere anbieter; anderen anbieter; anderen anbietern
de: anderes angebot; andere angebote; im vergleich zu; konkurrenz; bester preis; besserer preis; woanders
fr: moins cher; moins chère; autre fournisseur; autres fournisseurs; autre devis; autres devis; autre offre
fr: concurrent; concurrence; comparé à; meilleur prix; ailleurs
es: más barato; más barata; otro proveedor; otros proveedores; otra oferta; otras ofertas; otro presupuesto
es: competencia; comparado con; mejor precio; en otro lugar
pt: mais barato; mais barata; outro fornecedor; outros fornecedores; outra proposta; outro orçamento
pt: concorrente; concorrência; comparado com; melhor preço
it: più economico; meno caro; costa meno; altro fornitore; altri fornitori; altra offerta; altro preventivo
it: concorrenza; rispetto a; prezzo migliore; altrove
nl: goedkoper; andere leverancier; andere leveranciers; andere offerte; concurrent; vergeleken met
nl: betere prijs; elders
pl: taniej; tańszy; tańsze; inny dostawca; innego dostawcy; inna oferta; inne oferty; konkurencja
pl: w porównaniu z; lepsza cena; gdzie indziej
tr: daha ucuz; başka tedarikçi; başka firma; diğer firma; başka teklif; rakip; karşılaştırma; daha iyi fiyat
tr: başka yerde
ru: дешевле; другой поставщик; другого поставщика; другие поставщики; у других; другое предложение; конкурент
ru: конкуренты; конкурентов; по сравнению; лучшая цена; в другом месте
uk: дешевше; інший постачальник; іншого постачальника; в інших; інша пропозиція; конкурент; конкуренти
uk: порівняно з; краща ціна
hy: ավելի էժան; այլ մատակարար; ուրիշ մատակարար; այլ առաջարկ; ուրիշ առաջարկ; մրցակից; համեմատած; ավելի լավ գին
hy: ուրիշ տեղ
ar: أرخص; مورد آخر; مورد اخر; موردين آخرين; عرض آخر; عروض أخرى; منافس; المنافسين; مقارنة; سعر أفضل; أفضل سعر
ar: مكان آخر
fa: ارزان‌تر; ارزانتر; تامین کننده دیگر; پیشنهاد دیگر; رقیب; در مقایسه با; قیمت بهتر; جای دیگر
he: זול יותר; יותר זול; ספק אחר; ספקים אחרים; הצעה אחרת; מתחרה; מתחרים; לעומת; מחיר טוב יותר; במקום אחר
hi: सस्ता; सस्ती; दूसरा सप्लायर; दूसरे सप्लायर; दूसरी कंपनी; अन्य प्रस्ताव; प्रतियोगी; तुलना में; बेहतर कीमत
hi: कहीं और
bn: সস্তা; অন্য সরবরাহকারী; অন্য কোম্পানি; প্রতিযোগী; তুলনায়; ভালো দাম
id: lebih murah; pemasok lain; supplier lain; penawaran lain; pesaing; dibandingkan; harga lebih baik
id: tempat lain
vi: rẻ hơn; nhà cung cấp khác; báo giá khác; đối thủ; so với; giá tốt hơn; chỗ khác
th: ถูกกว่า; ซัพพลายเออร์อื่น; เจ้าอื่น; ข้อเสนออื่น; คู่แข่ง; เปรียบเทียบ; ราคาดีกว่า; ที่อื่น
zh: 更便宜; 便宜点; 便宜一点; 其他供应商; 别的供应商; 别家; 其他报价; 其他報價; 竞争对手; 競爭對手; 对比
zh: 比较一下; 比較一下; 更好的价格; 更好的價格
ja: もっと安い; より安い; 他社; 他の業者; 別の業者; 相見積; 競合; と比べて; 比較
ko: 더 싼; 더 저렴; 다른 업체; 다른 공급업체; 다른 견적; 경쟁사; 비교
"""

_DONE = """
en: thanks; thank you; thank you very much; thanks a lot; many thanks; thx; ty; ok; okay; k; alright
en: all right; great; perfect; fine; good; got it; understood; noted; sounds good; all good; cheers; sure
en: will do; agreed; deal; confirmed; done; received; very; much; so; appreciated; bye; goodbye
en: have a nice day
de: danke; danke schön; dankeschön; danke sehr; vielen dank; besten dank; alles klar; passt; in ordnung
de: verstanden; super; prima; perfekt; gut; gerne; einverstanden; bestätigt; erledigt; tschüss; erhalten
fr: merci; merci beaucoup; merci bien; d'accord; ok merci; parfait; très bien; bien reçu; compris; entendu
fr: c'est noté; super; ça marche; confirmé; au revoir
es: gracias; muchas gracias; mil gracias; vale; de acuerdo; perfecto; entendido; muy bien; genial; listo
es: recibido; confirmado; está bien; bueno; adiós
pt: obrigado; obrigada; muito obrigado; muito obrigada; valeu; certo; perfeito; entendido; combinado; beleza
pt: tudo bem; recebido; confirmado; ótimo
it: grazie; grazie mille; molte grazie; va bene; d'accordo; perfetto; capito; ricevuto; ottimo; confermato
it: benissimo; a posto
nl: bedankt; dank je; dank u; dank je wel; dankjewel; dank u wel; prima; akkoord; begrepen; perfect; is goed
nl: helemaal goed; ontvangen
pl: dziękuję; dzięki; dziękuję bardzo; dobrze; w porządku; rozumiem; super; świetnie; zgoda; potwierdzam
pl: otrzymałem; otrzymałam
tr: teşekkürler; teşekkür ederim; çok teşekkürler; çok teşekkür ederim; sağ ol; sağol; sağ olun; tamam
tr: tamamdır; anladım; anlaşıldı; mükemmel; harika; olur; onaylıyorum
ru: спасибо; большое спасибо; спасибо большое; благодарю; ок; окей; хорошо; понятно; понял; поняла; ясно
ru: отлично; договорились; принято; подтверждаю; получил; получила; спс; супер
uk: дякую; щиро дякую; дуже дякую; добре; зрозуміло; зрозумів; зрозуміла; чудово; домовились; прийнято
uk: підтверджую; гаразд
hy: շնորհակալություն; շատ շնորհակալություն; շնորհակալ եմ; շատ շնորհակալ եմ; մերսի; լավ; պարզ է; հասկացա; եղավ
hy: հիանալի; լավ է; համաձայն եմ; հաստատում եմ; ստացա
ar: شكرا; شكرا جزيلا; شكرا لك; شكرا لكم; جزاك الله خيرا; تمام; حسنا; طيب; ممتاز; فهمت; مفهوم; موافق; تم; أوكي
ar: اوكي; ماشي; الله يعطيك العافية; وصل
fa: ممنون; ممنونم; مرسی; متشکرم; متشکر; خیلی ممنون; سپاس; باشه; خوبه; عالی; متوجه شدم; تایید; اوکی
he: תודה; תודה רבה; תודה לך; בסדר; אוקיי; אוקי; מצוין; הבנתי; מעולה; סבבה; אישור; מאשר; מאשרת
hi: धन्यवाद; बहुत धन्यवाद; बहुत बहुत धन्यवाद; शुक्रिया; आपका धन्यवाद; ठीक है; ठीक; अच्छा; समझ गया; समझ गई
hi: बढ़िया; ओके; सही है; पुष्टि; dhanyavaad; shukriya; theek hai
bn: ধন্যবাদ; অনেক ধন্যবাদ; ঠিক আছে; আচ্ছা; বুঝেছি; চমৎকার
ur: شکریہ; بہت شکریہ; ٹھیک ہے; اچھا; سمجھ گیا
id: terima kasih; makasih; terima kasih banyak; oke; baik; siap; mengerti; sip; setuju; sudah diterima
vi: cảm ơn; cám ơn; cảm ơn bạn; cảm ơn nhiều; được rồi; vâng; hiểu rồi; đồng ý; tuyệt vời
th: ขอบคุณ; ขอบคุณมาก; ขอบคุณครับ; ขอบคุณค่ะ; ขอบคุณมากครับ; ขอบคุณมากค่ะ; โอเค; ตกลง; ได้ครับ; ได้ค่ะ
th: เข้าใจแล้ว; ครับ; ค่ะ
zh: 谢谢; 謝謝; 谢谢你; 謝謝你; 谢谢您; 多谢; 多謝; 感谢; 感謝; 非常感谢; 好的; 好; 好吧; 可以; 行; 没问题
zh: 沒問題; 明白; 明白了; 知道了; 了解; 收到; 确认; 確認; 了
ja: ありがとう; ありがとうございます; ありがとうございました; どうもありがとうございます; どうも; わかりました
ja: 分かりました; 了解; 了解です; 了解しました; 承知しました; 大丈夫です; はい; 確認しました
ko: 감사합니다; 고맙습니다; 감사해요; 고마워요; 고마워; 네; 넵; 알겠습니다; 알겠어요; 좋아요; 좋습니다
ko: 확인했습니다; 확인
"""

_UNSPACED = frozenset({"th", "zh", "ja"})
_LONGEST_DONE = 80
_QUESTION = re.compile(r"[?？؟՞⁇⁈⁉\u037e\u1367]")
_LOOKED_AT = 2_000
"""Characters of a message in which concrete things are counted."""

_ADDRESS = (
    "street|st|road|rd|avenue|ave|lane|square|straße|strasse|str|platz|rue|calle|avenida|rua|via|piazza|ulica|ul|"
    "sokak|cadde|mahallesi|улица|ул|проспект|пр-т|вулиця|փողոց|պողոտա|شارع|طريق|خیابان|רחוב|मार्ग|सड़क|नगर"
)
_MONTH = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    "nov(?:ember)?|dec(?:ember)?"
)
_UNIT = (
    "kg|g|mg|t|lb|lbs|oz|km|m|cm|mm|m2|m3|sqm|ft|l|ml|pcs?|pieces?|units?|boxes|box|pallets?|sets?|pairs?|hours?|days?|"
    "weeks?|months?|years?|stk|stück|pièces?|piezas|unidades|pezzi|szt|adet|шт|штук|кг|м|см|мм|հատ|կգ|قطعة|كجم|עדד|"
    "किलो|पीस|个|個|件|箱|台|公斤|米|개|usd|eur|gbp|inr|amd|aed|rub|cny|try|%"
)
_SPECIFIC: Mapping[str, re.Pattern[str]] = {
    "date": re.compile(
        r"\b\d{4}-\d{1,2}-\d{1,2}\b|\b\d{1,2}[./]\d{1,2}(?:[./](?:\d{4}|\d{2}))?\b(?![.,]?\d)|\b\d{1,2}:\d{2}\b|"
        rf"\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:{_MONTH})\b|\b(?:{_MONTH})\s+\d{{1,2}}\b|\d{{1,2}}\s*月(?:\s*\d{{1,2}}\s*日)?"
    ),
    "address": re.compile(
        rf"\b\d{{1,5}}\s+(?:[\w'-]+\s+){{0,3}}(?:{_ADDRESS})\b|\b(?:{_ADDRESS})\.?\s+(?:[\w'-]+\s+){{0,3}}\d{{1,5}}\b|"
        r"(?<!\w)\w{1,40}(?:straße|strasse)\s+\d{1,4}\b|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}\.\w"
    ),
    "unit": re.compile(
        rf"[$€£¥₹₽֏₺₪]\s?\d[\d.,]*|(?<![\d.,])\d[\d.,]{{0,20}}\s?(?:[$€£¥₹₽֏₺₪]|(?:{_UNIT})(?!\w)|[个個件箱台米개])"
    ),
    "number": re.compile(r"\d[\d.,]*"),
}


def specifics(text: str, products: Iterable[str] = ()) -> dict[str, int]:
    """How many concrete things the text names: date, address, unit (a number with one), number, product. Each stretch
    of text counts once; `products` are names in normal form (hub.words.normal)."""
    rest = normal(text[:_LOOKED_AT])
    found: dict[str, int] = {}
    for name in products:
        hits = len(re.findall(rf"(?<!\w){re.escape(name)}(?!\w)", rest))
        if hits:
            found["product"] = found.get("product", 0) + hits
            rest = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", rest)
    for kind, pattern in _SPECIFIC.items():
        rest, hits = pattern.subn(" ; ", rest)
        if hits:
            found[kind] = hits
    return found


def comparing(competitors: Iterable[str] = ()) -> Keywords[str]:
    """An index of the words with which people compare offers, in every language, and of competitors' names. Raises
    ValueError for a name of which nothing is left to compare."""
    spaced = [
        Keyword(word, "anywhere" if language in _UNSPACED else "word", word)
        for language, words in by_language(_COMPARISON).items()
        for word in words
    ]
    return Keywords([*spaced, *(Keyword(name, "word", name) for name in competitors)])


def asks(text: str) -> bool:
    """Whether a text holds a question mark of any script."""
    return _QUESTION.search(text) is not None


def ends_matter(text: str) -> bool:
    """Whether a whole message is thanks, a confirmation, or a nod: "ok, thank you!", "👍". It asks nothing."""
    if len(text) > _LONGEST_DONE or not text.strip() or asks(text):
        return False
    left = read(text).plain
    if not left:
        return any(sign in text for sign in "👍🙏👌✅🤝❤😊🙂")
    return _DONE_ONLY.fullmatch(left) is not None


def _done_only() -> re.Pattern[str]:
    spaced: set[str] = set()
    unspaced: set[str] = set()
    for language, words in by_language(_DONE).items():
        (unspaced if language in _UNSPACED else spaced).update(read(word).plain for word in words)
    longest_first = [
        "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) for words in (spaced, unspaced)
    ]
    return re.compile(rf"(?:(?:(?:{longest_first[0]})(?:\s+|$))|(?:(?:{longest_first[1]})\s*))+")


_DONE_ONLY = _done_only()
