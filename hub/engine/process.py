"""Who this process is among those that share a store."""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
from pathlib import Path

from hub.contracts.errors import ConfigError

FILE = "process"


class Process:
    """`name`: host:pid:random. `before`: the one that lived in this folder before and is dead, "" = none.

    From its making to `end` the `folder` (None = none is needed) is its own. Raises ConfigError while another process
    has it.
    """

    def __init__(self, folder: Path | None) -> None:
        self.name, self.before, self._file = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}", "", -1
        if folder is None:
            return
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(folder / FILE, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(file)
            raise ConfigError(
                f"another hub already runs on {folder}", remedy="stop it, or give this one its own [hub] data folder"
            ) from error
        self._file, self.before = file, os.read(file, 500).decode("utf-8", "replace")

    def begun(self) -> None:
        """What it follows on is taken care of: from now on it is the last one that lived here."""
        if self._file >= 0:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, self.name.encode(), 0)

    def end(self) -> None:
        """Another one may have the folder."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
