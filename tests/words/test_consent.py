"""Words that stop and resume messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.words.consent import consent_word

STOPS = """STOP; stop; Stop. ; STOP!!!; “stop”; ＳＴＯＰ; stop 🛑; STOPALL; stop  all; Unsubscribe; CANCEL; END; QUIT;
REVOKE;
OPTOUT; opt-out; STOPP; abmelden; BAJA; alto; ARRÊT; arret; ARRE\u0302T; DÉSABONNER; Desabonner; parar; SAIR; СТОП;
стоп; ԿԱՆԳ; Կանգ։; إيقاف; توقف; \u200fتوقف\u200f; रोकें; बंद करें; बंद करें।; 退订; 停止; 停止。; 取消订阅"""


@pytest.mark.parametrize(
    "text",
    STOPS.split(";"),
)
def test_stop(text):
    assert consent_word(text) is False


@pytest.mark.parametrize(
    "text", ["START", "start!", "UNSTOP", "Resume", "старт", "ՍԿՍԵԼ", "शुरू करें", "开始", "再開", "ابدأ"]
)
def test_resume(text):
    assert consent_word(text) is True


@pytest.mark.parametrize(
    "text",
    [
        "",
        "...",
        "yes",
        "please don't stop",
        "stop by tomorrow",
        "nonstop",
        "how do I unsubscribe?",
        "restart",
        "end?!a",
        "stop" * 20,
        "when does it start",
        "👍",
    ],
)
def test_anything_else(text):
    assert consent_word(text) is None


@given(st.text(max_size=50))
def test_never_raises(text):
    assert consent_word(text) in (True, False, None)
