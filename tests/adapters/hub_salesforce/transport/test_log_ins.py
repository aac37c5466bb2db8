"""Log-ins: few, one for all threads, and nothing secret told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import ValidationError

from hub.contracts.errors import AuthFailed, ConfigError, Unavailable
from hub_salesforce.session import SOON, TRIES, WINDOW
from hub_salesforce.settings import SalesforceSettings
from hub_salesforce.transport import Transport

SECRETS = {name: f"{name}-Zq7!x" for name in ("consumer_secret", "password", "security_token", "refresh_token")}
CLIENT = {"domain": "acme.my", "consumer_key": "app", "consumer_secret": SECRETS["consumer_secret"]}
USER = {"username": "hub@example.com", "password": SECRETS["password"]}


@pytest.fixture(scope="module")
def pem() -> str:
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


@pytest.mark.parametrize("flow", ["refresh", "jwt", "client", "soap", "password"])
def test_each_way_to_log_in_gives_a_session_that_is_kept(made, double, pem, flow):
    given = {
        "refresh": {"consumer_key": "app", "refresh_token": SECRETS["refresh_token"]},
        "jwt": {"consumer_key": "app", "username": "hub@example.com", "private_key": pem},
        "client": CLIENT,
        "soap": {**USER, "security_token": SECRETS["security_token"]},
        "password": {**USER, "consumer_key": "app", "consumer_secret": SECRETS["consumer_secret"]},
    }[flow]
    transport = made(**given)
    assert [transport.call("GET", "/limits") for _ in range(3)] == [{"ok": True}] * 3
    (login,) = (one for one in double.asked if one.login)
    form = {name: value[0] for name, value in parse_qs(login.body.decode()).items()}
    match flow:
        case "soap":
            assert f"<n1:password>{SECRETS['password']}{SECRETS['security_token']}</n1:password>".encode() in login.body
        case "jwt":
            assert form["assertion"].count(".") == 2
        case _:
            grant = {"refresh": "refresh_token", "client": "client_credentials", "password": "password"}[flow]
            assert form["grant_type"] == grant
    assert double.reports == [("login", 200), *[("limits", 200)] * 3]
    assert not transport._http.cookies


def test_a_call_that_met_an_ended_session_is_repeated_once_with_its_headers(made, double):
    transport = made()
    transport.call("GET", "/limits")
    double.tokens.clear()
    rule = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
    assert transport.call("POST", "/composite", {"a": 1}, repeatable=False, headers=rule) == {"ok": True}
    first, second = double.calls[1:]
    assert first.headers["Authorization"] != second.headers["Authorization"]
    for name in ("Authorization", "Content-Length"):
        first.headers.pop(name), second.headers.pop(name)
    assert first == second
    assert second.headers["Sforce-Duplicate-Rule-Header"] == "allowSave=true"
    assert double.count == 2


def in_threads(work: Callable[[], Any]) -> list[Any]:
    """What each of eight threads, let go at the same moment, got: a value or an error."""
    gate = threading.Barrier(8)

    def one(_: int) -> Any:
        gate.wait()
        try:
            return work()
        except Exception as error:
            return error

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(one, range(8)))


def test_all_threads_that_meet_an_ended_session_wait_for_one_log_in(made, double):
    transport = made(**CLIENT, threads=8)
    transport.call("GET", "/limits")
    double.tokens.clear()
    assert in_threads(lambda: transport.call("GET", "/limits")) == [{"ok": True}] * 8
    assert double.count == 2


def test_sessions_that_are_never_taken_cost_three_log_ins_then_a_pause(made, double, clock):
    double.dead = True
    transport = made(**CLIENT, threads=8)
    for _ in range(5):
        assert all(isinstance(told, AuthFailed) for told in in_threads(lambda: transport.call("GET", "/limits")))
    assert double.count == TRIES == 3
    quiet = len(double.asked)
    clock.now += WINDOW / 2
    with pytest.raises(AuthFailed, match="ended 3 sessions"):
        transport.call("GET", "/limits")
    assert len(double.asked) == quiet
    clock.now += WINDOW  # one more try, not three
    in_threads(lambda: transport.call("GET", "/limits"))
    assert double.count == TRIES + 1
    double.dead = False
    clock.now += 2 * WINDOW
    assert transport.call("GET", "/limits") == {"ok": True}


@pytest.mark.parametrize("flow", [CLIENT, {**USER, "security_token": SECRETS["security_token"]}])
def test_a_refused_log_in_is_told_in_the_organisations_words_and_not_repeated(made, double, clock, flow):
    double.refuse = "no such app or user"
    transport = made(**flow)
    for told in in_threads(lambda: transport.call("GET", "/limits")):
        assert isinstance(told, AuthFailed)
        assert "no such app or user" in str(told)
    assert double.count == 1
    clock.now += WINDOW
    with pytest.raises(AuthFailed):
        transport.call("GET", "/limits")
    assert double.count == 2


def test_a_log_in_that_finds_salesforce_away_is_tried_again_soon(made, double, clock):
    known, double.log_in = double.log_in, lambda asked: (503, "<html>maintenance</html>")
    transport = made()
    with pytest.raises(Unavailable):
        transport.call("GET", "/limits", repeatable=False)
    double.log_in = known
    clock.now += SOON
    assert transport.call("GET", "/limits") == {"ok": True}


def test_no_secret_is_in_what_an_error_says(made, double, pem, clock):
    double.refuse = "no"
    flows = [
        {"consumer_key": "app", "refresh_token": SECRETS["refresh_token"]},
        CLIENT,
        {**USER, "security_token": SECRETS["security_token"]},
        {"consumer_key": "app", "username": "hub@example.com", "private_key": pem.replace("A", "B")},
    ]
    hidden = [*SECRETS.values(), *(line for line in pem.replace("A", "B").splitlines()[1:-1]), "00D!session"]
    for flow in flows:
        transport = made(**flow)
        with pytest.raises(AuthFailed) as raised:
            transport.call("GET", "/limits")
        assert raised.value.__cause__ is None
        said = f"{raised.value} {raised.value!r} {vars(transport)!r} {vars(transport._log_ins)!r}"
        assert not [secret for secret in hidden if secret in said]
    double.refuse = ""
    transport = made()
    transport.call("GET", "/limits")
    assert "00D!session" not in f"{transport._log_ins.current()!r}"


@pytest.mark.parametrize(
    "wrong",
    [
        {"instance_url": "http://acme.my.salesforce.com"},
        {"instance_url": "ftp://127.0.0.1"},
        {"domain": "login"},
        {"domain": "https://acme.my.salesforce.com"},
        {"domain": "acme.my.salesforce.com"},
        {"consumer_secret": None},
        {"refresh_token": "r", "instance_url": ""},
        {"private_key": "k", "username": ""},
        {"password": "p"},
    ],
)
def test_settings_that_cannot_work_or_are_not_safe_are_refused(wrong):
    with pytest.raises(ValidationError) as raised:
        SalesforceSettings(**(CLIENT | wrong))
    (told,) = raised.value.errors()
    assert not [secret for secret in SECRETS.values() if secret in told["msg"]]
    unchecked = SalesforceSettings.model_construct(**(SalesforceSettings(**CLIENT).model_dump() | wrong))
    with pytest.raises(ConfigError):
        Transport(unchecked, report=lambda label, status: None)
