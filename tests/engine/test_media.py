"""Files of inbound messages: fetched after the message is safe, again and again, and never at its cost."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from hub.contracts.channel import HttpCall, MediaSource
from hub.contracts.errors import HubError, Rejected, Unavailable, Uncertain
from hub.engine import media
from hub.engine.http import Outside
from hub.model.content import Media
from hub.model.events import AccountNews, MediaSettled, MessageReceived
from hub.model.people import Identity

ANA = Identity("phone", "", "+12025550111")
PHOTO = b"a photo of a cat" * 1000


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Shelf:
    """The platform's side: `GET /where/<ref>` says 200, or `refusal`; `GET /file/<ref>` gives what `files` holds.

    `answers` are taken before the files, each once. `asked` are the paths, in order.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.answers: list[Callable[[web.Request], Any]] = []
        self.refusal = 0
        self.asked: list[str] = []
        self.base = ""

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/{tail:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        if request.path.startswith("/where/"):
            return web.Response(status=self.refusal or 200)
        if self.answers:
            answer: web.StreamResponse = await self.answers.pop(0)(request)
            return answer
        return web.Response(body=self.files[request.match_info["tail"].removeprefix("file/")], content_type="image/png")

    def count(self, kind: str) -> int:
        """How often it was asked where a file is, or for a file."""
        return sum(path.startswith(f"/{kind}/") for path in self.asked)


@pytest.fixture
def quick(monkeypatch):
    """Pauses between tries are short; how long they are is asked elsewhere."""
    monkeypatch.setattr(media, "backoff", lambda attempts, asked=0: 20)


class Run:
    """A hub with paper as its channel and a shelf as paper's platform."""

    def __init__(self, paper, folder, settings="", channel="paper"):
        self.paper, self.folder, self.shelf, self.number = paper, folder, Shelf(), 0
        self._settings, self._channel = settings, channel

    async def __aenter__(self):
        await self.shelf.start()
        self.paper.kind.place = lambda channel, asked: self.source(asked)
        await self.start()
        return self

    async def __aexit__(self, *_):
        await self.stop()
        await self.shelf.stop()

    async def start(self):
        self.hub = self.paper.hub(self.folder, self.shelf.base, self._settings, self._channel)
        await self.hub.start()

    async def stop(self):
        await self.hub.stop()

    def source(self, asked: Media) -> MediaSource:
        return MediaSource(HttpCall("GET", f"{self.shelf.base}/file/{asked.ref}", repeatable=True, timeout=5))

    async def say(self, *files: Media) -> None:
        self.number += 1
        event = MessageReceived(
            key=f"m{self.number}",
            at=1_800_000_000_000,
            account="1001",
            sender=(ANA,),
            address="1",
            provider_id=f"p{self.number}",
            form="image",
            media=files,
        )
        await self.hub.writer.accept([self.paper.incoming(event)])

    async def rows(self, sql):
        return await self.hub.writer.call(lambda store: store.db.rows(sql))

    async def until(self, sql: str, expected: list[tuple[Any, ...]]) -> None:
        async with asyncio.timeout(7):
            while await self.rows(sql) != expected:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def ends(self, state: str, attempts: int, rows: int = 1) -> str:
        """Every file came to this, after so many tries; returns the last one's reason."""
        await self.until("SELECT state, attempts FROM media", [(state, attempts)] * rows)
        reason = await self.rows("SELECT reason FROM media ORDER BY id DESC LIMIT 1")
        return str(reason[0][0])


def scene(paper, folder, play, **more):
    async def scenario():
        async with Run(paper, folder, **more) as run:
            await play(run)

    asyncio.run(scenario())


def test_a_file_is_fetched_and_kept_by_its_content(paper, tmp_path):
    async def play(run):
        run.shelf.files["f1"] = PHOTO
        await run.say(Media(kind="image", ref="f1", sha256=digest(PHOTO).upper()))
        await run.ends("stored", 1)
        assert await run.rows("SELECT blob, size, mime, reason FROM media") == [
            (digest(PHOTO), len(PHOTO), "image/png", "")
        ]
        with run.hub.blobs.open(digest(PHOTO)) as file:
            assert file.read() == PHOTO
        assert run.shelf.asked == ["/where/f1", "/file/f1"]

    scene(paper, tmp_path, play)


def test_many_files_are_fetched_and_the_same_one_is_kept_once(paper, tmp_path):
    async def play(run):
        run.shelf.files |= {f"f{n}": PHOTO for n in range(9)}
        await run.say(*(Media(kind="image", ref=f"f{n}") for n in range(9)))
        await run.ends("stored", 1, rows=9)
        assert list(run.hub.blobs.names()) == [digest(PHOTO)]
        assert run.shelf.count("file") == 9

    scene(paper, tmp_path, play)


def test_what_differs_from_what_was_announced_is_fetched_again(paper, tmp_path, quick):
    async def other(request):
        return web.Response(body=b"something else")

    async def play(run):
        run.shelf.files["f1"], run.shelf.answers = PHOTO, [other]
        await run.say(Media(kind="image", ref="f1", sha256=digest(PHOTO)))
        assert await run.ends("stored", 2) == ""
        assert list(run.hub.blobs.names()) == [digest(PHOTO)]
        assert run.shelf.count("where") == 2  # its address may have changed

    scene(paper, tmp_path, play)


def test_a_file_that_breaks_off_is_fetched_again(paper, tmp_path, quick):
    async def broken(request):
        response = web.StreamResponse(headers={"content-length": str(len(PHOTO))})
        await response.prepare(request)
        await response.write(PHOTO[:100])
        request.transport.close()
        return response

    async def play(run):
        run.shelf.files["f1"], run.shelf.answers = PHOTO, [broken]
        await run.say(Media(kind="image", ref="f1"))
        await run.ends("stored", 2)
        assert await run.rows("SELECT size FROM media") == [(len(PHOTO),)]

    scene(paper, tmp_path, play)


def test_an_address_that_is_no_longer_good_is_asked_for_anew(paper, tmp_path, quick):
    async def gone(request):
        return web.Response(status=404)

    async def play(run):
        run.shelf.files["f1"], run.shelf.answers = PHOTO, [gone]
        await run.say(Media(kind="image", ref="f1"))
        await run.ends("stored", 2)
        assert run.shelf.asked == ["/where/f1", "/file/f1"] * 2

    scene(paper, tmp_path, play)


def test_a_file_that_the_platform_no_longer_has_is_expired(paper, tmp_path):
    async def play(run):
        run.shelf.refusal = 404
        await run.say(Media(kind="image", ref="f1"))
        assert await run.ends("expired", 1) == "the platform no longer has the file"
        assert await run.rows("SELECT count(*) FROM messages WHERE direction='in'") == [(1,)]

    scene(paper, tmp_path, play)


@pytest.mark.parametrize("declared", [0, 5_000])
def test_a_file_that_is_too_large_is_left(paper, tmp_path, declared):
    async def endless(request):
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(10):
            await response.write(b"x" * 400)
        return response

    async def play(run):
        run.shelf.answers = [endless]
        await run.say(Media(kind="video", ref="f1", size=declared))
        assert "MB" in await run.ends("dead", 1)
        assert list(run.hub.blobs.names()) == []
        assert run.shelf.count("file") == (0 if declared else 1)

    scene(paper, tmp_path, play, settings="media_max_mb = 0.001")


def test_a_channel_that_cannot_fetch_says_so(paper, tmp_path):
    async def play(run):
        await run.say(Media(kind="image", ref="f1"))
        assert await run.ends("dead", 1) == "this channel's files cannot be fetched"

    scene(paper, tmp_path, play, channel="slate")


def test_credentials_that_fail_pause_the_connection_and_tell(paper, tmp_path, monkeypatch):
    async def play(run):
        run.shelf.refusal = 401
        await run.say(Media(kind="image", ref="f1"))
        assert await run.ends("pending", 1) == "not let in"
        assert run.hub.notices.open == {"connection paper": "not let in"}
        await run.say(Media(kind="image", ref="f2"))
        await run.until("SELECT count(*) FROM media", [(2,)])
        looked.clear()
        run.hub.files.wake()
        async with asyncio.timeout(7):
            while not looked:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert looked[0] == []
        assert run.shelf.asked == ["/where/f1"]

    looked, real = [], media.media.due
    monkeypatch.setattr(
        media.media, "due", lambda db, sources, *more: looked.append(sources) or real(db, sources, *more)
    )
    scene(paper, tmp_path, play)


def test_a_pause_is_no_longer_when_the_clock_is_set_back(paper, tmp_path, quick, set_back, monkeypatch):
    async def play(run):
        run.shelf.refusal, run.shelf.files["f1"] = 401, PHOTO
        await run.say(Media(kind="image", ref="f1"))
        assert await run.ends("pending", 1) == "not let in"
        set_back()
        run.shelf.refusal = 0
        await run.until("SELECT state FROM media", [("stored",)])

    monkeypatch.setattr(media, "PAUSE_ON_AUTH", 0.5)
    scene(paper, tmp_path, play)


def test_after_many_tries_it_is_given_up(paper, tmp_path, quick):
    async def play(run):
        run.shelf.refusal = 503
        await run.say(Media(kind="image", ref="f1"))
        assert await run.ends("dead", 20) == "given up after 20 tries: not now"

    scene(paper, tmp_path, play)


def test_after_a_month_too(paper, tmp_path, monkeypatch):
    async def play(run):
        run.shelf.refusal = 503
        await run.say(Media(kind="image", ref="f1"))
        assert await run.ends("expired", 1) == "given up after 30 days: not now"

    monkeypatch.setattr(media, "GIVE_UP", -1)
    scene(paper, tmp_path, play)


def test_killed_between_the_download_and_its_outcome_it_fetches_again_and_keeps_one(paper, tmp_path, monkeypatch):
    async def play(run):
        run.shelf.files["f1"] = PHOTO
        kept, real = asyncio.Event(), run.hub.writer.keep

        async def never(event):
            if isinstance(event, MediaSettled):
                kept.set()
                await asyncio.Event().wait()  # here the power goes
            await real(event)

        monkeypatch.setattr(run.hub.writer, "keep", never)
        await run.say(Media(kind="image", ref="f1"))
        await kept.wait()
        assert list(run.hub.blobs.names()) == [digest(PHOTO)]
        await run.stop()

        await run.start()
        await run.ends("stored", 1)
        assert run.shelf.count("file") == 2
        assert list(run.hub.blobs.names()) == [digest(PHOTO)]

    scene(paper, tmp_path, play)


def test_nothing_is_fetched_where_that_is_switched_off(paper, tmp_path):
    async def play(run):
        await run.say(Media(kind="image", ref="f1"))
        await run.until("SELECT state FROM media", [("pending",)])
        await run.stop()
        assert run.shelf.asked == []
        await run.start()

    scene(paper, tmp_path, play, settings="media_fetch = false")


def test_a_file_waits_while_it_could_fill_the_disk(paper, tmp_path, monkeypatch):
    async def play(run):
        run.shelf.files["f1"] = PHOTO
        await run.say(Media(kind="image", ref="f1"))
        await run.until("SELECT state FROM media", [("pending",)])
        asked.clear()
        run.hub.files.wake()
        async with asyncio.timeout(7):
            while len(asked) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert run.shelf.asked == []
        free.append(1 << 40)
        run.hub.files.wake()
        await run.ends("stored", 1)

    asked, free, usage = [], [100], type(shutil.disk_usage(tmp_path))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: asked.append(path) or usage(1 << 40, 0, free[-1]))
    scene(paper, tmp_path, play)


