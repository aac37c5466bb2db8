"""A sealed file opens only whole, with its key and under its name."""

from __future__ import annotations

import os
import random
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.backup.keys import new_key, read_key
from hub.backup.sealing import PART, SALT, SEALED, TAG, Damaged, Sealer, Unsealer, hidden_name
from hub.contracts.errors import ConfigError, HubError

KEY = bytes(range(32))
HEAD, WHOLE = len(SEALED) + SALT, PART + TAG


def sealed(data: bytes, key: bytes | None = KEY, name: str = "a") -> bytes:
    target = BytesIO()
    with Sealer(target, key, name) as sealer:
        for start in range(0, len(data), 70_000):
            sealer.write(data[start : start + 70_000])
    return target.getvalue()


def opened(data: bytes, key: bytes | None = KEY, name: str = "a") -> bytes:
    return Unsealer(BytesIO(data), key, name).read()


def noise(size: int) -> bytes:
    """Bytes that no compression makes smaller."""
    return random.Random(size).randbytes(size)


@pytest.mark.parametrize("size", [0, 1, PART - 100, PART, PART + 1, 3 * PART + 7])
@pytest.mark.parametrize("key", [KEY, None])
def test_what_was_sealed_comes_out_again(size: int, key: bytes | None) -> None:
    data = noise(size)
    assert opened(sealed(data, key), key) == data


def test_a_sealed_file_shows_nothing_and_is_never_twice_the_same() -> None:
    one, two = sealed(b"a secret message"), sealed(b"a secret message")
    assert b"secret" not in one
    assert one[HEAD:] != two[HEAD:]


def test_another_key_or_another_name_opens_nothing() -> None:
    data = sealed(b"x")
    with pytest.raises(Damaged):
        opened(data, os.urandom(32))
    with pytest.raises(Damaged):
        opened(data, name="b")


def test_without_a_key_a_sealed_file_is_refused_with_a_remedy() -> None:
    with pytest.raises(ConfigError, match="DRAGOMAN_BACKUP_KEY"):
        opened(sealed(b"x"), None)


def test_an_open_file_is_not_taken_where_a_sealed_one_is_expected() -> None:
    with pytest.raises(Damaged):
        opened(sealed(b"x", None))


def test_parts_cannot_be_left_out_reordered_or_repeated() -> None:
    whole = sealed(noise(3 * PART))
    head, parts = whole[:HEAD], [whole[n : n + WHOLE] for n in range(HEAD, len(whole), WHOLE)]
    assert len(parts) >= 4
    one, two, *rest = parts
    for wrong in ([two, one, *rest], [one, one, two, *rest], [one, *rest], [one, two], [one], [*parts, parts[-1]]):
        with pytest.raises(Damaged):
            opened(head + b"".join(wrong))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_file_that_was_cut_or_changed_anywhere_is_noticed(data: st.DataObject) -> None:
    whole = sealed(noise(PART + 1000))
    place = data.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[place] ^= data.draw(st.integers(1, 255))
    for wrong in (bytes(changed), whole[:place]):
        with pytest.raises(HubError):
            opened(wrong)


def test_a_key_is_32_bytes_and_never_shown() -> None:
    assert len(read_key(new_key())) == 32
    with pytest.raises(ConfigError) as caught:
        read_key("not-a-key-but-secret")
    assert "secret" not in str(caught.value)


def test_names_in_the_place_tell_nothing() -> None:
    assert hidden_name(KEY, "abc") != hidden_name(os.urandom(32), "abc")
    assert hidden_name(None, "abc") == "abc"
