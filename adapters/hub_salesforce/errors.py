"""Salesforce's refusals in the hub's words: by error code (`codes.TABLE`); status and class decide only without one.

Sources: REST API Developer Guide ("Status Codes and Error Responses"), simple-salesforce's exception classes, requests.
A collection names the code `statusCode`, every other answer `errorCode`. `repeatable` says whether doing a call twice
is harmless.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import urllib3.exceptions as u

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
from hub_salesforce.codes import CONFLICTS, NOT_DONE, TABLE, Meaning


class SessionEnded(AuthFailed):
    """The session is not taken (any more); nothing was done. A new log-in may help."""


class Locked(Unavailable):
    """The row or its parent is locked by another transaction: Salesforce says that nothing was done."""


DAY_STEP = 900.0
"""Seconds to wait when the calls of 24 hours are used up: the count is a rolling one, some are free again soon."""
SHORT = 2.0
"""Seconds to wait where too many long calls run at the same time."""
LOCK = 1.0
"""Seconds until a locked row is worth another look."""

_CODES = """
    STRING_TOO_LONG INVALID_EMAIL_ADDRESS INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST INVALID_TYPE_ON_FIELD_IN_RECORD
    NUMBER_OUTSIDE_VALID_RANGE DATE_OUT_OF_RANGE INVALID_CURRENCY_ISO INVALID_INET_ADDRESS MALFORMED_ID
    TEXT_DATA_OUTSIDE_SUPPORTED_CHARSET