def test_a_stored_file_is_ordered_for_the_crm_that_wants_it(desk, monkeypatch):
    desk.happened(
        MessageReceived(
            key="1",
            at=desk.now,
            account="1001",
            sender=(ANA,),
            address="1",
            provider_id="p1",
            media=(Media(kind="image", ref="f1"), Media(kind="image", ref="f2")),
        )
    )
    config = desk.config.crms["main"]

    class Wants:
        attachments = "upload"

        def __getattr__(self, name):
            return getattr(config, name)

    monkeypatch.setitem(desk.config.crms, "main", Wants())
    for number, outcome in ((1, "stored"), (2, "dead"), (1, "stored")):
        key = f"{number}.{outcome}.{desk.now}"
        desk.happen(MediaSettled(key=key, at=desk.now, media=number, outcome=outcome, blob="b" * 64, size=3))
        desk.step()
        desk.now += 1

    assert desk.rows("SELECT lane, message, state, body FROM outbox WHERE kind='file'") == [
        (1, 1, "held", '{"media": 1}')
    ]
    assert desk.rows("SELECT state, attempts FROM media ORDER BY id") == [("stored", 1), ("dead", 1)]


def test_pauses_grow_to_a_day_and_the_platforms_wish_counts():
    pauses = [media.backoff(attempts) / 1000 for attempts in (0, 1, 5, 30)]
    for pause, usual in zip(pauses, (10, 20, 320, 86_400), strict=True):
        assert usual * 0.75 <= pause <= usual * 1.25
    assert 90_000 <= media.backoff(0, asked=90) <= 91_000


