"""HubSpot's journal of changes: fetched, in order, kept there for three days. Needs no public address.

Source: HubSpot's "Webhooks journal" guide. A token of the app itself (client credentials) asks for the entry after an
offset and is told a pre-signed address of a file of events, which is fetched without any token. The offset becomes the
cursor only with what its events led to; one that HubSpot has forgotten makes the hub search from the time it stood at.
"""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from hub import Page, Ref
from hub.contracts.errors import AuthFailed, NotFound, Refused, Unavailable
from hub_hubspot import changes
from hub_hubspot.changes import Look, Search
from hub_hubspot.paths import JOURNAL, OAUTH, OBJECT_TYPES
from hub_hubspot.reading import Reader
from hub_hubspot.transport import Answer
from hub_hubspot.webhooks import ids_of

SCOPES = "developer.webhooks_journal.read"
EARLY = 60.0
"""Seconds before its end that a token is renewed."""
_MARK = "journal="


class Place(NamedTuple):
    """Where the reading stands, as the cursor keeps it: `journal=offset@at looks`.

    `offset` is the last entry whose events were read ("" = none yet), `at` (ms) when that was; `looks` are those of a
    search that is still under way, because the journal had forgotten the offset or was not read before.
    """

    offset: str
    at: int
    looks: str = ""

    @staticmethod
    def parse(cursor: str) -> Place:
        """From the cursor; raises ValueError on another's."""
        head, _, looks = cursor.partition(" ")
        if not head.startswith(_MARK):
            raise ValueError("no journal cursor")
        offset, _, at = head.removeprefix(_MARK).rpartition("@")
        return Place(offset, int(at), looks)

    def __str__(self) -> str:
        return f"{_MARK}{self.offset}@{self.at} {self.looks}".rstrip()


class Entry(NamedTuple):
    """One file of events. The address is a secret while it lives."""

    offset: str
    url: str


