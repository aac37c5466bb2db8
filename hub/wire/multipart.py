"""Files on their way to a CRM: a name that is safe anywhere, and the body of an upload (RFC 7578), piece by piece."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from hub.contracts.errors import Rejected

PIECE = 64 * 1024
NAME = 80
"""Characters kept of a file's own name."""

_UNSAFE = re.compile(r"[^\w.\- ]+")
_KEY = re.compile(r"[\w-]{1,40}")
_MIME = re.compile(r"[\w.+-]+/[\w.+-]+")


class Part(NamedTuple):
    """A field of the form before the file: its value, and its media type where it has one."""

    value: str
    mime: str = ""


class Form(NamedTuple):
    """What stands before and behind the file's bytes, and the value of the Content-Type header."""

    first: bytes
    last: bytes
    kind: str


def size_of(path: Path, key: str, limit: int, whose: str) -> int:
    """Bytes of a stored file. Raises Rejected for one that is not there, empty, or larger than `limit`, the most that
    goes to `whose` files; it is called by its `key`."""
    try:
        size = path.stat().st_size
    except OSError:
        raise Rejected(f"the file {key} is not stored any more") from None
    if not 0 < size <= limit:
        told = "is empty" if not size else f"is too large for {whose}: {size} bytes, at most {limit}"
        raise Rejected(f"the file {key} {told}")
    return size


def safe_name(name: str, key: str) -> str:
    """The file's own name, of letters, digits, dots, dashes and blanks, with the hub's key before its ending."""
    plain = _UNSAFE.sub("_", unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if not dot or not ending.isalnum() or len(ending) > 8:
        stem, ending = plain, ""
    mark = key if _KEY.fullmatch(key) else hashlib.sha256(key.encode()).hexdigest()[:32]
    return f"{stem[:NAME].strip(' .') or 'file'}-{mark}" + (f".{ending}" if ending else "")


def form(fields: Mapping[str, Part], file_field: str, name: str, mime: str) -> Form:
    """A form with one file, called by a safe `name`; a media type that is none becomes that of any bytes."""
    boundary = hashlib.sha256(name.encode()).hexdigest()
    head = ""
    for field, part in fields.items():
        kind = f"Content-Type: {part.mime}\r\n" if part.mime else ""
        head += f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n{kind}\r\n{part.value}\r\n'
    kind = mime if _MIME.fullmatch(mime) else "application/octet-stream"
    head += f'--{boundary}\r\nContent-Disposition: form-data; name="{file_field}"; filename="{name}"\r\n'
    first, last = f"{head}Content-Type: {kind}\r\n\r\n".encode(), f"\r\n--{boundary}--\r\n".encode()
    return Form(first, last, f"multipart/form-data; boundary={boundary}")


def pieces(first: bytes, path: Path, size: int, last: bytes) -> Iterator[bytes]:
    """The body without holding the file in memory; exactly `size` bytes of it, as its header says. Raises OSError if
    the file became shorter."""
    yield first
    left = size
    with path.open("rb") as file:
        while left and (piece := file.read(min(PIECE, left))):
            left -= len(piece)
            yield piece
    if left:
        raise OSError("the file became shorter while it was read")
    yield last
