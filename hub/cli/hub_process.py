"""The hub's own process: `python -m hub.cli.hub_process --config FILE`. Usually the supervisor starts it.

Exit codes: 0 asked to stop, 1 something vital died, 2 a mistake in the configuration, 3 the store's server lets nobody
in (one sentence each on stderr).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web

from hub.contracts.errors import ConfigError
from hub.engine.control_client import ask
from hub.engine.hub import Hub
from hub.engine.hub_settings import address
from hub.engine.line import CRM, numbers
from hub.engine.loader import Plugins, load_plugins
from hub.engine.pulse import LOOP, WRITER, Pulse
from hub.engine.settings import Config, load_config
from hub.engine.supervisor import AWAY, MISTAKE
from hub.ingest import LISTENER, admin_app, public_app
from hub.store import StoreAway

log = structlog.get_logger("hub.process")

RUN = "run.json"
WATCH = 0.5


def main(args: Sequence[str] | None = None) -> int:
    """Run one hub until it is asked to stop. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="hub_process")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--pulse", type=Path, help="file of signs of life; beside it stands who has which number")
    parser.add_argument("--blocked", default="", help="plugins to keep out, and crm:NAME not to listen to, with commas")
    options = parser.parse_args(args)
    try:
        watch, pulse = _EndWithParent(), Pulse(options.pulse)
        if options.pulse:
            watch.start()
        blocked = [name for name in options.blocked.split(",") if name]
        plugins = _load_plugins([name for name in blocked if not name.startswith(CRM)], options.pulse, pulse)
        config = load_config(options.config, plugins, os.environ, keep_bad_mappings=True)
        deaf = frozenset(name.removeprefix(CRM) for name in blocked if name.startswith(CRM))
        config = replace(config, deaf=deaf)
        begin_logging(config.hub.log_level)
        if options.pulse:
            _tell_supervisor(options.pulse, config, plugins)
            watch.grace += config.hub.stop_grace
        with asyncio.Runner(loop_factory=_fast_loop if config.hub.speed else None) as runner:
            runner.run(serve(config, plugins, pulse))
    except ConfigError as error:
        print(f"dragoman: {error}", file=sys.stderr)
        return AWAY if isinstance(error, StoreAway) else MISTAKE
    except Exception as error:
        log.error("the hub ends", error=f"{type(error).__name__}: {error}"[:500])
        return 1
    return 0


async def serve(config: Config, plugins: Plugins, pulse: Pulse | None = None) -> None:
    """A whole hub with both listeners, until SIGTERM, SIGINT or the control socket ask it to stop.

    Raises ConfigError when an address or the store cannot be had, and whatever a vital part died of.
    """
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    data = Path(config.hub.data)
    with _bind(config, "listen") as public_socket, _bind(config, "admin") as admin_socket:
        hub = Hub(config, plugins, pulse)
        await hub.start()
        app = public_app(hub)
        public = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        admin = web.AppRunner(admin_app(hub, app[LISTENER].answers), access_log=None, shutdown_timeout=1.0)
        try:
            for runner, listener in ((public, public_socket), (admin, admin_socket)):
                await runner.setup()
                await web.SockSite(runner, listener).start()
            _write_run(data, hub, public_socket, admin_socket)
            log.info("the hub runs", listen=_url(public_socket), admin=_url(admin_socket), data=str(data))
            await _until_asked(hub, asked)
            log.info("the hub stops")
        finally:
            (data / RUN).unlink(missing_ok=True)
            hub.stopping = True  # what still arrives is asked to come again, until all else is finished
            await hub.stop()
            await public.cleanup()
            await admin.cleanup()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)


