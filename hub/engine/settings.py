"""The configuration: hub.toml, the environment and the mapping files become one checked, immutable value."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from hub.backup.settings import BackupSettings, RetentionSettings
from hub.contracts.channel import Channel
from hub.contracts.crm import CRM, KeepsFiles
from hub.contracts.errors import ConfigError
from hub.contracts.transforms import TransformSpec
from hub.engine.fitting import SHORTEST, Place, check_rules, fault
from hub.engine.leaders import leaders
from hub.engine.loader import Plugins
from hub.engine.roles import RoleConfig, roles_of
from hub.engine.starter import starter_files
from hub.engine.tables import Key, Tables, closest, is_loopback, read_text, sentence
from hub.engine.upkeep import UPKEEP, backup_settings, retention_settings
from hub.mapping import Mapping as FieldMapping
from hub.mapping import load_mapping
from hub.rules import Policy, RuleSet, TemplateTable, TemplateText, compile_rules, compile_template
from hub.rules.tables import validate

PREFIX = "DRAGOMAN_"
HOUR = 3_600_000  # ms
FALLBACK = {"buttons", "header", "language", "media", "params", "template"}
RULE_TABLES = ("hours", "rule", "texts")
TABLES = ("connection", "crm", "hub", "inbox", "lead", "plugin", "role", *RULE_TABLES, *UPKEEP)


def address(text: str) -> tuple[str, int]:
    """Host and port of `host:port` or `[ipv6]:port`. Raises ValueError on anything else; port 0 means a free one."""
    found = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})", text)
    if not found or int(found[3]) > 65535:
        raise ValueError("should be host:port, such as 127.0.0.1:8080")
    return found[1] or found[2], int(found[3])


class HubSettings(BaseSettings):
    """The table [hub]; each key can also be given as DRAGOMAN_KEY in the environment, which wins."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, validate_default=False)

    data: Path = Field(Path("./data"), description="folder of the store; a relative one starts at hub.toml's folder")
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


class _Environment(EnvSettingsSource):
    """The hub settings among the variables given, by field name."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        super().__init__(HubSettings)
        self.env_vars = {name.lower(): value for name, value in environ.items()}


class _CrmTable(BaseModel):
    """What the hub itself reads from a table [crm.NAME]."""

    model_config = ConfigDict(extra="ignore")

    log_mode: Literal["message", "session"] = Field(
        "message", description='"message": a record for each; "session": one growing record for each session'
    )
    attachments: Literal["", "off", "upload", "link"] = Field(
        "", description='"upload" puts files into the CRM, "link" shows links to the hub, "off" leaves them in the hub'
    )


class _InboxTable(BaseModel):
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    connection: str = Field(description="the name of a [connection.NAME] table")
    account: str = Field(min_length=1, description="the account as the channel names it: a phone-number id, a bot's id")
    mark_read: bool = Field(False, description="show people that their message was read, just before it is answered")
    fallback: Any = Field(None, description="the template that goes instead of a text while the window is closed")


@dataclass(frozen=True, slots=True)
class ConnectionConfig:
    """One app's credentials, as a channel ready to use."""

    name: str
    channel: Channel[Any]


@dataclass(frozen=True, slots=True)
class InboxConfig:
    """One account of a connection.

    `fallback` goes once in place of a text that comes too late for the window; `mark_read`: show people that their
    message was read just before it is answered.
    """

    name: str
    connection: str
    account: str
    fallback: TemplateText | None = None
    mark_read: bool = False


@dataclass(frozen=True, slots=True)
class CrmConfig:
    """One CRM and its field mapping. `mapping_file` is None while the packaged starter mapping is used.

    `mapping_text` is the file as it is, `mapping_fault` why it is none, with an empty `mapping`: a hub whose store has
    a version of its own runs without it.
    `log_mode`: a record for each message, or one growing record for each session. `attachments`: whether files are
    put into the CRM, or links to them.
    """

    name: str
    adapter: CRM[Any]
    mapping_file: Path | None
    mapping: FieldMapping
    log_mode: Literal["message", "session"] = "message"
    attachments: Literal["off", "upload", "link"] = "off"
    mapping_text: str = ""
    mapping_fault: ConfigError | None = None


