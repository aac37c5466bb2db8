"""A CRM that calls the hub: its door, and what it named being read soon, many at once."""

from __future__ import annotations

import asyncio
import json
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
from aiohttp import ClientSession, web

from hub import Page, hookimpl
from hub.contracts.channel import RawEvent, Request
from hub.contracts.errors import ConfigError, Rejected, StaleSignature, Unavailable
from hub.engine.crm import read as crm_read
from hub.engine.hub import Hub
from hub.engine.line import now_ms
from hub.engine.loader import load_plugins
from hub.engine.settings import load_config
from hub.ingest import public_app
from hub.model.events import RecordsTouched
from hub.model.people import Identity
from hub.model.records import Record, Ref
from hub.testing.quiet_crm import QuietCrm


class Bell(QuietCrm):
    """A CRM that rings."""

    name: ClassVar[str] = "bell"
    asked: ClassVar[list[list[Ref]]] = []
    trouble: ClassVar[list[Exception]] = []
    bad: ClassVar[str] = ""
    poison: ClassVar[str] = ""
    down: ClassVar[bool] = False
    gap: ClassVar[str] = ""

    def verify(self, request: Request) -> None:
        if request.headers.get("x-key") == "stale":
            raise StaleSignature("signed at another time", 17 * 60_000 + 5)
        if request.headers.get("x-key") == "broken":
            raise KeyError("no")
        super().verify(request)

    def changes(self, cursor: str) -> Page:
        if self.down and cursor:
            raise Unavailable("the book is shut")
        return Page((), "end", True, gap=self.gap if cursor else "")

    def split(self, body: bytes) -> Sequence[RawEvent]:
        return [RawEvent("a", str(one["n"]), one["id"], 0, json.dumps(one).encode()) for one in json.loads(body)]

    def normalise(self, raw: RawEvent) -> Sequence[RecordsTouched]:
        one = json.loads(raw.body)
        return [RecordsTouched(key=raw.key, at=raw.at, refs=(Ref("contact", one["id"]),))]

    def get(self, refs: Sequence[Ref]) -> Page:
        self.asked.append(list(refs))
        if self.trouble:
            raise self.trouble.pop()
        if any(ref.id == self.poison for ref in refs):
            raise KeyError("properties")
        if any(ref.id == self.bad for ref in refs):
            raise Rejected("no such kind of record")
        phones = [Identity("phone", "", f"+4477009001{int(ref.id):02}") for ref in refs]
        return Page([Record(id=r.id, identities=(p,)) for r, p in zip(refs, phones, strict=True)], "", True)


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bell, "asked", [])
    monkeypatch.setattr(Bell, "trouble", [])
    monkeypatch.setattr(Bell, "bad", "")
    monkeypatch.setattr(Bell, "poison", "")
    monkeypatch.setattr(Bell, "down", False)
    monkeypatch.setattr(Bell, "gap", "")
    monkeypatch.setattr(crm_read, "QUIET", 50)


def config(folder: Path, text: str = '[crm.main]\nadapter = "bell"\n', hub: str = "") -> tuple[Any, Any]:
    module = types.ModuleType("bell")
    module.hub_crms = hookimpl(lambda: [Bell])  # type: ignore[attr-defined]
    module.hub_crms.__name__ = "hub_crms"  # type: ignore[attr-defined]
    plugins = load_plugins(extra=[("bell", module)])
    (folder / "mappings").mkdir(exist_ok=True)
    (folder / "mappings" / "bell.toml").write_text('[person]\nname = "name"\n')
    (folder / "hub.toml").write_text(f"[hub]\ndisk_min_mb = 1\nstop_grace = 1\n{hub}{text}")
    return load_config(folder / "hub.toml", plugins, {}), plugins


