"""Answers of the double: refusals as the Graph API writes them, and no answer at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web


def dropped(request: web.Request) -> web.StreamResponse:
    """The connection breaks."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()  # nobody is there to read it


def refused(
    status: int,
    code: int,
    words: str,
    *,
    details: str = "",
    error_subcode: int = 0,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """An error object of the Graph API."""
    error: dict[str, Any] = {"message": words, "type": "OAuthException", "code": code, "fbtrace_id": "simulated"}
    if error_subcode:
        error["error_subcode"] = error_subcode
    if details:
        error["error_data"] = {"messaging_product": "whatsapp", "details": details}
    return web.json_response({"error": error}, status=status, headers=headers)
