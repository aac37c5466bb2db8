"""Bulk API 2.0: jobs that read or write thousands of rows as CSV, outside the limits of a single call.

simple-salesforce's handlers are not used: they keep the session they were made with, and wait without a limit.
Source: Bulk API 2.0 and Bulk API Developer Guide ("Query Jobs", "Ingest Jobs").
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from hub.contracts.errors import HubError, Refused, Rejected, Unavailable, Uncertain
from hub_salesforce.paths import QUERY_PAGE
from hub_salesforce.transport import Answer, Transport

QUERY, INGEST = "/jobs/query", "/jobs/ingest"
UPLOAD = 90 * 1024 * 1024
"""Bytes of one upload; Salesforce takes 100 MB as sent and 150 MB as base64."""
WAIT = 600.0
"""Seconds to wait for a job, all together."""
FIRST_PAUSE, LAST_PAUSE = 0.5, 20.0
"""Seconds between two looks at a job: the pause grows by half."""
_RUNNING = frozenset(("Open", "UploadComplete", "InProgress"))
_CSV = {"Accept": "text/csv"}

Row = dict[str, Any]
Convert = Callable[[str], Any]


class Part(NamedTuple):
    """Rows of a finished query job; `locator` of the next ones, "" = none."""

    rows: list[Row]
    locator: str = ""


def query(
    transport: Transport, soql: str, *, deleted: bool = False, types: Mapping[str, str] | None = None
) -> Iterator[list[Row]]:
    """All rows of a query, in pages, from a job of its own; the job is removed afterwards.

    `types` are Salesforce's types of the fields: with them values come as a plain query gives them, else as texts.
    Raises Rejected where Salesforce takes no such job, Unavailable where it does not end in time.
    """
    job = start(transport, soql, deleted=deleted)
    if not done(transport, QUERY, job, WAIT):
        raise Unavailable("Salesforce's bulk query takes too long", LAST_PAUSE)
    part = results(transport, job, types=types)
    yield part.rows
    while part.locator:
        part = results(transport, job, part.locator, types=types)
        yield part.rows
    remove(transport, QUERY, job)


def start(transport: Transport, soql: str, *, deleted: bool = False) -> str:
    """Create a query job; its id. Doing it twice is harmless: a job that nobody asks for goes by itself."""
    made = {"operation": "queryAll" if deleted else "query", "query": soql}
    return str(transport.call("POST", QUERY, made)["id"])


def done(transport: Transport, path: str, job: str, seconds: float) -> bool:
    """Look at a job until it is complete, for so many seconds; whether it is.

    Raises Rejected, in Salesforce's words, if it failed or was aborted, NotFound if it is gone.
    """
    pause, waited = FIRST_PAUSE, 0.0
    while (state := _state(transport, path, job)) in _RUNNING:
        if waited >= seconds:
            return False
        transport.sleep(pause)
        waited += pause
        pause = min(pause * 1.5, LAST_PAUSE)
    if state != "JobComplete":
        raise Rejected(f"Salesforce's bulk job is {state}")
    return True


def _state(transport: Transport, path: str, job: str) -> str:
    """Where a job stands. Raises Rejected where it says why it failed."""
    told = transport.call("GET", f"{path}/{job}", label=path)
    state = str(told.get("state"))
    if state in ("Failed", "Aborted") and told.get("errorMessage"):
        raise Rejected(f"Salesforce's bulk job is {state}: {str(told['errorMessage'])[:200]}")
    return state


def results(
    transport: Transport, job: str, locator: str = "", *, size: int = QUERY_PAGE, types: Mapping[str, str] | None = None
) -> Part:
    """A page of a complete query job. Raises NotFound where the job is gone: results stand for seven days."""
    params = {"maxRecords": str(size)} | ({"locator": locator} if locator else {})
    answer = transport.exchange("GET", f"{QUERY}/{job}/results", headers=_CSV, params=params, label=f"{QUERY}/results")
    following = answer.headers.get("Sforce-Locator", "")
    return Part(_rows(answer, types), "" if following in ("", "null") else following)


def remove(transport: Transport, path: str, job: str) -> None:
    """Remove a job that is done; one that will not go is left to Salesforce, which removes it after a week."""
    try:
        transport.call("DELETE", f"{path}/{job}", label=path)
    except HubError:
        pass


def ingest(
    transport: Transport, kind: str, operation: str, rows: Sequence[Mapping[str, Any]], external_id: str = ""
) -> list[Row]:
    """Write rows of one object, `update` or `upsert` by `external_id`, and answer as a collection does.

    For each row, in the order given: `id`, `success`, `created`, `errors` ([{statusCode, message, fields}]). Results
    come without order and are told apart by key (`Id` or `external_id`), so each row must have one of its own.
    Repeating it is harmless. Raises Rejected where Salesforce takes no such job or processed none of its rows,
    Unavailable where the job does not end in time.
    """
    key = external_id if operation == "upsert" else "Id"
    if len({str(row[key]) for row in rows if row.get(key)}) < len(rows):
        raise Rejected("the rows of a bulk job need keys, and no two the same")
    found: dict[str, Row] = {}
    for part in _parts(rows):
        found |= _ingest(transport, kind, operation, part, external_id, key)
    return [found.get(str(row[key]), _HALTED) for row in rows]


def _ingest(transport: Transport, kind: str, operation: str, part: str, external_id: str, key: str) -> dict[str, Row]:
    wanted = {"object": kind, "operation": operation, "contentType": "CSV", "lineEnding": "LF"}
    if operation == "upsert":
        wanted["externalIdFieldName"] = external_id
    job = str(transport.call("POST", INGEST, wanted)["id"])
    path, sent = f"{INGEST}/{job}", {"Content-Type": "text/csv"}
    try:  # a job takes data once, and is closed once: neither call may be repeated blindly
        transport.exchange(
            "PUT", f"{path}/batches", part.encode(), headers=sent, label=f"{INGEST}/batches", repeatable=False
        )
        transport.call("PATCH", path, {"state": "UploadComplete"}, label=INGEST, repeatable=False)
    except Uncertain:
        if _state(transport, INGEST, job) == "Open":
            raise Unavailable("no answer from Salesforce to the data of a bulk job, nothing was written") from None
    failure: HubError | None = None
    try:
        if not done(transport, INGEST, job, WAIT):
            transport.call("PATCH", path, {"state": "Aborted"}, label=INGEST)
            raise Unavailable("Salesforce's bulk job takes too long", LAST_PAUSE)
    except Refused as refused:  # some of its rows may stand
        failure = refused
    found: dict[str, Row] = {}
    for name in ("successfulResults", "failedResults"):
        answer = transport.exchange("GET", f"{path}/{name}", headers=_CSV, label=f"{INGEST}/{name}")
        found |= {str(row[key]): _fate(row) for row in _rows(answer, None) if row.get(key)}
    if failure and not found:
        raise failure
    remove(transport, INGEST, job)
    return found


_HALTED: Row = {
    "id": None,
    "success": False,
    "created": False,
    "errors": [{"statusCode": "PROCESSING_HALTED", "message": "the bulk job ended before this row", "fields": []}],
}


def _fate(row: Row) -> Row:
    """A row of the results as a collection answers it. An error reads CODE:message:FIELD --"""
    told = str(row.get("sf__Error") or "")
    if not told:
        return {"id": row.get("sf__Id"), "success": True, "created": row.get("sf__Created") == "true", "errors": []}
    code, _, message = told.partition(":")
    fields: list[str] = []
    if message.endswith("--"):
        message, _, names = message.removesuffix("--").rpartition(":")
        fields = [name.strip() for name in names.split(",") if name.strip()]
    return {
        "id": row.get("sf__Id"),
        "success": False,
        "created": False,
        "errors": [{"statusCode": code, "message": message, "fields": fields}],
    }


def _parts(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The rows as CSV, in parts that one upload takes. None blanks a field, as Salesforce wants it: #N/A."""
    names = list(dict.fromkeys(name for row in rows for name in row if name != "attributes"))
    head = _line(names)
    lines, size = [head], len(head)
    for row in rows:
        line = _line([_text(row[name]) if name in row else "" for name in names])
        long = len(line.encode())
        if size + long > UPLOAD and len(lines) > 1:
            yield "".join(lines)
            lines, size = [head], len(head)
        lines.append(line)
        size += long
    yield "".join(lines)


def _line(values: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(values)
    return out.getvalue()


def _text(value: Any) -> str:
    if value is None or value == "":
        return "#N/A"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _rows(answer: Answer, types: Mapping[str, str] | None) -> list[Row]:
    try:
        text = answer.body.decode("utf-8-sig")
    except ValueError:
        raise Unavailable("Salesforce's answer to a bulk job is not readable") from None
    made = {name: _CONVERT.get(type_, _same) for name, type_ in (types or {}).items()}
    return [
        {name: (made.get(name, _same)(value) if value else None) for name, value in row.items()}
        for row in csv.DictReader(io.StringIO(text, newline=""))
    ]


def _same(text: str) -> Any:
    return text


_CONVERT: Mapping[str, Convert] = {
    "boolean": lambda text: text == "true",
    "int": int,
    "double": float,
    "currency": float,
    "percent": float,
}
