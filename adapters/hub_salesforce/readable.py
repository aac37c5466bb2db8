"""Answers in a form that Salesforce never gives: a proxy's, a truncated one, fields that are null where none can be."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from hub.contracts.errors import HubError, Unavailable

P = ParamSpec("P")
T = TypeVar("T")
ODD = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
"""What reading an answer raises where it has another form than the one that is documented."""


def readable(method: Callable[P, T]) -> Callable[P, T]:
    """The method, which raises Unavailable where an answer cannot be read: it is asked again, and all that the hub
    writes is found by an external id or a record id, so doing it again is harmless. The error names the place."""

    @wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return method(*args, **kwargs)
        except HubError:
            raise
        except ODD as odd:
            raise Unavailable(f"Salesforce's answer is not readable ({type(odd).__name__} at {_place(odd)})") from odd

    return call


def _place(failure: BaseException) -> str:
    """Where it was raised: the last place inside the adapter, as `reading.py:120`."""
    found, step = "?", failure.__traceback__
    while step is not None:
        file = Path(step.tb_frame.f_code.co_filename)
        if file.parent == Path(__file__).parent:
            found = f"{file.name}:{step.tb_lineno}"
        step = step.tb_next
    return found
