"""The table of errors is complete: every class of the client and of urllib3, every status, ends as a HubError."""

from __future__ import annotations

import http
import importlib
import inspect
import pkgutil

import hubspot
import pytest
import urllib3.exceptions

from hub.contracts.errors import (
    AuthFailed,
    Conflict,
    HubError,
    NotFound,
    PluginError,
    RateLimited,
    Refused,
    Rejected,
    Temporary,
    Unavailable,
    Uncertain,
)
from hub_hubspot import errors


def client_exceptions():
    for module in pkgutil.walk_packages(hubspot.__path__, "hubspot."):
        if module.name.endswith(".exceptions"):
            for cls in vars(importlib.import_module(module.name)).values():
                if inspect.isclass(cls) and issubclass(cls, Exception) and cls.__module__ == module.name:
                    yield cls


def test_every_exception_class_of_the_client_is_in_the_table():
    classes = list(client_exceptions())
    assert len(classes) > 500
    assert {cls.__name__ for cls in classes} == set(errors.CLIENT)
    for cls in classes:
        raised = cls.__new__(cls)
        assert type(errors.of_exception(raised)) is errors.CLIENT[cls.__name__]


@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [
        ("UnauthorizedException", 401, AuthFailed),
        ("ForbiddenException", 403, errors.MissingScope),
        ("NotFoundException", 404, NotFound),
        ("ServiceException", 503, Unavailable),
        ("ApiException", 400, Rejected),
        ("ApiException", 409, Conflict),
        ("ApiException", 429, RateLimited),
    ],
)
def test_a_client_exception_with_a_status_is_read_by_it(name, status, kind):
    module = importlib.import_module("hubspot.crm.contacts.exceptions")
    assert type(errors.of_exception(getattr(module, name)(status=status))) is kind


def test_every_failure_of_the_connection_is_known():
    classes = [
        cls
        for cls in vars(urllib3.exceptions).values()
        if inspect.isclass(cls) and issubclass(cls, urllib3.exceptions.HTTPError)
    ]
    assert len(classes) > 20
    for cls in classes:
        raised = cls.__new__(cls)
        assert type(errors.of_exception(raised)) is Unavailable
        sent = not issubclass(cls, errors.NOT_SENT)
        assert type(errors.of_exception(raised, repeatable=False)) is (Uncertain if sent else Unavailable)
    assert type(errors.of_exception(ConnectionResetError(), repeatable=False)) is Uncertain
    assert type(errors.of_exception(KeyError("x"))) is PluginError


def test_every_status_has_its_error():
    for status in [*range(300, 600), *(s.value for s in http.HTTPStatus if s >= 400)]:
        for repeatable in (True, False):
            for body in (None, b"<html>", {}, {"category": "VALIDATION_ERROR", "message": "no"}):
                error = errors.of_reply(status, body, {}, repeatable=repeatable)
                assert isinstance(error, HubError)
                assert str(error)
                if status >= 500:
                    assert type(error) is (Unavailable if repeatable else Uncertain)
                elif status in (423, 429, 477):
                    assert isinstance(error, Temporary)
                elif status >= 400 and status not in (401, 403, 408):
                    assert isinstance(error, Refused)


def test_every_category_is_one_of_ours():
    for category, kind in errors.CATEGORY.items():
        assert type(errors.of_reply(400, {"category": category, "message": "x"}, {})) is kind


@pytest.mark.parametrize(
    ("policy", "headers", "wait"),
    [
        ("SECONDLY", {}, 1.0),
        ("TEN_SECONDLY_ROLLING", {}, 2.0),
        ("TEN_SECONDLY_ROLLING", {"Retry-After": "7"}, 7.0),
        ("DAILY", {"Retry-After": "1"}, 3_600.0),
        ("", {"Retry-After": "soon"}, 2.0),
    ],
)
def test_limits_by_policy(policy, headers, wait):
    error = errors.of_reply(429, {"policyName": policy}, headers)
    assert isinstance(error, RateLimited)
    assert error.retry_after == wait
    assert errors.is_daily(error) is (policy == "DAILY")


def test_waits_of_the_rarer_statuses():
    assert errors.of_reply(477, {}, {"Retry-After": "86400"}).retry_after == 86_400
    locked = errors.of_reply(423, {}, {})
    assert type(locked) is Temporary
    assert locked.retry_after > 0
    assert type(errors.of_reply(530, None, {})) is Unavailable
    assert type(errors.of_reply(414, None, {})) is Rejected


def test_sentences_hold_no_values_of_people():
    message = 'Property "phone" has the bad value "+447700900123" [1]'
    said = str(errors.of_reply(400, {"category": "VALIDATION_ERROR", "message": message, "correlationId": "c-1"}, {}))
    assert "900123" not in said
    assert "c-1" in said
