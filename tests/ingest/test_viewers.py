"""Roles, keys, and how often a wrong one may be tried."""

from __future__ import annotations

import base64
import hmac

import pytest
from pydantic import SecretStr

from hub.engine.roles import RoleConfig
from hub.ingest import viewers
from hub.ingest.viewers import ADDRESSES, CROWD, TRIES, Viewers

KEY = "correct horse battery"
NOW = 1_800_000_000_000
HERE = "192.0.2.7"


def role(name: str, *may: str, key: str = KEY) -> RoleConfig:
    return RoleConfig(name, SecretStr(key), frozenset(may))


def basic(name: str, key: str, scheme: str = "Basic") -> str:
    return f"{scheme} {base64.b64encode(f'{name}:{key}'.encode()).decode()}"


@pytest.fixture
def door() -> Viewers:
    roles = (role("agents", "media"), role("guests"), role("others", "media", key="ключ с пробелом: да"))
    return Viewers({one.name: one for one in roles})


def ask(door: Viewers, header: str, address: str = HERE, now: int = NOW, behind: str = "") -> int:
    return door.ask(header, address, behind, "media", now)


def test_name_and_key_of_a_role_open(door: Viewers) -> None:
    assert ask(door, basic("agents", KEY)) == 200
    assert ask(door, basic("agents", KEY, "bAsIc")) == 200
    assert ask(door, basic("others", "ключ с пробелом: да")) == 200
    assert ask(door, basic("guests", KEY)) == 403
    assert door.any_may("media")
    assert not Viewers({"guests": role("guests")}).any_may("media")


@pytest.mark.parametrize(
    "header",
    [
        basic("agents", KEY + "!"),
        basic("agents", KEY[:-1]),
        basic("agents", ""),
        basic("Agents", KEY),
        basic("nobody", KEY),
        basic("", ""),
        basic("", KEY),
        basic("agents", KEY, "Bearer"),
        "Basic",
        "Basic ???",
        "Basic " + base64.b64encode(b"agents").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:" + KEY.encode()).decode(),
        "Basic ключ",
        "Basic \udcff",
    ],
)
def test_everything_else_is_asked_again(door: Viewers, header: str) -> None:
    assert ask(door, header) == 401
    assert ask(door, basic("agents", KEY)) == 200


def test_unknown_roles_and_wrong_keys_take_one_path(door: Viewers, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[int, int]] = []
    real = hmac.compare_digest

    def watched(a: bytes, b: bytes) -> bool:
        compared.append((len(a), len(b)))
        return real(a, b)

    monkeypatch.setattr(viewers.hmac, "compare_digest", watched)
    for header in (basic("agents", "x"), basic("nobody", KEY), basic("agents", "x" * 4000), "nonsense"):
        assert ask(door, header) == 401
    assert compared == [(32, 32)] * 4


def test_an_address_that_guesses_waits_for_the_next_minute(door: Viewers) -> None:
    for _ in range(TRIES):
        assert ask(door, basic("agents", "guess")) == 401
    assert ask(door, basic("agents", KEY)) == 429
    assert ask(door, "") == 429
    assert ask(door, basic("agents", KEY), "192.0.2.8") == 200
    assert ask(door, basic("agents", KEY), now=NOW + 60_000) == 200
    assert ask(door, basic("agents", KEY), now=NOW - 60_000) == 200


def test_asking_without_a_key_and_right_keys_are_no_tries(door: Viewers) -> None:
    for _ in range(TRIES * 3):
        assert ask(door, "") == 401
        assert ask(door, basic("agents", KEY)) == 200


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.7", "192.0.2.7", True),
        ("fe80::1%eth0", "fe80::2", True),
        ("unix:", "192.0.2.7", False),
    ],
)
def test_neighbours_that_belong_to_one_caller_are_one(door: Viewers, one: str, other: str, same: bool) -> None:
    for _ in range(TRIES):
        ask(door, basic("agents", "guess"), one)
    assert ask(door, basic("agents", KEY), other) == (429 if same else 200)


def test_memory_stays_bounded_and_a_crowd_of_guessers_is_one(door: Viewers) -> None:
    for n in range(ADDRESSES + 3 * TRIES):
        ask(door, basic("agents", "guess"), f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}")
    assert len(door._wrong) <= ADDRESSES + 1
    assert ask(door, basic("agents", "guess"), "192.0.2.99") == 429
    assert ask(door, basic("agents", "guess"), "192.0.2.99", NOW + 60_000) == 401


def test_callers_of_a_proxy_are_told_apart_but_do_not_guess_without_end(door: Viewers) -> None:
    for _ in range(TRIES):
        assert ask(door, basic("agents", "guess"), behind="192.0.2.1") == 401
    assert ask(door, basic("agents", KEY), behind="192.0.2.1") == 429
    assert ask(door, basic("agents", KEY), behind="192.0.2.2") == 200
    for n in range(CROWD - TRIES):
        assert ask(door, basic("agents", "guess"), behind=f"claims to be {n}") == 401
    assert ask(door, basic("agents", "guess"), behind="claims to be another") == 429
    assert ask(door, basic("agents", KEY), behind="192.0.2.2", now=NOW + 60_000) == 200
