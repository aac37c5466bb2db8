"""HMAC and Standard Webhooks, against published and independently computed values."""

import base64
import hashlib
import hmac

import pytest

from hub.contracts.errors import BadSignature
from hub.wire.signatures import TOLERANCE, hmac_sha256_hex, same, sign_webhook, verify_webhook, webhook_key

SECRET = "whsec_" + base64.b64encode(b"a key of twenty-four byt").decode()
NOW = 1_790_000_000


def test_hmac_is_the_one_of_rfc_4231():
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert hmac_sha256_hex(b"Jefe", b"what do ya want for nothing?") == expected


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [("", "", True), ("é\udcff", "é\udcff", True), ("a", "b", False), ("a", "ab", False), ("é", "e", False)],
)
def test_same(a, b, equal):
    assert same(a, b) is equal


def test_a_webhook_is_signed_as_the_standard_says():
    digest = hmac.new(b"a key of twenty-four byt", b"msg_1.1790000000." + b'{"a":1}', hashlib.sha256).digest()
    assert sign_webhook(SECRET, "msg_1", NOW, b'{"a":1}') == "v1," + base64.b64encode(digest).decode()


@pytest.mark.parametrize("around", [0, TOLERANCE, -TOLERANCE])
def test_a_signed_webhook_verifies(around):
    header = sign_webhook(SECRET, "msg_1", NOW, b"{}")
    verify_webhook(SECRET, "msg_1", str(NOW), b"{}", header, now=NOW + around)
    verify_webhook(SECRET, "msg_1", str(NOW), b"{}", f"v1,AAAA v1a,BBBB {header}", now=NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"body": b"{} "},
        {"message_id": "msg_2"},
        {"timestamp": str(NOW + 1)},
        {"secret": "whsec_" + base64.b64encode(b"another").decode()},
        {"header": ""},
        {"header": "v1,"},
        {"header": "v1,é"},
        {"now": NOW + TOLERANCE + 1},
        {"now": NOW - TOLERANCE - 1},
        {"timestamp": ""},
        {"timestamp": "1e9"},
        {"timestamp": "9" * 5000},
        {"timestamp": "٣"},
    ],
)
def test_anything_changed_fails(change):
    good = {
        "secret": SECRET,
        "message_id": "msg_1",
        "timestamp": str(NOW),
        "body": b"{}",
        "header": sign_webhook(SECRET, "msg_1", NOW, b"{}"),
        "now": NOW,
    }
    verify_webhook(**good)
    with pytest.raises(BadSignature):
        verify_webhook(**{**good, **change})


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_$$$", "whsec_é", "plain words"])
def test_a_secret_that_is_none_is_refused_without_quoting(secret):
    with pytest.raises(ValueError, match="whsec_ and base64") as caught:
        webhook_key(secret)
    assert len(secret) < 8 or secret not in str(caught.value)
