"""Cabinet, an invented CRM of folders (people) and sheets (messages), as a system of record of the hub."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import requests
from pydantic import SecretStr

from hub import (
    CRM,
    CRMCapabilities,
    FieldSchema,
    Finding,
    Gone,
    LogEntry,
    Page,
    PersonWrite,
    PluginSettings,
    Record,
    Ref,
    Schema,
    Written,
    hookimpl,
)
from hub.contracts.errors import AuthFailed, HubError, NotFound, RateLimited, Rejected, Unavailable, Uncertain
from hub.contracts.simulator import Simulator
from hub.identity import identities_of_contact

KEY = "hub_key"
"""Cabinet's field for the hub's key of a person: unique there."""


class CabinetSettings(PluginSettings):
    """One Cabinet."""

    token: SecretStr
    """In Cabinet's console, Access tokens."""
    base_url: str = "https://api.cabinet.example"
    """Cabinet, or a simulator."""
    timeout: float = 20
    """Seconds to wait for an answer."""


class Cabinet(CRM[CabinetSettings]):
    """Blocking methods, called from several threads: nothing is kept between calls."""

    name: ClassVar[str] = "cabinet"
    Settings: ClassVar[type[PluginSettings]] = CabinetSettings
    capabilities: ClassVar[CRMCapabilities] = CRMCapabilities(batch=100, read_batch=100, linger=1.0)

    # -- what the CRM is like ----------------------------------------------------------------------------------

    def describe(self) -> Schema:
        """The fields of a folder: `dragoman mapping check` and every written value go by them."""
        found = self._call("GET", "fields")
        return Schema(
            fields={
                one["name"]: FieldSchema(
                    name=one["name"],
                    type=one["type"],
                    max_length=one.get("length", 0),
                    options=tuple(one.get("options", ())),
                )
                for one in found
            }
        )

    def ensure(self) -> list[Finding]:
        """Nothing to create: Cabinet has a field for the keys of others."""
        return []

    def probe(self) -> list[Finding]:
        """Whether the token is good for reading."""
        try:
            self._call("GET", "fields")
        except HubError as error:
            return [Finding(False, str(error), remedy="make a new token in Cabinet's console")]
        return [Finding(True, "read folders")]

    # -- reading -----------------------------------------------------------------------------------------------

    def first_read(self, cursor: str) -> Page:
        """Everybody, by id; the cursor is the last id."""
        found = self._call("GET", "folders", params={"after": cursor or "0"})
        rows = found["folders"]
        return Page([self._record(row) for row in rows], rows[-1]["id"] if rows else cursor, not found["more"])

    def changes(self, cursor: str) -> Page:
        """Cabinet counts its changes, so the cursor is a number of it. Without such a count: times, and an overlap."""
        if not cursor:
            return Page([], str(self._call("GET", "folders", params={"since": "now"})["revision"]), True)
        found = self._call("GET", "folders", params={"since": cursor})
        gone = [Gone(record=row["id"]) for row in found["folders"] if row["removed"]]
        records = [self._record(row) for row in found["folders"] if not row["removed"]]
        return Page(records, str(found["revision"]), not found["more"], gone=gone)

    def get(self, refs: Sequence[Ref]) -> Page:
        """Read folders again. With this the hub looks before it writes, and compares links with reality."""
        ids = [ref.id for ref in refs if ref.type == "contact"]
        rows = {row["id"]: row for row in self._call("GET", "folders", params={"ids": ",".join(ids)})["folders"]}
        there = [self._record(rows[one]) for one in ids if one in rows]
        return Page(there, "", True, gone=[Gone(record=one) for one in ids if one not in rows])

    def _record(self, row: Mapping[str, Any]) -> Record:
        return Record(
            id=row["id"],
            identities=identities_of_contact([row["phone"]], [row["email"]], self.region),
            key=row[KEY],
            name=row["name"],
            modified=row["modified"],
            fields={name: row[name] for name in self.reads if name in row},
        )

    # -- writing -----------------------------------------------------------------------------------------------

    def upsert(self, batch: Sequence[PersonWrite]) -> list[Written]:
        """By record id where there is one, else by the hub's key. A field that Cabinet does not take is left out."""
        rows = [{**one.fields, KEY: one.key, **({"id": one.record} if one.record else {})} for one in batch]
        written = self._put("folders", [one.outbox for one in batch], rows)
        again = [n for n, one in enumerate(written) if isinstance(one.error, WrongField) and one.error.field in rows[n]]
        for n in again:
            del rows[n][written[n].error.field]
        repeated = self._put("folders", [batch[n].outbox for n in again], [rows[n] for n in again])
        for n, after in zip(again, repeated, strict=True):
            refused = written[n].error
            written[n] = replace(after, left_out={refused.field: str(refused)}) if after.record else after
        return written

    def log(self, batch: Sequence[LogEntry]) -> list[Written]:
        """Cabinet knows a sheet by `hub_id`: writing it again changes it, so a doubtful entry needs no look-up."""
        rows = [
            {
                "folder": one.record,
                "hub_id": one.message,
                "text": "\n".join(f"{line.author}: {line.text}" for line in one.lines) or one.text,
                "at": one.at,
                "sequence": one.sequence,
                "direction": one.direction,
                **({"id": one.logged} if one.logged else {}),
            }
            for one in batch
        ]
        return self._put("sheets", [one.outbox for one in batch], rows)

    def _put(self, what: str, outbox: Sequence[int], rows: Sequence[Mapping[str, Any]]) -> list[Written]:
        """One fate for each row, in the order given."""
        if not rows:
            return []
        fates = self._call("PUT", what, rows)
        return [
            Written(outbox=number, record=fate["id"], new=fate["new"])
            if "id" in fate
            else Written(outbox=number, error=meaning(fate))
            for number, fate in zip(outbox, fates, strict=True)
        ]

    def _call(self, method: str, path: str, body: Any = None, params: Mapping[str, str] | None = None) -> Any:
        """One call; its meaning as an error of the hub where it is not a yes. A real adapter keeps its connections."""
        headers = {"authorization": f"Bearer {self.settings.token.get_secret_value()}"}
        url, wait = f"{self.settings.base_url}/{path}", self.settings.timeout
        try:
            reply = requests.request(method, url, json=body, params=params, headers=headers, timeout=wait)
        except requests.RequestException:
            self.on_call(f"{method} {path}", 0)
            raise Uncertain("Cabinet gave no answer") if body else Unavailable("Cabinet gave no answer") from None
        self.on_call(f"{method} {path}", reply.status_code)
        if reply.status_code in (401, 403):
            raise AuthFailed("Cabinet does not accept the token")
        if reply.status_code == 429:
            wait_for = reply.headers.get("retry-after", "")
            raise RateLimited("Cabinet asks to wait", int(wait_for) if wait_for.isdecimal() else 0)
        if reply.status_code >= 500:
            raise Unavailable(f"Cabinet is not available ({reply.status_code})")
        if reply.status_code >= 300:
            raise Rejected(f"Cabinet refused the call ({reply.status_code})")
        return reply.json()


class WrongField(Rejected):
    """A row was refused because of one field."""

    def __init__(self, field: str, what: str) -> None:
        super().__init__(what)
        self.field = field


def meaning(fate: Mapping[str, str]) -> HubError:
    """What a refused row means to the hub."""
    told = f"Cabinet: {fate['refused']}"
    if fate["code"] == "missing":
        return NotFound(told)
    return WrongField(fate["field"], told) if fate["code"] == "field" else Rejected(told)


@hookimpl
def hub_crms() -> Iterable[type[CRM[Any]]]:
    """The CRM `cabinet`."""
    return [Cabinet]


@hookimpl
def hub_simulators() -> Iterable[type[Simulator]]:
    """Its double, for tests alone: imported here, so that a running hub never loads it."""
    from cabinet_simulator import CabinetSimulator

    return [CabinetSimulator]
