"""Looks at a hub from all sides and says what is wrong and what to do: folder, store, process, clock, platforms.

Each part gives findings; nothing is changed anywhere. What cannot be asked becomes a finding of its own.
"""

from __future__ import annotations

import asyncio
import shutil
import stat
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hub.backup.schedule import last_time
from hub.contracts.channel import Finding, HttpCall, polls
from hub.contracts.errors import ConfigError, HubError
from hub.engine.crm.read import AT_ONCE
from hub.engine.health import examine_all
from hub.engine.http import Outside
from hub.engine.line import Line, now_ms
from hub.engine.live import Found, probe_all_async
from hub.engine.places import examined, where_is
from hub.engine.settings import Config
from hub.engine.tables import is_loopback, on_loopback
from hub.store import copying, health, open_reader, reading
from hub.store import crm as shelves
from hub.store.dialects.database import Database

WELL_KNOWN = "/.well-known/dragoman"
"""Where the public listener names its store, so that a door can be told from another hub's door."""
SKEW = 60
"""Seconds by which this machine's clock may be wrong."""
LATE = 12 * 3_600_000
"""ms that a scheduled backup may take to appear."""
STUCK = 15 * 60_000
"""ms after which a due command that does not end is worth a look."""


def door_name(tag: str) -> str:
    """What the public listener answers at WELL_KNOWN: a name of the store that gives nothing away."""
    return sha256(b"dragoman door " + tag.encode()).hexdigest()[:16]


async def diagnose(config: Config, status: Mapping[str, Any] | None) -> Found:
    """All findings; `status` is the running hub's own word, None when none answers."""
    found: Found = [("hub", finding) for finding in (*process(status), *folder(config))]
    found.append(("store", where_is(config.hub)))
    tag = ""
    try:
        db = open_reader(config.hub.place)
    except ConfigError as error:
        found.append(("store", Finding(False, error.what, error.remedy)))
    else:
        try:
            found += list(stored(db, config, now_ms()))
            found += [("store", finding) for finding in examined(db, config.hub)]
            tag = next((str(v) for (v,) in db.rows("SELECT value FROM cursors WHERE name='store.name'")), "")
        finally:
            db.close()
    outside = Outside()
    try:
        found += [("public_url", finding) for finding in await door(config, tag, outside)]
        found += [("clock", finding) for finding in await clock(config, outside)]
        for name, findings in (await examine_all(Line(config, tag, 0), outside)).items():
            found += [(f"connection {name}", finding) for finding in findings]
        found += await probe_all_async(config, outside)
    finally:
        await outside.close()
    return found


def process(status: Mapping[str, Any] | None) -> Iterator[Finding]:
    """What the running hub says of itself."""
    if status is None:
        yield Finding(False, "no hub runs on this data folder", "start it: dragoman run, or systemctl start dragoman")
        return
    yield Finding(True, f"runs as process {status['pid']}")
    if not status["accepting"]:
        why = "the disk is almost full" if status["disk_low"] else "it stops, or its writer has died"
        yield Finding(False, f"takes no events: {why}", "make room or start it again; platforms deliver later")
    for subject, what in status["notices"].items():
        yield Finding(False, f"{subject}: {what}", "the notice goes when its cause is gone")
    for name, why in status["quarantined"].items():
        remedy = f"mend, update or uninstall the plugin {name}, then start the hub again"
        yield Finding(False, f"the plugin {name} is in quarantine: {why}", remedy)
    for name, why in status["resting"].items():
        yield Finding(False, f"the connection {name} rests: {why}", "mend the plugin of its channel")


def folder(config: Config) -> Iterator[Finding]:
    """The data folder: room, and who may read it."""
    data = Path(config.hub.data)
    if not data.exists():
        yield Finding(False, f"the data folder {data} does not exist", "start the hub once, or set [hub] data")
        return
    free = shutil.disk_usage(data).free // 1_000_000
    need = config.hub.disk_min_mb
    remedy = f"make room on the disk of {data}, or move [hub] data; below {need} MB callers get 503"
    yield Finding(free >= 2 * need, f"{free:,} MB are free on the disk", "" if free >= 2 * need else remedy)
    mode = stat.S_IMODE(data.stat().st_mode)
    if mode & 0o077:
        yield Finding(False, f"others on this machine may open the data folder (mode {mode:o})", f"chmod 700 {data}")


def stored(db: Database, config: Config, now: int) -> Iterator[tuple[str, Finding]]:
    """What waits, what is dead, what was told, what was never read."""
    for cause in health.unrouted(db):
        yield "inbox", Finding(False, cause, "add [inbox.NAME] with this account, then: dragoman dead retry --all")
    dead = {kind: count for kind, count in reading.dead_by_kind(db).items() if kind != "unrouted"}
    if dead:
        counts = ", ".join(f"{count} {kind}" for kind, count in dead.items())
        yield "dead letters", Finding(False, f"wait for a human: {counts}", "dragoman dead list")
    late = [row for row in health.waiting(db) if row.state in ("waiting", "started") and now - row.due > STUCK]
    for row in late:
        if now - row.created > STUCK:
            what = f"{row.rows} {row.kind} for {row.target} are not done, the oldest for {_age(now - row.created)}"
            yield "outbox", Finding(False, what, f"see the notices above and the log for {row.target}")
    for crm in config.crms:
        if health.unread(db, crm):
            what = "not everybody in the CRM was read yet: unknown people are not created there"
            yield f"crm {crm}", Finding(False, what, "wait for it, or see the notice of this CRM")
        if not config.crms[crm].adapter.tells_deletions():
            yield f"crm {crm}", Finding(True, _unseen(shelves.how_many_linked(db, crm), config.hub.crm_poll))
    for word in health.news(db, now):
        if word.bad:
            what = f"{f'{word.topic} {word.subject}'.strip()}: {word.text}"
            if word.connection in config.crms:
                remedy = "look there; it is named here for a week"
                if word.topic == "drift":
                    remedy = f"dragoman crm drift --crm {word.connection} shows them, --repair brings them in order"
                yield f"crm {word.connection}", Finding(False, what, remedy)
            else:
                yield f"connection {word.connection}", Finding(False, what, _NEWS[word.topic])
    for crm, count in reading.asked(db).items():
        what = f"{count} fields differ from what the hub has, and a human is to say which value stays"
        yield f"crm {crm}", Finding(False, what, "dragoman crm conflicts --open, then dragoman crm decide")
    yield "backup", _backup(copying.last_backup(db), config, now)
    paused = reading.paused(db, now)
    if paused:
        what = f"the automation of {len(paused)} conversations is paused by humans"
        yield "automation", Finding(True, f"{what}; dragoman status lists them, dragoman release ends a pause")


