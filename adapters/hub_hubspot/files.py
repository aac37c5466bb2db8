"""Attachments in HubSpot's files: one upload each, private, in a folder of our own.

Source: HubSpot's "Files" guide (multipart POST of `file`, `fileName`, `folderPath`, `options`). The name ends with the
hub's key of the file and the upload overwrites that name, so repeating it after a lost answer replaces the file by
itself: no look-up, no copy beside it. Only names with our key in our folder can be hit.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from hub.contracts.errors import Rejected, Unavailable
from hub.model.records import FileWrite
from hub.wire import json
from hub.wire.multipart import Part, form, pieces, safe_name, size_of
from hub_hubspot.errors import MissingScope
from hub_hubspot.paths import FILES
from hub_hubspot.transport import Answer, Transport

FOLDER = "/dragoman"
LIMIT = 100 * 1024 * 1024
"""Bytes of a file that is uploaded: what the largest channel gives. HubSpot's own limit depends on the plan; a smaller
one answers with a refusal."""
OPTIONS = {
    "access": "PRIVATE",
    "overwrite": True,
    "duplicateValidationStrategy": "NONE",
    "duplicateValidationScope": "EXACT_FOLDER",
}


def attach(transport: Transport, file: FileWrite) -> str:
    """Upload one file and return HubSpot's id of it. Raises Rejected for one that is too large, empty or not there."""
    path = Path(file.path)
    size = size_of(path, file.key, LIMIT, "HubSpot")
    name = safe_name(file.name, file.key)
    try:
        answer = transport.call(partial(_upload, transport, path, size, name, file.mime))
    except MissingScope as lacking:  # conversations are logged without their files
        raise Rejected(str(lacking)) from lacking
    found = str(answer.get("id") or "")
    if not found:
        raise Unavailable("HubSpot took the file without naming it")
    return found


def _upload(transport: Transport, path: Path, size: int, name: str, mime: str, **_: object) -> Answer:
    fields = {"fileName": name, "folderPath": FOLDER, "options": json.dumps(OPTIONS).decode()}
    first, last, kind = form({field: Part(value) for field, value in fields.items()}, "file", name, mime)
    headers = {"Content-Type": kind, "Content-Length": str(len(first) + size + len(last))}
    return transport.plain("POST", FILES, pieces(first, path, size, last), headers=headers)
