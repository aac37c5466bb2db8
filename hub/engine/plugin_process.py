"""One plugin's child process seen from the hub: ask, get an answer in time, or kill it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import structlog

log = structlog.get_logger("hub.plugin")

ANSWER_MAX = 256 * 1024  # bytes of one answer
START = 30.0  # seconds a plugin may take to be imported
GOODBYE = 0.5  # seconds a child gets to see that its stdin closed
LOGGED, LOGGED_CHARS, MINUTE = 10, 1000, 60.0


class ChildDied(Exception):
    """The child had to be killed, or ended by itself; `str()` says why."""


INHERITED = ("HOME", "LANG", "LC_", "LD_", "PATH", "PYTHON", "SSL_CERT_", "TMPDIR", "TZ", "VIRTUAL_ENV")
"""What a plugin's process sees of the hub's environment (by beginning): secrets of others stand there too."""


class PluginProcess:
    """One running child. Built by `start`; after `ChildDied` it is gone for good."""

    def __init__(self, plugin: str, process: asyncio.subprocess.Process) -> None:
        self._plugin, self._process = plugin, process
        self._asked: asyncio.Future[bytes] | None = None
        self._fault = ""
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._overhear())]

    @staticmethod
    async def start(plugin: str, entry: str, settings: Mapping[str, Any], folder: Path) -> PluginProcess:
        """Spawn and load the plugin; its settings travel over stdin only, `folder` is where classifiers keep what they
        learned. Raises ChildDied."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "hub.engine.plugin_child", plugin),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=ANSWER_MAX,
            env={name: value for name, value in os.environ.items() if name.startswith(INHERITED)},
            start_new_session=True,  # so that what the plugin starts dies with it
        )
        child = PluginProcess(plugin, process)
        try:
            hello = await child.ask(
                {"name": plugin, "entry": entry, "settings": settings, "folder": str(folder)}, START
            )
            if not hello.get("ready"):
                raise ChildDied(f"cannot be loaded: {hello.get('reason', '')}")
        except BaseException:
            await child.kill()
            raise
        return child

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    async def ask(self, question: Mapping[str, Any], deadline: float) -> dict[str, Any]:
        """Send one line and wait for its answer, at most `deadline` seconds. Raises ChildDied, the child is dead."""
        assert self._process.stdin is not None
        if self._fault:
            raise ChildDied(self._fault)
        self._asked = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(deadline):
                self._process.stdin.write(json.dumps(question).encode() + b"\n")
                await self._process.stdin.drain()
                answer = json.loads(await self._asked)
        except TimeoutError:
            await self.kill()
            raise ChildDied(f"did not answer within {deadline:g} s") from None
        except (ValueError, OSError):
            await self.kill()
            raise ChildDied(self._fault or "its process ended") from None
        except ChildDied:
            await self.kill()
            raise
        finally:
            self._asked = None
        if not isinstance(answer, dict) or answer.get("id") != question.get("id"):
            await self.kill()
            raise ChildDied("spoke without being asked")
        return answer

    async def close(self) -> None:
        """Let it go: its stdin closes, it ends by itself or is killed."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(GOODBYE):
                await self._process.wait()
        except TimeoutError:
            pass
        await self.kill()

    async def kill(self) -> None:
        """End it now, with everything it started."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        await self._process.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _listen(self) -> None:
        """Lines from the child: each must have been asked for and may not be large."""
        assert self._process.stdout is not None
        fault = "its process ended"
        try:
            while line := await self._process.stdout.readline():
                if self._asked is None or self._asked.done():
                    fault = "spoke without being asked"
                    break
                self._asked.set_result(line)
        except ValueError:
            fault = f"its answer is larger than {ANSWER_MAX // 1024} kB"
        self._fault = fault
        if self._asked is not None and not self._asked.done():
            self._asked.set_exception(ChildDied(fault))
        if self._process.returncode is None:
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    async def _overhear(self) -> None:
        """What the plugin prints, a little of it; the rest is read and forgotten, so that it never blocks."""
        assert self._process.stderr is not None
        said: deque[float] = deque(maxlen=LOGGED)
        rest = b""
        while chunk := await self._process.stderr.read(65536):
            *lines, rest = (rest + chunk).split(b"\n")
            rest = rest[:LOGGED_CHARS]
            for line in lines:
                now = asyncio.get_running_loop().time()
                if line.strip() and (len(said) < LOGGED or now - said[0] > MINUTE):
                    said.append(now)
                    text = line[: 4 * LOGGED_CHARS].decode("utf-8", "replace")[:LOGGED_CHARS]
                    log.info("the plugin says", plugin=self._plugin, line=text)
