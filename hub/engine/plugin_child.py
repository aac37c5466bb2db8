"""The process of one plugin's hooks that may block: `python -m hub.engine.plugin_child NAME`.

Asks its parent for nothing and answers one line for one line, as JSON. The first line names the entry point and holds
the plugin's settings and folder; the child ends when its stdin closes. Whatever the plugin prints goes to stderr.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Mapping
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import IO, Any

import pluggy

from hub.contracts import hookspecs
from hub.contracts.errors import PluginError
from hub.model.happened import MessageToClassify


def main() -> None:
    """Load the plugin, then answer events until stdin closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the hub, which closes our stdin
    asked, answers = _take_over()
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(asked, lines), daemon=True).start()
    start = json.loads(lines.get())
    try:
        hooks = _hooks(start["name"], start["entry"])
        _warm_up(hooks, start["settings"], Path(start["folder"]))
    except BaseException as error:
        _say(answers, {"ready": False, "reason": _reason(error)})
        return
    _say(answers, {"ready": True})
    while True:
        event = json.loads(lines.get())
        _say(answers, {"id": event["id"], **_answer(hooks, event, start["settings"], Path(start["folder"]))})


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


def _hooks(name: str, entry: str) -> pluggy.HookRelay:
    module = EntryPoint(name, entry, "hub").load()
    manager = pluggy.PluginManager("hub")
    manager.add_hookspecs(hookspecs)
    manager.register(module, name=name)
    return manager.hook


def _warm_up(hooks: pluggy.HookRelay, settings: Mapping[str, Any], folder: Path) -> None:
    """Let a classifier load what it needs before it is asked in earnest, and in haste. What fails here fails again."""
    if hooks.hub_classify.get_hookimpls():
        nobody = {"language": "", "person": 0, "conversation": 0, "id": ""}
        try:
            hooks.hub_classify(text="", labels=(), context=nobody, settings=settings, folder=folder)
        except Exception as error:
            print(f"asked about nothing at its start it said {_reason(error)}", file=sys.stderr)


def _answer(
    hooks: pluggy.HookRelay, event: Mapping[str, Any], settings: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    try:
        if event["kind"] == MessageToClassify.kind:
            notes = _classified(hooks, event, settings, folder)
        else:
            told = hooks.hub_on_event(event=event, settings=settings)
            notes = [dict(note) for notes in told for note in notes or ()]
        json.dumps(notes)
    except BaseException as error:
        return {"ok": False, "reason": _reason(error)}
    return {"ok": True, "notes": notes}


def _classified(
    hooks: pluggy.HookRelay, event: Mapping[str, Any], settings: Mapping[str, Any], folder: Path
) -> list[dict[str, Any]]:
    """Labels with their chances, only those that were asked for. Raises PluginError on what is no chance."""
    about = {name: event[name] for name in ("language", "person", "conversation", "id")}
    wanted = tuple(event["labels"])
    (found,) = hooks.hub_classify(
        text=event["text"], labels=wanted, context={**event["context"], **about}, settings=settings, folder=folder
    ) or ((),)
    answer = []
    for pair in found:
        label, chance = pair if isinstance(pair, tuple | list) and len(pair) == 2 else ("", None)
        if not isinstance(label, str) or not isinstance(chance, int | float) or not 0 <= chance <= 1:
            raise PluginError("hub_classify returns pairs of a label and a chance from 0 to 1")
        if not wanted or label in wanted:
            answer.append({"label": label, "p": round(float(chance), 4)})
    return answer


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split())[:300]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _say(answers: IO[bytes], answer: Mapping[str, Any]) -> None:
    answers.write(json.dumps(answer).encode() + b"\n")
    answers.flush()


if __name__ == "__main__":
    main()
