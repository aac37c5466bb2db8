"""What Salesforce refuses, in the hub's words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import requests
import simple_salesforce
import urllib3.exceptions as u
from simple_salesforce.exceptions import SalesforceMalformedRequest

from hub.contracts.errors import (
    AuthFailed,
    Conflict,
    DayUsedUp,
    HubError,
    NotFound,
    PluginError,
    RateLimited,
    Rejected,
    Unavailable,
    Uncertain,
)
from hub_salesforce.errors import TABLE, Locked, Problem, SessionEnded, error, of_exception, of_reply, problem

OF_MEANING = {
    "again": Unavailable,
    "at_once": Conflict,
    "lock": Locked,
    "log_in": SessionEnded,
    "denied": AuthFailed,
    "pause": DayUsedUp,
    "look_again": NotFound,
    "link": Conflict,
    "leave_out": Rejected,
    "split": Unavailable,
    "dead": (Rejected, Conflict),
}

_CALLS = """
    API_CURRENTLY_DISABLED API_DISABLED_FOR_ORG CLIENT_NOT_ACCESSIBLE_FOR_USER CLIENT_REQUIRE_UPDATE_FOR_USER
    EXCEEDED_ID_LIMIT EXCEEDED_MAX_SIZE_REQUEST EXCEEDED_MAX_TYPES_LIMIT EXCEEDED_QUOTA
    FUNCTIONALITY_TEMPORARILY_UNAVAILABLE ILLEGAL_QUERY_PARAMETER_VALUE INACTIVE_PORTAL INVALID_BATCH_SIZE
    INVALID_CLIENT INVALID_JWT_FORMAT INVALID_LOGIN INVALID_NEW_PASSWORD INVALID_OPERATION_WITH_EXPIRED_PASSWORD
    INVALID_QUERY_FILTER_OPERATOR INVALID_QUERY_SCOPE INVALID_REPLICATION_DATE INVALIDJOB INVALIDJOBSTATE
    JSON_PARSER_ERROR LOGIN_CHALLENGE_ISSUED LOGIN_CHALLENGE_PENDING LOGIN_DURING_RESTRICTED_DOMAIN
    LOGIN_DURING_RESTRICTED_TIME LOGIN_MUST_USE_SECURITY_TOKEN LOGIN_OAUTH_APP_ACCESS_DENIED LOGIN_RATE_EXCEEDED
    MALFORMED_QUERY MALFORMED_SEARCH OPERATION_TOO_LARGE ORG_LOCKED ORG_NOT_OWNED_BY_INSTANCE PASSWORD_LOCKOUT
    QUERY_TOO_COMPLICATED REQUEST_LIMIT_EXCEEDED SERVER_UNAVAILABLE SSO_SERVICE_DOWN TRIAL_EXPIRED
    UNSUPPORTED_API_VERSION UNSUPPORTED_CLIENT UNSUPPORTED_MEDIA_TYPE URL_NOT_RESET
