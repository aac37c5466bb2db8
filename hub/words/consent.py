"""The words with which people stop and resume messages.

Only a message that consists of such a word counts: "stop" does, "please don't stop" does not. The English words are
those that carriers require of text messages; the others are what people write instead.
"""

from __future__ import annotations

from hub.words.said import Said, read

_STOP = """
stop; stop all; stopall; unsubscribe; cancel; end; quit; revoke; optout; opt out; opt-out
stopp; abmelden; abbestellen
baja; alto; darme de baja; cancelar suscripción
arrêt; arret; arrêter; arreter; désabonner; desabonner; se désabonner; désinscrire
parar; pare; sair; descadastrar
disiscrivimi; annulla iscrizione
стоп; отписаться; отпишите; відписатися
կանգ; դադարեցնել; չեղարկել
إيقاف; ايقاف; توقف; أوقف; اوقف; إلغاء الاشتراك; الغاء الاشتراك
रोकें; रोको; बंद करें; बंद करो; बंद करे
退订; 退訂; 停止; 取消订阅; 取消訂閱; td
停止; 配信停止; ストップ; 解除
수신거부; 중지
dur; iptal; berhenti
"""
_RESUME = """
start; unstop; resume; subscribe; optin; opt in; opt-in
anmelden; fortsetzen
alta; reanudar
reprendre; réabonner
retomar; voltar a receber
старт; возобновить; подписаться
սկսել; վերսկսել
ابدأ; ابدا; استئناف; اشتراك
शुरू करें; शुरू करो; शुरू
开始; 開始; 恢复; 恢復
再開; 配信再開
수신동의
başlat; mulai
"""
LONGEST = 40
"""Characters of a message that can be a word of consent."""


def consent_word(said: Said | str) -> bool | None:
    """False when the whole message means "no more messages", True when it means "messages again", else None.

    Case, width, blanks, punctuation and symbols do not matter. A plain "yes" decides nothing: it may answer any
    question.
    """
    said = read(said) if isinstance(said, str) else said
    return _WORDS.get(said.plain) if len(said.text) <= LONGEST else None


def _words(source: str) -> list[str]:
    return [read(part).plain for line in source.splitlines() for part in line.split(";") if part]


_WORDS: dict[str, bool] = {
    **dict.fromkeys(_words(_RESUME), True),
    **dict.fromkeys(_words(_STOP), False),
}
