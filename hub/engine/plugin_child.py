"""The process of one plugin's event hook: `python -m hub.engine.plugin_child NAME`.

Asks its parent for nothing and answers one line for one line, as JSON. The first line names the entry point and holds
the plugin's settings; the child ends when its stdin closes. Whatever the plugin prints goes to stderr.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import threading
from collections.abc import Callable, Mapping
from importlib.metadata import EntryPoint
from typing import IO, Any

import pluggy

from hub.contracts import hookspecs


def main() -> None:
    """Load the plugin, then answer events until stdin closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the hub, which closes our stdin
    asked, answers = _take_over()
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(asked, lines), daemon=True).start()
    start = json.loads(lines.get())
    try:
        hook = _hook(start["name"], start["entry"])
    except BaseException as error:
        _say(answers, {"ready": False, "reason": _reason(error)})
        return
    _say(answers, {"ready": True})
    while True:
        event = json.loads(lines.get())
        _say(answers, {"id": event["id"], **_answer(hook, event, start["settings"])})


def _take_over() -> tuple[IO[bytes], IO[bytes]]:
    """The two ends of the protocol, out of the plugin's reach: its stdin is empty, its stdout is stderr."""
    asked, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    os.dup2(2, 1)
    return asked, answers


def _listen(asked: IO[bytes], lines: queue.SimpleQueue[bytes]) -> None:
    for line in asked:
        lines.put(line)
    os._exit(0)  # the hub is gone or stops: also a hook that hangs ends here


def _hook(name: str, entry: str) -> Callable[..., list[Any]]:
    module = EntryPoint(name, entry, "hub").load()
    manager = pluggy.PluginManager("hub")
    manager.add_hookspecs(hookspecs)
    manager.register(module, name=name)
    return manager.hook.hub_on_event


def _answer(hook: Callable[..., list[Any]], event: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    try:
        notes = [dict(note) for notes in hook(event=event, settings=settings) for note in notes or ()]
        json.dumps(notes)
    except BaseException as error:
        return {"ok": False, "reason": _reason(error)}
    return {"ok": True, "notes": notes}


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split())[:300]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _say(answers: IO[bytes], answer: Mapping[str, Any]) -> None:
    answers.write(json.dumps(answer).encode() + b"\n")
    answers.flush()


if __name__ == "__main__":
    main()
