"""What an answer of the Graph API means for the hub. Codes as Meta lists them for the Cloud API ("Error codes").

A code that is not here is Rejected: it stops, and a person sees it, rather than being repeated blindly.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from hub.contracts.errors import (
    AuthFailed,
    HubError,
    NotFound,
    OptedOut,
    RateLimited,
    Rejected,
    Temporary,
    Unavailable,
    Uncertain,
    WindowClosed,
)


class Meaning(NamedTuple):
    """The error class of a code, one sentence for a person, and the least pause before a repeat (seconds)."""

    error: type[HubError]
    sentence: str
    pause: float = 0


TABLE: dict[int, Meaning] = {
    # try again
    1: Meaning(Unavailable, "Meta had an internal error"),
    2: Meaning(Unavailable, "Meta's service is down for the moment"),
    4: Meaning(RateLimited, "the app made too many calls"),
    80007: Meaning(RateLimited, "the WhatsApp Business account made too many calls"),
    130429: Meaning(RateLimited, "the number sends faster than its limit"),
    131000: Meaning(Unavailable, "WhatsApp had an internal error"),
    131016: Meaning(Unavailable, "WhatsApp is overloaded"),
    131048: Meaning(RateLimited, "the number is limited because people blocked or reported its messages", 300),
    131056: Meaning(RateLimited, "too many messages to this person in a short time", 6),
    131057: Meaning(Unavailable, "the WhatsApp Business account is in maintenance"),
    133016: Meaning(RateLimited, "the number was registered too often", 300),
    # credentials, permissions, the account: nothing goes out until a person acts
    0: Meaning(AuthFailed, "Meta could not check the access token"),
    3: Meaning(AuthFailed, "the access token lacks a capability"),
    10: Meaning(AuthFailed, "the access token lacks a permission"),
    190: Meaning(AuthFailed, "the access token is expired or wrong"),
    368: Meaning(AuthFailed, "Meta blocked the account for a time because of a policy"),
    **{code: Meaning(AuthFailed, "the access token lacks a permission") for code in range(200, 300)},
    131005: Meaning(AuthFailed, "access to the number was denied"),
    131031: Meaning(AuthFailed, "Meta locked the WhatsApp Business account"),
    131037: Meaning(AuthFailed, "the number's display name is not approved yet"),
    131042: Meaning(AuthFailed, "Meta asks for a valid payment method"),
    131045: Meaning(AuthFailed, "the number's certificate is wrong"),
    133010: Meaning(AuthFailed, "the number is not registered with the Cloud API"),
    # never for this person
    130472: Meaning(Rejected, "Meta left this person out of such messages as part of an experiment"),
    130497: Meaning(Rejected, "this account may not write to people in this country"),
    131021: Meaning(Rejected, "sender and recipient are the same number"),
    131026: Meaning(NotFound, "this person cannot be reached on WhatsApp"),
    131030: Meaning(Rejected, "a test number may write to the numbers in its list only"),
    131047: Meaning(WindowClosed, "more than 24 hours passed since the person last wrote"),
    131049: Meaning(Rejected, "the person gets too many of this kind now: do not send it again for a day"),
    131050: Meaning(OptedOut, "the person stopped marketing messages from this business"),
    131062: Meaning(Rejected, "this kind of message needs a phone number, not a user id"),
    137000: Meaning(NotFound, "WhatsApp does not take this recipient"),
    # never with this content
    100: Meaning(Rejected, "a part of the request is wrong or missing"),
    131008: Meaning(Rejected, "a required part is missing"),
    131009: Meaning(Rejected, "a part has a value that WhatsApp does not take"),
    131051: Meaning(Rejected, "WhatsApp does not take this type of message"),
    131052: Meaning(Rejected, "WhatsApp could not fetch the file that the person sent"),
    131053: Meaning(Rejected, "WhatsApp could not take the file"),
    132000: Meaning(Rejected, "the template has another number of variables"),
    132001: Meaning(Rejected, "the template does not exist in this language or is not approved"),
    132005: Meaning(Rejected, "the filled template is too long"),
    132007: Meaning(Rejected, "the template breaks WhatsApp's policy on content"),
    132008: Meaning(Rejected, "the template's variables do not fit"),
    132012: Meaning(Rejected, "a variable has another format than the template wants"),
    132015: Meaning(Rejected, "the template is paused because of its quality: use another one until Meta releases it"),
    132016: Meaning(Rejected, "the template is disabled for good because of its quality: use another one"),
    132018: Meaning(Rejected, "a value of the template is not what WhatsApp takes"),
    135000: Meaning(Rejected, "WhatsApp could not read the message"),
}
"""Error code of the Graph or Cloud API -> what it means."""

NO_SUCH_NUMBER = Meaning(AuthFailed, "the number does not exist, or the access token may not use it")
"""Code 100 with subcode 33: the address of the call itself is refused, so every message would be."""

PAUSE_MAX = 86_400.0


def meaning(error: Mapping[str, Any]) -> Meaning | None:
    """What an error object of the Graph API or of a status means; None for a code that the table does not hold."""
    code = error.get("code")
    if code == 100 and error.get("error_subcode") == 33:
        return NO_SUCH_NUMBER
    return TABLE.get(code) if type(code) is int else None


def error_name(error: Mapping[str, Any]) -> str:
    """The name of the class in `hub.contracts.errors` that an error object means; "" for a code not in the table."""
    known = meaning(error)
    return known.error.__name__ if known is not None else ""


def sentence(error: Mapping[str, Any]) -> str:
    """One sentence for a person, ending in the code; with Meta's own words where they can help and hold no secret."""
    known, code = meaning(error), error.get("code")
    number = f"code {code}" if type(code) is int else "without a code"
    if known is None:
        return f"an error that the hub does not know ({_join(number, _details(error))})"
    if known.error is not Rejected:
        return f"{known.sentence} ({number})"
    return f"{known.sentence} ({_join(number, _details(error))})"


