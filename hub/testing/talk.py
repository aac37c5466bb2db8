"""Conversations with a platform that is not there: a channel's generator, and replies made up for it."""

from __future__ import annotations

import inspect
import json
from typing import Any, TypeVar
from urllib.parse import unquote_plus

from hub.contracts.channel import Calls, Channel, HttpCall, HttpReply, MarksRead
from hub.contracts.errors import HubError
from hub.model.content import Media

T = TypeVar("T")

MOST_CALLS = 20


def yes(body: object) -> HttpReply:
    """The platform's 200 with a body: JSON, or text as it stands."""
    return HttpReply(200, {}, body.encode() if isinstance(body, str) else json.dumps(body).encode())


def talk(name: str, calls: Calls[T], *replies: HttpReply | HubError) -> tuple[list[HttpCall], T | HubError]:
    """Run a conversation; the last reply is given to every further call. Its calls, and its result or HubError."""
    generator: object = calls
    assert inspect.isgenerator(generator), f"{name} is a generator: it yields HttpCall and is sent HttpReply"
    made: list[HttpCall] = []
    try:
        call = next(calls)
        while len(made) < MOST_CALLS:
            assert isinstance(call, HttpCall), f"{name} yields HttpCall, not {type(call).__name__}"
            made.append(call)
            reply = replies[min(len(made), len(replies)) - 1]
            call = calls.throw(reply) if isinstance(reply, HubError) else calls.send(reply)
    except StopIteration as end:
        return made, end.value
    except HubError as error:
        return made, error
    except AssertionError:
        raise
    except Exception as error:
        raise AssertionError(
            f"{name} raised {type(error).__name__} after {replies[-1]!r:.200}: raise an error of hub.contracts.errors"
        ) from error
    raise AssertionError(f"{name} made {MOST_CALLS} calls and did not end")


def others(channel: Channel[Any]) -> dict[str, Calls[Any]]:
    """The conversations a channel has besides `send`."""
    callback, file = "https://hub.example.com/hook/contract", Media(kind="document", mime="application/pdf", ref="1")
    asked: dict[str, tuple[Any, ...]] = {
        "poll": ("",),
        "probe": (),
        "connect": (callback,),
        "examine": (callback,),
        "templates": (),
        "upload": ("account", file, b"%PDF-"),
        "locate": ("account", file),
    }
    found = {name: getattr(channel, name)(*args) for name, args in asked.items() if hasattr(channel, name)}
    if isinstance(channel, MarksRead):
        found["mark_read"] = channel.mark_read("account", "address", "message", typing=True)
    return found


def written(call: HttpCall) -> str:
    """What a call says, as readable as it gets."""
    body = call.body.decode(errors="replace")
    return " ".join((call.method, unquote_plus(call.url), body, unquote_plus(body), *call.headers.values()))
