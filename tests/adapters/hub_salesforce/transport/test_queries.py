"""Queries: many to a call, long ones, pages, and what is asked once."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from hub.contracts.errors import Rejected, Unavailable
from hub_salesforce.transport import Rows, millis, soql_text, soql_time


def of_queries(asked: Any) -> Any:
    """Answers each part of a composite call with its own query, a wrong one with its error."""
    parts = json.loads(asked.body)["compositeRequest"]
    told = []
    for part in parts:
        soql = parse_qs(urlsplit(part["url"]).query)["q"][0]
        wrong = [{"errorCode": "MALFORMED_QUERY", "message": f"unexpected token: {soql}"}]
        body = wrong if soql.startswith("WRONG") else {"records": [{"Id": soql}], "done": True}
        told.append({"referenceId": part["referenceId"], "httpStatusCode": 400 if body is wrong else 200, "body": body})
    return 200, {"compositeResponse": told[::-1]}


def test_five_queries_go_in_one_call_and_each_has_its_own_fate(made, double):
    double.answer = of_queries
    asked = [f"SELECT {n} FROM A&B" for n in range(6)] + ["WRONG"]
    *found, wrong = made().queries(asked)
    assert found == [Rows([{"Id": soql}]) for soql in asked[:6]]
    assert isinstance(wrong, Rejected)
    assert "unexpected token" in str(wrong)
    assert len(double.calls) == 2


def test_a_query_too_long_for_an_address_goes_inside_a_composite_call(made, double):
    double.answer = of_queries
    soql = "SELECT Id FROM Contact WHERE Name IN ('" + "x" * 15_000 + "')"
    assert made().query(soql).records == [{"Id": soql}]
    assert double.calls[0].path == "/services/data/v59.0/composite"


def test_everything_follows_the_pages(made, double):
    following = "/services/data/v59.0/query/01g5g00000ABCDEAA4-2000"
    pages = {"/query?": {"records": [{"Id": "1"}], "nextRecordsUrl": following}, "-2000": {"records": [{"Id": "2"}]}}
    double.answer = lambda asked: (200, next(page for part, page in pages.items() if part in asked.path))
    assert made().everything("SELECT Id FROM Contact") == [{"Id": "1"}, {"Id": "2"}]
    assert [label for label, _ in double.reports] == ["login", "query", "query/more"]


def test_pages_that_lead_back_to_one_before_come_to_an_end(made, double):
    told = iter(["/services/data/a", "/services/data/b", "/services/data/a", "/services/data/b"])
    double.answer = lambda asked: (200, {"records": [{"Id": "1"}], "nextRecordsUrl": next(told)})
    with pytest.raises(Unavailable, match="circle"):
        made().everything("SELECT Id FROM Contact")
    assert [label for label, _ in double.reports] == ["login", "query", "query/more", "query/more"]


def test_the_zone_and_the_currencies_are_asked_for_once(made, double):
    zone = {"records": [{"TimeZoneSidKey": "Asia/Tokyo"}]}
    deals = {"fields": [{"name": "CurrencyIsoCode"}]}

    def answer(asked: Any) -> Any:
        if asked.path.endswith("/limits"):
            return 200, {"DailyApiRequests": {"Max": 1_000, "Remaining": 900}}
        answers = [
            {"referenceId": f"r{n}", "httpStatusCode": 200, "body": body} for n, body in enumerate((zone, deals))
        ]
        return 200, {"compositeResponse": answers}

    double.answer = answer
    transport = made()
    transport.learn()
    transport.learn()
    assert str(transport.zone) == "Asia/Tokyo"
    assert transport.multi_currency
    assert transport.budget.left() == {"day": 700}
    assert len(double.calls) == 2


def test_times_and_texts_of_queries():
    assert millis("2026-01-31T10:00:00.250+0000") == millis("2026-01-31T10:00:00.250Z") == 1_769_853_600_250
    assert soql_time(1_769_853_600_250) == "2026-01-31T10:00:00.250Z"
    assert [millis(text) for text in ("2026-01-31", "", None, "soonTen", "2026-01-31T10:00:00")] == [0] * 5
    assert soql_text('O\'Neil\\ "x"\n') == r"""'O\'Neil\\ \"x\"\n'"""


def test_the_time_is_salesforces(made, double, clock):
    transport = made()
    double.told = {"Date": "Sat, 31 Jan 2026 10:00:00 GMT"}
    transport.call("GET", "/limits")
    clock.now += 1.5
    assert transport.now() == 1_769_853_601_500
