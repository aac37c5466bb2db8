"""HubSpot's refusals in the hub's words: one complete table, by status, category, limit policy and exception class.

Sources: HubSpot's "Error handling" and "Usage guidelines" pages, the generated client's exception classes, urllib3.
`repeatable` says whether doing the call twice is harmless: when no answer came to one that is not, nobody knows
whether it was done, and that is Uncertain. HubSpot promises nothing about its 5xx answers, so they count as no answer.
"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Callable, Mapping
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
    Refused,
    Rejected,
    Temporary,
    Unavailable,
    Uncertain,
)


class MissingScope(AuthFailed):
    """The token is good, but may not do this: a scope of the private app is missing."""


class BadProperties(Rejected):
    """HubSpot does not take these values: `reasons` by property, in its words without the values."""

    def __init__(self, what: str, reasons: Mapping[str, str]) -> None:
        super().__init__(what)
        self.reasons = reasons


class Taken(Conflict):
    """The record `owner` already has this unique value."""

    def __init__(self, what: str, owner: str) -> None:
        super().__init__(what)
        self.owner = owner


DAY_STEP = 3_600.0
"""Seconds to wait after the day's calls are used up, while it is not known when the account's midnight comes."""
LOCKED = 5.0
"""Seconds to wait for a locked record."""

STATUS: dict[int, type[HubError]] = {
    400: Rejected,
    401: AuthFailed,
    403: MissingScope,
    404: NotFound,
    405: Rejected,
    408: Unavailable,
    409: Conflict,
    410: NotFound,
    413: Rejected,
    414: Rejected,
    415: Rejected,
    422: Rejected,
    423: Temporary,  # the record is locked by another job
    429: RateLimited,
    477: RateLimited,  # the account is being moved to another data centre
    500: Unavailable,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
    520: Unavailable,
    521: Unavailable,
    522: Unavailable,
    523: Unavailable,
    524: Unavailable,
    525: Unavailable,
    526: Unavailable,
    530: Unavailable,  # the content network in front of HubSpot
}

CATEGORY: dict[str, type[HubError]] = {
    "VALIDATION_ERROR": Rejected,
    "INVALID_PARAMETER": Rejected,
    "BAD_REQUEST": Rejected,
    "CONFLICT": Conflict,
    "DUPLICATE_UNIQUE_PROPERTY_VALUE": Conflict,
    "OBJECT_NOT_FOUND": NotFound,
    "NOT_FOUND": NotFound,
    "OBJECT_ALREADY_EXISTS": Conflict,
    "PROPERTY_DOESNT_EXIST": Rejected,
    "INVALID_OPTION": Rejected,
    "INVALID_OBJECT_IDS": NotFound,
    "MISSING_SCOPES": MissingScope,
    "USER_DOES_NOT_HAVE_PERMISSIONS": MissingScope,
    "EXPIRED_AUTHENTICATION": AuthFailed,
    "INVALID_AUTHENTICATION": AuthFailed,
    "BANNED": AuthFailed,
    "RATE_LIMITS": RateLimited,
}

POLICY: dict[str, float] = {"SECONDLY": 1.0, "TEN_SECONDLY_ROLLING": 2.0, "TEN_SECONDLY": 2.0, "DAILY": DAY_STEP}
"""Seconds to wait by the limit that was hit, where the answer names none itself."""

CLIENT: dict[str, type[HubError]] = {
    "UnauthorizedException": AuthFailed,
    "ForbiddenException": AuthFailed,
    "NotFoundException": NotFound,
    "ServiceException": Unavailable,
    "ApiException": Rejected,
    "ApiTypeError": PluginError,
    "ApiValueError": PluginError,
    "ApiAttributeError": PluginError,
    "ApiKeyError": PluginError,
    "OpenApiException": PluginError,
    "InvalidSignatureVersionError": PluginError,
    "InvalidSignatureTimestampError": PluginError,
}
"""Exception classes of the client (the same names in each of its packages). Those with a status are read by it."""

NOT_SENT: tuple[type[Exception], ...] = (
    u.ConnectTimeoutError,  # NewConnectionError, NameResolutionError and ProxyError below it or beside it
    u.NewConnectionError,
    u.ProxyError,
    u.EmptyPoolError,
    u.ClosedPoolError,
    u.FullPoolError,
    u.LocationValueError,
    u.ProxySchemeUnknown,
    u.TimeoutStateError,
)
"""Failures before a byte of the request left."""

_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_EXISTING = re.compile(r"Existing ID: (\d+)")


def of_reply(status: int, body: object, headers: Mapping[str, str], *, repeatable: bool = True) -> HubError:
    """The error behind an answer that is not 2xx. `body` is the parsed JSON, or anything else if it is none."""
    data = body if isinstance(body, Mapping) else {}
    kind = STATUS.get(status) or (Rejected if 400 <= status < 500 else Unavailable)
    if kind is Unavailable and not repeatable:
        return Uncertain(f"HubSpot answered {status}, it is not known whether it was done")
    if kind is RateLimited:
        return _rate_limited(data, headers)
    if issubclass(kind, Unavailable):
        return Unavailable(f"HubSpot is not available ({status})", _seconds(headers))
    if issubclass(kind, Temporary):
        return Temporary(f"HubSpot holds the record locked ({status})", _seconds(headers) or LOCKED)
    if issubclass(kind, AuthFailed):
        return _auth_failed(status, data)
    return of_item(data, kind, status)


def of_item(data: Mapping[str, Any], fallback: type[HubError] = Rejected, status: int = 0) -> HubError:
    """The error of one row, from its entry in a 207 answer or from the answer to a call that carried it alone."""
    kind = CATEGORY.get(str(data.get("category", "")), fallback)
    if fallback in (Conflict, NotFound) and kind is Rejected:
        kind = fallback
    context = data.get("context")
    if isinstance(context, Mapping) and "INVALID_OBJECT_IDS" in context:
        return NotFound("the HubSpot contact it belongs to does not exist any more")
    if issubclass(kind, AuthFailed):
        return _auth_failed(status, data)
    if not issubclass(kind, Refused):
        return kind(f"HubSpot: {_said(data, status)}")
    existing = _EXISTING.search(str(data.get("message", "")))
    if kind is Conflict and existing:
        return Taken(f"HubSpot record {existing[1]} already owns this value", existing[1])
    if kind is NotFound:
        return NotFound(f"HubSpot does not know this record (any more): {_said(data, status)}")
    told = f"HubSpot refused it: {_said(data, status)}"
    reasons = {str(f["name"]): str(f.get("error") or "invalid") for f in _properties(data) if f.get("name")}
    return BadProperties(told, reasons) if reasons and kind is Rejected else kind(told)


def of_exception(failure: BaseException, *, repeatable: bool = True) -> HubError:
    """The error behind an exception of the client, urllib3 or the socket below them."""
    if isinstance(failure, HubError):
        return failure
    kind = next((CLIENT[c.__name__] for c in type(failure).__mro__ if _is_client(c)), None)
    if kind is not None:
        status = getattr(failure, "status", None)
        if isinstance(status, int) and status:
            headers = getattr(failure, "headers", None) or {}
            return of_reply(status, _json(getattr(failure, "body", None)), headers, repeatable=repeatable)
        if kind is Unavailable and not repeatable:
            return Uncertain("HubSpot failed, it is not known whether it was done")
        return kind(f"hubspot-api-client raised {type(failure).__name__}")
    name = type(failure).__name__
    before = isinstance(failure, NOT_SENT) or isinstance(failure.__cause__, ssl.SSLCertVerificationError)
    before = before or any(isinstance(arg, ssl.SSLCertVerificationError) for arg in failure.args)
    if before or (repeatable and isinstance(failure, (u.HTTPError, OSError))):
        return Unavailable(f"no answer from HubSpot ({name})")
    if isinstance(failure, (u.HTTPError, OSError)):
        return Uncertain(f"no answer from HubSpot after the request left ({name})")
    return PluginError(f"the HubSpot adapter failed ({name})")


def is_daily(error: HubError) -> bool:
    """Whether the day's calls are used up: then every call must wait, not only this one."""
    return isinstance(error, DayUsedUp)