class Running:
    """A hub with its public door."""

    def __init__(self, folder: Path, hub: str = "") -> None:
        self.hub = Hub(*config(folder, hub=hub))

    async def __aenter__(self) -> Running:
        await self.hub.start()
        self._runner = web.AppRunner(public_app(self.hub), access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/hook"
        self._session = ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()
        await self._runner.cleanup()
        await self.hub.stop()

    async def ring(self, *ids: str, key: str = "right", name: str = "main", n: int = 0) -> int:
        body = [{"n": f"{n}.{place}", "id": one} for place, one in enumerate(ids)]
        async with self._session.post(f"{self.url}/{name}", json=body, headers={"x-key": key}) as answer:
            return answer.status

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return await self.hub.writer.call(lambda store: store.db.rows(sql))

    async def until(self, sql: str, expected: list[tuple[Any, ...]]) -> None:
        async with asyncio.timeout(10):
            while await self.rows(sql) != expected:  # noqa: ASYNC110
                await asyncio.sleep(0.02)


def test_what_the_crm_names_is_kept_under_its_name_and_read_together(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with Running(tmp_path) as run:
            assert await run.ring("1", key="wrong") == 401
            assert await run.ring("1", name="other") == 404
            assert await run.rows("SELECT count(*) FROM journal WHERE source<>'hub'") == [(0,)]
            assert await run.ring("1", "2", "1") == 200
            assert await run.ring("1", "2", "1") == 200  # delivered again
            assert await run.rows("SELECT DISTINCT source, count(*) FROM journal WHERE source<>'hub'") == [
                ("crm:main", 3)
            ]
            await run.until("SELECT record FROM links ORDER BY record", [("1",), ("2",)])
            await run.until("SELECT count(*) FROM crm_touched", [(0,)])
        assert sorted(Bell.asked[0]) == [("contact", "1"), ("contact", "2")]

    asyncio.run(scenario())


def test_what_was_named_before_a_kill_is_read_after_it_and_trouble_only_delays(tmp_path: Path) -> None:
    async def scenario() -> None:
        Bell.trouble[:] = [Unavailable("down", retry_after=0.05)]
        async with Running(tmp_path) as run:
            await run.ring("1")
            await run.until("SELECT count(*) FROM crm_touched", [(1,)])
        async with Running(tmp_path) as run:
            await run.until("SELECT record FROM links", [("1",)])

    asyncio.run(scenario())


def test_a_record_that_can_never_be_read_costs_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crm_read, "backoff", lambda *_: 10)
    Bell.bad = "2"

    async def scenario() -> None:
        async with Running(tmp_path) as run:
            await run.ring("1", "2", "3")
            await run.until("SELECT record FROM links ORDER BY record", [("1",), ("3",)])
            await run.until("SELECT count(*) FROM crm_touched", [(0,)])

    asyncio.run(scenario())


def test_a_record_that_the_adapter_always_fails_at_costs_no_other_and_is_read_once_that_is_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crm_read, "backoff", lambda *_: 10)
    Bell.poison = "1"

    async def scenario() -> None:
        async with Running(tmp_path) as run:
            await run.ring("1", "2", "3")
            await run.until("SELECT record FROM links ORDER BY record", [("2",), ("3",)])
            await run.ring("4", "5", n=1)
            await run.until("SELECT record FROM links ORDER BY record", [("2",), ("3",), ("4",), ("5",)])
            assert await run.rows("SELECT record FROM crm_touched") == [("1",)]
            Bell.poison = ""
            await run.until("SELECT count(*) FROM crm_touched", [(0,)])
            assert len(await run.rows("SELECT record FROM links")) == 5

    asyncio.run(scenario())


def test_a_webhook_signed_at_another_time_is_asked_for_again_and_the_clock_is_named(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with Running(tmp_path) as run:
            assert await run.ring("1", key="stale") == 503
            assert await run.ring("1", key="broken") == 503
            assert await run.ring("1", key="wrong") == 401
            assert run.hub.notices.open == {
                "webhooks of crm main": "webhooks of crm main carry a time 17 min off: check this machine's clock"
            }
            assert await run.rows("SELECT count(*) FROM journal WHERE source<>'hub'") == [(0,)]
            assert await run.ring("1") == 200
            assert run.hub.notices.open == {}

    asyncio.run(scenario())


def test_an_outage_is_a_notice_until_the_first_success_and_a_gap_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crm_read, "backoff", lambda *_: 10)
    monkeypatch.setattr(Bell, "down", True)
    monkeypatch.setattr(Bell, "gap", "what was there before Monday is not told any more")

    async def scenario() -> None:
        async with Running(tmp_path, "crm_poll = 0.05\n") as run:
            async with asyncio.timeout(10):
                while "crm main" not in run.hub.notices.open:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            what = run.hub.notices.open["crm main"]
            assert what.startswith("unreachable since ")
            assert what.endswith(" UTC: the book is shut")
            Bell.down = False
            async with asyncio.timeout(10):
                while list(run.hub.notices.open) != ["gap of main"]:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            assert run.hub.notices.open["gap of main"] == Bell.gap
            await run.until("SELECT DISTINCT connection, topic, text FROM news", [("main", "gap", Bell.gap)])

    asyncio.run(scenario())


def test_a_crm_and_a_connection_cannot_have_one_name(tmp_path: Path) -> None:
    connection = '[connection.main]\nchannel = "telegram"\nbase_url = "http://127.0.0.1:9"\ntoken = "1:abc"\n'
    text = f'{connection}[crm.main]\nadapter = "bell"\n'
    with pytest.raises(ConfigError, match="both called 'main'"):
        config(tmp_path, text)


def test_an_adapter_without_files_takes_no_attachments(tmp_path: Path) -> None:
    assert config(tmp_path)[0].crms["main"].attachments == "off"
    with pytest.raises(ConfigError, match=r"hub\.toml:\d+: the adapter 'bell' puts no files"):
        config(tmp_path, '[crm.main]\nadapter = "bell"\nattachments = "upload"\n')


def test_what_was_named_before_the_clock_went_back_is_read_soon_and_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crm_read, "AT_MOST", 200)
    later = now_ms() + 3_600_000

    async def scenario() -> None:
        async with Running(tmp_path) as run:
            await run.rows(f"INSERT INTO crm_touched VALUES ('main', 'contact', '1', {later})")
            run.hub.crms["main"].wake()
            await run.until("SELECT count(*) FROM crm_touched", [(0,)])
        assert Bell.asked == [[Ref("contact", "1")]]

    asyncio.run(scenario())
