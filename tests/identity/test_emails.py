"""Mailboxes as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.identity import email_key, is_role_mailbox


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("Ann.Example@Example.COM", "ann.example@example.com"),
        ("  ann@example.com ; ", "ann@example.com"),
        ("mailto:ann@example.com?subject=hi", "ann@example.com"),
        ("MAILTO:ann@example.com", "ann@example.com"),
        ("Ann Example <ann@example.com>", "ann@example.com"),
        ("ann\uff20example.com", "ann@example.com"),
        ("ann@example.com.", "ann@example.com"),
        ("\u200eann@example.com", "ann@example.com"),
        ("a.n.n+shop@gmail.com", "ann@gmail.com"),
        ("Ann@googlemail.com", "ann@gmail.com"),
        ("a.n.n+shop@example.com", "a.n.n+shop@example.com"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"),
        ("o'neil@example.com", "o'neil@example.com"),
        ("анна@example.com", "анна@example.com"),
        ("", None),
        ("n/a", None),
        ("@example.com", None),
        ("ann@", None),
        ("ann@localhost", None),
        ("ann@example..com", None),
        ("ann@10.0.0.1", None),
        ("ann smith@example.com", None),
        ("ann@b@example.com", None),
        ("...@gmail.com", None),
        ("+x@gmail.com", None),
        ("test@test.com", None),
        ("none@none.com", None),
        ("miller@miller.example", "miller@miller.example"),
        ("ann@" + "a" * 70 + ".com", None),
        ("a" * 500 + "@example.com", None),
    ],
)
def test_key_of_what_people_type(typed, key):
    assert email_key(typed) == key


@pytest.mark.parametrize(
    ("address", "role"),
    [
        ("info@example.com", True),
        ("no-reply@example.com", True),
        ("Sales@example.com", True),
        ("sales+de@example.com", True),
        ("customer.service@example.com", True),
        ("ann@example.com", False),
        ("salesman.ann@example.com", False),
        ("", False),
    ],
)
def test_role_mailboxes(address, role):
    assert is_role_mailbox(address) is role


ADDRESS = st.builds(
    "{}@{}".format,
    st.text(min_size=1, max_size=12),
    st.sampled_from(["example.com", "GMAIL.com", "bücher.example", "straße.example", "ΑΣ.example", "gmail.com;"]),
)


@given(st.one_of(st.text(max_size=40), ADDRESS))
def test_never_raises_and_is_idempotent(text):
    key = email_key(text)
    if key is not None:
        assert email_key(key) == key
