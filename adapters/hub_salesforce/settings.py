"""What the admin says of one organisation."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from hub import PluginSettings
from hub.contracts.errors import ConfigError
from hub_salesforce.errors import DAY_STEP

Flow = Literal["refresh_token", "jwt", "password", "client_credentials"]
_DOMAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class SalesforceSettings(PluginSettings):
    """A [crm.*] table with `adapter = "salesforce"`. How it logs in follows from the keys that are set."""

    domain: str = "login"
    """`login`, `test` for a sandbox, or the organisation's own: what stands before .salesforce.com."""
    instance_url: str = ""
    """The organisation's own address; needed with refresh_token. http only on loopback."""
    consumer_key: str = ""
    """Of the connected app."""
    consumer_secret: SecretStr | None = None
    """Of the connected app: client credentials with `domain`, or with refresh_token."""
    username: str = ""
    password: SecretStr | None = None
    security_token: SecretStr | None = None
    private_key: SecretStr | None = None
    """The app's key (PEM) for JWT bearer, with username and consumer_key."""
    refresh_token: SecretStr | None = None
    """Of the web-server flow, with consumer_key."""
    new_person_as: Literal["contact", "lead", "person_account"] = "contact"
    """What the hub makes of somebody unknown. Leads that are converted are followed."""
    company: str = "[not provided]"
    """The company of a new lead: Salesforce takes none without."""
    objects: tuple[Literal["company", "deal", "ticket", "task"], ...] = ("company", "deal", "ticket", "task")
    """Records beside people that the hub keeps and makes."""
    answers: bool = False
    """Whether agents may answer from Salesforce: adds the reply fields to people and tasks, and reads them."""
    duplicates: Literal["link", "allow"] = "link"
    """What to do where a duplicate rule takes a new person for somebody known: link to him, or make a second record."""
    daily_share: float = Field(default=0.8, gt=0, le=1)
    """The share of the organisation's daily calls that the hub leaves no further than: beyond it, it pauses."""
    day_step: float = Field(default=DAY_STEP, gt=0)
    """Seconds between two looks whether a used-up day has calls again: Salesforce counts the last 24 hours."""
    timeout: float = Field(default=30, gt=0)
    """Seconds to wait for an answer."""
    threads: int = Field(default=4, ge=1, le=25)
    """Calls at the same time, and connections kept."""
    bulk: bool = True
    """Whether Bulk API 2.0 is used for the first read and for 2,000 rows and more."""

    @model_validator(mode="after")
    def _can_log_in(self) -> SalesforceSettings:
        try:
            flow(self)
            loopback(self)
        except ConfigError as wrong:
            raise ValueError(str(wrong)) from None
        return self


def flow(settings: SalesforceSettings) -> Flow:
    """The way to log in that the settings describe. Raises ConfigError where they describe none."""
    s = settings
    if not _DOMAIN.fullmatch(s.domain) or s.domain.endswith(".salesforce.com"):
        raise ConfigError("domain is what stands before .salesforce.com, such as login, test or acme.my")
    if s.refresh_token:
        if not (s.consumer_key and s.instance_url):
            raise ConfigError("refresh_token needs consumer_key and instance_url")
        return "refresh_token"
    if s.private_key:
        if not (s.username and s.consumer_key):
            raise ConfigError("private_key needs username and consumer_key")
        return "jwt"
    if s.password:
        if not s.username:
            raise ConfigError("password needs username")
        return "password"
    if s.consumer_key and s.consumer_secret:
        if s.domain in ("login", "test"):
            raise ConfigError(
                "client credentials need the organisation's own domain",
                remedy="set domain to what stands before .salesforce.com, such as acme.my",
            )
        return "client_credentials"
    raise ConfigError(
        "the settings name no way to log in",
        remedy="set username, consumer_key and private_key; the adapter's README shows the others",
    )


def loopback(settings: SalesforceSettings) -> str:
    """Where every call goes instead of Salesforce: `127.0.0.1:8080` if instance_url is http there, else "".

    Raises ConfigError for http anywhere else: it would send the credentials in the clear.
    """
    parts = urlsplit(settings.instance_url)
    if not settings.instance_url or parts.scheme == "https":
        return ""
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return parts.netloc
    raise ConfigError("instance_url must begin with https://", remedy="http is taken on loopback only")
