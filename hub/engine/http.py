"""The one outgoing HTTP session: drives a plugin's conversation with its platform, and says honestly what happened.

A connection that never came up is `Unavailable` (nothing was done); silence after the bytes left is `Uncertain`,
unless the call is repeatable: then it is repeated for some seconds.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

import aiohttp
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_exponential, wait_random

from hub import __version__
from hub.contracts.channel import HttpCall, HttpReply
from hub.contracts.errors import HubError, Unavailable, Uncertain
from hub.engine.pulse import LOOP, Pulse

T = TypeVar("T")
ANSWER_MAX = 8_000_000
BEFORE_THE_BYTES = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)


class Outside:
    """The session. Built inside the running loop; `close` ends it."""

    def __init__(self, connections: int = 200, pulse: Pulse | None = None) -> None:
        self._pulse = pulse or Pulse()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=connections, keepalive_timeout=10),
            headers={"User-Agent": f"dragoman/{__version__}"},
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=True,
        )

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

    async def close(self) -> None:
        """End the session."""
        await self._session.close()


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
