"""Attachments in HubSpot's files: one upload each, private, in a folder of our own.

Source: HubSpot's "Files" guide (multipart POST of `file`, `fileName`, `folderPath`, `options`). The name ends with the
hub's key of the file and the upload overwrites that name, so repeating it after a lost answer replaces the file by
itself: no look-up, no copy beside it. Only names with our key in our folder can be hit.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from hub.contracts.errors import Rejected, Unavailable
from hub.model.records import FileWrite
from hub.wire import json
from hub_hubspot.errors import MissingScope
from hub_hubspot.paths import FILES
from hub_hubspot.transport import Answer, Transport

FOLDER = "/dragoman"
LIMIT = 100 * 1024 * 1024
"""Bytes of a file that is uploaded: what the largest channel gives. HubSpot's own limit depends on the plan; a smaller
one answers with a refusal."""
PIECE = 64 * 1024
NAME = 80
"""Characters kept of a file's own name."""
OPTIONS = {
    "access": "PRIVATE",
    "overwrite": True,
    "duplicateValidationStrategy": "NONE",
    "duplicateValidationScope": "EXACT_FOLDER",
}

_UNSAFE = re.compile(r"[^\w.\- ]+")
_MIME = re.compile(r"[\w.+-]+/[\w.+-]+")


def attach(transport: Transport, file: FileWrite) -> str:
    """Upload one file and return HubSpot's id of it. Raises Rejected for one that is too large, empty or not there."""
    path = Path(file.path)
    try:
        size = path.stat().st_size
    except OSError:
        raise Rejected(f"the file {file.key} is not stored any more") from None
    if not 0 < size <= LIMIT:
        told = "is empty" if not size else f"is too large for HubSpot: {size} bytes, at most {LIMIT}"
        raise Rejected(f"the file {file.key} {told}")
    name = safe_name(file.name, file.key)
    try:
        answer = transport.call(partial(_upload, transport, path, size, name, file.mime))
    except MissingScope as lacking:  # conversations are logged without their files
        raise Rejected(str(lacking)) from lacking
    found = str(answer.get("id") or "")
    if not found:
        raise Unavailable("HubSpot took the file without naming it")
    return found


def safe_name(name: str, key: str) -> str:
    """The file's own name, of letters, digits, dots, dashes and blanks, with the hub's key before its ending."""
    plain = _UNSAFE.sub("_", unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if not dot or not ending.isalnum() or len(ending) > 8:
        stem, ending = plain, ""
    mark = key if re.fullmatch(r"[\w-]{1,40}", key) else hashlib.sha256(key.encode()).hexdigest()[:32]
    return f"{stem[:NAME].strip(' .') or 'file'}-{mark}" + (f".{ending}" if ending else "")


def _upload(transport: Transport, path: Path, size: int, name: str, mime: str, **_: object) -> Answer:
    boundary = hashlib.sha256(name.encode()).hexdigest()
    fields = {"fileName": name, "folderPath": FOLDER, "options": json.dumps(OPTIONS).decode()}
    head = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        for field, value in fields.items()
    )
    kind = mime if _MIME.fullmatch(mime) else "application/octet-stream"
    head += f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    first, last = f"{head}Content-Type: {kind}\r\n\r\n".encode(), f"\r\n--{boundary}--\r\n".encode()
    headers = {
        "Content-Type": f"multipart/form-data; boundary={boundary}",
        "Content-Length": str(len(first) + size + len(last)),
    }
    return transport.plain("POST", FILES, _pieces(first, path, size, last), headers=headers)


def _pieces(first: bytes, path: Path, size: int, last: bytes) -> Iterator[bytes]:
    """The body without holding the file in memory; exactly `size` bytes of it, as its header says."""
    yield first
    left = size
    with path.open("rb") as file:
        while left and (piece := file.read(min(PIECE, left))):
            left -= len(piece)
            yield piece
    if left:
        raise OSError("the file became shorter while it was read")
    yield last
