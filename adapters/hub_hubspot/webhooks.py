"""HubSpot's webhooks: signature version 3, batches of events, and the records that they touch.

Source: HubSpot's pages "Validating requests" and "Webhooks API". Events come late, twice and out of order; they are
signals to read a record again, nothing in them is believed. Older signatures sign no time and are refused.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hub import RawEvent, RecordsTouched, Ref, Request
from hub.contracts.errors import BadSignature, StaleSignature
from hub.wire import json
from hub_hubspot.paths import KINDS, OBJECT_TYPES

WINDOW = 5 * 60 * 1_000
"""Milliseconds that a request's time may be off, to either side."""
_ENCODED = re.compile(r"%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]{1,20}")


def verify(secret: str, request: Request, now: int) -> None:
    """Raises BadSignature unless HubSpot signed exactly this request, StaleSignature unless within five minutes of
    `now` (ms). HubSpot never repeats what got 401."""
    signature = request.headers.get("x-hubspot-signature-v3", "")
    if not signature:
        if old := request.headers.get("x-hubspot-signature"):
            version = request.headers.get("x-hubspot-signature-version") or ("v1" if old else "")
            raise BadSignature(f"signed with HubSpot's {version} signature, which signs no time: v3 is needed")
        raise BadSignature("no X-HubSpot-Signature-v3")
    stamp = request.headers.get("x-hubspot-request-timestamp", "")
    if not _NUMBER.fullmatch(stamp):
        raise BadSignature("no X-HubSpot-Request-Timestamp in milliseconds")
    if not hmac.compare_digest(signed(secret, request.method, request.url, request.body, stamp), signature.encode()):
        raise BadSignature("the v3 signature does not fit: another client secret, or another public URL")
    off = now - int(stamp)
    if abs(off) > WINDOW:
        raise StaleSignature("signed more than five minutes from now: an old request, or a clock that is wrong", off)


def signed(secret: str, method: str, url: str, body: bytes, stamp: str) -> bytes:
    """The v3 signature of a request to a public URL at a time (ms)."""
    told = _ENCODED.sub(lambda found: chr(int(found[0][1:], 16)), url)
    source = method.upper().encode() + told.encode() + body + stamp.encode()
    return base64.b64encode(hmac.new(secret.encode(), source, hashlib.sha256).digest())


def split(body: bytes) -> list[RawEvent]:
    """One raw event for each of the array's elements; its key is what HubSpot repeats at a redelivery, as its eventId
    alone is not unique. Raises ValueError for a body that is no array of objects."""
    told = json.loads(body)
    if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
        raise ValueError("not HubSpot's array of events")
    alone = len(told) == 1
    return [_raw(one, body if alone else json.dumps([one])) for one in told]


def _raw(one: Mapping[str, Any], body: bytes) -> RawEvent:
    portal, at = str(one.get("portalId", "")), one.get("occurredAt")
    object_id = str(one.get("objectId") or one.get("fromObjectId") or "")
    names = (portal, one.get("subscriptionId", ""), one.get("eventId", ""), object_id, at or "")
    key = ":".join(str(name) for name in (*names, *filter(None, (one.get("propertyName"), one.get("toObjectId")))))
    return RawEvent(portal, key, object_id, at if isinstance(at, int) else 0, body)


def normalise(raw: RawEvent) -> list[RecordsTouched]:
    """The records that the event is about; empty for what the hub does not read. Never raises."""
    try:
        (one,) = json.loads(raw.body)
        refs, erased = touched(one)
    except (ValueError, TypeError, AttributeError):
        return []
    if not refs and not erased:
        return []
    return [RecordsTouched(key=raw.key, at=raw.at, refs=refs, erased=erased)]


def touched(one: Mapping[str, Any]) -> tuple[tuple[Ref, ...], tuple[str, ...]]:
    """Records to read again, and contacts erased for privacy, by one webhook event."""
    name, _, what = str(one.get("subscriptionType", "")).partition(".")
    type_ = OBJECT_TYPES.get(str(one.get("objectTypeId", "")), "") if name == "object" else name
    if what == "associationChange":
        ends = str(one.get("associationType", "")).lower().split("_to_")
        ids = (one.get("fromObjectId"), one.get("toObjectId"))
        if len(ends) != 2:
            ends = [type_, ""]
        return tuple(ref for end, id_ in zip(ends, ids, strict=True) for ref in _refs(end, (id_,))), ()
    if (type_, what) == ("contact", "privacyDeletion"):
        return (), tuple(ref.id for ref in _refs(type_, (one.get("objectId"),)))
    return _refs(type_, ids_of(one)), ()


def ids_of(one: Mapping[str, Any]) -> Sequence[object]:
    """Every id an event names: of its record, and of all that a merge took or made."""
    merged = one.get("mergedObjectIds")
    others = merged if isinstance(merged, list) else ()
    return (one.get("objectId"), one.get("primaryObjectId"), *others, one.get("newObjectId"))


def _refs(type_: str, ids: Iterable[object]) -> tuple[Ref, ...]:
    if type_ not in KINDS or type_ == "note":
        return ()
    told = (str(i) for i in ids if isinstance(i, int | str) and not isinstance(i, bool))
    return tuple(dict.fromkeys(Ref(type_, i) for i in told if _NUMBER.fullmatch(i) and i != "0"))
