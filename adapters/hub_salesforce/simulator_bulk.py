"""The simulator's Bulk API 2.0: jobs that are asked about until they are done, CSV in and out.

Source: Salesforce's "Bulk API 2.0 and Bulk API Developer Guide".
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hub_salesforce.paths import VERSION
from hub_salesforce.simulator_api import Api
from hub_salesforce.simulator_calls import Answer, Call, Refusal
from hub_salesforce.simulator_org import Rejected
from hub_salesforce.simulator_schema import made_id
from hub_salesforce.simulator_select import find, iso, type_named
from hub_salesforce.simulator_soql import parse

if TYPE_CHECKING:
    from hub_salesforce.simulator import SalesforceSimulator

LARGEST = 150_000_000
"""Bytes of the data of one job."""
OPERATIONS = ("insert", "update", "upsert", "delete", "hardDelete")
NULL = "#N/A"
"""What blanks a field; an empty cell leaves it alone."""
_ENDS = {"LF": "\n", "CRLF": "\r\n"}


@dataclass(slots=True)
class Job:
    """One job. `polls` questions are answered with InProgress before it is done."""

    id: str
    operation: str
    kind: str
    made: int
    line: str
    polls: int
    key: str = ""
    soql: str = ""
    state: str = "Open"
    data: bytes | None = None
    error: str = ""
    columns: list[str] = field(default_factory=list)
    found: list[list[str]] = field(default_factory=list)
    failed: list[list[str]] = field(default_factory=list)

    @property
    def asks(self) -> bool:
        """Whether it is a query."""
        return bool(self.soql)


class Bulk:
    """Bound to one simulator, whose switches it obeys: `bulk_polls` questions until a job is done."""

    def __init__(self, simulator: SalesforceSimulator, api: Api) -> None:
        self.simulator, self.org = simulator, simulator.org
        self.jobs: dict[str, Job] = {}
        api.add(
            [
                ("POST", "/jobs/query", self.ask),
                ("POST", "/jobs/ingest", self.open),
                ("PUT", "/jobs/ingest/([^/]+)/batches", self.upload),
                ("PATCH", "/jobs/(?:query|ingest)/([^/]+)", self.change),
                ("GET", "/jobs/(?:query|ingest)/([^/]+)", self.state),
                ("DELETE", "/jobs/(?:query|ingest)/([^/]+)", self.drop),
                ("GET", "/jobs/query/([^/]+)/results", self.results),
                ("GET", "/jobs/ingest/([^/]+)/(successfulResults|failedResults|unprocessedrecords)", self.outcome),
            ]
        )

    def ask(self, call: Call) -> Answer:
        """Make a query job. A query that is wrong is refused at once."""
        operation, soql = call.body.get("operation"), str(call.body.get("query", ""))
        if operation not in ("query", "queryAll"):
            raise Refusal(400, "INVALIDOPERATION", f"{operation} is no operation of a query job")
        query = parse(soql)
        if query.counted or query.offset >= 0:
            raise Refusal(400, "API_ERROR", "COUNT and OFFSET are not supported in bulk queries")
        find(self.org, soql)
        job = self._made(call.body, str(operation), type_named(self.org, query.type))
        job.soql, job.state = soql, "UploadComplete"
        return Answer(200, self._shown(job))

    def open(self, call: Call) -> Answer:
        """Make a job that takes data."""
        body = call.body
        if body.get("operation") not in OPERATIONS:
            raise Refusal(400, "INVALIDOPERATION", f"{body.get('operation')} is no operation")
        if body.get("contentType", "CSV") != "CSV":
            raise Refusal(400, "INVALIDJOB", "contentType must be CSV")
        job = self._made(body, str(body["operation"]), type_named(self.org, str(body.get("object", ""))))
        job.key = str(body.get("externalIdFieldName", ""))
        if job.operation == "upsert" and not job.key:
            del self.jobs[job.id]
            raise Refusal(400, "INVALIDJOB", "externalIdFieldName is needed for upsert")
        return Answer(200, self._shown(job))

    def upload(self, call: Call, id_: str) -> Answer:
        """The data of a job, once."""
        job = self._job(id_)
        if job.state != "Open" or job.data is not None:
            raise Refusal(400, "INVALIDJOBSTATE", f"job {id_} takes no data now")
        if not isinstance(call.body, bytes) or len(call.body) > LARGEST:
            raise Refusal(400, "INVALIDBATCH", "the data must be CSV and below the limit")
        job.data = call.body
        return Answer(201)

    def change(self, call: Call, id_: str) -> Answer:
        """Close a job for data, or abort it."""
        job, state = self._job(id_), call.body.get("state")
        if state == "Aborted" and job.state in ("Open", "UploadComplete", "InProgress"):
            job.state = "Aborted"
        elif state == "UploadComplete" and job.state == "Open":
            job.state = "UploadComplete"
        else:
            raise Refusal(400, "INVALIDJOBSTATE", f"job {id_} is {job.state}, it cannot become {state}")
        return Answer(200, self._shown(job))

    def state(self, call: Call, id_: str) -> Answer:
        """How far a job is. It is done when it was asked often enough."""
        job = self._job(id_)
        if job.state in ("UploadComplete", "InProgress"):
            job.state = "InProgress"
            if job.polls <= 0:
                self._finish(job)
            job.polls -= 1
        return Answer(200, self._shown(job))

    def drop(self, call: Call, id_: str) -> Answer:
        """Delete a job that is over."""
        job = self._job(id_)
        if job.state not in ("JobComplete", "Aborted", "Failed", "UploadComplete"):
            raise Refusal(400, "INVALIDJOBSTATE", f"job {id_} is {job.state}")
        del self.jobs[id_]
        return Answer(204)

    def results(self, call: Call, id_: str) -> Answer:
        """A page of what a query found."""
        job = self._done(id_)
        locator = call.query.get("locator", "0")
        start = int(locator) if locator.isdecimal() else 0
        size = min(int(call.query.get("maxRecords", "50000")), self.simulator.bulk_page)
        page, end = job.found[start : start + size], start + size
        following = str(end) if end < len(job.found) else "null"
        told = {"Sforce-NumberOfRecords": str(len(page)), "Sforce-Locator": following}
        return _csv(job, job.columns, page, told)

    def outcome(self, call: Call, id_: str, which: str) -> Answer:
        """What became of the rows of a job, in no particular order."""
        job = self._done(id_)
        if which == "successfulResults":
            return _csv(job, ["sf__Id", "sf__Created", *job.columns], job.found)
        if which == "failedResults":
            return _csv(job, ["sf__Id", "sf__Error", *job.columns], job.failed)
        return _csv(job, job.columns, [])

    def _made(self, body: Mapping[str, Any], operation: str, kind: str) -> Job:
        line = str(body.get("lineEnding", "LF"))
        if line not in _ENDS or body.get("columnDelimiter", "COMMA") != "COMMA":
            raise Refusal(400, "INVALIDJOB", "this line ending or delimiter is not supported by the simulator")
        id_ = "750" + made_id("User", 1 + len(self.jobs) + self.simulator.used)[3:]
        polls = self.simulator.bulk_polls
        self.jobs[id_] = Job(id_, operation, kind, self.simulator.now(), line, polls)
        return self.jobs[id_]

    def _job(self, id_: str) -> Job:
        if id_ not in self.jobs:
            raise Refusal(404, "NOT_FOUND", "The requested resource does not exist")
        return self.jobs[id_]

    def _done(self, id_: str) -> Job:
        job = self._job(id_)
        if job.state != "JobComplete":
            raise Refusal(400, "INVALIDJOBSTATE", f"job {id_} is {job.state}")
        return job

    def _shown(self, job: Job) -> dict[str, Any]:
        data = {
            "id": job.id,
            "operation": job.operation,
            "object": job.kind,
            "createdById": self.org.me,
            "createdDate": iso(job.made),
            "systemModstamp": iso(self.simulator.now()),
            "state": job.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(VERSION),
            "lineEnding": job.line,
            "columnDelimiter": "COMMA",
        }
        if job.error:
            data["errorMessage"] = job.error
        if job.asks:
            return data | {"numberRecordsProcessed": len(job.found), "retries": 0, "totalProcessingTime": 0}
        data |= {"contentUrl": f"services/data/v{VERSION}/jobs/ingest/{job.id}/batches", "externalIdFieldName": job.key}
        counts = {"numberRecordsProcessed": len(job.found) + len(job.failed), "numberRecordsFailed": len(job.failed)}
        return data | counts

    def _finish(self, job: Job) -> None:
        try:
            if job.asks:
                self._query(job)
            else:
                self._ingest(job)
        except Rejected as error:
            job.state, job.error = "Failed", f"{error.code}: {error.message}"
        except Refusal as error:
            job.state, job.error = "Failed", f"{error.code} : {error.message}"
        else:
            job.state = "JobComplete"

    def _query(self, job: Job) -> None:
        query = parse(job.soql)
        job.columns = list(query.columns)
        for record in find(self.org, job.soql, deleted=job.operation == "queryAll").records:
            job.found.append([_cell(record, column) for column in query.columns])
        if not query.order:
            self.simulator.faults.rng.shuffle(job.found)  # their order is not promised

    def _ingest(self, job: Job) -> None:
        text = (job.data or b"").decode("utf-8-sig")
        wrong = "\r\n" if job.line == "LF" else "\n"
        header = text.partition("\n")[0] + "\n"
        if header.endswith("\r\n") != (job.line == "CRLF"):
            raise Refusal(400, "InvalidBatch", f"LineEnding is invalid on user data: {wrong!r} stands there")
        rows = csv.reader(io.StringIO(text, newline=""))
        job.columns = next(rows, [])
        known = {name.lower() for name in self.org.fields(job.kind)}
        if unknown := [name for name in job.columns if name.lower() not in known]:
            raise Refusal(400, "InvalidBatch", f"Field name not found : {unknown[0]}")
        for row in rows:
            if len(row) != len(job.columns):
                job.failed.append(["", "InvalidBatch:a row has other columns than the header", *row])
                continue
            values = {n: None if v == NULL else v for n, v in zip(job.columns, row, strict=True) if v != ""}
            try:
                id_, new = self._write(job, values)
                job.found.append([id_, str(new).lower(), *row])
            except Rejected as error:
                fields = f"{','.join(error.fields)} --".lstrip()
                job.failed.append([str(values.get("Id") or ""), f"{error.code}:{error.message}:{fields}", *row])
        self.simulator.faults.rng.shuffle(job.found)
        self.simulator.faults.rng.shuffle(job.failed)

    def _write(self, job: Job, values: dict[str, Any]) -> tuple[str, bool]:
        if job.operation == "insert":
            return self.org.insert(job.kind, values, user=self.org.me).id, True
        if job.operation == "upsert":
            row, new = self.org.upsert(job.kind, job.key, values, user=self.org.me)
            return row.id, new
        id_ = str(values.pop("Id", "") or "")
        if not id_:
            raise Rejected("MISSING_ARGUMENT", "Id not specified")
        if job.operation == "update":
            return self.org.update(id_, values, user=self.org.me).id, False
        self.org.delete(id_, user=self.org.me)
        return id_, False


def _cell(record: Mapping[str, Any], path: str) -> str:
    """A value of a record as CSV has it."""
    here: Any = record
    for step in path.lower().split("."):
        here = next((v for n, v in here.items() if n.lower() == step), None) if isinstance(here, Mapping) else None
    if here is None:
        return ""
    if isinstance(here, bool):
        return str(here).lower()
    return str(here).replace("+0000", "Z") if str(here).endswith(".000+0000") else str(here)


def _csv(job: Job, columns: list[str], rows: Iterable[list[str]], headers: Mapping[str, str] | None = None) -> Answer:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator=_ENDS[job.line])
    writer.writerow(columns)
    writer.writerows(rows)
    return Answer(200, text.getvalue().encode(), {"Content-Type": "text/csv", **(headers or {})})