# -- where a file's address may lead -----------------------------------------------------------------------------


def downloaded(url: str, own: str = "", *answers: Callable[[web.Request], Any]) -> tuple[str, bytes]:
    """Download from `url`, with {base} the shelf's address; the error's name or the type, and what came."""

    async def scenario():
        shelf, outside, parts = Shelf(), Outside(), []
        await shelf.start()
        shelf.files["f1"] = PHOTO
        shelf.answers = list(answers)
        try:
            call = HttpCall("GET", url.format(base=shelf.base), timeout=2)
            return await outside.download(call, parts.append, 1_000_000, own.format(base=shelf.base)), b"".join(parts)
        except HubError as error:
            return type(error).__name__, b"".join(parts)
        finally:
            await outside.close()
            await shelf.stop()

    return asyncio.run(scenario())


def test_the_platforms_own_address_may_be_anywhere():
    assert downloaded("{base}/file/f1", own="{base}/v1") == ("image/png", PHOTO)


@pytest.mark.parametrize(
    "url",
    [
        "{base}/file/f1",
        "http://files.example.com/f1",
        "https://127.0.0.1/f1",
        "https://[::1]/f1",
        "https://169.254.169.254/latest",
        "https://localhost/f1",
        "file:///etc/passwd",
        "https://files.example.com:http/f1",
        "",
    ],
)
def test_no_other_address_leads_to_this_machine_or_a_private_network(url):
    assert downloaded(url, own="http://127.0.0.1:1") == (Rejected.__name__, b"")