def _unseen(linked: int, poll: float) -> str:
    """What a CRM that is searched for changes cannot tell, and how fast the hub finds out by itself."""
    rounds = -(-linked // AT_ONCE)
    return (
        f"its changes do not tell of deletions and merges: the hub looks at {AT_ONCE} of {linked:,} contacts every"
        f" {poll:g} s, at all of them in {_age(int(rounds * poll * 1000))}; a contact erased for privacy looks deleted,"
        " and its person is kept here, unless the journal or a webhook tells of it"
    )


def _backup(last: copying.Backup | None, config: Config, now: int) -> Finding:
    """Whether the last verified backup is as young as the schedule wants it."""
    schedule = config.backup.schedule
    made = f"the last verified backup is {_age(now - last.at)} old" if last else "there is no verified backup yet"
    if schedule is None:
        return Finding(True, f"{made}, and none is made by itself: see [backup] in hub.toml")
    due = last_time(schedule, now - LATE)  # one that was due then should stand by now
    if (last.at if last else 0) < min(due, now - LATE):
        return Finding(False, made, f"dragoman backup makes one now and says what is wrong with {config.backup.to}")
    return Finding(True, made)


_NEWS = {
    "template": "mend the template at the platform; until then it is not sent",
    "quality": "send less, and only what people asked for; the platform lowers limits next",
    "account": "see the platform's own page of the account",
    "gap": "look at the platform's own inbox for that time; it is named here for a week",
}


async def door(config: Config, tag: str, outside: Outside) -> list[Finding]:
    """Whether the public address leads to this hub. Not asked while every connection polls."""
    channels = [c.channel for c in config.connections.values()]
    called = [c for c in channels if not polls(c)]
    if not called:
        return [Finding(True, "no platform needs to call this hub")]
    url = config.hub.public_url
    found = []
    simulated = all(on_loopback(getattr(c.settings, "base_url", "")) for c in called)
    if not simulated and (urlsplit(url).scheme != "https" or is_loopback(urlsplit(url).hostname or "")):
        found.append(Finding(False, f"platforms cannot call {url}", "set [hub] public_url to your https address"))
    try:
        reply = await outside.converse(_get(f"{url}{WELL_KNOWN}"))
    except HubError as error:
        remedy = f"check DNS, the proxy, its certificate, and that it passes /hook/ on to {config.hub.listen}"
        return [*found, Finding(False, f"{url} cannot be reached: {error}", remedy)]
    answer = reply.body[:64].decode("ascii", "replace").strip()
    if reply.status != 200 or answer != door_name(tag):
        who = "another hub" if reply.status == 200 and len(answer) == 16 else f"something else (HTTP {reply.status})"
        return [*found, Finding(False, f"{url} leads to {who}, not to this hub", f"point it at {config.hub.listen}")]
    return [*found, Finding(True, f"{url} leads to this hub")]


async def clock(config: Config, outside: Outside) -> list[Finding]:
    """This machine's clock against those of the platforms, by the Date of any answer."""
    settings = [c.channel.settings for c in config.connections.values()]
    settings += [c.adapter.settings for c in config.crms.values()]
    urls = {base for s in settings if (base := getattr(s, "base_url", ""))}
    skews: dict[str, float] = {}
    for url, reply in zip(urls, await asyncio.gather(*(_ask(outside, url) for url in urls)), strict=True):
        if reply and (told := reply.headers.get("date")):
            try:
                skews[urlsplit(url).hostname or url] = now_ms() / 1000 - parsedate_to_datetime(told).timestamp()
            except ValueError:
                continue
    if not skews:
        return []
    host, worst = min(skews.items(), key=lambda item: abs(item[1]))  # platforms can be wrong too: the nearest counts
    if abs(worst) <= SKEW:
        return [Finding(True, f"the clock is right within {SKEW} s")]
    way = "fast" if worst > 0 else "slow"
    what = f"this machine's clock is {abs(worst):.0f} s {way} by {host}"
    return [Finding(False, what, "switch time synchronisation on (timedatectl set-ntp true)")]


async def _ask(outside: Outside, url: str) -> Any:
    try:
        return await outside.converse(_get(url))
    except HubError:
        return None


def _get(url: str) -> Any:
    reply = yield HttpCall("GET", url, repeatable=False, timeout=10)
    return reply


def _age(ms: int) -> str:
    minutes = ms // 60_000
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h" if minutes < 2880 else f"{minutes // 1440} days"
