"""What stands around an amount of money as people type it, in many languages: signs, words, magnitudes.

Currency codes: ISO 4217, list one. Words are compared in NFKC, without regard to capitals.
"""

from __future__ import annotations

from collections.abc import Mapping


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split("|"))


CODES = frozenset(
    _words(
        "AED|AFN|ALL|AMD|ANG|AOA|ARS|AUD|AWG|AZN|BAM|BBD|BDT|BGN|BHD|BIF|BMD|BND|BOB|BRL|BSD|BTN|BWP|BYN|BZD|CAD|"
        "CDF|CHF|CLP|CNY|COP|CRC|CUP|CVE|CZK|DJF|DKK|DOP|DZD|EGP|ERN|ETB|EUR|FJD|FKP|GBP|GEL|GHS|GIP|GMD|GNF|GTQ|"
        "GYD|HKD|HNL|HTG|HUF|IDR|ILS|INR|IQD|IRR|ISK|JMD|JOD|JPY|KES|KGS|KHR|KMF|KPW|KRW|KWD|KYD|KZT|LAK|LBP|LKR|"
        "LRD|LSL|LYD|MAD|MDL|MGA|MKD|MMK|MNT|MOP|MRU|MUR|MVR|MWK|MXN|MYR|MZN|NAD|NGN|NIO|NOK|NPR|NZD|OMR|PAB|PEN|"
        "PGK|PHP|PKR|PLN|PYG|QAR|RON|RSD|RUB|RWF|SAR|SBD|SCR|SDG|SEK|SGD|SHP|SLE|SOS|SRD|SSP|STN|SVC|SYP|SZL|THB|"
        "TJS|TMT|TND|TOP|TRY|TTD|TWD|TZS|UAH|UGX|USD|UYU|UZS|VED|VES|VND|VUV|WST|XAF|XCD|XCG|XOF|XPF|YER|ZAR|ZMW|"
        "ZWG"
    )
)

NOT_SMALL = frozenset(_words("all|bob|cup|gel|mad|mop|pen|php|ron|sos|stn|top|try"))
"""Codes that are words too: they count in capitals only."""

SIGNS: Mapping[str, tuple[str, ...]] = {
    # Several currencies: the company's own where it is one of them, else the first; none named first = unknown.
    "$": ("USD", "AUD", "CAD", "NZD", "SGD", "HKD", "MXN", "ARS", "CLP", "COP"),
    "¥": ("JPY", "CNY"),
    "元": ("CNY", "TWD", "HKD"),
    "塊": ("TWD",),
    "圓": ("TWD", "HKD"),
    "块": ("CNY",),
    "£": ("GBP", "EGP"),
    "kr": ("", "SEK", "NOK", "DKK", "ISK"),
    "rs": ("INR", "PKR", "LKR", "NPR", "MUR"),
    "rs.": ("INR", "PKR", "LKR", "NPR", "MUR"),
    "₨": ("INR", "PKR", "LKR", "NPR", "MUR"),
    "rupees": ("INR", "PKR", "LKR", "NPR", "MUR"),
    "dollar": ("USD", "AUD", "CAD", "NZD", "SGD", "HKD"),
    "dollars": ("USD", "AUD", "CAD", "NZD", "SGD", "HKD"),
    "pounds": ("GBP", "EGP"),
    "pesos": ("", "MXN", "ARS", "CLP", "COP", "PHP"),
    "dinar": ("", "KWD", "JOD", "IQD", "BHD", "TND", "RSD"),
    "دينار": ("", "KWD", "JOD", "IQD", "BHD", "TND", "LYD", "DZD"),
    "درهم": ("AED", "MAD"),
    "ريال": ("SAR", "QAR", "OMR", "YER"),
    "ریال": ("IRR",),
    "lei": ("RON", "MDL"),
    # One currency.
    **dict.fromkeys(["€", "euro", "euros", "евро", "يورو", "یورو", "यूरो", "եվրո", "歐元", "欧元", "ユーロ"], ("EUR",)),
    **dict.fromkeys(["us$", "u$s", "bucks", "доллар", "долларов", "доллара", "دولار", "دلار", "डॉलर"], ("USD",)),
    **dict.fromkeys(["դոլար", "美元", "美金", "ドル", "dólares", "dolar"], ("USD",)),
    **dict.fromkeys(["nt$", "nt", "ntd", "台幣", "新台幣", "台币", "新臺幣", "臺幣"], ("TWD",)),
    **dict.fromkeys(["人民币", "人民幣", "rmb", "yuan", "cn¥"], ("CNY",)),
    **dict.fromkeys(["円", "日圓", "日元", "yen", "jp¥"], ("JPY",)),
    **dict.fromkeys(["₹", "inr₹", "रुपये", "रुपए", "रुपया", "रुपयों", "रु.", "रु"], ("INR",)),
    **dict.fromkeys(["֏", "դրամ", "драм"], ("AMD",)),
    **dict.fromkeys(["₽", "руб", "руб.", "рублей", "рубля", "рубль"], ("RUB",)),
    **dict.fromkeys(["₴", "грн", "грн."], ("UAH",)),
    **dict.fromkeys(["₩", "won", "원"], ("KRW",)),
    **dict.fromkeys(["zł", "zloty", "złotych"], ("PLN",)),
    **dict.fromkeys(["₺", "tl", "lira"], ("TRY",)),
    **{"hk$": ("HKD",), "港幣": ("HKD",), "港币": ("HKD",), "a$": ("AUD",), "au$": ("AUD",), "c$": ("CAD",)},
    **{"ca$": ("CAD",), "s$": ("SGD",), "nz$": ("NZD",), "r$": ("BRL",), "reais": ("BRL",), "mx$": ("MXN",)},
    **{"₸": ("KZT",), "тенге": ("KZT",), "₫": ("VND",), "đ": ("VND",), "₱": ("PHP",), "฿": ("THB",), "บาท": ("THB",)},
    **{"₪": ("ILS",), "₦": ("NGN",), "₾": ("GEL",), "₼": ("AZN",), "rp": ("IDR",), "rm": ("MYR",), "kč": ("CZK",)},
    **{"ft": ("HUF",), "fr.": ("CHF",), "sfr.": ("CHF",), "francs": ("CHF",), "quid": ("GBP",), "ج.م": ("EGP",)},
    **{"جنيه": ("EGP",), "د.إ": ("AED",), "ر.س": ("SAR",), "﷼": ("IRR",)},
}