async def _until_asked(hub: Hub, asked: asyncio.Event) -> None:
    """Returns when somebody asks for an end; raises when something vital died."""
    parent = os.getppid()
    failed = asyncio.create_task(hub.failed())
    try:
        while not (asked.is_set() or hub.control.stop_asked.is_set() or failed.done()):
            waits = [asyncio.create_task(event.wait()) for event in (asked, hub.control.stop_asked)]
            await asyncio.wait([*waits, failed], timeout=WATCH, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
            if not hub.writer.alive:
                raise RuntimeError("the writer has died")
            if os.getppid() != parent:
                log.warning("the supervisor is gone")
                return
        if failed.done():
            failed.result()
            raise RuntimeError("a part of the hub ended by itself")
    finally:
        failed.cancel()


class _EndWithParent(threading.Thread):
    """A hub that hangs in a plugin while its supervisor dies would hold the store for ever: end it after the grace."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.grace = 5.0
        self._parent = os.getppid()

    def run(self) -> None:
        while os.getppid() == self._parent:
            time.sleep(1)
        time.sleep(self.grace)
        os._exit(1)


def _bind(config: Config, key: str) -> socket.socket:
    """The socket of a listener, listening already: callers wait while the hub starts. Raises ConfigError."""
    text: str = getattr(config.hub, key)
    host, port = address(text)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        if ask(Path(config.hub.data), {"do": "status"}, 2.0):
            raise ConfigError(
                f"another hub already runs on {config.hub.data}",
                remedy="stop it, or give this one its own [hub] data folder",
            ) from None
        raise ConfigError(
            f"cannot listen on {text}: {error.strerror or error}",
            where=str(config.file),
            remedy=f"stop the program that uses it, or set [hub] {key} to another address",
        ) from None


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _write_run(data: Path, hub: Hub, public: socket.socket, admin: socket.socket) -> None:
    """Say who runs here, and where, for commands and scripts."""
    facts = {"pid": os.getpid(), "listen": _url(public), "admin": _url(admin), "started": hub.began}
    _write(data / RUN, facts)


def _load_plugins(blocked: Collection[str], file: Path | None, pulse: Pulse) -> Plugins:
    """Load them, telling the supervisor before each whose code runs next: an import may never return."""
    if file is None:
        return load_plugins(blocked=blocked)
    facts = file.with_suffix(".json")

    def entering(name: str) -> None:
        _write(facts, {"loading": name})
        for slot in (LOOP, WRITER):  # each plugin has all the patience for itself
            pulse.beat(slot)

    plugins = load_plugins(blocked=blocked, entering=entering)
    _write(facts, {})  # what comes now is no plugin's import
    return plugins


def _tell_supervisor(pulse: Path, config: Config, plugins: Plugins) -> None:
    """Whom the numbers in the pulse stand for, and how long this hub may take to stop."""
    names = {}
    for source, number in numbers(config).items():
        if source in config.connections:
            plugin = plugins.brought_by[config.connections[source].channel.name]
            names[number] = {"plugin": plugin, "where": f"connection '{source}'", "block": plugin}
        else:  # without its adapter nothing would be kept for the CRM: only its webhooks can rest
            crm = source.removeprefix(CRM)
            names[number] = {"plugin": config.crms[crm].adapter.name, "where": f"CRM '{crm}'", "block": source}
    _write(pulse.with_suffix(".json"), {"plugins": names, "grace": config.hub.stop_grace})


def _write(file: Path, data: Mapping[Any, Any]) -> None:
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    fresh.write_text(json.dumps(data), encoding="utf-8")
    fresh.replace(file)


def _fast_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


def begin_logging(level: str) -> None:
    """Logs as key and value on stderr: coloured on a terminal, else one JSON object a line."""
    least = getattr(logging, level.upper())
    processors: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if sys.stderr.isatty():
        processors.append(structlog.dev.ConsoleRenderer())
    else:
        processors.append(structlog.processors.JSONRenderer())
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(least, logging.WARNING), handlers=[_Libraries()], force=True)


class _Libraries(logging.Handler):
    """What libraries log, without tracebacks: those could quote a message."""

    def emit(self, record: logging.LogRecord) -> None:
        """One line."""
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        log.log(record.levelno, "a library says", library=record.name, what=str(record.msg)[:200], error=error)


if __name__ == "__main__":
    sys.exit(main())
