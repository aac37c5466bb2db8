"""A hub whose store's server is away waits for it; one that was told something wrong ends."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from hub.engine.supervisor import AWAY, MISTAKE
from hub.testing.postgres import PostgresServer
from hub.testing.runner import HubRun

NOBODY = "postgresql://dragoman@127.0.0.1:1/hub"


def written(folder: Path, store: str) -> Path:
    """A hub.toml of a hub that does nothing."""
    file = folder / "hub.toml"
    text = f'[hub]\nstore = "{store}"\nmedia = "./media"\nlisten = "127.0.0.1:0"\nadmin = "127.0.0.1:0"\n'
    file.write_text(text, encoding="utf-8")
    return file


def ended(file: Path) -> tuple[int, list[str]]:
    """Exit code and sentences of one hub process without a supervisor."""
    command = [sys.executable, "-m", "hub.cli.hub_process", "--config", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr.splitlines()


def test_a_server_that_lets_nobody_in_is_no_mistake(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    code, told = ended(written(tmp_path, NOBODY))
    assert code == AWAY
    assert len(told) == 1
    assert "cannot be opened" in told[0]


def test_an_address_that_cannot_be_one_is_a_mistake(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    assert ended(written(tmp_path, "mysql://127.0.0.1/hub"))[0] == MISTAKE


@pytest.mark.usefixtures("postgres")
def test_a_supervised_hub_waits_for_its_server(tmp_path: Path) -> None:
    server = PostgresServer()
    if not server.own:
        pytest.skip("the server is not ours to kill")

    async def play() -> None:
        run = HubRun(written(tmp_path, server.database()), tmp_path / "data")
        server.kill()
        try:
            await run.start()
            async with asyncio.timeout(60):
                while not run.log.exists() or "its store is away" not in run.log.read_text():  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            await asyncio.to_thread(server.start)
            await run.ready()
        finally:
            assert await run.stop()

    with server:
        asyncio.run(play())
