"""The backup key as people keep it."""

from __future__ import annotations

import base64
import binascii
import os

from hub.contracts.errors import ConfigError


def new_key() -> str:
    """A fresh key as people keep it: 32 random bytes in base64."""
    return base64.b64encode(os.urandom(32)).decode()


def read_key(text: str) -> bytes:
    """The 32 bytes of a key. Raises ConfigError without showing it."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise ConfigError("the backup key is not 32 bytes in base64", remedy="dragoman backup --new-key prints one")
    return key
