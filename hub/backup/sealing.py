"""Files that only the holder of the key can read, and that nobody can shorten, reorder or exchange unseen.

Layout: 8 bytes of magic, 32 bytes of salt, then parts of 256 KiB, each sealed with AES-256-GCM (NIST SP 800-38D). The
key of a file comes from the backup key by HKDF-SHA256 (RFC 5869) with the salt and the file's name; the nonce of a part
is its number and whether it is the last (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015).
Before sealing the bytes are compressed (zlib).
"""

from __future__ import annotations

import os
import zlib
from hashlib import blake2b
from types import TracebackType
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hub.contracts.errors import ConfigError, Refused

SEALED, PLAIN = b"DRAGOM1\n", b"DRAGOM0\n"
SALT, PART, TAG = 32, 256 * 1024, 16
LEVEL = 3  # zlib: most of the gain for a third of the time


class Damaged(Refused):
    """A file of a backup is not what was written, or the key is another one."""


def hidden_name(key: bytes | None, name: str) -> str:
    """How a file is called in the place: with a key the name tells nothing about what is in it."""
    return blake2b(name.encode(), key=key, digest_size=20, person=b"dragoman names").hexdigest() if key else name


def _cipher(key: bytes, salt: bytes, name: str) -> AESGCM:
    info = b"dragoman backup 1 " + name.encode()
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(key))


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


class Sealer:
    """A writable file that seals what is written to it into `target`. `close` writes the last part.

    `key` None leaves the parts readable: only with the explicit wish of the admin.
    """

    def __init__(self, target: BinaryIO, key: bytes | None, name: str) -> None:
        self._target, self._number, self._buffer = target, 0, bytearray()
        self._press = zlib.compressobj(LEVEL)
        self._aes: AESGCM | None = None
        target.write(SEALED if key else PLAIN)
        if key:
            salt = os.urandom(SALT)
            target.write(salt)
            self._aes = _cipher(key, salt, name)

    def write(self, data: bytes) -> int:
        """Take bytes."""
        self._buffer += self._press.compress(data)
        while len(self._buffer) > PART:  # a full part waits until something follows: the last one is marked
            self._part(bytes(self._buffer[:PART]), last=False)
            del self._buffer[:PART]
        return len(data)

    def close(self) -> None:
        """Write what is left; the target stays open."""
        self._buffer += self._press.flush()
        while len(self._buffer) > PART:
            self._part(bytes(self._buffer[:PART]), last=False)
            del self._buffer[:PART]
        self._part(bytes(self._buffer), last=True)

    def _part(self, data: bytes, *, last: bool) -> None:
        self._target.write(self._aes.encrypt(_nonce(self._number, last), data, None) if self._aes else data)
        self._number += 1

    def __enter__(self) -> Sealer:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        if kind is None:
            self.close()


class Unsealer:
    """A readable file of what was sealed. `read` raises Damaged when anything is not as it was written."""

    def __init__(self, source: BinaryIO, key: bytes | None, name: str) -> None:
        self._source, self._name, self._number, self._ended = source, name, 0, False
        self._press = zlib.decompressobj()
        self._ready = bytearray()
        self._aes: AESGCM | None = None
        magic = _exactly(source, len(SEALED))
        if magic == SEALED:
            if not key:
                raise ConfigError(
                    f"{name} is sealed with a key", remedy="set DRAGOMAN_BACKUP_KEY to the key of this backup"
                )
            self._aes = _cipher(key, _exactly(source, SALT), name)
        elif magic != PLAIN or key:
            raise Damaged(f"{name} is {'not sealed with a key' if magic == PLAIN else 'no file of a backup'}")
        self._next = _exactly(source, self._size)

    @property
    def _size(self) -> int:
        return PART + TAG if self._aes else PART

    def read(self, size: int = -1) -> bytes:
        """Bytes as they were written; b"" at the end."""
        while (size < 0 or len(self._ready) < size) and not self._ended:
            self._open_part()
        end = len(self._ready) if size < 0 else size
        data = bytes(self._ready[:end])
        del self._ready[:end]
        return data

    def _open_part(self) -> None:
        part, self._next = self._next, _exactly(self._source, self._size)
        last = not self._next
        if self._aes:
            try:
                part = self._aes.decrypt(_nonce(self._number, last), part, None)
            except InvalidTag:
                raise Damaged(f"{self._name} cannot be opened: another key, or it was changed or cut off") from None
        self._number += 1
        try:
            self._ready += self._press.decompress(part)
        except zlib.error:
            raise Damaged(f"{self._name} was changed") from None
        if last:
            self._ended = True
            if not self._press.eof:
                raise Damaged(f"{self._name} was cut off")


def _exactly(source: BinaryIO, size: int) -> bytes:
    """`size` bytes, fewer only at the end."""
    parts = bytearray()
    while len(parts) < size and (part := source.read(size - len(parts))):
        parts += part
    return bytes(parts)
