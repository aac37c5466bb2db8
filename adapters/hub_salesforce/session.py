"""Log-ins: one at a time for all threads, few in any quarter of an hour, through simple-salesforce where it can.

simple-salesforce logs in by JWT bearer, client credentials and user name with password and token. A refresh token of
the web-server flow it does not know: that request is ours. Its own renewal of a session is not used: it loses the
headers of the call it repeats, and may log in without end.
"""

from __future__ import annotations

import copy
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from xml.parsers.expat import ExpatError

from hub.contracts.errors import AuthFailed, HubError, RateLimited, Unavailable
from hub_salesforce import errors
from hub_salesforce.paths import VERSION
from hub_salesforce.readable import ODD
from hub_salesforce.settings import Flow, SalesforceSettings, flow

if TYPE_CHECKING:
    from pydantic import SecretStr


TRIES = 3
"""Log-ins within WINDOW; normal running needs one in hours."""
WINDOW = 900.0
"""Seconds; after TRIES log-ins, or one that was refused, the next is this far away: users are locked out for less."""
SOON = 5.0
"""Seconds until the next try of a log-in that found Salesforce away."""
UNREADABLE = "Salesforce's answer to the log-in is not readable"
LOGIN = "login"
"""How log-ins are reported."""

_BUSY = frozenset({"LOGIN_RATE_EXCEEDED", "login_rate_exceeded", "rate_limit_exceeded"})
_LATER = frozenset({"SERVER_UNAVAILABLE", "temporarily_unavailable", "server_error", "unknown_error"})


@dataclass(frozen=True)
class Session:
    """A session as Salesforce gave it. `host` may carry a port; `token` never prints."""

    token: str = field(repr=False)
    host: str


class LogIns:
    """The session of one organisation, renewed by whoever first finds it ended. `http` is the transport's own.

    `clock` gives monotonic seconds. Safe to use from many threads: while one logs in, the others wait for it.
    """

    def __init__(self, settings: SalesforceSettings, http: Any, clock: Callable[[], float]) -> None:
        self._settings, self._http, self._clock = settings, http, clock
        self._flow = flow(settings)
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._times: deque[float] = deque(maxlen=TRIES)
        self._shut_until = 0.0
        self._failure: HubError = AuthFailed("no log-in yet")

    def current(self) -> Session:
        """The session, after a log-in if there is none. Raises AuthFailed, RateLimited or Unavailable."""
        return self._session or self.renew(None)

    def renew(self, ended: Session | None) -> Session:
        """A session other than `ended`: what another thread has got meanwhile, or one log-in for all who wait here.

        Raises AuthFailed without a log-in where there were too many lately or the last one was refused, RateLimited
        or Unavailable where Salesforce cannot tell now.
        """
        with self._lock:
            if self._session is not None and self._session is not ended:
                return self._session
            self._session = None
            self._allowed()
            try:
                self._session = self._log_in()
            except HubError as failure:
                self._shut(SOON if isinstance(failure, Unavailable) else WINDOW, failure)
                raise
            self._times.append(self._clock())
            return self._session

    def _allowed(self) -> None:
        """Raise, without a log-in, what the last one raised, or AuthFailed after too many of them."""
        now = self._clock()
        if now >= self._shut_until and len(self._times) == TRIES and now - self._times[0] < WINDOW:
            self._shut(WINDOW, AuthFailed(f"Salesforce ended {TRIES} sessions within minutes"))
            self._times.extend([self._shut_until] * (TRIES - 1))  # then one try, not all of them again
        if now < self._shut_until:
            raise copy.copy(self._failure)

    def _shut(self, seconds: float, failure: HubError) -> None:
        """Log in no more for so long; whoever waits for it, or asks, hears of the same failure."""
        self._shut_until, self._failure = self._clock() + seconds, failure

    def _log_in(self) -> Session:
        try:
            if self._flow == "refresh_token":
                return self._refresh()
            return self._by_library()
        except HubError:
            raise
        except Exception as failure:
            raise _of_failure(failure, self._flow) from None  # what it came from may quote credentials

    def _by_library(self) -> Session:
        from simple_salesforce.login import SalesforceLogin  # costs tenths of a second that `--help` need not pay

        s = self._settings
        given: dict[str, str] = {}
        if self._flow != "password" or not s.security_token:
            given |= {"consumer_key": s.consumer_key, "consumer_secret": _secret(s.consumer_secret)}
        if self._flow == "jwt":
            given |= {"username": s.username, "privatekey": _secret(s.private_key)}
            del given["consumer_secret"]
        if self._flow == "password":
            given |= {"username": s.username, "password": _secret(s.password)}
            if s.security_token or not (s.consumer_key and s.consumer_secret):
                given["security_token"] = _secret(s.security_token)
        login: Any = SalesforceLogin
        token, host = login(session=self._http, domain=s.domain, sf_version=VERSION, **given)
        return _session(token, host)

    def _refresh(self) -> Session:
        s = self._settings
        form = {
            "grant_type": "refresh_token",
            "refresh_token": _secret(s.refresh_token),
            "client_id": s.consumer_key,
        }
        if s.consumer_secret:
            form["client_secret"] = _secret(s.consumer_secret)
        host = urlsplit(s.instance_url).netloc
        reply = self._http.post(f"https://{host}/services/oauth2/token", data=form)
        if reply.status_code >= 500 or reply.status_code == 429:
            raise Unavailable(f"Salesforce's log-in is not available ({reply.status_code})")
        told = reply.json()
        if reply.status_code != 200:
            raise _refused(str(told.get("error", "")), str(told.get("error_description", "")))
        return _session(told.get("access_token"), str(told.get("instance_url") or s.instance_url))