def error_for(status: int, headers: Mapping[str, str], answer: Any) -> HubError:
    """The error that a refusing reply means; `answer` is its JSON or None, header names are lower-case."""
    error = answer.get("error") if isinstance(answer, dict) else None
    error = error if isinstance(error, dict) else {}
    known = meaning(error)
    pause = max(known.pause if known else 0, retry_after(headers))
    if status == 429:
        return RateLimited("Meta asks for a pause (HTTP 429)", pause)
    if known is not None:
        what = sentence(error)
        return known.error(what, pause) if issubclass(known.error, Temporary) else known.error(what)
    if status in (502, 504) and not error:
        return Uncertain(f"a gateway lost Meta's answer (HTTP {status})")
    if status >= 500:
        return Unavailable(f"Meta's service failed (HTTP {status})", pause)
    if "code" in error:
        return Rejected(sentence(error))
    if status in (401, 403):
        return AuthFailed(f"Meta denied access (HTTP {status})")
    return Rejected(f"Meta refused the call (HTTP {status})")


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds of a Retry-After header; 0 when it is missing or a date, which Meta does not send."""
    try:
        value = float(headers.get("retry-after", "0"))
    except ValueError:
        return 0
    return min(max(value, 0.0), PAUSE_MAX) if math.isfinite(value) else 0


_PRIVATE = re.compile(r"[\w.+/=-]{20,}|\+?\d[\d ()-]{5,}\d")


def _details(error: Mapping[str, Any]) -> str:
    """Meta's own words without what may be a token, an id or a phone number."""
    data = error.get("error_data")
    given = (data.get("details") if isinstance(data, dict) else None, error.get("message"), error.get("title"))
    words = next((text for text in given if isinstance(text, str) and text), "")
    return _PRIVATE.sub("…", words[:1000].replace("\0", ""))[:200].encode(errors="replace").decode()


def _join(*parts: str) -> str:
    return ": ".join(part for part in parts if part)