@dataclass(frozen=True, slots=True)
class PluginConfig:
    """An automation plugin's own table as plain data, secrets resolved: never log it."""

    name: str
    settings: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Config:
    """Everything the hub was told. `version` is a hash of the texts of hub.toml and the mapping files.

    `resting`: connections (name -> reason) whose channel's plugin is in quarantine. They and their inboxes are not
    in `connections` and `inboxes`; callers of their address should get 503, so that the platform delivers again.
    `lead`: value of a person (`default` for all others) -> the CRM that leads it. `transforms` of plugins.
    `deaf`: CRMs whose webhooks are not listened to in this life, as the adapter hung over one; they are read as ever.
    """

    file: Path
    hub: HubSettings
    connections: dict[str, ConnectionConfig]
    inboxes: dict[str, InboxConfig]
    crms: dict[str, CrmConfig]
    plugins: dict[str, PluginConfig]
    rules: RuleSet
    policy: Policy
    version: str
    resting: dict[str, str] = field(default_factory=dict)
    roles: dict[str, RoleConfig] = field(default_factory=dict)
    deaf: frozenset[str] = frozenset()
    lead: Mapping[str, str] = field(default_factory=dict)
    transforms: tuple[TransformSpec, ...] = field(default=(), repr=False, compare=False)
    backup: BackupSettings = field(default_factory=lambda: BackupSettings.model_validate({}))
    retention: RetentionSettings = field(default_factory=lambda: RetentionSettings.model_validate({}))
    _accounts: dict[tuple[str, str], InboxConfig] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        index = {(inbox.connection, inbox.account): inbox for inbox in self.inboxes.values()}
        object.__setattr__(self, "_accounts", index)

    def inbox_of(self, connection: str, account: str) -> InboxConfig | None:
        """The inbox of an account, or None when the admin named none."""
        return self._accounts.get((connection, account))

    def read_mapping(self, text: str, file: str, *, draft: bool = False) -> FieldMapping:
        """A version of a mapping as the hub keeps it, or a `draft` that may name only inboxes that are there. Raises
        ConfigError at its first mistake."""
        return load_mapping(
            text, file, inboxes=self.inboxes if draft and not self.resting else None, transforms=self.transforms
        )


def load_config(file: Path, plugins: Plugins, environ: Mapping[str, str], *, keep_bad_mappings: bool = False) -> Config:
    """Read and check `file` and its mapping files; nothing is contacted. Raises ConfigError: file, line, remedy.

    With `keep_bad_mappings` a mistake in a mapping file is kept in its `CrmConfig`, not raised.
    """
    text = read_text(file, "dragoman init writes a starter")
    tables = Tables(file, environ, text)
    for key in tables.data:
        if key not in TABLES:
            remedy = "it belongs under [hub]" if key in HubSettings.model_fields else closest(key, TABLES, "tables")
            raise tables.error((key,), f"'{key}' is no table of hub.toml", remedy)
    hub = _hub(tables)
    connections, resting = _connections(tables, plugins)
    roles = roles_of(tables)
    inboxes = _inboxes(tables, connections, resting)
    crms, mapping_texts = _crms(tables, plugins, hub.region, any("media" in role.may for role in roles.values()))
    for crm in crms.values():
        if crm.mapping_fault is not None and not keep_bad_mappings:
            raise crm.mapping_fault
    rules = _rules(tables, plugins)
    places = [Place(name, type(connections[inbox.connection].channel)) for name, inbox in inboxes.items()]
    check_rules(tables, rules, places, {name: crm.adapter.makes() for name, crm in crms.items()})
    return Config(
        file=file,
        hub=hub,
        connections=connections,
        inboxes=inboxes,
        crms=crms,
        plugins=_plugins(tables, plugins),
        rules=rules,
        policy=Policy(max_age=int(hub.automation_max_age * HOUR)),
        version=hashlib.sha256("\0".join([text, *mapping_texts]).encode()).hexdigest()[:16],
        resting=resting,
        roles=roles,
        backup=backup_settings(tables),
        retention=retention_settings(tables),
        lead=leaders(tables, {crm.name: crm.mapping for crm in crms.values()}),
        transforms=tuple(plugins.transforms.values()),
    )


def load_hub(file: Path, environ: Mapping[str, str]) -> HubSettings:
    """The table [hub] alone, for commands that need the data folder and no secrets. Raises ConfigError."""
    return _hub(Tables(file, environ, read_text(file, "dragoman init writes a starter")))


def _hub(tables: Tables) -> HubSettings:
    table = tables.data.get("hub", {})
    if not isinstance(table, dict):
        raise tables.error(("hub",), "'hub' is not a table", "write [hub]")
    over = _Environment(tables.environ)()
    values = {**table, **over}
    try:
        hub = HubSettings.model_validate(values)
    except ValidationError as error:
        found = sentence(error, HubSettings, values, values, tables, ("hub",))
        key = error.errors()[0]["loc"]
        if key and key[0] in over:
            found.where = f"environment variable {PREFIX}{str(key[0]).upper()}"
        raise found from None
    return hub.model_copy(update={"data": (tables.file.parent / hub.data).resolve()})


