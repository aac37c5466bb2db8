"""Signed names of files: what was minted opens, everything else does not."""

from __future__ import annotations

import pytest

from hub.contracts.errors import BadSignature
from hub.wire.file_links import address, mint, opened

KEY, OTHER = b"k" * 32, b"o" * 32
UNTIL = 1_800_000_000_123


@pytest.mark.parametrize("file", [1, 7, 10**17])
@pytest.mark.parametrize("until", [0, 35, 36, UNTIL])
def test_what_was_minted_opens(file: int, until: int) -> None:
    assert opened(KEY, mint(KEY, file, until)) == (file, until)


def test_a_link_is_fit_for_an_address_and_long_enough_not_to_be_guessed() -> None:
    link = address("https://hub.example.com", KEY, 12, UNTIL)
    token = link.removeprefix("https://hub.example.com/media/")
    number, until, signature = token.split(".")
    assert (number, int(until, 36)) == ("12", UNTIL)
    assert len(bytes.fromhex(signature)) * 8 >= 128


def test_every_single_change_is_noticed() -> None:
    token = mint(KEY, 12, UNTIL)
    changed = [f"{token[:n]}{'1' if sign != '1' else '2'}{token[n + 1 :]}" for n, sign in enumerate(token)]
    changed += [token[:n] + token[n + 1 :] for n in range(len(token))]
    for wrong in changed:
        with pytest.raises(BadSignature):
            opened(KEY, wrong)


@pytest.mark.parametrize(
    "change",
    [
        lambda token: "",
        lambda token: token + "\n",
        lambda token: " " + token,
        lambda token: "0" + token,
        lambda token: token.upper(),
        lambda token: token.replace(".", "/"),
        lambda token: token.rpartition(".")[0],
        lambda token: token.rpartition(".")[0] + ".",
        lambda token: token[:-8],
        lambda token: "../../hub.sqlite3",
        lambda token: "..%2f..%2fhub.sqlite3",
        lambda token: "١" + token[1:],
        lambda token: "9" * 5000,
        lambda token: token.replace(token.split(".")[1], token.split(".")[1] + "0"),
    ],
)
def test_nothing_else_opens(change) -> None:
    with pytest.raises(BadSignature):
        opened(KEY, change(mint(KEY, 12, UNTIL)))


def test_another_hubs_link_does_not_open() -> None:
    with pytest.raises(BadSignature):
        opened(KEY, mint(OTHER, 12, UNTIL))
