"""Asks the platforms themselves, for `check --live` and `connect`; what goes wrong becomes a finding."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from hub.contracts.channel import Connects, Finding, polls
from hub.contracts.errors import AuthFailed, ConfigError, HubError, Temporary, Uncertain
from hub.engine.http import Outside
from hub.engine.settings import Config, ConnectionConfig, CrmConfig
from hub.engine.tables import closest, on_loopback
from hub.mapping import check

Found = list[tuple[str, Finding]]


def probe_all(config: Config) -> Found:
    """Test the credentials of every connection and CRM; changes nothing."""

    async def scenario() -> Found:
        async with _outside() as outside:
            return await probe_all_async(config, outside)

    return asyncio.run(scenario())


async def probe_all_async(config: Config, outside: Outside) -> Found:
    """Like `probe_all`, inside a running loop."""
    parts = [_probe_channel(outside, c) for c in config.connections.values()]
    parts += [_probe_crm(c) for c in config.crms.values()]
    return [found for part in await asyncio.gather(*parts) for found in part]


def connect_all(config: Config, name: str) -> tuple[Found, dict[str, str]]:
    """Test and set up what `name` names: connections of that channel, CRMs of that adapter, or one by its own name.

    Returns the findings, and the callback address of each connection that is called by its platform. Raises
    ConfigError when nothing has that name.
    """
    connections = [c for c in config.connections.values() if name in (c.name, c.channel.name)]
    crms = [c for c in config.crms.values() if name in (c.name, c.adapter.name)]
    if not connections and not crms:
        known = [n for c in config.connections.values() for n in (c.name, c.channel.name)]
        known += [n for c in config.crms.values() for n in (c.name, c.adapter.name)]
        raise ConfigError(
            f"nothing in the configuration is called '{name}'",
            where=str(config.file),
            remedy=closest(name, set(known), "there are"),
        )
    callbacks = {c.name: f"{config.hub.public_url}/hook/{c.name}" for c in connections if not polls(c.channel)}

    async def scenario() -> Found:
        found: Found = []
        async with _outside() as outside:
            for connection in connections:
                found += await _connect_channel(outside, connection, config.hub.public_url)
            for crm in crms:
                found += await _connect_crm(crm)
        return found

    return asyncio.run(scenario()), callbacks


@asynccontextmanager
async def _outside() -> AsyncIterator[Outside]:
    outside = Outside()
    try:
        yield outside
    finally:
        await outside.close()


async def _probe_channel(outside: Outside, connection: ConnectionConfig) -> Found:
    channel = connection.channel
    if not isinstance(channel, Connects):
        return [(connection.name, Finding(True, f"channel {channel.name} has no test of its credentials"))]
    return await _told(connection.name, lambda: outside.converse(channel.probe()))


async def _connect_channel(outside: Outside, connection: ConnectionConfig, public_url: str) -> Found:
    found = await _probe_channel(outside, connection)
    channel = connection.channel
    if not isinstance(channel, Connects) or not all(finding.ok for _, finding in found):
        return found
    base_url = getattr(channel.settings, "base_url", "")
    if not polls(connection.channel) and on_loopback(public_url) and not on_loopback(base_url):
        what = f"public_url is {public_url}, which the platform cannot reach"
        return [*found, (connection.name, Finding(False, what, "set public_url under [hub] to your https address"))]
    callback = f"{public_url}/hook/{connection.name}"
    return found + await _told(connection.name, lambda: outside.converse(channel.connect(callback)))


async def _probe_crm(crm: CrmConfig) -> Found:
    return await _crm_steps(crm, crm.adapter.probe, lambda: _mapping(crm))


async def _connect_crm(crm: CrmConfig) -> Found:
    return await _crm_steps(crm, crm.adapter.probe, crm.adapter.ensure, lambda: _mapping(crm))


async def _crm_steps(crm: CrmConfig, *steps: Callable[[], list[Finding]]) -> Found:
    """Each step only after the one before went well."""
    found: Found = []
    for step in steps:
        found += await _told(crm.name, lambda step=step: asyncio.to_thread(step))  # type: ignore[misc]
        if not all(finding.ok for _, finding in found):
            break
    return found


def _mapping(crm: CrmConfig) -> list[Finding]:
    """The mapping file against the fields that the CRM really has."""
    problems = check(crm.mapping, crm.adapter.describe())
    wrong = [Finding(False, f"{problem.where}: {problem.what}", problem.remedy) for problem in problems]
    return wrong or [Finding(True, "the mapping fits the CRM's fields")]


async def _told(name: str, ask: Callable[[], Awaitable[list[Finding]]]) -> Found:
    """The answer, or the error as a finding. Foreign exceptions are only named: their text may hold secrets."""
    try:
        return [(name, finding) for finding in await ask()]
    except HubError as error:
        return [(name, Finding(False, str(error), _remedy(error)))]
    except Exception as error:
        what = f"the plugin failed with {type(error).__name__}"
        return [(name, Finding(False, what, "this is a mistake in the plugin; tell its author"))]


def _remedy(error: HubError) -> str:
    if isinstance(error, AuthFailed):
        return "check the credentials and their permissions"
    if isinstance(error, Temporary | Uncertain):
        return "check the network and the address, then try again"
    return ""