class Journal:
    """Reads the journal of one app. `portal` is the account's id, "" = take events of every account."""

    def __init__(
        self, reader: Reader, search: Search, *, base_url: str, client_id: str, client_secret: str, portal: str
    ) -> None:
        self._reader, self._search, self._transport = reader, search, reader.transport
        self._base, self._id, self._secret, self._portal = base_url.rstrip("/"), client_id, client_secret, portal
        self._token, self._until = "", 0.0
        self._lock = threading.Lock()

    def page(self, cursor: str) -> Page:
        """What the next file of events led to; an empty page when there is none."""
        if not cursor:
            entry = self._entry("latest")
            return Page((), str(Place(entry.offset if entry else "", self._transport.now())), True)
        if not cursor.startswith(_MARK):  # it was searched until now
            return self._page_of_search(self._from_latest(cursor))
        place = Place.parse(cursor)
        if place.looks:
            return self._page_of_search(place)
        try:
            entry = self._entry(f"offset/{place.offset}/next" if place.offset else "earliest")
        except NotFound:
            told = datetime.fromtimestamp(place.at / 1_000, UTC).strftime("%Y-%m-%d %H:%M UTC")
            gap = (
                f"HubSpot's journal of changes does not reach back to the last reading at {told}: what changed since"
                " then is searched, but contacts deleted, merged or erased meanwhile are not told"
            )
            looks = dict.fromkeys(self._search.kinds, Look(place.at))
            return Page((), str(self._from_latest(changes.written(looks))), False, gap=gap)
        now = self._transport.now()
        if entry is None:
            return Page((), str(Place(place.offset, now)), True)
        refs: list[Ref] = []
        erased: list[str] = []
        for one in self._events(entry):
            if not self._portal or str(one.get("portalId", self._portal)) == self._portal:
                found, removed = touched(one)
                refs += found
                erased += removed
        return self._reader.page(dict.fromkeys(refs), erased, str(Place(entry.offset, now)), last=False)

    def _from_latest(self, looks: str) -> Place:
        """The journal's end, before a search begins: what happens meanwhile will stand behind it."""
        entry = self._entry("latest")
        return Place(entry.offset if entry else "", self._transport.now(), looks)

    def _page_of_search(self, place: Place) -> Page:
        page = self._search.page(place.looks)
        return page._replace(cursor=str(place._replace(looks="" if page.last else page.cursor)), last=False)

    def _entry(self, which: str) -> Entry | None:
        """An entry of the journal, None when there is none (yet). Raises NotFound for a forgotten offset."""
        url = f"{self._base}{JOURNAL}/{which}"
        try:
            told = self._asked(url)
        except AuthFailed:
            self._until = 0.0  # the token may have been withdrawn early
            told = self._asked(url)
        except NotFound:
            if which in ("latest", "earliest"):
                return None
            raise
        if not told:
            return None
        return Entry(str(told["currentOffset"]), str(told["url"]))

    def _asked(self, url: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._fresh()}", "Accept": "application/json"}
        return self._transport.call(partial(self._transport.foreign, "GET", url, headers=headers))

    def _fresh(self) -> str:
        with self._lock:
            if self._transport.clock() >= self._until:
                form = {
                    "grant_type": "client_credentials",
                    "client_id": self._id,
                    "client_secret": self._secret,
                    "scope": SCOPES,
                }
                headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
                body = urlencode(form).encode()
                ask = partial(self._transport.foreign, "POST", self._base + OAUTH, headers=headers, body=body)
                try:
                    told = self._transport.call(ask)
                except Refused as refused:
                    raise AuthFailed(f"HubSpot gives no token for the journal: {refused}") from None
                self._token = str(told.get("access_token", ""))
                lives = told.get("expires_in")
                self._until = self._transport.clock() + (lives if isinstance(lives, int) else 0) - EARLY
            return self._token

    def _events(self, entry: Entry) -> list[Mapping[str, Any]]:
        if not allowed(entry.url, self._base):
            raise Unavailable("HubSpot's journal names an address that is not fetched: neither https nor public")
        try:
            told = self._transport.call(partial(self._file, entry.url))
        except (Refused, AuthFailed):  # it has run out: the next try is told a new one
            raise Unavailable("a file of HubSpot's journal cannot be read just now") from None
        events = told.get("journalEvents")
        if not isinstance(events, list) or not all(isinstance(one, dict) for one in events):
            raise Unavailable("a file of HubSpot's journal is not of the known shape")
        return events

    def _file(self, url: str, **_: object) -> Answer:
        answer = self._transport.foreign("GET", url, headers={"Accept": "application/json"}, label="journal/file")
        if answer.body.lstrip()[:1] == b"[":
            return Answer(answer.status, answer.headers, b'{"journalEvents":' + answer.body + b"}")
        return answer


def touched(one: Mapping[str, Any]) -> tuple[tuple[Ref, ...], tuple[str, ...]]:
    """Records to read again, and contacts erased for privacy, by one event of the journal."""
    type_ = OBJECT_TYPES.get(str(one.get("objectTypeId", "")), "")
    if "GDPR_DELETE" in (one.get("action"), one.get("type")) or one.get("type") == "GDPR_PRIVACY_DELETION":
        return (), tuple(ref.id for ref in _refs(type_ or "contact", ids_of(one)) if ref.type == "contact")
    ends = [
        ref
        for side in ("from", "to")
        for ref in _refs(OBJECT_TYPES.get(str(one.get(f"{side}ObjectTypeId", "")), ""), [one.get(f"{side}ObjectId")])
    ]
    return (*_refs(type_, ids_of(one)), *ends), ()


def _refs(type_: str, ids: Iterable[object]) -> list[Ref]:
    found = [str(i) for i in ids if isinstance(i, int | str)] if type_ else []
    return [Ref(type_, i) for i in dict.fromkeys(found) if i.isdecimal() and i != "0"]


def allowed(url: str, base_url: str) -> bool:
    """Whether a file may be fetched: over https from a named public host, or on this machine if HubSpot is too."""
    try:
        parts = urlsplit(url)
        host, base = parts.hostname or "", urlsplit(base_url).hostname or ""
    except ValueError:
        return False
    if _loopback(base):
        return parts.scheme in ("http", "https") and _loopback(host)
    return parts.scheme == "https" and "." in host.strip(".") and not _address(host) and not host.endswith(".local")


def _loopback(host: str) -> bool:
    return host == "localhost" or (_address(host) and ipaddress.ip_address(host).is_loopback)


def _address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