def _connections(tables: Tables, plugins: Plugins) -> tuple[dict[str, ConnectionConfig], dict[str, str]]:
    connections, resting = {}, {}
    for name, table in tables.named("connection").items():
        path: Key = ("connection", name)
        channel = _kind(tables, path, table, "channel", plugins.channels)
        if channel not in plugins.channels:
            if not plugins.quarantined():
                raise _unknown(tables, path, "channel", channel, plugins.channels)
            resting[name] = f"no channel '{channel}' among the sound plugins; in quarantine: {_quarantine(plugins)}"
            continue
        cls = plugins.channels[channel]
        settings = tables.build(cls.Settings, _without(table, "channel"), path)
        connections[name] = ConnectionConfig(name, cls(settings, connection=name))
    return connections, resting


def _inboxes(tables: Tables, connections: Mapping[str, Any], resting: Mapping[str, str]) -> dict[str, InboxConfig]:
    inboxes: dict[str, InboxConfig] = {}
    owners: dict[tuple[str, str], str] = {}
    for name, table in tables.named("inbox").items():
        path: Key = ("inbox", name)
        inbox = tables.build(_InboxTable, table, path)
        if inbox.connection not in connections and inbox.connection not in resting:
            raise tables.error(
                (*path, "connection"),
                f"inbox '{name}' names the connection '{inbox.connection}', which is not there",
                closest(inbox.connection, [*connections, *resting], "connections"),
            )
        key = (inbox.connection, inbox.account)
        other = owners.setdefault(key, name)
        if other != name:
            raise tables.error(
                (*path, "account"),
                f"inbox '{name}' has the same connection and account as '{other}' "
                f"({tables.where(('inbox', other, 'account'))})",
                "an account is one inbox; remove one of the two",
            )
        if inbox.connection in connections:
            fallback = _fallback(tables, (*path, "fallback"), inbox.fallback)
            channel = connections[inbox.connection].channel
            if fallback and (wrong := fault(type(channel), fallback.fill("", SHORTEST), "")):
                raise tables.error(
                    (*path, "fallback"), f"the fallback cannot be sent: {wrong}", "mend it, or remove it"
                )
            inboxes[name] = InboxConfig(name, inbox.connection, inbox.account, fallback, inbox.mark_read)
    return inboxes


def _fallback(tables: Tables, path: Key, table: Any) -> TemplateText | None:
    if table is None:
        return None
    if not isinstance(table, dict) or not table.keys() <= FALLBACK or not {"template", "language"} <= table.keys():
        remedy = 'fallback = { template = "name", language = "en", params = ["{{ person.name or \'there\' }}"] }'
        raise tables.error(path, "'fallback' is no template", remedy)
    if not isinstance(table["template"], str) or not isinstance(table["language"], str):
        raise tables.error(path, "'template' and 'language' are texts", "as the platform has them")
    checked = validate(TemplateTable, {"name": table["template"], **_without(table, "template")}, path, tables.where)
    template = compile_template(checked, path, tables.where)
    if wrong := sorted(name for name in template.uses if name not in ("inbox", "person.language", "person.name")):
        what = f"the fallback's values name {wrong[0]}, which is not known when it goes"
        raise tables.error(path, what, "known: inbox, person.language, person.name")
    return template


def _crms(tables: Tables, plugins: Plugins, region: str, viewers: bool) -> tuple[dict[str, CrmConfig], list[str]]:
    crms, texts = {}, []
    for name, table in tables.named("crm").items():
        path: Key = ("crm", name)
        adapter = _kind(tables, path, table, "adapter", plugins.crms)
        if adapter not in plugins.crms:
            raise _unknown(tables, path, "adapter", adapter, plugins.crms, _quarantine(plugins))
        if name in tables.named("connection"):
            what = f"a connection and a CRM are both called '{name}'"
            raise tables.error(path, what, f"both are called at /hook/{name}: rename one of them")
        cls = plugins.crms[adapter]
        own = tables.build(_CrmTable, {key: table[key] for key in _CrmTable.model_fields if key in table}, path)
        settings = tables.build(cls.Settings, _without(table, "adapter", "mapping", *_CrmTable.model_fields), path)
        made = cls(settings, region=region)
        if own.attachments == "upload" and not isinstance(made, KeepsFiles):
            what = f"the adapter '{adapter}' puts no files into the CRM"
            raise tables.error((*path, "attachments"), what, 'write attachments = "off"')
        if own.attachments == "link" and not viewers:
            what = "links to files would open for nobody: there is no role that may see them"
            remedy = 'add [role.agents] with key = { env = "AGENTS_KEY" } and may = ["media"]'
            raise tables.error((*path, "attachments"), what, remedy)
        mapping_file, shown, text = _mapping_text(tables, path, table.get("mapping"), adapter)
        texts.append(text)
        attachments = own.attachments or ("upload" if isinstance(made, KeepsFiles) else "off")
        fault = None
        try:
            inboxes = tables.named("inbox")
            mapping = load_mapping(text, shown, inboxes=inboxes, transforms=plugins.transforms.values())
        except ConfigError as error:
            mapping, fault = FieldMapping(shown, ()), error
        crms[name] = CrmConfig(name, made, mapping_file, mapping, own.log_mode, attachments, text, fault)
    return crms, texts


