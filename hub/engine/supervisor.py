"""The parent of the hub's process: starts it, starts it again when it dies, and ends it when it no longer moves.

`dragoman run` becomes this process. It knows the hub only by its exit code and its signs of life, and needs nothing
but the standard library, so that whatever happens in the hub cannot happen to it.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from hub.engine.pulse import LOOP, WRITER, Pulse

MISTAKE = 2
"""Exit code of a hub that was told something wrong: starting it again would not help."""
AWAY = 3
"""Exit code of a hub whose store's server lets nobody in: it waits for it."""
FIRST_PAUSE, LONGEST_PAUSE, WELL = 0.1, 5.0, 3.0
"""Seconds. Pauses grow only while the hub dies sooner than WELL after its start; one that worked comes back at once."""
GRACE = 10.0
"""Seconds the hub gets to stop beyond what its configuration grants to work in flight."""
PATIENCE = 6
"""A stall inside no plugin is given this many times longer: a slow disk is nobody's fault."""


class Stall:
    """Watches the slots of a pulse: whether one stands still, and inside which number. Times in seconds."""

    def __init__(self, pulse: Pulse, limit: float) -> None:
        self._pulse, self._limit = pulse, limit
        self._seen: dict[int, tuple[float, int]] = {}
        self._quiet = {LOOP: 0.0, WRITER: 0.0}

    def look(self, passed: float) -> int | None:
        """The number inside which the hub stands still (0 = no plugin), or None. `passed` since the last look.

        Only what this process itself lived through counts: a machine that slept is not a hub that hangs.
        """
        for slot in (LOOP, WRITER):
            beat = self._pulse.read(slot)
            if beat != self._seen.get(slot):
                self._seen[slot], self._quiet[slot] = beat, 0.0
                continue
            self._quiet[slot] += min(passed, self._limit / 4)
            if self._quiet[slot] > self._limit * (1 if beat[1] else PATIENCE):
                return beat[1]
        return None


class Supervisor:
    """`run` returns the exit code."""

    def __init__(self, config: str, folder: Path, stall: float) -> None:
        self._config, self._pulse, self._stall = config, folder / "pulse", stall
        self._blocked: list[str] = []
        self._stopping = False
        self._wakeup, wake = os.pipe()
        for end in (self._wakeup, wake):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._asked)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)

    def run(self) -> int:
        """Keep a hub running until it is asked to stop, or was told something wrong."""
        pause = FIRST_PAUSE
        while True:
            began = time.monotonic()
            code = self._one_life()
            if self._stopping or code in (0, MISTAKE):
                return 0 if code == -signal.SIGTERM else code if code >= 0 else 1
            if time.monotonic() - began > WELL:
                pause = FIRST_PAUSE
            say(f"the hub ended ({_how(code)}) and starts again in {pause:g} s")
            if not self._rest(pause):
                return 0
            pause = min(LONGEST_PAUSE, pause * 2)

    def _one_life(self) -> int:
        """One hub process from start to end."""
        for file in (self._pulse, self._pulse.with_suffix(".json")):
            file.unlink(missing_ok=True)
        stall = Stall(Pulse(self._pulse), self._stall)
        command = [sys.executable, "-P", "-m", "hub.cli.hub_process", "--config", self._config]
        command += ["--pulse", str(self._pulse), "--blocked", ",".join(self._blocked)]
        child = subprocess.Popen(command)  # noqa: S603 - our own module
        told, last = 0.0, time.monotonic()
        while (code := child.poll()) is None:
            self._sleep(min(0.25, self._stall / 8))
            now = time.monotonic()
            passed, last = now - last, now
            if self._stopping:
                if not told:
                    child.terminate()
                    told = now + float(self._facts().get("grace", 0)) + GRACE
                elif now > told:
                    say("the hub does not stop and is killed")
                    child.kill()
                    return child.wait()
            elif (number := stall.look(passed)) is not None:
                self._accuse(number)
                child.kill()
                return child.wait()
        return code

    def _accuse(self, number: int) -> None:
        """The hub stands still: say inside what, and keep that plugin out from now on."""
        facts = self._facts()
        if number == 0 and "loading" in facts:
            plugin, where, block = facts["loading"], "while it is loaded", facts["loading"]
        elif found := facts.get("plugins", {}).get(str(number)):
            plugin, where, block = found["plugin"], f"({found['where']})", found["block"]
        else:
            say("the hub does not move, inside no plugin, and is killed")
            return
        without = f"without '{plugin}'" if block == plugin else "deaf to what that CRM calls"
        say(
            f"the hub does not move inside the plugin '{plugin}' {where} and is killed; "
            f"it starts again {without} until `dragoman run` is started anew"
        )
        if block not in self._blocked:
            self._blocked.append(block)

    def _facts(self) -> dict[str, Any]:
        """What the hub wrote about itself: `loading` one plugin, then `plugins` by number and `grace` in seconds."""
        try:
            facts: dict[str, Any] = json.loads(self._pulse.with_suffix(".json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return facts

    def _asked(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True

    def _rest(self, seconds: float) -> bool:
        """Wait before the next start; False when it is not to come."""
        until = time.monotonic() + seconds
        while not self._stopping and (left := until - time.monotonic()) > 0:
            self._sleep(left)
        return not self._stopping

    def _sleep(self, seconds: float) -> None:
        """Sleep, but not through a signal."""
        if select.select([self._wakeup], [], [], seconds)[0]:
            os.read(self._wakeup, 4096)


def say(sentence: str) -> None:
    """One line on stderr, as the hub's own logs look."""
    if sys.stderr.isatty():
        print(f"dragoman: {sentence}", file=sys.stderr, flush=True)
        return
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    print(json.dumps({"event": sentence, "level": "error", "timestamp": at}), file=sys.stderr, flush=True)


def _how(code: int) -> str:
    if code == AWAY:
        return "its store is away"
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def main(args: Sequence[str] | None = None) -> int:
    """Supervise one hub."""
    parser = argparse.ArgumentParser(prog="dragoman run")
    parser.add_argument("--config", required=True)
    parser.add_argument("--stall", type=float, default=10.0, help="seconds a plugin may hold the hub")
    options = parser.parse_args(args)
    folder = Path(tempfile.mkdtemp(prefix="dragoman-"))
    try:
        return Supervisor(options.config, folder, options.stall).run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
