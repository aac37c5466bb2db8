"""The table [hub] of hub.toml, with the environment laid over it: where things are, and the limits of everything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from hub.engine.tables import Tables, is_loopback, read_text, sentence
from hub.store import Place
from hub.store.dialects import address as address_of

PREFIX = "DRAGOMAN_"


def address(text: str) -> tuple[str, int]:
    """Host and port of `host:port` or `[ipv6]:port`. Raises ValueError on anything else; port 0 means a free one."""
    found = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})", text)
    if not found or int(found[3]) > 65535:
        raise ValueError("should be host:port, such as 127.0.0.1:8080")
    return found[1] or found[2], int(found[3])


class HubSettings(BaseSettings):
    """The table [hub]; each key can also be given as DRAGOMAN_KEY in the environment, which wins."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, validate_default=False)

    data: Path = Field(
        Path("./data"),
        description="folder of the store, or of what a process keeps for itself beside PostgreSQL;"
        " a relative one starts at hub.toml's folder",
    )
    store: SecretStr = Field(
        SecretStr(""),
        description=f"`{address_of.FORM}`: the store of any number of processes; empty means SQLite in data",
    )
    store_pooler: bool = Field(
        False, description="a pooler of transactions, such as PgBouncer, stands before PostgreSQL"
    )
    media: str = Field(
        "", description="folder of files, which all processes on PostgreSQL share; empty means in data, with SQLite"
    )
    listen: str = Field("127.0.0.1:8080", description="host:port of the public listener, which platforms call")
    admin: str = Field("127.0.0.1:8081", description="host:port of the admin listener; this machine only")
    public_url: str = Field("", description="the address platforms call, without a path; empty means http://{listen}")
    region: str = Field("", description="country (two letters) of phone numbers that are written without one")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least level that is logged")
    evidence_wait: float = Field(60, gt=0, description="seconds a send without an answer waits for a sign of its fate")
    replies_per_inbound: int = Field(3, ge=1, description="most automatic replies (count) to one inbound message")
    pause_after_human: float = Field(12, ge=0, description="hours of silent automation after a human's last message")
    automation_max_age: float = Field(6, gt=0, description="hours after which a late message gets no automatic reply")
    hook_deadline: float = Field(2.0, gt=0, description="seconds a plugin's event hook may take before it is killed")
    session_gap: float = Field(30, gt=0, description="minutes of silence after which a new session begins")
    media_fetch: bool = Field(True, description="fetch the files of inbound messages from the platforms")
    media_max_mb: float = Field(100, gt=0, description="most megabytes of one file of an inbound message")
    link_days: float = Field(7, gt=0, le=3650, description="days that a link to a file in the CRM is good for")
    crm_linger: float | None = Field(
        None,
        ge=0,
        description="seconds to gather CRM writes into one batch, half as long again when it is nearly full;"
        " else what fits each CRM",
    )
    crm_poll: float = Field(60, gt=0, description="seconds between two looks at recently modified CRM contacts")
    crm_sweep: float = Field(24, ge=0, description="hours between two comparisons of all links with the CRM; 0 = never")
    crm_repair: bool = Field(False, description="bring in order what such a comparison finds, instead of only telling")
    accept_queue: int = Field(5000, ge=1, description="events (count) waiting to be stored before callers get 503")
    disk_min_mb: int = Field(200, ge=0, description="free megabytes of disk below which callers get 503")
    body_max: int = Field(4_000_000, ge=1024, description="most bytes of one request body")
    stop_grace: float = Field(10, ge=0, description="seconds that work in flight gets to finish when the hub stops")
    step_budget: int = Field(256, ge=1, description="most events (count) of one transaction of the step")
    speed: bool = Field(True, description="use uvloop and orjson where they are installed")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is passed in: `load_config` lays the environment over hub.toml, so that tests see no other."""
        return (init_settings,)

    @model_validator(mode="before")
    @classmethod
    def _fill_public_url(cls, values: Any) -> Any:
        if isinstance(values, dict) and not values.get("public_url"):
            return {**values, "public_url": f"http://{values.get('listen', cls.model_fields['listen'].default)}"}
        return values

    @field_validator("listen", "admin")
    @classmethod
    def _check_address(cls, text: str) -> str:
        address(text)
        return text

    @field_validator("admin")
    @classmethod
    def _check_admin(cls, text: str) -> str:
        if not is_loopback(address(text)[0]):
            raise ValueError("the admin listener has no login, so it may listen on 127.0.0.1 or [::1] only")
        return text

    @field_validator("store")
    @classmethod
    def _check_store(cls, secret: SecretStr) -> SecretStr:
        if secret.get_secret_value():
            address_of.split(secret.get_secret_value())
        return secret

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, text: str) -> str:
        url = urlsplit(text)
        if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment:
            raise ValueError("should be an address such as https://hub.example.com")
        return text.rstrip("/")

    @field_validator("region")
    @classmethod
    def _check_region(cls, text: str) -> str:
        import phonenumbers  # only where a region is set

        if text and text not in phonenumbers.SUPPORTED_REGIONS:
            hint = " (the United Kingdom is GB)" if text == "UK" else ""
            raise ValueError(f"should be a country's two capital letters, such as AM or US{hint}")
        return text

    @property
    def place(self) -> Place:
        """Where the store is."""
        return Place(Path(self.data), self.store.get_secret_value(), self.store_pooler)

    @property
    def files(self) -> Path:
        """The folder of the files of messages."""
        return Path(self.media) if self.media else Path(self.data) / "blobs"

    @property
    def learned(self) -> Path:
        """The folder in which classifiers keep what they learned."""
        return Path(self.data) / "intents"

    @property
    def store_shown(self) -> str:
        """Where the store is, for people: never the password."""
        dsn = self.store.get_secret_value()
        if not dsn:
            return f"SQLite in {self.data}"
        return address_of.shown(dsn)


class _Environment(EnvSettingsSource):
    """The hub settings among the variables given, by field name."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        super().__init__(HubSettings)
        self.env_vars = {name.lower(): value for name, value in environ.items()}


