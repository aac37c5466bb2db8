"""Attachments in Salesforce's files: one upload each, private to the hub's user until a task shows it.

Source: REST API Developer Guide ("Insert or Update Blob Data"), Object Reference (ContentVersion). Salesforce can
neither overwrite a file by name nor upsert one by external id, so an upload whose answer was lost is done again. The
first copy then stays with the hub's user, shown nowhere: what stands beside a message is only what an answer named.
Both carry the hub's key in their name, by which an administrator finds the one without a record.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hub.contracts.errors import NotFound, Unavailable
from hub.model.records import FileWrite
from hub.wire import json
from hub.wire.multipart import Form, Part, form, pieces, safe_name, size_of
from hub_salesforce.transport import Transport

VERSIONS = "/sobjects/ContentVersion"
LIMIT = 100 * 1024 * 1024
"""Bytes of a file that is uploaded: what the largest channel gives. Salesforce takes some two thousand million."""


def attach(transport: Transport, file: FileWrite) -> str:
    """Upload one file and return Salesforce's id of it (ContentDocument), two calls.

    Raises Rejected for one that is too large, empty or not there.
    """
    path = Path(file.path)
    size = size_of(path, file.key, LIMIT, "Salesforce")
    first, last, kind = _form(safe_name(file.name, file.key), file.mime)
    headers = {"Content-Type": kind}

    made = transport.call("POST", VERSIONS, lambda: Upload(first, path, size, last), repeatable=False, headers=headers)
    version = str((made or {}).get("id") or "")
    if not version:
        raise Unavailable("Salesforce took the file without naming it")
    try:
        told = transport.call("GET", f"{VERSIONS}/{version}", params={"fields": "ContentDocumentId"})
    except NotFound as lost:
        raise Unavailable(f"Salesforce does not show the file that it took: {lost}") from lost
    found = str((told or {}).get("ContentDocumentId") or "")
    if not found:
        raise Unavailable("Salesforce took the file without naming it")
    return found


class Upload:
    """The body of one call, read piece by piece and once: the file is never held in memory."""

    def __init__(self, first: bytes, path: Path, size: int, last: bytes) -> None:
        self._size = len(first) + size + len(last)
        self._pieces = pieces(first, path, size, last)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def read(self, size: int = -1) -> bytes:
        """The next piece, whatever the `size`; empty at the end. Raises OSError if the file became shorter."""
        return next(self._pieces, b"")


def _form(name: str, mime: str) -> Form:
    values = json.dumps({"Title": name.rpartition(".")[0] or name, "PathOnClient": name}).decode()
    return form({"entity_content": Part(values, "application/json")}, "VersionData", name, mime)