def _mapping_text(tables: Tables, path: Key, named: Any, adapter: str) -> tuple[Path | None, str, str]:
    """The mapping's file (None = the packaged one), the name to show for it, and its text."""
    if named is not None and not isinstance(named, str):
        raise tables.error((*path, "mapping"), "'mapping' is not a path", f'write mapping = "mappings/{adapter}.toml"')
    beside = tables.file.parent / (named or f"mappings/{adapter}.toml")
    if named or beside.exists():
        if not beside.exists():
            remedy = f"dragoman init writes mappings/{adapter}.toml"
            raise tables.error((*path, "mapping"), f"the mapping file {beside} does not exist", remedy)
        return beside, str(beside), read_text(beside, "")
    packaged = starter_files() / "mappings" / f"{adapter}.toml"
    if not packaged.is_file():
        raise tables.error(path, f"there is no mapping for '{adapter}'", f"write {beside} or set mapping")
    return None, str(packaged), packaged.read_text(encoding="utf-8")


def _plugins(tables: Tables, plugins: Plugins) -> dict[str, PluginConfig]:
    found = {}
    names = [info.name for info in plugins.infos]
    quarantined = {info.name for info in plugins.quarantined()}
    for name, table in tables.named("plugin").items():
        path: Key = ("plugin", name)
        if name not in names:
            raise tables.error(path, f"no plugin '{name}' is installed", closest(name, names, "installed"))
        if name not in plugins.handlers and name not in quarantined:
            remedy = "its settings stand in the tables of its connections or CRMs"
            raise tables.error(path, f"the plugin '{name}' has no settings of its own", remedy)
        if name in plugins.settings:  # validated here, passed on as plain data
            tables.build(plugins.settings[name], table, path)
        found[name] = PluginConfig(name, tables.resolve(table, path))
    return found


def _rules(tables: Tables, plugins: Plugins) -> RuleSet:
    rules = compile_rules({key: tables.data[key] for key in RULE_TABLES if key in tables.data}, tables.where)
    named: dict[str, Mapping[str, Any]] = {"inbox": tables.named("inbox"), "channel": plugins.channels}
    if plugins.quarantined():
        del named["channel"]  # one of them may have offered it
    for place, rule in enumerate(rules.rules):
        for key, known in named.items():
            for name in rule.inboxes if key == "inbox" else rule.channels:
                if name not in known:
                    what = f"rule '{rule.name}' names the {key} '{name}', which is not there"
                    raise tables.error(("rule", place, key), what, closest(name, known))
        if rule.content is None:
            continue
        for name in sorted(rule.channels & plugins.channels.keys()):
            form, able = rule.content.form, plugins.channels[name].capabilities.forms
            if form not in able:
                what = f"rule '{rule.name}' sends the form '{form}', which the channel '{name}' does not have"
                raise tables.error(("rule", place, "channel"), what, f"{name} sends {', '.join(sorted(able))}")
    return rules


def _kind(tables: Tables, path: Key, table: Mapping[str, Any], key: str, known: Mapping[str, Any]) -> str:
    value = table.get(key)
    if not isinstance(value, str):
        names = ", ".join(sorted(known)) or "none installed"
        raise tables.error(path, f"[{'.'.join(map(str, path))}] lacks the key '{key}'", f'add {key} = "..." ({names})')
    return value


def _unknown(
    tables: Tables, path: Key, key: str, value: str, known: Mapping[str, Any], quarantine: str = ""
) -> ConfigError:
    what = f"there is no {key} '{value}'" + (f"; in quarantine: {quarantine}" if quarantine else "")
    hint = closest(value, known, "installed")
    names = ", ".join(sorted(known)) or "none"
    return tables.error((*path, key), what, hint if names in hint else f"{hint} installed: {names}")


def _quarantine(plugins: Plugins) -> str:
    return ", ".join(f"{info.name} ({info.reason})" for info in plugins.quarantined())


def _without(table: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key not in keys}
