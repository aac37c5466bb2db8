"""Errors, named by what the hub does next.

HubError
├── ConfigError        refuse to start; says file, line, remedy
├── PluginError        quarantine the plugin, the others go on
├── BadSignature       answer 401, store nothing
│   └── StaleSignature  answer 503, store nothing: it comes again, and then its time may fit
├── Temporary          try again later (retry_after seconds, or growing pauses)
│   ├── Unavailable    the other side is down or said 5xx; nothing was done
│   └── RateLimited    the other side said wait
│       └── DayUsedUp   nothing is answered before the day ends there
├── AuthFailed         pause this connection or CRM, tell the admin once
├── Uncertain          no answer after the bytes left: it may have been done
└── Refused            dead letter, visible, can be sent again by a human
    ├── Rejected       this content or record will never be taken
    ├── NotFound       the recipient or record is gone
    ├── WindowClosed   the platform's session window is closed
    ├── OptedOut       the person blocked or stopped us
    └── Conflict       another record owns this key
"""

from __future__ import annotations


class HubError(Exception):
    """Base. `str()` is one sentence for a person, without secrets or message contents."""


class ConfigError(HubError):
    """A mistake in the configuration: `where` (file and line) and `remedy` make one sentence."""

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what, self.where, self.remedy = what, where, remedy

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head} ({self.remedy})" if self.remedy else head


class PluginError(HubError):
    """A plugin failed to load or to answer: it is quarantined, the hub goes on."""


class BadSignature(HubError):
    """The request does not come from the platform, or the secret is wrong: 401, nothing stored."""


class StaleSignature(BadSignature):
    """The secret fits, but the time that was signed is too far from now: one of two clocks is wrong, or the request is
    old. Nothing is stored and the platform is asked to come again. `off` is how far (ms), negative = signed in the
    future."""

    def __init__(self, what: str, off: int) -> None:
        super().__init__(what)
        self.off = off


class Temporary(HubError):
    """Try again. `retry_after` in seconds; 0 lets the hub choose a growing pause."""

    def __init__(self, what: str, retry_after: float = 0) -> None:
        super().__init__(what)
        self.retry_after = retry_after


class Unavailable(Temporary):
    """The other side is down, overloaded or said 5xx, and nothing was done."""


class RateLimited(Temporary):
    """The other side asked to wait."""


class DayUsedUp(RateLimited):
    """The account's calls of the day are used up. `retry_after` seconds are left of that day."""


class AuthFailed(HubError):
    """Credentials are wrong, expired or lack a scope: pause the connection or CRM, tell the admin once."""


class Uncertain(HubError):
    """The bytes left and no answer came: it may or may not have been done."""


class Refused(HubError):
    """It will not be done as it stands: dead letter with this sentence."""


class Rejected(Refused):
    """The content or the record is not acceptable."""


class NotFound(Refused):
    """The recipient or the record does not exist (any more)."""


class WindowClosed(Refused):
    """The platform allows no free message now."""


class OptedOut(Refused):
    """The person blocked the sender or stopped messages."""


class Conflict(Refused):
    """Another record already owns this unique value."""