def test_redirects_are_not_followed():
    async def elsewhere(request):
        return web.Response(status=302, headers={"location": "/file/f1"})

    assert downloaded("{base}/file/f1", "{base}", elsewhere) == (Rejected.__name__, b"")


def test_a_platform_that_asks_to_wait_is_asked_later():
    async def busy(request):
        return web.Response(status=429, headers={"retry-after": "7"})

    assert downloaded("{base}/file/f1", "{base}", busy)[0] == Unavailable.__name__


def test_nobody_there_and_silence_are_told_apart():
    async def silent(request):
        request.transport.close()
        return web.Response()

    assert downloaded("http://127.0.0.1:1/f", own="http://127.0.0.1:1")[0] == Unavailable.__name__
    assert downloaded("{base}/file/f1", "{base}", silent, silent, silent)[0] == Uncertain.__name__


# -- news --------------------------------------------------------------------------------------------------------


def test_bad_news_is_a_notice_until_better_news_comes(paper, tmp_path):
    async def tell(run, number, bad):
        event = AccountNews(
            key=f"n{number}", at=number, account="waba", topic="quality", subject="+1", text=f"it is {number}", bad=bad
        )
        await run.hub.writer.accept([paper.incoming(event)])

    async def notices(run, expected):
        async with asyncio.timeout(7):
            while run.hub.notices.open != expected:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def play(run):
        standing = {"quality of paper +1": "it is 1"}
        await tell(run, 1, True)
        await notices(run, standing)
        await run.stop()
        await run.start()
        await notices(run, standing)  # it still stands
        await tell(run, 2, False)
        await notices(run, {})

    scene(paper, tmp_path, play)
