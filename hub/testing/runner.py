"""The hub as real processes that may be killed: the supervisor with its child, or the hub alone, started anew by us."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from hub.contracts.errors import Unavailable
from hub.engine.control_client import ask
from hub.engine.supervisor import AWAY

SUPERVISED = ("-m", "hub.engine.supervisor")
READY = 60.0
"""Seconds a start may take on a busy machine."""
LOOK = 0.02


class HubRun:
    """Starts and kills one hub on `config`. With `module` (of arguments for Python) other than the supervisor's, what
    is killed stays dead until `start` is called. `environ` are variables of its own, for one of several processes."""

    def __init__(
        self,
        config: Path,
        data: Path,
        module: Sequence[str] = SUPERVISED,
        *,
        environ: Mapping[str, str] | None = None,
        log: Path | None = None,
    ) -> None:
        self.config, self.data, self._module, self._environ = config, data, module, environ or {}
        self.supervised = module == SUPERVISED
        self.log = log or config.with_suffix(".log")
        self._process: asyncio.subprocess.Process | None = None
        self._dead: set[int] = set()  # hub processes that were killed
        self._scratch = ""  # what the killed leave behind goes in here

    async def start(self) -> None:
        """Start the processes, in a group of their own."""
        self._scratch = self._scratch or tempfile.mkdtemp(prefix="dragoman-")
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *self._module,
                "--config",
                str(self.config),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**_environment(), **self._environ, "TMPDIR": self._scratch},
                start_new_session=True,
            )

    async def ready(self) -> Mapping[str, Any]:
        """Wait until a hub that was not killed says that it runs; returns what it says. Raises Unavailable."""
        until = time.monotonic() + READY
        while time.monotonic() < until:
            facts = self._facts()
            if facts and facts["pid"] not in self._dead:
                return facts
            if self._process is not None and self._process.returncode == AWAY:
                await self.start()  # as its supervisor would
            if self._process is None or self._process.returncode is not None:
                raise Unavailable(f"the hub did not start: {self._last_words()}")
            await asyncio.sleep(LOOK)
        raise Unavailable(f"the hub was not ready within {READY:.0f} s: {self._last_words()}")

    async def status(self) -> Mapping[str, Any]:
        """What the hub tells over its control socket; empty while none answers."""
        return await asyncio.to_thread(ask, self.data, {"do": "status"}, 2.0) or {}

    async def kill(self) -> float:
        """kill -9 the hub's process, and nothing else; returns when. A hub that is starting is waited for."""
        pid = int((await self.ready())["pid"])
        self._dead.add(pid)
        at = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        if not self.supervised:
            await self._gone()
        return at

    async def kill_all(self) -> float:
        """kill -9 the hub and whoever watches over it; both stay dead until `start`. Returns when."""
        facts, at = self._facts(), time.monotonic()
        if facts:
            self._dead.add(int(facts["pid"]))
        if self._process is not None and self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._gone()
        return at

    async def freeze(self) -> Callable[[], None]:
        """The hub's process stands still, as on a machine that sleeps, until what is returned is called."""
        pid = int((await self.ready())["pid"])
        os.kill(pid, signal.SIGSTOP)
        return partial(_signal, pid, signal.SIGCONT)

    async def stop(self, grace: float = 25.0) -> bool:
        """Ask the hub to end, and end it if it does not within `grace` seconds. Whether it ended well by itself."""
        try:
            if self._process is not None and self._process.returncode is None:
                self._process.terminate()
                await asyncio.wait_for(self._process.wait(), grace)
        except TimeoutError:
            pass
        finally:
            await self.kill_all()
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch = ""
        return self._process is not None and self._process.returncode == 0

    async def _gone(self) -> None:
        if self._process is not None:
            await self._process.wait()

    def _facts(self) -> dict[str, Any] | None:
        try:
            facts = json.loads((self.data / "run.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return facts if isinstance(facts, dict) and "pid" in facts else None

    def _last_words(self) -> str:
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            lines = []
        return lines[-1][:300] if lines else f"nothing in {self.log}"


def _signal(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _environment() -> dict[str, str]:
    """The caller's environment without settings of a hub of his own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("DRAGOMAN_")}
