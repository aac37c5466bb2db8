"""Files beside logged messages: links between Salesforce's files and tasks, many to a call.

Source: Object Reference (ContentDocumentLink). Salesforce has one link between a file and a record, so making it again
does nothing; it is refused as a double.
"""

from __future__ import annotations

from collections.abc import Mapping

from hub import LogEntry
from hub.contracts.errors import Conflict, HubError, Refused
from hub_salesforce import cures
from hub_salesforce.batches import Writer
from hub_salesforce.cures import Attempt
from hub_salesforce.paths import COLLECTION
from hub_salesforce.rows import Fate, Row
from hub_salesforce.shapes import is_id, parts
from hub_salesforce.transport import soql_text

LINK = "ContentDocumentLink"
FIELDS = frozenset({"ContentDocumentId", "LinkedEntityId", "ShareType"})
VIEWER = "V"


def stand(writer: Writer, entries: Mapping[str, LogEntry]) -> dict[str, Fate]:
    """Put the files of entries beside their tasks, by the id of the task; take others away where the message was taken
    back.

    Never raises: a file that Salesforce does not take is left out and told, what can go another time is the error.
    """
    attempts = []
    for task, entry in entries.items():
        for file in entry.files:
            values = {"ContentDocumentId": file, "LinkedEntityId": task, "ShareType": VIEWER}
            row = Row(trace=f"{task}/{file}", kind=LINK, values=values, parents=(entry.record,))
            attempts.append(Attempt(row, needed=FIELDS, hurried=1))
    fates = dict.fromkeys(entries, Fate())
    try:
        made = cures.write(writer, attempts, repeatable=True)
        emptied = {task: entry for task, entry in entries.items() if entry.deleted and is_id(task)}
        if emptied:
            _without_others(writer, emptied)
    except HubError as failure:
        return dict.fromkeys(entries, Fate(error=failure))
    for trace, fate in made.items():
        if fate.error is None or isinstance(fate.error, Conflict):
            continue
        task, _, file = trace.partition("/")
        if isinstance(fate.error, Refused):
            fates[task] = Fate(
                left_out={**fates[task].left_out, f"file {file}": str(fate.error)}, error=fates[task].error
            )
        else:
            fates[task] = Fate(left_out=fates[task].left_out, error=fate.error)
    return fates


def _without_others(writer: Writer, entries: Mapping[str, LogEntry]) -> None:
    """Take away every file that a message no longer has."""
    extra = []
    for tasks in parts(entries, COLLECTION):
        among = ", ".join(soql_text(task) for task in tasks)
        soql = f"SELECT Id, ContentDocumentId, LinkedEntityId FROM {LINK} WHERE LinkedEntityId IN ({among})"  # noqa: S608
        kept = {(task, file) for task in tasks for file in entries[task].files}
        extra += [
            str(link["Id"])
            for link in writer.transport.everything(soql)
            if (str(link["LinkedEntityId"]), str(link["ContentDocumentId"])) not in kept
        ]
    for links in parts(extra, COLLECTION):
        asked = {"ids": ",".join(links), "allOrNone": "false"}
        writer.transport.call("DELETE", "/composite/sobjects", params=asked, label="composite/sobjects")