"""
QUOTING = frozenset(_CODES.split())
"""Codes whose messages end with the refused value, behind a colon: it may be what somebody said or is called."""
_ENDS = "too large|address|picklist field|incorrect type|required type|range[^:]*|iso code"
_PHRASE = re.compile(rf"((?:{_ENDS}): ?).*?(\s*\(max length=\d+\))?$", re.IGNORECASE)
_COLONS = re.compile(r"^([^:]*: [^:]*: ).*?(\s*\([^()]*=\d+\))?$")
"""`Label: what is wrong: value (max length=40)`, in whatever language the user has."""
_PARSED = re.compile(r"(\bvalue ).*?( or request may be missing a required field at \[[^\]]*\])?$")


@dataclass(frozen=True)
class Problem:
    """Why one row was refused. `message` in the organisation's words, without the value they may quote; `fields` that
    are to blame; `matches` are ids of records that a duplicate rule names."""

    code: str
    message: str
    fields: tuple[str, ...] = ()
    meaning: Meaning = "dead"
    matches: tuple[str, ...] = ()


def problem(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """The problem behind the errors of a row (`statusCode`) or a reply (`errorCode`).

    Several errors of one row count as one: of those that name fields to leave out all fields, else the most serious.
    """
    found = [_one(error) for error in errors if isinstance(error, Mapping)]
    if not found:
        return Problem("", "Salesforce gave no reason")
    worst = min(found, key=lambda p: _GRAVITY.index(p.meaning))
    alike = [p for p in found if p.meaning == worst.meaning]
    fields = tuple(dict.fromkeys(name for p in alike for name in p.fields))
    matches = tuple(dict.fromkeys(id_ for p in found for id_ in p.matches))
    message = "; ".join(dict.fromkeys(p.message for p in alike))
    return Problem(worst.code, message, fields, worst.meaning, matches)


def error(problem: Problem) -> HubError:
    """The hub's error for a problem, in the organisation's words."""
    told = f"Salesforce: {problem.message} ({problem.code or 'no code'})"
    match problem.meaning:
        case "lock":
            return Locked(told, LOCK)
        case "again" | "split":
            return Unavailable(told)
        case "log_in":
            return SessionEnded("Salesforce ended the session")
        case "denied":
            return AuthFailed(told)
        case "pause":
            if "oncurrent" in problem.message:
                return RateLimited(told, SHORT)
            return DayUsedUp(told, DAY_STEP)
        case "look_again":
            return NotFound(told)
        case _:
            return Conflict(told) if problem.code in CONFLICTS else Rejected(told)


def of_reply(status: int, body: Any, headers: Mapping[str, str], *, repeatable: bool = True) -> HubError:
    """The error behind an answer that is not 2xx. `body` is the parsed JSON, or None if it is none (a page of HTML)."""
    coded = [item for item in (body if isinstance(body, list) else [body]) if _code(item)]
    if coded:
        told = problem(coded)
        if told.meaning == "again" and not repeatable and status >= 500 and told.code not in NOT_DONE:
            return Uncertain(f"Salesforce: {told.message} ({told.code}); it is not known whether it was done")
        return error(told)
    if status == 300:
        return Conflict("Salesforce: more than one record has this external id")
    if status in (301, 302, 307, 308, 401):
        return SessionEnded(f"Salesforce does not take the session here ({status})")
    if status == 403:
        return AuthFailed("Salesforce refuses the call (403); see the integration user's permissions and IP ranges")
    if status in (404, 410):
        return NotFound(f"Salesforce does not know this address or record ({status})")
    if status == 412:
        return Unavailable("the Salesforce record was changed meanwhile (412)")
    if status == 429:
        return RateLimited("Salesforce asks to wait (429)", _seconds(headers) or SHORT)
    if status == 503 or (repeatable and (status >= 500 or status == 408)):
        return Unavailable(f"Salesforce is not available ({status})", _seconds(headers))
    if status >= 500 or status == 408:
        return Uncertain(f"Salesforce answered {status}, it is not known whether it was done")
    return Rejected(f"Salesforce refused the call ({status})")


def of_exception(failure: BaseException, *, repeatable: bool = True) -> HubError:
    """The error behind an exception of requests, urllib3, simple-salesforce or the socket below them."""
    import requests  # here, because it costs time that `dragoman --help` need not pay

    if isinstance(failure, HubError):
        return failure
    name = type(failure).__name__
    if type(failure).__module__.startswith("simple_salesforce"):
        status, content = getattr(failure, "status", None), getattr(failure, "content", None)
        if isinstance(status, int) and status >= 300:
            return of_reply(status, _json(content), {}, repeatable=repeatable)
        return Unavailable(f"simple-salesforce failed ({name})") if repeatable else Uncertain(f"it failed ({name})")
    if isinstance(failure, _NEVER_LEFT) or any(isinstance(cause, _NEVER_LEFT) for cause in _causes(failure)):
        return Unavailable(f"Salesforce cannot be reached ({name})")
    if isinstance(failure, (requests.ConnectTimeout, requests.exceptions.SSLError, requests.exceptions.ProxyError)):
        return Unavailable(f"Salesforce cannot be reached ({name})")
    if isinstance(failure, (requests.RequestException, u.HTTPError, OSError)):
        if repeatable:
            return Unavailable(f"no answer from Salesforce ({name})")
        return Uncertain(f"no answer from Salesforce after the request left ({name})")
    return PluginError(f"the Salesforce adapter failed ({name})")


_NEVER_LEFT: tuple[type[BaseException], ...] = (
    u.NewConnectionError,  # NameResolutionError below it
    u.ConnectTimeoutError,
    u.EmptyPoolError,
    u.ClosedPoolError,
    u.ProxyError,
    u.LocationValueError,
)
"""Failures before a byte of the request left, or inside another exception as its reason."""

_GRAVITY: tuple[Meaning, ...] = (
    "log_in", "denied", "pause", "look_again", "link", "dead", "lock", "again", "at_once", "leave_out", "split"
)  # fmt: skip


def _one(error: Mapping[str, Any]) -> Problem:
    code = _code(error)
    message = " ".join(str(error.get("message") or "no reason given").split())
    if code == "JSON_PARSER_ERROR":
        message = _PARSED.sub(r"\1…\2", message)
    elif code in QUOTING:
        message = (_PHRASE if _PHRASE.search(message) else _COLONS).sub(r"\1…\2", message, count=1)
    names = error.get("fields")
    fields = tuple(str(name) for name in names) if isinstance(names, list) else ()
    return Problem(code, message[:300], fields, TABLE.get(code, "dead"), tuple(_matches(error)))


def _code(error: object) -> str:
    if not isinstance(error, Mapping):
        return ""
    return str(error.get("errorCode") or error.get("statusCode") or error.get("exceptionCode") or "")


def _matches(error: Mapping[str, Any]) -> Iterator[str]:
    """Ids of the records that a duplicate rule matched, the ones Salesforce names first before the others."""
    told = error.get("duplicateResult") or error.get("duplicateResut")  # the API has been seen to misspell it
    for result in _list(told, "matchResults"):
        for matched in _list(result, "matchRecords"):
            record = matched.get("record")
            if isinstance(record, Mapping) and record.get("Id"):
                yield str(record["Id"])


def _list(value: object, name: str) -> list[Mapping[str, Any]]:
    items = value.get(name) if isinstance(value, Mapping) else None
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []


def _causes(failure: BaseException) -> Iterator[BaseException]:
    """What an exception was made of: its arguments and their reasons, as requests and urllib3 nest them."""
    for arg in failure.args:
        if isinstance(arg, BaseException):
            yield arg
            reason = getattr(arg, "reason", None)
            if isinstance(reason, BaseException):
                yield reason


def _seconds(headers: Mapping[str, str]) -> float:
    """Retry-After in seconds, 0 if absent or a date."""
    try:
        return max(0.0, float(headers.get("Retry-After", "0")))
    except ValueError:
        return 0.0


def _json(content: object) -> object:
    if not isinstance(content, (bytes, str)):
        return content
    try:
        return json.loads(content)
    except ValueError:
        return None


__all__ = ["TABLE", "Locked", "Meaning", "Problem", "SessionEnded", "error", "of_exception", "of_reply", "problem"]
