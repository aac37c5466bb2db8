"""JSON at the edge: fast where orjson is installed, with the same meaning where it is not.

RFC 8259: UTF-8 text, no NaN. A lone surrogate (half an emoji, seen in cut profile names) is allowed by its grammar,
so it must not cost a message: orjson refuses it, the standard library reads it, hence the fallback.
"""

from __future__ import annotations

import json
from typing import Any

try:
    import orjson
except ImportError:  # the extra `speed` is not installed
    FAST = False
else:
    FAST = True


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


_decode = json.JSONDecoder(parse_constant=_refuse).decode


def loads(data: bytes) -> Any:
    """The value that `data` says. Raises ValueError, which never quotes the data, for anything but JSON in UTF-8."""
    if FAST:
        try:
            return orjson.loads(data)
        except ValueError:
            pass
    try:
        return _decode(data.decode())
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None


def dumps(value: Any) -> bytes:
    """Compact JSON. Raises TypeError or ValueError for what JSON cannot say.

    The bytes may differ between machines with and without orjson: never hash them, see `canonical`.
    """
    if FAST:
        try:
            return orjson.dumps(value)
        except TypeError:  # a lone surrogate or an integer beyond 64 bits
            pass
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


def canonical(value: Any) -> bytes:
    """The same bytes for the same value on every machine: sorted keys, ASCII. For hashes; slower than `dumps`."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
