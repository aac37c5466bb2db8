"""A process of our own at the other end of a pipe: the director calls methods by name, one at a time."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from typing import Any, Protocol

PATIENCE = 180.0
"""Seconds after which a call that has not answered is given up."""


class Target(Protocol):
    """What runs in the other process: every public async method can be called."""

    async def close(self) -> None:
        """The last call."""


class Remote:
    """The director's end. `build(*args)` makes the target inside the new process; `fast` asks for uvloop there."""

    def __init__(self, build: Callable[..., Awaitable[Target]], *args: Any, fast: bool) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, there = context.Pipe()
        self._process = context.Process(target=_live, args=(there, build, args, fast), daemon=False)
        self._process.start()
        there.close()

    @property
    def pid(self) -> int:
        """The process's id."""
        assert self._process.pid is not None
        return self._process.pid

    def call(self, name: str, *args: Any) -> Any:
        """Call a method there and return what it returns. Raises RuntimeError with the traceback when it failed."""
        self._pipe.send((name, args))
        try:
            if not self._pipe.poll(PATIENCE):
                raise RuntimeError(f"{name} gave no answer in {PATIENCE:.0f} s")
            ok, result = self._pipe.recv()
        except EOFError:
            raise RuntimeError(f"the process ended inside {name}") from None
        if not ok:
            raise RuntimeError(f"{name} failed in the other process:\n{result}")
        return result

    def __enter__(self) -> Remote:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self.call("close")
        finally:
            self._pipe.close()
            self._process.join(15)
            if self._process.is_alive():
                self._process.kill()
                self._process.join()


def uvloop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's loop where it is installed."""
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def _live(pipe: Connection, build: Callable[..., Awaitable[Target]], args: tuple[Any, ...], fast: bool) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the director tells when to end
    with asyncio.Runner(loop_factory=uvloop_factory() if fast else None) as runner:
        runner.run(_obey(pipe, build, args))


async def _obey(pipe: Connection, build: Callable[..., Awaitable[Target]], args: tuple[Any, ...]) -> None:
    import traceback

    asked: asyncio.Queue[tuple[str, tuple[Any, ...]] | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def readable() -> None:
        try:
            asked.put_nowait(pipe.recv())
        except EOFError:
            loop.remove_reader(pipe.fileno())
            asked.put_nowait(None)

    loop.add_reader(pipe.fileno(), readable)
    target: Target | None = None
    while (message := await asked.get()) is not None:
        name, parameters = message
        try:
            if target is None:
                target = await build(*args)
            result = await getattr(target, name)(*parameters)
        except Exception:
            pipe.send((False, traceback.format_exc()))
            break
        pipe.send((True, result))
        if name == "close":
            break
    loop.remove_reader(pipe.fileno())
