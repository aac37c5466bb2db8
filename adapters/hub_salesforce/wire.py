"""The HTTP session under the transport and under simple-salesforce's log-ins: time-outs, pool, reports, loopback."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

CONNECT = 5.0
"""Seconds to reach Salesforce; the time to answer is the setting `timeout`."""
ANSWER_LIMIT = 128 * 1024 * 1024
"""Bytes of an answer; a page of a Bulk query stays below."""

_ID = re.compile(r"/[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?(?:-\d+)?(?=/|$)")
_KEY = re.compile(r"(/\w+__c)/[^/]+")
_LABEL = "dragoman_label"


def endpoint(path: str) -> str:
    """A path as a counter's label: `composite/sobjects`, `sobjects/Contact/describe`; no ids, keys or version in it."""
    path = re.sub(r"^/services/(?:data/v[\d.]+/|data/)?", "", path.partition("?")[0])
    return _KEY.sub(r"\1", _ID.sub("", "/" + path)).strip("/")


def session(loopback: str, threads: int, timeout: float, report: Callable[[str, int], None]) -> Any:
    """A requests session for many threads: no cookies, no retries, explicit time-outs, each call reported.

    `loopback` (`127.0.0.1:8080`) takes every call, to whatever host it was meant for; "" = none does.
    """
    import requests  # here, because it costs time that `dragoman --help` need not pay
    from requests.adapters import HTTPAdapter

    class Wire(HTTPAdapter):
        """Sends what any caller gives it; simple-salesforce names no time-out."""

        def send(self, request: Any, *args: Any, **rest: Any) -> Any:
            rest["timeout"] = (min(CONNECT, timeout), timeout)
            label = request.headers.pop(_LABEL, "") or _login(request.url)
            if loopback:
                parts = urlsplit(request.url)
                request.url = parts._replace(scheme="http", netloc=loopback).geturl()
            status = 0
            try:
                reply = super().send(request, *args, **rest)
                status = reply.status_code
                if not rest.get("stream"):
                    _whole(reply)
            finally:
                report(label, status)
            return reply

    made = requests.Session()
    made.max_redirects = 0  # a log-in would take its credentials along
    made.trust_env = False  # neither .netrc nor a proxy may touch the Authorization header
    made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    made.mount("https://", Wire(pool_connections=4, pool_maxsize=threads, max_retries=0, pool_block=True))
    made.adapters.pop("http://")  # nothing goes out in the clear
    return made


def send(
    http: Any, method: str, url: str, data: Any, headers: Mapping[str, str], label: str
) -> tuple[int, Mapping[str, str], bytes]:
    """One call: status, headers, body. Raises what requests and urllib3 raise if no whole answer came."""
    given = {**headers, _LABEL: label}
    with http.request(method, url, data=data, headers=given, allow_redirects=False, stream=True) as reply:
        body = reply.raw.read(ANSWER_LIMIT + 1, decode_content=True)
        if len(body) > ANSWER_LIMIT:
            raise OSError("the answer is too long")
        return reply.status_code, reply.headers, body


def _whole(reply: Any) -> None:
    """Read all of an answer; one that cannot be read gives its connection back."""
    try:
        _ = reply.content
    except BaseException:
        reply.close()
        raise


def _login(url: str) -> str:
    return "login" if "/services/oauth2/" in url or "/services/Soap/" in url else endpoint(urlsplit(url).path)
