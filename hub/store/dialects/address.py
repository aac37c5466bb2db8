"""PostgreSQL's address: looked at without a word of it, as it may hold a password, and shown without one."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

FORM = "postgresql://USER@HOST/DATABASE"
"""How it is written."""


def split(dsn: str) -> SplitResult:
    """Its parts. Raises ValueError, with a text that goes on from the setting's name, when it is none.

    What people forget to write as %40 would make a part of the password a part of the host, which is shown.
    """
    form = f"should be {FORM}"
    scheme, colon, rest = dsn.partition("://")
    if scheme not in ("postgresql", "postgres") or not colon:
        raise ValueError(form)
    try:
        url = urlsplit(dsn)
        if "," not in url.netloc and url.port == 0:  # several hosts are libpq's own form
            raise ValueError
    except ValueError:
        raise ValueError(f"{form}; @ : / ? # % in a password are written as %40 %3A %2F %3F %23 %25") from None
    if rest.count("@") > ("@" in url.netloc) or url.fragment:
        raise ValueError("a user's name or password has @ / ? or #: write %40 %2F %3F %23 instead")
    return url


def shown(dsn: str) -> str:
    """Where it leads, for people. Raises ValueError as `split` does."""
    url = split(dsn)
    host = parse_qs(url.query).get("host", [unquote(url.netloc.rpartition("@")[2])])[0]
    database = url.path.lstrip("/")
    return f"PostgreSQL{f' at {host}' if host else ''}{f', database {database}' if database else ''}"


def tells_a_password(dsn: str) -> bool:
    """Whether it holds a password of a server on another machine. Raises ValueError as `split` does."""
    url = split(dsn)
    more = parse_qs(url.query)
    if not (url.password or "password" in more):
        return False
    host = more.get("host", [unquote(url.hostname or "")])[0]
    if host.startswith("/") or host == "localhost":
        return False
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return True
