"""Where backups are kept: a folder, or a bucket that speaks S3."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol
from urllib.parse import urlsplit

from hub.backup.settings import BackupSettings
from hub.contracts.errors import ConfigError, Unavailable

PARTIAL = ".partial"


class Entry(NamedTuple):
    """One file of a place; `size` in bytes."""

    name: str
    size: int


class Place(Protocol):
    """Files by name; `/` separates folders. All raise Unavailable when the place does not answer or refuses."""

    address: str

    def put(self, name: str, source: BinaryIO) -> None:
        """Keep a whole file durably; a failure leaves nothing under this name."""

    def get(self, name: str) -> BinaryIO:
        """Open a file to read; the caller closes it. Raises Unavailable when it is not there."""

    def list(self, prefix: str) -> Iterator[Entry]:
        """Every file whose name begins so, in order."""

    def delete(self, names: Iterable[str]) -> None:
        """Remove files; one that is not there is no error."""


def open_place(address: str, settings: BackupSettings) -> Place:
    """The place of an address: `s3://bucket/prefix`, or a folder. Raises ConfigError."""
    if address.startswith("s3://"):
        url = urlsplit(address)
        if not url.netloc:
            raise ConfigError(f"'{address}' names no bucket", remedy="write s3://bucket/prefix")
        return S3(address, url.netloc, url.path.strip("/"), settings)
    return Folder(Path(address).expanduser().resolve())


@contextmanager
def _answering(place: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(f"the place {place} cannot be used: {error.strerror or type(error).__name__}") from None


class Folder:
    """A folder, readable by this user only; best on another disk or machine."""

    def __init__(self, root: Path) -> None:
        self._root, self.address = root, str(root)

    def put(self, name: str, source: BinaryIO) -> None:
        """See `Place`: written beside, synced, then renamed."""
        with _answering(self.address):
            target = self._root / name
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            partial = target.with_name(target.name + PARTIAL)
            handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(handle, "wb") as into:
                while part := source.read(1 << 20):
                    into.write(part)
                into.flush()
                os.fsync(into.fileno())
            partial.replace(target)
            folder = os.open(target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def get(self, name: str) -> BinaryIO:
        """See `Place`."""
        with _answering(self.address):
            return (self._root / name).open("rb")

    def list(self, prefix: str) -> Iterator[Entry]:
        """See `Place`."""
        with _answering(self.address):
            folder = self._root / prefix.rpartition("/")[0]
            for file in sorted(folder.rglob("*")) if folder.is_dir() else []:
                name = file.relative_to(self._root).as_posix()
                if name.startswith(prefix) and file.is_file():
                    yield Entry(name, file.stat().st_size)

    def delete(self, names: Iterable[str]) -> None:
        """See `Place`."""
        with _answering(self.address):
            for name in names:
                (self._root / name).unlink(missing_ok=True)


class S3:
    """A bucket of any service that speaks S3. Credentials come as boto3 finds them: the environment, a profile, a role.

    An upload that breaks off leaves nothing (large ones are multipart uploads that are aborted).
    """

    def __init__(self, address: str, bucket: str, prefix: str, settings: BackupSettings) -> None:
        try:
            import boto3
            from botocore.config import Config
        except ImportError:
            raise ConfigError("backups to s3:// need boto3", remedy="pip install 'dragoman[s3]'") from None
        self.address, self._bucket, self._prefix = address, bucket, f"{prefix}/" if prefix else ""
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=settings.s3_endpoint or None,
            region_name=settings.s3_region or None,
            config=Config(connect_timeout=10, read_timeout=60, retries={"mode": "standard", "max_attempts": 5}),
        )

    @contextmanager
    def _asking(self) -> Iterator[None]:
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "unknown")
            raise Unavailable(f"the place {self.address} refused: {code}") from None
        except (BotoCoreError, Boto3Error) as error:
            raise Unavailable(f"the place {self.address} cannot be used: {type(error).__name__}") from None

    def put(self, name: str, source: BinaryIO) -> None:
        """See `Place`."""
        with self._asking():
            self._client.upload_fileobj(source, self._bucket, self._prefix + name)

    def get(self, name: str) -> BinaryIO:
        """See `Place`."""
        with self._asking():
            body: BinaryIO = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)["Body"]
            return body

    def list(self, prefix: str) -> Iterator[Entry]:
        """See `Place`."""
        with self._asking():
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix + prefix):
                for row in page.get("Contents", ()):
                    yield Entry(row["Key"].removeprefix(self._prefix), row["Size"])

    def delete(self, names: Iterable[str]) -> None:
        """See `Place`."""
        with self._asking():
            for name in names:
                self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name)