def load_hub(file: Path, environ: Mapping[str, str]) -> HubSettings:
    """The table [hub] alone, for commands that need the data folder and no secrets. Raises ConfigError."""
    return hub_settings(Tables(file, environ, read_text(file, "dragoman init writes a starter")))


def hub_settings(tables: Tables) -> HubSettings:
    """The table [hub] of a file that is read already. Raises ConfigError."""
    table = tables.data.get("hub", {})
    if not isinstance(table, dict):
        raise tables.error(("hub",), "'hub' is not a table", "write [hub]")
    over = _Environment(tables.environ)()
    values = {**table, **over}
    if "store" not in over and "store" in table:
        values["store"] = tables.resolve(table["store"], ("hub", "store"))
    try:
        hub = HubSettings.model_validate(values)
    except ValidationError as error:
        found = sentence(error, HubSettings, {**table, **over}, values, tables, ("hub",))
        key = error.errors()[0]["loc"]
        if key and key[0] in over:
            found.where = f"environment variable {PREFIX}{str(key[0]).upper()}"
        raise found from None
    dsn = hub.store.get_secret_value()
    if dsn and isinstance(table.get("store"), str) and "store" not in over and address_of.tells_a_password(dsn):
        raise tables.error(
            ("hub", "store"),
            "'store' holds a password in plain text",
            'write store = { env = "NAME" } or { file = "path" }, or leave it to PGPASSWORD; and change it',
        )
    if dsn and not hub.media:
        raise tables.error(
            ("hub", "store" if "store" in table else "media"),
            "the store is in PostgreSQL, and no folder is named that all processes of the hub share for files",
            f'write media = "/srv/dragoman/media", or set {PREFIX}MEDIA; on one host any folder will do',
        )
    folder = tables.file.parent
    media = str((folder / Path(hub.media).expanduser()).resolve()) if hub.media else ""
    return hub.model_copy(update={"data": (folder / hub.data).resolve(), "media": media})