TEN_RIALS = ("تومان", "تومن", "toman")
"""Words for ten Iranian rials."""

MAGNITUDES: Mapping[str, int] = {
    **dict.fromkeys(["hundred", "सौ", "百"], 100),
    **dict.fromkeys(["k", "thousand", "thousands", "tsd", "tsd.", "tausend", "mille", "mil", "mila"], 1_000),
    **dict.fromkeys(["тыс", "тыс.", "тысяч", "тысячи", "т.р", "к", "тис", "тис."], 1_000),
    **dict.fromkeys(["ألف", "الف", "آلاف", "الاف", "ألاف", "هزار", "हज़ार", "हजार", "հազար", "千", "仟"], 1_000),
    **dict.fromkeys(["bin", "ribu", "rb", "nghìn", "พัน", "천", "tys", "tys."], 1_000),
    **dict.fromkeys(["萬", "万", "만", "หมื่น"], 10_000),
    **dict.fromkeys(["lakh", "lakhs", "lac", "lacs", "लाख", "十萬", "十万"], 100_000),
    **dict.fromkeys(["m", "mn", "mio", "mio.", "mln", "million", "millions", "millionen", "milioni"], 1_000_000),
    **dict.fromkeys(["millones", "millón", "milhões", "milyon", "млн", "млн.", "миллион", "миллиона"], 1_000_000),
    **dict.fromkeys(["миллионов", "مليون", "ملايين", "میلیون", "մլն", "միլիոն", "百萬", "百万", "triệu"], 1_000_000),
    **dict.fromkeys(["juta", "jt", "मिलियन", "ล้าน"], 1_000_000),
    **dict.fromkeys(["crore", "crores", "cr", "करोड़", "千萬", "千万"], 10_000_000),
    **dict.fromkeys(["億", "亿", "억"], 100_000_000),
    **dict.fromkeys(["bn", "billion", "milliard", "milliards", "mrd", "mrd.", "млрд", "مليار", "میلیارد"], 10**9),
}

JOINERS = _words(
    "-|--|~|..|...|…|/|to|and|or|bis|und|à|a|et|al|e|y|i|ile|ila|до|и|تا|إلى|الى|و|से|և|到|至|~|から|hasta|até|〜"
)
"""Between two amounts: the ends of a range."""

FLOORS = _words(
    "from|at least|not less than|min|min.|minimum|over|above|more than|starting at|starting from|"
    "no less than|>|>=|≥|ab|mindestens|über|mehr als|nicht weniger als|à partir de|au moins|plus de|"
    "dès|desde|al menos|más de|mínimo|pelo menos|mais de|a partir de|almeno|oltre|لا يقل عن|от|"
    "минимум|не менее|не меньше|более|больше|свыше|من|على الأقل|أكثر من|از|حداقل|بیش از|कम से कम|"
    "न्यूनतम|至少|超過|超过|不少於|不低於|從|从|最少|en az|առնվազն|սկսած"
)
"""Before an amount: it is the lower end."""

CEILINGS = _words(
    "up to|max|max.|maximum|under|below|less than|at most|until|till|not more than|no more than|<|<=|"
    "≤|bis|bis zu|höchstens|maximal|unter|weniger als|nicht mehr als|pas plus de|no más de|jusqu'à|"
    "au plus|moins de|maxi|hasta|máximo|como máximo|menos de|não mais de|até|no máximo|fino a|"
    "massimo|meno di|لا يزيد عن|до|максимум|не более|не больше|меньше|менее|حتى|أقل من|كحد أقصى|تا|"
    "حداکثر|کمتر از|अधिकतम|最多|不超過|不超过|最高|en fazla|մինչև|առավելագույնը"
)
"""Before an amount: it is the upper end."""

FLOORS_AFTER = ("+", "以上", "起", "से ज़्यादा", "से अधिक", "or more", "and up", "ou plus", "и выше", "و أكثر")
CEILINGS_AFTER = ("以下", "以內", "以内", "तक", "से कम", "or less", "max", "maximum", "kadar", "հասցնել")