"""
OF_THE_API = set(_CALLS.split())
"""Codes of calls; those of rows are in the description of the service that comes with simple-salesforce."""


def published() -> set[str]:
    text = (Path(simple_salesforce.__file__).parent / "metadata.wsdl").read_text()
    found = re.search(r'simpleType name="StatusCode">(.*?)</xsd:simpleType>', text, re.DOTALL)
    assert found
    return set(re.findall(r'value="(\w+)"', found[1]))


def test_the_table_names_codes_that_there_are():
    assert TABLE.keys() <= published() | OF_THE_API
    assert TABLE.keys() >= OF_THE_API


def test_every_published_code_has_a_meaning_and_keeps_the_organisations_words():
    codes = published() | OF_THE_API
    assert len(codes) > 500
    for code in codes:
        for name in ("errorCode", "statusCode"):
            found = problem([{name: code, "message": "We take nobody from Mars", "fields": ["Planet__c"]}])
            assert (found.code, found.message, found.fields) == (code, "We take nobody from Mars", ("Planet__c",))
            told = error(found)
            assert isinstance(told, OF_MEANING[found.meaning])
            if found.meaning != "log_in":
                assert "We take nobody from Mars" in str(told)
                assert code in str(told)


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("UNABLE_TO_LOCK_ROW", "lock"),
        ("DUPLICATE_VALUE", "at_once"),
        ("INVALID_SESSION_ID", "log_in"),
        ("REQUEST_LIMIT_EXCEEDED", "pause"),
        ("ALL_OR_NONE_OPERATION_ROLLED_BACK", "split"),
        ("PROCESSING_HALTED", "split"),
        ("ENTITY_IS_DELETED", "look_again"),
        ("CANNOT_UPDATE_CONVERTED_LEAD", "look_again"),
        ("DUPLICATES_DETECTED", "link"),
        ("INVALID_EMAIL_ADDRESS", "leave_out"),
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "dead"),
        ("MAX_TASK_DESCRIPTION_EXCEEEDED", "dead"),
        ("API_DISABLED_FOR_ORG", "denied"),
        ("SOMETHING_NEW", "dead"),
        ("", "dead"),
    ],
)
def test_what_to_do_about_a_code(code, meaning):
    assert problem([{"statusCode": code, "message": "no", "fields": []}]).meaning == meaning


def test_a_row_with_several_errors_is_as_bad_as_its_worst():
    mail = {"statusCode": "INVALID_EMAIL_ADDRESS", "message": "Email: invalid", "fields": ["Email"]}
    long = {"statusCode": "STRING_TOO_LONG", "message": "Title: too long", "fields": ["Title"]}
    rule = {"statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "Not on Sundays", "fields": []}
    assert problem([mail, long]).fields == ("Email", "Title")
    assert problem([mail, rule]) == Problem("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Not on Sundays")
    assert problem([]).meaning == "dead"


def test_whom_a_duplicate_rule_names():
    records = [{"record": {"attributes": {"type": "Contact"}, "Id": f"0035g00000AAAA{n}"}} for n in (1, 2, 1)]
    result = {"matchResults": [{"matchRecords": records[:2]}, {"matchRecords": records[2:]}]}
    given = {"errorCode": "DUPLICATES_DETECTED", "message": "Use one of these records?", "duplicateResult": result}
    assert problem([given]).matches == ("0035g00000AAAA1", "0035g00000AAAA2")


@pytest.mark.parametrize(
    ("code", "message", "shown"),
    [
        ("STRING_TOO_LONG", "Subject: data value too large: my secret\n (max length=255)", "(max length=255)"),
        ("STRING_TOO_LONG", "Subject: data value too large: my secret", "Subject: data value too large: …"),
        ("INVALID_EMAIL_ADDRESS", "Email: invalid email address: my.secret@example.com", "invalid email address"),
        ("JSON_PARSER_ERROR", "Cannot deserialize instance of date from VALUE_STRING value my secret or request "
         "may be missing a required field at [line:1, column:2]", "[line:1, column:2]"),
        ("INVALID_EMAIL_ADDRESS", "Email: invalid email address: my secret: b", "Email: invalid email address: …"),
        ("INVALID_EMAIL_ADDRESS", "invalid email address: secret", "invalid email address: …"),
        ("INVALID_EMAIL_ADDRESS", "E-Mail: Ungültige E-Mail-Angabe: secret", "E-Mail: Ungültige E-Mail-Angabe: …"),
        ("STRING_TOO_LONG", "Titre: valeur trop grande: secret (max length=9) secret (longueur max=40)",
         "Titre: valeur trop grande: … (longueur max=40)"),
        ("STRING_TOO_LONG", "Title: data value too large: secret (max length=9) secret (max length=40)",
         "Title: data value too large: … (max length=40)"),
        ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Source: bad value for restricted picklist field: secret",
         "Source: bad value for restricted picklist field: …"),
        ("INVALID_TYPE_ON_FIELD_IN_RECORD", "Birthdate: value not of required type: secret", "required type: …"),
        ("NUMBER_OUTSIDE_VALID_RANGE", "Amount: value outside of valid range on numeric field: secret", "field: …"),
        ("JSON_PARSER_ERROR", "from VALUE_STRING value secret or request may be secret or request may be missing a "
         "required field at [line:1, column:2]", "value … or request may be missing"),
    ],
)  # fmt: skip
def test_what_people_wrote_is_not_repeated(code, message, shown):
    told = str(error(problem([{"statusCode": code, "message": message, "fields": []}])))
    assert shown in told
    assert "secret" not in told


@pytest.mark.parametrize(
    ("status", "body", "repeatable", "expected"),
    [
        (300, ["/services/data/v59.0/sobjects/Contact/003"], True, Conflict),
        (302, None, True, SessionEnded),
        (400, None, True, Rejected),
        (401, None, True, SessionEnded),
        (403, None, True, AuthFailed),
        (404, None, True, NotFound),
        (412, None, False, Unavailable),
        (414, None, True, Rejected),
        (429, None, False, RateLimited),
        (500, None, True, Unavailable),
        (500, None, False, Uncertain),
        (503, None, False, Unavailable),
        (504, None, False, Uncertain),
        (500, [{"errorCode": "UNKNOWN_EXCEPTION", "message": "An unexpected error occurred"}], False, Uncertain),
        (500, [{"errorCode": "UNKNOWN_EXCEPTION", "message": "An unexpected error occurred"}], True, Unavailable),
        (503, [{"errorCode": "SERVER_UNAVAILABLE", "message": "later"}], False, Unavailable),
        (403, [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}], True, DayUsedUp),
        (403, [{"errorCode": "FUNCTIONALITY_NOT_ENABLED", "message": "no"}], True, Rejected),
        (404, [{"errorCode": "NOT_FOUND", "message": "no"}], True, NotFound),
        (400, {"errorCode": "INVALID_FIELD", "message": "No such column 'x'"}, True, Rejected),
    ],
)  # fmt: skip
def test_of_an_answer(status, body, repeatable, expected):
    told = of_reply(status, body, {}, repeatable=repeatable)
    assert type(told) is expected


def test_the_asked_for_pause_is_kept():
    assert of_reply(503, None, {"Retry-After": "7"}).retry_after == 7  # type: ignore[attr-defined]
    assert of_reply(429, None, {"Retry-After": "Sat, 31 Jan 2026 10:00:00 GMT"}).retry_after > 0  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("failure", "repeatable", "expected"),
    [
        (requests.ConnectTimeout(), False, Unavailable),
        (requests.ConnectionError(u.MaxRetryError(None, "/x", u.NewConnectionError(None, "no"))), False, Unavailable),
        (requests.ConnectionError(u.ProtocolError("Connection aborted.")), False, Uncertain),
        (requests.ConnectionError(u.ProtocolError("Connection aborted.")), True, Unavailable),
        (requests.ReadTimeout(), False, Uncertain),
        (u.ProtocolError("IncompleteRead"), False, Uncertain),
        (requests.exceptions.SSLError("CERTIFICATE_VERIFY_FAILED"), False, Unavailable),
        (SalesforceMalformedRequest("u", 400, "r", b'[{"errorCode":"MALFORMED_ID","message":"m"}]'), True, NotFound),
        (KeyError("x"), False, PluginError),
        (Rejected("as it is"), False, Rejected),
    ],
)
def test_of_an_exception(failure, repeatable, expected):
    told = of_exception(failure, repeatable=repeatable)
    assert type(told) is expected
    assert isinstance(told, HubError)
