"""What the simulator tells beside records: objects and their fields, limits, what changed; and new fields.

Source: Salesforce's REST API Developer Guide ("sObject Describe", "sObject Get Updated", "sObject Get Deleted",
"Limits"), Tooling API ("CustomField").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from hub_salesforce.paths import DATA
from hub_salesforce.simulator_api import Api
from hub_salesforce.simulator_calls import Answer, Call, Refusal
from hub_salesforce.simulator_org import Rejected
from hub_salesforce.simulator_schema import kind_of, made_id
from hub_salesforce.simulator_select import iso, millis, type_named

if TYPE_CHECKING:
    from hub_salesforce.simulator import SalesforceSimulator

DAYS_KEPT = 30
"""Days for which deletions are told."""
DAY = 86_400_000
MINUTE = 60_000


class Beside:
    """Bound to one simulator, whose switches it obeys."""

    def __init__(self, simulator: SalesforceSimulator, api: Api) -> None:
        self.simulator, self.org = simulator, simulator.org
        self._made = 0
        api.add(
            [
                ("GET", "/limits", self.limits),
                ("GET", "/sobjects", self.objects),
                ("GET", "/sobjects/([^/]+)/describe", self.describe),
                ("GET", "/sobjects/([^/]+)/updated", self.updated),
                ("GET", "/sobjects/([^/]+)/deleted", self.deleted),
                ("GET", "/tooling/query", self.tooling_query),
                ("POST", "/tooling/sobjects/CustomField", self.add_field),
            ]
        )

    def objects(self, call: Call) -> Answer:
        """The objects of the organisation."""
        shown_ = [self.org.describe(kind) for kind in self.org.rows]
        for one in shown_:
            del one["fields"]
        return Answer(200, {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": shown_})

    def describe(self, call: Call, kind: str) -> Answer:
        """One object with its fields."""
        return Answer(200, self.org.describe(type_named(self.org, kind)))

    def updated(self, call: Call, kind: str) -> Answer:
        """Ids of records that changed in a time."""
        start, end = self._span(call)
        rows = self.org.visible(type_named(self.org, kind))
        ids = [v["Id"] for v in rows if start <= v["SystemModstamp"] < end]
        return Answer(200, {"ids": ids, "latestDateCovered": iso(self._covered(end))})

    def deleted(self, call: Call, kind: str) -> Answer:
        """Ids of records that were deleted in a time."""
        start, end = self._span(call)
        named = type_named(self.org, kind)
        purged = (v for v in self.org.purged if kind_of(v["Id"]) == named)
        gone = [
            {"id": v["Id"], "deletedDate": iso(v["SystemModstamp"])}
            for v in (*self.org.visible(named, deleted=True), *purged)
            if v["IsDeleted"] and start <= v["SystemModstamp"] < end
        ]
        earliest = iso(self.simulator.now() - DAYS_KEPT * DAY)
        data = {"deletedRecords": gone, "earliestDateAvailable": earliest}
        return Answer(200, data | {"latestDateCovered": iso(self._covered(end))})

    def _span(self, call: Call) -> tuple[int, int]:
        """The time that a call asks for, minutes cut off as Salesforce does."""
        try:
            start, end = (millis(call.query[name].replace(" ", "+")) // MINUTE * MINUTE for name in ("start", "end"))
        except (KeyError, ValueError):
            raise Refusal(400, "INVALID_REPLICATION_DATE", "start and end must be dates and times") from None
        if end - start < MINUTE:
            told = "startDate: must be at least one minute before endDate"
            raise Refusal(400, "INVALID_REPLICATION_DATE", told)
        if start < self.simulator.now() - DAYS_KEPT * DAY:
            told = f"startDate before org's earliest replication date ({DAYS_KEPT} days ago)"
            raise Refusal(400, "INVALID_REPLICATION_DATE", told)
        return start, end

    def _covered(self, end: int) -> int:
        return min(end, self.simulator.now() - round(self.simulator.covered_late * 1_000)) // MINUTE * MINUTE

    def limits(self, call: Call) -> Answer:
        """What the organisation may use in 24 hours, and what is left."""
        day = {"Max": self.simulator.per_day, "Remaining": max(0, self.simulator.per_day - self.simulator.used)}
        jobs = {"Max": 10_000, "Remaining": 10_000}
        return Answer(200, {"DailyApiRequests": day, "DailyBulkV2QueryJobs": jobs, "DataStorageMB": jobs})

    def add_field(self, call: Call) -> Answer:
        """Add a custom field by the Tooling API."""
        if not self.simulator.customize:
            raise Refusal(403, "INSUFFICIENT_ACCESS", "insufficient access rights on cross-reference id")
        name, metadata = call.body.get("FullName"), call.body.get("Metadata")
        if not isinstance(name, str) or not isinstance(metadata, Mapping):
            raise Refusal(400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [FullName, Metadata]")
        self.org.add_field(name, metadata)
        self._made += 1
        id_ = "00N" + made_id("User", self._made)[3:]
        return Answer(201, {"id": id_, "success": True, "errors": [], "warnings": [], "infos": []})

    def tooling_query(self, call: Call) -> Answer:
        """Custom fields by `SELECT ... FROM CustomField`: all of them, whatever the condition."""
        if not re.search(r"\bFROM\s+CustomField\b", call.query.get("q", ""), re.IGNORECASE):
            raise Rejected("INVALID_TYPE", "sObject type is not supported by the simulated Tooling API")
        records = [
            {
                "attributes": {"type": "CustomField", "url": f"{DATA}/tooling/sobjects/CustomField"},
                "DeveloperName": field.name.removesuffix("__c"),
                "TableEnumOrId": kind,
            }
            for kind in self.org.rows
            for field in self.org.fields(kind).values()
            if field.name.endswith("__c")
        ]
        return Answer(200, {"size": len(records), "totalSize": len(records), "done": True, "records": records})
