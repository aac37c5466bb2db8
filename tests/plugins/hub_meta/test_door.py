"""Handshake and signature: who may come in."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

import hub_meta
from hub import Request
from hub.contracts.errors import BadSignature
from hub_meta.channel import WEBHOOK_FIELDS


def ask(**query):
    return Request("GET", "https://hub.example.com/x", {k.replace("_", ".", 1): v for k, v in query.items()}, {})


def test_the_right_token_gets_the_bare_challenge(channel):
    reply = channel.handshake(ask(hub_mode="subscribe", hub_verify_token="a-verify-token", hub_challenge="115820"))
    assert (reply.status, reply.body) == (200, b"115820")


@pytest.mark.parametrize("token", ["", "wrong", "a-verify-tokén", "\udcff"])
def test_a_wrong_token_gets_403_and_no_challenge(channel, token):
    reply = channel.handshake(ask(hub_mode="subscribe", hub_verify_token=token, hub_challenge="115820"))
    assert (reply.status, reply.body) == (403, b"")


def test_a_missing_token_gets_403(channel):
    assert channel.handshake(ask(hub_mode="subscribe", hub_challenge="1")).status == 403


def test_any_other_get_is_no_handshake(channel):
    assert channel.handshake(ask()) is None


def test_another_secret_fails(channel, signed, fixture_bytes):
    with pytest.raises(BadSignature):
        channel.verify(signed(fixture_bytes("text"), secret="another"))


@pytest.mark.parametrize(
    "change",
    [
        {"app_secret": ""},
        {"verify_token": ""},
        {"access_token": ""},
        {"portfolio": "a:b"},
        {"api_version": "23/../x"},
        {"rate": 0},
        {"surprise": 1},
    ],
)
def test_settings_that_cannot_work_are_refused(make, change):
    with pytest.raises(ValidationError):
        make(**change)


def test_the_rate_is_a_setting_of_the_connection(make, channel):
    assert make(rate=20).settings.rate == 20
    assert channel.settings.rate == channel.capabilities.rate == 80


def test_the_readme_names_the_fields_to_subscribe():
    readme = (Path(hub_meta.__file__).parent / "README.md").read_text("utf-8")
    step = readme[readme.index("\n6. ") :].partition("A token of a system user")[0]
    assert ", ".join(re.findall(r"`(\w+)`", step)) == WEBHOOK_FIELDS