def _is_client(cls: type) -> bool:
    return cls.__module__.split(".")[0] == "hubspot" and cls.__name__ in CLIENT


def _rate_limited(data: Mapping[str, Any], headers: Mapping[str, str]) -> RateLimited:
    policy = str(data.get("policyName", ""))
    if policy == "DAILY":
        return DayUsedUp("the HubSpot account has used up its calls of today", DAY_STEP)  # Retry-After is short
    wait = _seconds(headers) or POLICY.get(policy, 2.0)
    return RateLimited(f"HubSpot asks to wait ({policy or 'rate limit'})", wait)


def _auth_failed(status: int, data: Mapping[str, Any]) -> AuthFailed:
    if data.get("category") == "BANNED":
        return AuthFailed("HubSpot has banned the private app; HubSpot's support tells why")
    scopes = sorted(set(_scopes(data)))
    if scopes:
        return MissingScope(f"the HubSpot access token lacks the scopes {', '.join(scopes)}")
    if status == 403 or CATEGORY.get(str(data.get("category"))) is MissingScope:
        return MissingScope("the HubSpot access token may not do this (403); check the scopes of the private app")
    return AuthFailed("HubSpot does not accept the access token (401)")


def _scopes(data: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for place in (data, *(e for e in data.get("errors") or () if isinstance(e, Mapping))):
        context = place.get("context")
        if isinstance(context, Mapping):
            for name, values in context.items():
                if "scopes" in str(name).lower() and isinstance(values, list):
                    found += [str(value) for value in values]
    return found


def _said(data: Mapping[str, Any], status: int) -> str:
    """HubSpot's own words, without the values in them: they may be personal."""
    message = str(data.get("message", ""))
    if fields := _properties(data):
        told = ", ".join(f"{f.get('name', '?')} ({f.get('error', 'invalid')})" for f in fields[:5])
        said = f"{message.partition('[')[0].strip()} {told}"
    else:
        said = _QUOTED.sub("…", message)[:300] or f"status {status}"
    reference = str(data.get("correlationId") or "")[:40]
    return f"{said} [{reference}]" if reference else said


def _properties(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The properties that HubSpot lists in its message as not valid."""
    _, bracket, rest = str(data.get("message", "")).partition("[")
    fields = _json(bracket + rest) if bracket else None
    return fields if isinstance(fields, list) and all(isinstance(f, Mapping) for f in fields) else []


def _seconds(headers: Mapping[str, str]) -> float:
    """Retry-After in seconds, 0 if absent or a date."""
    try:
        return max(0.0, float(headers.get("Retry-After", "0")))
    except ValueError:
        return 0.0


def _json(text: object) -> object:
    loads: Callable[[str | bytes], object] = json.loads
    try:
        return loads(text) if isinstance(text, str | bytes) else None
    except ValueError:
        return None
