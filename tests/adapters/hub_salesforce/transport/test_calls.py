"""Lost answers, limits and locks: what goes again, and what is told."""

from __future__ import annotations

import socket
import threading

import pytest

from hub.contracts.errors import DayUsedUp, NotFound, RateLimited, Rejected, Unavailable, Uncertain
from hub_salesforce.errors import DAY_STEP
from hub_salesforce.settings import SalesforceSettings
from hub_salesforce.transport import Transport

CLIENT = {"domain": "acme.my", "consumer_key": "app", "consumer_secret": "s"}


def test_a_lost_answer_is_uncertain_where_the_call_may_not_be_repeated(made, double, clock):
    double.answer = lambda asked: None
    transport = made()
    with pytest.raises(Uncertain):
        transport.call("POST", "/composite", {}, repeatable=False)
    assert len(double.calls) == 1
    with pytest.raises(Unavailable):
        transport.call("POST", "/composite", {})
    assert len(double.calls) == 4
    assert len(clock.slept) == 2
    assert double.reports[-1] == ("composite", 0)


def test_an_answer_that_takes_too_long_is_a_lost_one(made, double):
    gate = threading.Event()
    double.answer = lambda asked: gate.wait(20) and (200, {})
    with pytest.raises(Uncertain, match="ReadTimeout"):
        made(**CLIENT, timeout=1.0).call("POST", "/composite", {}, repeatable=False)
    gate.set()


def test_where_nobody_listens_nothing_was_done(clock):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        settings = SalesforceSettings(**CLIENT, instance_url=f"http://127.0.0.1:{free.getsockname()[1]}")
        transport = Transport(settings, report=lambda label, status: None, sleep=clock.sleep, clock=clock)
        with pytest.raises(Unavailable, match="cannot be reached"):
            transport.call("POST", "/composite", {}, repeatable=False)


LOCKED = [{"errorCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access to this record"}]
BUSY = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "ConcurrentPerOrgLongTxn Limit exceeded."}]


@pytest.mark.parametrize(
    ("first", "repeatable", "raised"),
    [
        ((400, LOCKED), False, None),
        ((403, BUSY), False, None),
        ((503, "<html>maintenance</html>"), True, None),
        ((503, "<html>maintenance</html>"), False, Unavailable),
        ((500, "<html>oops</html>"), True, None),
        ((500, "<html>oops</html>"), False, Uncertain),
        ((200, "<html>a proxy</html>"), True, None),
        ((200, "<html>a proxy</html>"), False, Uncertain),
        ((404, [{"errorCode": "NOT_FOUND", "message": "none"}]), True, NotFound),
        ((400, [{"errorCode": "MALFORMED_QUERY", "message": "unexpected token"}]), True, Rejected),
    ],
)
def test_a_first_answer_decides_whether_the_call_goes_again(made, double, clock, first, repeatable, raised):
    double.answer = lambda asked: first if len(double.calls) == 1 else (200, {"ok": True})
    transport = made()
    if raised:
        with pytest.raises(raised):
            transport.call("POST", "/composite", {}, repeatable=repeatable)
        assert clock.slept == []
    else:
        assert transport.call("POST", "/composite", {}, repeatable=repeatable) == {"ok": True}
        assert len(clock.slept) == 1


def test_a_limit_that_stays_is_told_after_some_seconds(made, double, clock):
    double.answer = lambda asked: (403, BUSY)
    with pytest.raises(RateLimited, match="ConcurrentPerOrgLongTxn") as raised:
        made().call("GET", "/limits")
    assert not isinstance(raised.value, DayUsedUp)
    assert sum(clock.slept) <= 5


def test_a_used_up_day_lets_nothing_leave_for_a_while(made, double, clock):
    told = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]
    double.answer = lambda asked: (403, told)
    transport = made()
    for wait in (DAY_STEP, DAY_STEP - 10):
        with pytest.raises(DayUsedUp) as raised:
            transport.call("GET", "/limits")
        assert raised.value.retry_after == wait
        clock.now += 10
    assert len(double.calls) == 1
    clock.now += DAY_STEP
    double.answer = lambda asked: (200, {"ok": True})
    assert transport.call("GET", "/limits") == {"ok": True}


def test_the_hub_leaves_the_rest_of_the_day_to_others(made, double, clock):
    transport = made(**CLIENT, daily_share=0.5)
    assert transport.budget.left() == {}
    double.told = {"Sforce-Limit-Info": "api-usage=40/100"}
    transport.call("GET", "/limits")
    assert transport.budget.left() == {"day": 10}
    double.told = {"Sforce-Limit-Info": "api-usage=41/100; per-app-api-usage=17/40(appName=Dragoman)"}
    transport.call("GET", "/limits")
    assert transport.budget.left() == {"day": 3}
    double.told = {"Sforce-Limit-Info": "api-usage=50/100"}
    transport.call("GET", "/limits")
    with pytest.raises(DayUsedUp):
        transport.call("GET", "/limits")
    assert len(double.calls) == 3
    clock.now += DAY_STEP
    double.told = {"Sforce-Limit-Info": "api-usage=20/100"}
    transport.call("GET", "/limits")
    assert transport.budget.left() == {"day": 30}
