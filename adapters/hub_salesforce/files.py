"""Attachments in Salesforce's files: one upload each, private to the hub's user until a task shows it.

Source: REST API Developer Guide ("Insert or Update Blob Data"), Object Reference (ContentVersion). Salesforce can
neither overwrite a file by name nor upsert one by external id, so an upload whose answer was lost is done again. The
first copy then stays with the hub's user, shown nowhere: what stands beside a message is only what an answer named.
Both carry the hub's key in their name, by which an administrator finds the one without a record.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from hub.contracts.errors import NotFound, Rejected, Unavailable
from hub.model.records import FileWrite
from hub.wire import json
from hub_salesforce.transport import Transport

VERSIONS = "/sobjects/ContentVersion"
LIMIT = 100 * 1024 * 1024
"""Bytes of a file that is uploaded: what the largest channel gives. Salesforce takes some two thousand million."""
PIECE = 64 * 1024
NAME = 80
"""Characters kept of a file's own name."""

_UNSAFE = re.compile(r"[^\w.\- ]+")
_KEY = re.compile(r"[\w-]{1,40}")
_MIME = re.compile(r"[\w.+-]+/[\w.+-]+")


def attach(transport: Transport, file: FileWrite) -> str:
    """Upload one file and return Salesforce's id of it (ContentDocument), two calls.

    Raises Rejected for one that is too large, empty or not there.
    """
    path = Path(file.path)
    try:
        size = path.stat().st_size
    except OSError:
        raise Rejected(f"the file {file.key} is not stored any more") from None
    if not 0 < size <= LIMIT:
        told = "is empty" if not size else f"is too large: {size} bytes, at most {LIMIT}"
        raise Rejected(f"the file {file.key} {told}")
    name = safe_name(file.name, file.key)
    first, last, headers = frame(name, file.mime)

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
        self._pieces = _pieces(first, path, size, last)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def read(self, size: int = -1) -> bytes:
        """The next piece, whatever the `size`; empty at the end. Raises OSError if the file became shorter."""
        return next(self._pieces, b"")


def _pieces(first: bytes, path: Path, size: int, last: bytes) -> Iterator[bytes]:
    yield first
    left = size
    with path.open("rb") as source:
        while left and (piece := source.read(min(PIECE, left))):
            left -= len(piece)
            yield piece
    if left:
        raise OSError("the file became shorter while it was read")
    yield last


def safe_name(name: str, key: str) -> str:
    """The file's own name, of letters, digits, dots, dashes and blanks, with the hub's key before its ending."""
    plain = _UNSAFE.sub("_", unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if not dot or not ending.isalnum() or len(ending) > 8:
        stem, ending = plain, ""
    mark = key if _KEY.fullmatch(key) else hashlib.sha256(key.encode()).hexdigest()[:32]
    return f"{stem[:NAME].strip(' .') or 'file'}-{mark}" + (f".{ending}" if ending else "")


def frame(name: str, mime: str) -> tuple[bytes, bytes, dict[str, str]]:
    """What stands before and behind the file's bytes in the body of the upload, and the headers of the call."""
    boundary = hashlib.sha256(name.encode()).hexdigest()
    kind = mime if _MIME.fullmatch(mime) else "application/octet-stream"
    values = json.dumps({"Title": name.rpartition(".")[0] or name, "PathOnClient": name}).decode()
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="entity_content"\r\n'
        f"Content-Type: application/json\r\n\r\n{values}\r\n"
        f'--{boundary}\r\nContent-Disposition: form-data; name="VersionData"; filename="{name}"\r\n'
        f"Content-Type: {kind}\r\n\r\n"
    ).encode()
    tail = f"\r\n--{boundary}--\r\n".encode()
    return head, tail, {"Content-Type": f"multipart/form-data; boundary={boundary}"}