def _secret(value: SecretStr | None) -> str:
    return value.get_secret_value() if value else ""


def _session(token: object, host: object) -> Session:
    host = str(host or "").removeprefix("https://").removeprefix("http://").strip("/")
    if not (isinstance(token, str) and token and host):
        raise AuthFailed("Salesforce's answer to the log-in names no session")
    return Session(token, host)


def _refused(code: str, words: str) -> HubError:
    code = code.rpartition(":")[2]
    told = f"Salesforce refuses the log-in: {words[:200] or 'no reason given'} ({code})"
    if code in _BUSY or "rate exceeded" in words:
        return RateLimited(told, WINDOW)
    return Unavailable(told) if code in _LATER else AuthFailed(told)


def _of_failure(failure: Exception, way: Flow) -> HubError:
    """The hub's error for what a log-in raised, by the way that was tried."""
    import requests
    from simple_salesforce.exceptions import SalesforceAuthenticationFailed

    if isinstance(failure, SalesforceAuthenticationFailed):
        code, words = str(failure.code), str(failure.auth_message)
        if code.isdecimal() or words.lstrip().startswith("<"):  # no answer of a log-in: a page of a proxy or of 503
            return Unavailable(f"Salesforce's log-in is not available ({code[:40]})")
        return _refused(code, words)
    if isinstance(failure, Warning):  # where the interpreter makes an error of simple-salesforce's hint
        return AuthFailed("Salesforce refuses the log-in: the user has not approved the connected app")
    if isinstance(failure, requests.TooManyRedirects):  # none is followed: it would take the credentials along
        return Unavailable("Salesforce's log-in leads to another address: see `domain`")
    if isinstance(failure, requests.exceptions.JSONDecodeError):
        return Unavailable(UNREADABLE)
    if isinstance(failure, requests.RequestException | OSError):
        return errors.of_exception(failure)
    if way == "jwt" and (type(failure).__module__.startswith(("jwt", "cryptography")) or type(failure) is ValueError):
        return AuthFailed("private_key is no RSA key in PEM")
    if isinstance(failure, (*ODD, ExpatError)):
        return Unavailable(UNREADABLE)
    return errors.of_exception(failure)
