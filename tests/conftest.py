"""For every test: nothing but this machine can be reached. For those that want one: a hub between simulators."""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import ipaddress
import json
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from hub.contracts.errors import ConfigError
from hub.testing.postgres import PostgresServer
from hub.testing.stores import server


def _check(host: Any) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return
    try:
        if ipaddress.ip_address(name).is_loopback or name == "0.0.0.0":
            return
    except ValueError:
        pass
    raise PermissionError(f"a test wants to reach {name!r}; tests use 127.0.0.1 only")


@pytest.fixture(autouse=True, scope="session")
def only_loopback() -> Iterator[None]:
    """Refuse to connect to, or even look up, another machine. Unix sockets are this machine."""
    connect, connect_ex, look_up = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guard(real: Any) -> Any:
        def guarded(self: socket.socket, address: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6):
                _check(address[0])
            return real(self, address)

        return guarded

    def guarded_look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        _check(host)
        return look_up(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guard(connect))
        patch.setattr(socket.socket, "connect_ex", guard(connect_ex))
        patch.setattr(socket, "getaddrinfo", guarded_look_up)
        yield


class Live:
    """A running hub in this process between platforms on loopback: `async with live(channel, crm): ...`.

    `start` and `stop` may alternate; the hub keeps its folder, and its new address is told to the channels.
    `tables` are more lines of hub.toml; `connection`, `inbox`, `crm` and `settings` are laid over what the simulators
    say.
    """

    def __init__(
        self,
        folder: Path,
        *platforms: Any,
        tables: str = "",
        settings: Mapping[str, Any] | None = None,
        connection: Mapping[str, Any] | None = None,
        crm: Mapping[str, Any] | None = None,
        inbox: Mapping[str, Any] | None = None,
    ) -> None:
        self.folder, self.platforms, self._tables = folder, platforms, tables
        self._settings, self._connection, self._crm = settings or {}, connection or {}, crm or {}
        self._inbox = inbox or {}
        self.hub: Any = None

    async def __aenter__(self) -> Live:
        for platform in self.platforms:
            await platform.start()
        self._write()
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        for platform in self.platforms:
            await platform.stop()

    async def start(self) -> None:
        """Start the hub with the hub.toml of the folder."""
        from hub.engine.hub import Hub
        from hub.engine.loader import load_plugins
        from hub.engine.settings import load_config
        from hub.ingest import public_app

        plugins = load_plugins()
        hub = Hub(load_config(self.folder / "hub.toml", plugins, {}), plugins)
        await hub.start()
        self.hub = hub
        self._runner = web.AppRunner(public_app(hub), access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        door = f"http://127.0.0.1:{self._runner.addresses[0][1]}/hook/"
        self.urls = {platform.name: door + platform.name for platform in self.platforms}
        for platform in self.platforms:
            if hasattr(platform, "point_at"):
                platform.point_at(self.urls[platform.name])

    async def stop(self) -> None:
        """Stop the hub, as a signal does."""
        if self.hub is not None:
            hub, self.hub = self.hub, None
            await hub.stop()
            await self._runner.cleanup()

    async def until(self, holds: Callable[[], Any], seconds: float = 7) -> None:
        """Look again and again until it holds; TimeoutError when it does not come to that."""
        async with asyncio.timeout(seconds):
            while not (await found if inspect.isawaitable(found := holds()) else found):  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Look into the store."""
        found: list[tuple[Any, ...]] = await self.hub.writer.call(lambda store: store.db.rows(sql))
        return found

    async def worked_off(self) -> None:
        """Wait until every accepted event was worked on."""

        async def empty() -> bool:
            return not await self.rows("SELECT 1 FROM queue LIMIT 1")

        await self.until(empty)

    def _write(self) -> None:
        usual = {"data": "./data", "disk_min_mb": 1, "crm_linger": 0.05, "crm_poll": 600, "stop_grace": 1}
        parts = [_table("hub", {**usual, **self._settings})]
        for platform in self.platforms:
            name, config = platform.name, platform.config()
            if hasattr(platform, "accounts"):
                parts.append(_table(f"connection.{name}", {"channel": name, **config, **self._connection}))
                inbox = {"connection": name, "account": platform.accounts()[0], **self._inbox}
                parts.append(_table(f"inbox.{name}", inbox))
            else:
                parts.append(_table(f"crm.{name}", {**config, **self._crm}))
        parts.append(
            '[texts]\nprices = "Price list"\n[[rule]]\nname = "prices"\nkeywords = ["price"]\nreply = "prices"\n'
        )
        (self.folder / "hub.toml").write_text("\n".join([*parts, self._tables]), encoding="utf-8")


def _table(name: str, values: Mapping[str, Any]) -> str:
    """A TOML table: JSON's strings, numbers and booleans are TOML's too."""
    return "\n".join([f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items()), ""])


@pytest.fixture
def live(tmp_path: Path) -> Callable[..., Live]:
    """Make a `Live` in this test's folder."""
    return partial(Live, tmp_path)


@pytest.fixture
def simulators() -> Mapping[str, Any]:
    """The simulators that the plugins bring, by name."""
    from hub.engine.loader import load_plugins

    return load_plugins().simulators()


@pytest.fixture(scope="session")
def postgres() -> PostgresServer:
    """A PostgreSQL of this run's own, started when it is first asked for; a test takes a database of its own there, and
    kills servers of its own only."""
    try:
        return server()
    except ConfigError as error:
        pytest.skip(str(error))


_PASSED: set[str] = set()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember what passed, by the name that docs/requirements.md gives it."""
    if report.when == "call" and report.passed:
        _PASSED.add(re.sub(r"\[.*", "", report.nodeid, flags=re.DOTALL))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """After a run of everything: each test that docs/requirements.md names did run."""
    options = session.config.option
    everything = options.markexpr in ("", "not full") and not options.keyword and not options.collectonly
    if hasattr(session.config, "workerinput") or not everything or session.config.args != ["tests"]:
        return
    spec = importlib.util.spec_from_file_location("requirements", Path(__file__).parent / "requirements.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if missing := module.unproven(_PASSED, long=not options.markexpr):
        print("\ndocs/requirements.md names tests that did not run:", *missing, sep="\n  ")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
