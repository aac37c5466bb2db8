"""The yardstick: aiohttp reads the body and answers 200. No signature, no store."""

from __future__ import annotations

from aiohttp import web

PATH = "/bare"


async def answer(request: web.Request) -> web.Response:
    """Read and forget."""
    await request.read()
    return web.Response(status=200)


def bare_app() -> web.Application:
    """The application of the bare handler."""
    app = web.Application()
    app.router.add_route("POST", PATH, answer)
    return app
