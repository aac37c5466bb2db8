"""The one outgoing HTTP session: drives a plugin's conversation with its platform, and says honestly what happened.

A connection that never came up is `Unavailable` (nothing was done); silence after the bytes left is `Uncertain`,
unless the call is repeatable: then it is repeated for some seconds.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Generator
from typing import TypeVar
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_exponential, wait_random

from hub import __version__
from hub.contracts.channel import HttpCall, HttpReply
from hub.contracts.errors import HubError, Rejected, Unavailable, Uncertain
from hub.engine.pulse import LOOP, Pulse
from hub.wire.addresses import is_public

T = TypeVar("T")
ANSWER_MAX = 8_000_000
PIECE = 262_144
DOWNLOAD = 900.0
"""Seconds that a whole file may take; a call's own timeout is for each pause in it."""
BEFORE_THE_BYTES = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)


class Outside:
    """The session. Built inside the running loop; `close` ends it."""

    def __init__(self, connections: int = 200, pulse: Pulse | None = None) -> None:
        self._pulse = pulse or Pulse()
        self._session = _session(aiohttp.TCPConnector(limit=connections, keepalive_timeout=10))
        self._strangers = _session(aiohttp.TCPConnector(limit=20, keepalive_timeout=10, resolver=_PublicOnly()))

    async def converse(self, calls: Generator[HttpCall, HttpReply, T], plugin: int = 0) -> T:
        """Run a plugin's generator to its result; `plugin` is its number in the pulse. Raises what it raises."""
        try:
            with self._pulse.inside(LOOP, plugin):
                call = next(calls)
            while True:
                try:
                    reply = await self._request(call)
                except HubError as error:
                    with self._pulse.inside(LOOP, plugin):
                        call = calls.throw(error)
                else:
                    with self._pulse.inside(LOOP, plugin):
                        call = calls.send(reply)
        except StopIteration as end:
            result: T = end.value
            return result

    async def _request(self, call: HttpCall) -> HttpReply:
        if not call.repeatable:
            return await self._once(call)
        async for attempt in AsyncRetrying(
            stop=stop_after_attempt(3),
            wait=wait_exponential(multiplier=0.1, max=1.0) + wait_random(0, 0.5),
            retry=retry_if_exception_type((Unavailable, Uncertain)),
            reraise=True,
        ):
            with attempt:
                return await self._once(call)
        raise Unavailable("no attempt was made")

    async def _once(self, call: HttpCall) -> HttpReply:
        timeout = aiohttp.ClientTimeout(total=call.timeout, connect=min(10.0, call.timeout))
        try:
            async with self._session.request(
                call.method,
                call.url,
                headers=dict(call.headers),
                data=call.body or None,
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                body = await _whole(response)
                headers = {name.lower(): value for name, value in response.headers.items()}
                return HttpReply(response.status, headers, body)
        except BEFORE_THE_BYTES as error:
            raise Unavailable(f"no connection ({type(error).__name__})") from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Uncertain(f"no answer ({type(error).__name__})") from None

    async def download(self, call: HttpCall, take: Callable[[bytes], None], limit: int, own: str = "") -> str:
        """Stream a file of at most `limit` bytes into `take` (called in another thread); returns the type it says.

        Only https and public addresses, unless it is the platform's `own` base address; redirects are not followed.
        Raises Rejected for a file that will never be taken, Unavailable and Uncertain when another try may help.
        """
        session = self._session if _origin(call.url) == _origin(own) else self._strangers
        if session is self._strangers:
            _refuse_private(call.url)
        timeout = aiohttp.ClientTimeout(total=DOWNLOAD, connect=10.0, sock_read=call.timeout)
        headers = {"accept-encoding": "identity", **call.headers}
        try:
            async with session.request(
                call.method, call.url, headers=headers, data=call.body or None, timeout=timeout, allow_redirects=False
            ) as response:
                _refuse(response, limit)
                size = 0
                async for part in response.content.iter_chunked(PIECE):
                    size += len(part)
                    if size > limit:
                        raise Rejected(_too_large(limit))
                    await asyncio.to_thread(take, part)
                return response.content_type
        except BEFORE_THE_BYTES as error:
            raise Unavailable(f"no connection ({type(error).__name__})") from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Uncertain(f"the file did not come whole ({type(error).__name__})") from None

    async def close(self) -> None:
        """End the sessions."""
        await self._session.close()
        await self._strangers.close()


class _PublicOnly(AbstractResolver):
    """Names that lead to this machine or into a private network lead nowhere. The connection goes to the very address
    that was looked at here."""

    def __init__(self) -> None:
        self._resolver = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name. Raises Rejected when one of them is private."""
        found = await self._resolver.resolve(host, port, family)
        if not all(is_public(result["host"]) for result in found):
            raise Rejected(PRIVATE)
        return found

    async def close(self) -> None:
        """Nothing is held."""
        await self._resolver.close()


PRIVATE = "the file's address is on this machine or in a private network"


def _session(connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        headers={"User-Agent": f"dragoman/{__version__}"},
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=True,
    )


def _origin(url: str) -> tuple[str, str, int | None]:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or "", parts.port
    except ValueError:
        raise Rejected("the file's address is none") from None


def _refuse_private(url: str) -> None:
    """aiohttp asks no resolver about an address that is a number already."""
    scheme, host, _ = _origin(url)
    if scheme != "https":
        raise Rejected("the file's address is not https")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return
    if not is_public(host):
        raise Rejected(PRIVATE)


def _refuse(response: aiohttp.ClientResponse, limit: int) -> None:
    """A file's address may live for minutes only: what is refused now may be given at another."""
    if 300 <= response.status < 400:
        raise Rejected("the file's address leads elsewhere, where the hub does not follow")
    if response.status >= 300:
        wait = response.headers.get("retry-after", "")
        asked = float(wait) if wait.isdecimal() and len(wait) < 6 else 0
        raise Unavailable(f"the platform did not give the file ({response.status})", asked)
    if (response.content_length or 0) > limit:
        raise Rejected(_too_large(limit))


def _too_large(limit: int) -> str:
    return f"the file is larger than {limit / 1_000_000:g} MB (media_max_mb under [hub])"


async def _whole(response: aiohttp.ClientResponse) -> bytes:
    """The whole answer. One that is too long is cut: it cannot be read as JSON, and its plugin says what that means."""
    parts, size = [], 0
    async for part in response.content.iter_chunked(65_536):
        parts.append(part)
        size += len(part)
        if size > ANSWER_MAX:
            response.close()
            break
    return b"".join(parts)
