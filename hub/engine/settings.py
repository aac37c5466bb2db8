"""The configuration: hub.toml, the environment and the mapping files become one checked, immutable value."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from hub.backup.settings import BackupSettings, RetentionSettings
from hub.contracts.channel import Channel
from hub.contracts.crm import CRM, KeepsFiles
from hub.contracts.errors import ConfigError
from hub.contracts.transforms import TransformSpec
from hub.engine.fitting import SHORTEST, Place, fault
from hub.engine.hub_settings import HubSettings, hub_settings
from hub.engine.leaders import leaders
from hub.engine.loader import Plugins
from hub.engine.roles import RoleConfig, roles_of
from hub.engine.rule_files import RULE_TABLES, Surroundings
from hub.engine.starter import starter_files
from hub.engine.tables import Key, Tables, closest, read_text
from hub.engine.upkeep import UPKEEP, backup_settings, retention_settings
from hub.mapping import Mapping as FieldMapping
from hub.mapping import load_mapping
from hub.rules import Policy, RuleSet, TemplateTable, TemplateText, compile_template
from hub.rules.tables import check
from hub.store.configurations import text_hash

HOUR = 3_600_000  # ms
FALLBACK = {"buttons", "header", "language", "media", "params", "template"}
TABLES = ("connection", "crm", "hub", "inbox", "lead", "plugin", "role", *RULE_TABLES, *UPKEEP)


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
    """Everything the hub was told. `text` is hub.toml as it was read, `version` a hash of the text whose rules run.

    `resting`: connections (name -> reason) whose channel's plugin is in quarantine. They and their inboxes are not
    in `connections` and `inboxes`; callers of their address should get 503, so that the platform delivers again.
    `lead`: value of a person (`default` for all others) -> the CRM that leads it. `transforms` of plugins.
    `deaf`: CRMs whose webhooks are not listened to in this life, as the adapter hung over one; they are read as ever.
    `around`: what rules are checked against.
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
    text: str = field(default="", repr=False)
    around: Surroundings = field(default_factory=Surroundings, repr=False, compare=False)
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

    def read_rules(self, text: str, file: str) -> RuleSet:
        """The rules of another hub.toml, or of a version of it, as far as this process can do what they ask for.
        Raises ConfigError at the first mistake."""
        return self.around.rules(Tables(Path(file), {}, text))


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
    hub = hub_settings(tables)
    connections, resting = _connections(tables, plugins)
    roles = roles_of(tables)
    inboxes = _inboxes(tables, connections, resting)
    crms = _crms(tables, plugins, hub.region, any("media" in role.may for role in roles.values()))
    for crm in crms.values():
        if crm.mapping_fault is not None and not keep_bad_mappings:
            raise crm.mapping_fault
    around = Surroundings(
        channels=dict(plugins.channels),
        quarantined=bool(plugins.quarantined()),
        places=tuple(Place(name, type(connections[inbox.connection].channel)) for name, inbox in inboxes.items()),
        makes={name: crm.adapter.makes() for name, crm in crms.items()},
    )
    return Config(
        file=file,
        hub=hub,
        connections=connections,
        inboxes=inboxes,
        crms=crms,
        plugins=_plugins(tables, plugins),
        rules=around.rules(tables),
        policy=Policy(max_age=int(hub.automation_max_age * HOUR)),
        version=text_hash(text),
        resting=resting,
        roles=roles,
        backup=backup_settings(tables),
        retention=retention_settings(tables),
        lead=leaders(tables, {crm.name: crm.mapping for crm in crms.values()}),
        transforms=tuple(plugins.transforms.values()),
        text=text,
        around=around,
    )


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
    checked = check(TemplateTable, {"name": table["template"], **_without(table, "template")}, path, tables.where)
    template = compile_template(checked, path, tables.where)
    if wrong := sorted(name for name in template.uses if name not in ("inbox", "person.language", "person.name")):
        what = f"the fallback's values name {wrong[0]}, which is not known when it goes"
        raise tables.error(path, what, "known: inbox, person.language, person.name")
    return template


def _crms(tables: Tables, plugins: Plugins, region: str, viewers: bool) -> dict[str, CrmConfig]:
    crms = {}
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
        attachments = own.attachments or ("upload" if isinstance(made, KeepsFiles) else "off")
        fault = None
        try:
            inboxes = tables.named("inbox")
            mapping = load_mapping(text, shown, inboxes=inboxes, transforms=plugins.transforms.values())
        except ConfigError as error:
            mapping, fault = FieldMapping(shown, ()), error
        crms[name] = CrmConfig(name, made, mapping_file, mapping, own.log_mode, attachments, text, fault)
    return crms


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


def load_plugin_tables(
    file: Path, plugins: Plugins, environ: Mapping[str, str], only: Collection[str]
) -> dict[str, PluginConfig]:
    """The tables [plugin.NAME] of plugins in `only`, for commands that need nothing else of hub.toml. Raises
    ConfigError."""
    tables = Tables(file, environ, read_text(file, "dragoman init writes a starter"))
    return _plugins(tables, plugins, only)


def _plugins(tables: Tables, plugins: Plugins, only: Collection[str] | None = None) -> dict[str, PluginConfig]:
    found = {}
    names = [info.name for info in plugins.infos]
    quarantined = {info.name for info in plugins.quarantined()}
    for name, table in tables.named("plugin").items():
        path: Key = ("plugin", name)
        if only is not None and name not in only:
            continue
        if name not in names:
            raise tables.error(path, f"no plugin '{name}' is installed", closest(name, names, "installed"))
        if name not in plugins.handlers and name not in quarantined:
            remedy = "its settings stand in the tables of its connections or CRMs"
            raise tables.error(path, f"the plugin '{name}' has no settings of its own", remedy)
        if name in plugins.settings:  # validated here, passed on as plain data
            tables.build(plugins.settings[name], table, path)
        found[name] = PluginConfig(name, tables.resolve(table, path))
    return found


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
