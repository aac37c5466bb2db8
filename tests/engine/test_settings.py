"""hub.toml: what is right becomes a configuration, every mistake one sentence with file, line and remedy."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import Field, SecretStr, model_validator

from hub import CRM, Capabilities, Channel, CRMCapabilities, PluginSettings, hookimpl
from hub.contracts.errors import ConfigError
from hub.engine.hub_settings import HubSettings, address
from hub.engine.loader import Plugins, load_plugins
from hub.engine.settings import Config, load_config
from hub.engine.starter import starter_files

SECRET = "s3cr3t-0000"


class PostSettings(PluginSettings):
    """A channel's settings with a bit of everything."""

    token: SecretStr
    """From the post office."""
    second_token: SecretStr | None = Field(None, max_length=50)
    base_url: str = "https://post.example.com"
    rate: float = 5
    nick: str = ""

    @model_validator(mode="after")
    def _check(self) -> PostSettings:
        if self.nick.startswith("bad"):
            raise ValueError(f"no good: {self.nick}, {self.token.get_secret_value()}")
        return self


class PostChannel(Channel[PostSettings]):
    """A complete channel that does nothing."""

    name = "post"
    Settings = PostSettings
    capabilities = Capabilities(proof="none", text_max=100)

    def verify(self, request: Any) -> None: ...
    def split(self, body: bytes) -> list[Any]:
        return []

    def normalise(self, raw: Any) -> list[Any]:
        return []

    def send(self, message: Any) -> Any:
        raise NotImplementedError


class BookSettings(PluginSettings):
    """A CRM's settings."""

    access_token: SecretStr


class Book(CRM[BookSettings]):
    """A CRM that does nothing; it borrows the starter's mapping for HubSpot."""

    name = "hubspot"
    Settings = BookSettings
    capabilities = CRMCapabilities()
    describe = ensure = probe = first_read = changes = upsert = log = lambda self, *args: None  # type: ignore[assignment]


class BellSettings(PluginSettings):
    """An automation plugin's settings."""

    url: SecretStr


BELL = SimpleNamespace(EVENTS=("inquiry.opened",), Settings=BellSettings, hub_on_event=hookimpl(lambda event: None))
POST = SimpleNamespace(hub_channels=hookimpl(lambda: [PostChannel]), hub_crms=hookimpl(lambda: [Book]))

HEAD = """\
[connection.shop]
channel = "post"
token = { env = "SHOP_TOKEN" }

[inbox.front]
connection = "shop"
account = "1"
"""
MORE = """
[crm.main]
adapter = "hubspot"
access_token = { file = "key" }

[plugin.bell]
url = { env = "SHOP_TOKEN" }

[hub]
region = "AM"
"""
ENVIRON = {"SHOP_TOKEN": SECRET}

Read = Callable[..., Config]


@pytest.fixture(autouse=True)
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests bring their own plugins."""
    monkeypatch.setattr("hub.engine.loader.entry_points", lambda group: [])


def load(*extra: tuple[str, Any], blocked: Collection[str] = ()) -> Plugins:
    return load_plugins(extra, blocked, environ={})


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Load a text as hub.toml of the current folder."""
    monkeypatch.chdir(tmp_path)

    def read(text: str, environ: Mapping[str, str] = ENVIRON, plugins: Plugins | None = None) -> Config:
        Path("hub.toml").write_text(text, encoding="utf-8")
        return load_config(Path("hub.toml"), plugins or load(("post", POST), ("bell", BELL)), environ)

    return read


def test_a_sound_file_becomes_channels_inboxes_crms_and_plugins(read: Read) -> None:
    Path("key").write_text(SECRET + "\n")
    config = read(HEAD + MORE)
    shop = config.connections["shop"].channel
    assert isinstance(shop, PostChannel)
    assert (shop.connection, shop.settings.token.get_secret_value()) == ("shop", SECRET)
    inbox = config.inbox_of("shop", "1")
    assert inbox == config.inboxes["front"]
    assert config.inbox_of("shop", "2") is None
    crm = config.crms["main"]
    assert (crm.adapter.region, crm.adapter.settings.access_token.get_secret_value()) == ("AM", SECRET)
    assert crm.mapping_file is None
    assert config.plugins["bell"].settings == {"url": SECRET}
    assert SECRET not in repr(config)


def test_the_mapping_beside_hub_toml_comes_before_the_packaged_one(read: Read) -> None:
    table = '[crm.main]\nadapter = "hubspot"\naccess_token = { env = "SHOP_TOKEN" }\n'
    text = (starter_files() / "mappings" / "hubspot.toml").read_text(encoding="utf-8")
    packaged = read(table)
    Path("mappings").mkdir()
    Path("mappings/hubspot.toml").write_text(text + "\n", encoding="utf-8")
    beside = read(table)
    assert beside.crms["main"].mapping_file == Path("mappings/hubspot.toml")
    Path("own.toml").write_text(text, encoding="utf-8")
    assert read(table + 'mapping = "own.toml"\n').crms["main"].mapping_file == Path("own.toml")
    assert packaged.version == beside.version  # a mapping has versions of its own


def test_the_version_follows_the_text(read: Read) -> None:
    assert read(HEAD).version == read(HEAD).version
    assert read(HEAD).version != read(HEAD + "# a word\n").version


def test_the_environment_wins_over_hub_toml_and_paths_start_at_its_folder(read: Read, tmp_path: Path) -> None:
    text = '[hub]\nlisten = "0.0.0.0:1"\ncrm_poll = 5\n'
    hub = read(text, {"DRAGOMAN_LISTEN": "127.0.0.1:2", "DRAGOMAN_SPEED": "false"}).hub
    assert (hub.listen, hub.crm_poll, hub.speed) == ("127.0.0.1:2", 5, False)
    assert hub.public_url == "http://127.0.0.1:2"
    assert hub.data == (tmp_path / "data").resolve()
    assert read("", {"DRAGOMAN_PUBLIC_URL": "https://hub.example.com/"}).hub.public_url == "https://hub.example.com"


def test_settings_made_in_code_read_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_LISTEN", "127.0.0.1:2")
    assert HubSettings().listen == "127.0.0.1:8080"


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("127.0.0.1:0", "127.0.0.1", 0), ("[::1]:80", "::1", 80), ("a.example.com:1", "a.example.com", 1)],
)
def test_an_address_is_host_and_port(text: str, host: str, port: int) -> None:
    assert address(text) == (host, port)


MISTAKES = {
    "broken TOML": (
        HEAD + "[hub\nregion = 1",
        "hub.toml:8: this is not TOML: Expected ']' at the end of a table declaration "
        '(the form is key = "value"; look also at the line above)',
    ),
    "TOML that ends too early": ('[hub]\nregion = "', "hub.toml:2: this is not TOML: "),
    "a key twice": ("[hub]\nspeed = true\nspeed = true\n", "hub.toml:3: this is not TOML: Cannot overwrite a value"),
    "unknown table": (
        "[conection.shop]\n",
        "hub.toml:1: 'conection' is no table of hub.toml (did you mean 'connection'?)",
    ),
    "a hub key without its table": (
        'listen = "127.0.0.1:1"\n',
        "hub.toml:1: 'listen' is no table of hub.toml (it belongs under [hub])",
    ),
    "table without a name": (
        '[inbox]\naccount = "1"\n',
        "hub.toml:2: 'account' stands in no named table (write [inbox.NAME])",
    ),
    "table that is a value": ("inbox = 3\n", "hub.toml:1: 'inbox' is not a table (write [inbox.NAME])"),
    "hub that is a value": ("hub = 3\n", "hub.toml:1: 'hub' is not a table (write [hub])"),
    "bad name": ('[connection."Shop 1"]\n', "hub.toml:1: 'Shop 1' cannot name a connection (a name begins with a-z"),
    "unknown hub key": (
        "[hub]\nlistne = 3\n",
        "hub.toml:2: [hub] has the unknown key 'listne' (did you mean 'listen'?)",
    ),
    "hub key of a wrong type": (
        '[hub]\ncrm_poll = "often"\n',
        "hub.toml:2: 'crm_poll' should be a valid number, unable to parse string as a number, not 'often' "
        "(seconds between two looks at recently modified CRM contacts)",
    ),
    "hub key out of bounds": (
        "[hub]\nstep_budget = 0\n",
        "hub.toml:2: 'step_budget' should be greater than or equal to 1, not 0 (",
    ),
    "bad log level": (
        '[hub]\nlog_level = "loud"\n',
        "hub.toml:2: 'log_level' should be 'debug', 'info', 'warning' or 'error', not 'loud' (",
    ),
    "bad address": (
        '[hub]\nlisten = "8080"\n',
        "hub.toml:2: 'listen': should be host:port, such as 127.0.0.1:8080, not '8080' (",
    ),
    "admin open to the world": (
        '[hub]\nadmin = "0.0.0.0:8081"\n',
        "hub.toml:2: 'admin': the admin listener has no login, so it may listen on 127.0.0.1 or [::1] only, "
        "not '0.0.0.0:8081' (",
    ),
    "bad public address": (
        '[hub]\npublic_url = "hub.example.com"\n',
        "hub.toml:2: 'public_url': should be an address such as https://",
    ),
    "bad region": (
        '[hub]\nregion = "UK"\n',
        "hub.toml:2: 'region': should be a country's two capital letters, such as AM or US (the United Kingdom is GB)",
    ),
    "no channel": (
        "[connection.shop]\n",
        "hub.toml:1: [connection.shop] lacks the key 'channel' (add channel = \"...\" (post))",
    ),
    "unknown channel": (
        '[connection.shop]\nchannel = "posst"\n',
        "hub.toml:2: there is no channel 'posst' (did you mean 'post'?)",
    ),
    "unknown channel, nothing close": (
        '[connection.shop]\nchannel = "xyz"\n',
        "hub.toml:2: there is no channel 'xyz' (installed: post)",
    ),
    "unknown adapter": (
        '[crm.main]\nadapter = "hubsport"\n',
        "hub.toml:2: there is no adapter 'hubsport' (did you mean 'hubspot'?)",
    ),
    "unknown key of a channel": (
        HEAD.replace("token =", "tokn ="),
        "hub.toml:3: [connection.shop] has the unknown key 'tokn' (did you mean 'token'?)",
    ),
    "lacking secret": (
        '[connection.shop]\nchannel = "post"\n',
        "hub.toml:1: [connection.shop] lacks the key 'token' (add token = { env = \"NAME\" }: From the post office.)",
    ),
    "variable not set": (
        HEAD.replace("SHOP_TOKEN", "NOT_SET"),
        "hub.toml:3: the environment variable NOT_SET is not set (export NOT_SET=...)",
    ),
    "secret in plain text": (
        HEAD.replace('{ env = "SHOP_TOKEN" }', f'"{SECRET}"'),
        "hub.toml:3: 'token' is a secret and stands here in plain text "
        '(write token = { env = "SHOP_TOKEN" } or { file = "path" }, and change the secret)',
    ),
    "optional secret in plain text": (
        HEAD + f'[connection.other]\nchannel = "post"\nsecond_token = "{SECRET}"\n',
        "hub.toml:10: 'second_token' is a secret and stands here in plain text",
    ),
    "secret's file missing": (
        HEAD.replace('env = "SHOP_TOKEN"', 'file = "nowhere"'),
        "hub.toml:3: the secret's file nowhere cannot be read: No such file or directory (check path and rights)",
    ),
    "connection without channel's number": (
        HEAD + "[connection.other]\nchannel = 3\n",
        "hub.toml:8: [connection.other] lacks the key 'channel'",
    ),
    "wrong type in a plugin's table": (
        HEAD.replace("token =", 'rate = "fast"\ntoken ='),
        "hub.toml:3: 'rate' should be a valid number, unable to parse string as a number, not 'fast' "
        "(mend [connection.shop])",
    ),
    "inbox without connection": (
        '[inbox.front]\naccount = "1"\n',
        "hub.toml:1: [inbox.front] lacks the key 'connection' (add",
    ),
    "inbox with an unknown connection": (
        HEAD.replace('connection = "shop"', 'connection = "shpo"'),
        "hub.toml:6: inbox 'front' names the connection 'shpo', which is not there (did you mean 'shop'?)",
    ),
    "fallback that is no template": (
        HEAD + 'fallback = "hello"\n',
        "hub.toml:8: 'fallback' is no template (fallback = { template = ",
    ),
    "fallback with what is not known then": (
        HEAD + 'fallback = { template = "a", language = "en", params = ["{{ message.text }}"] }\n',
        "hub.toml:8: the fallback's values name message.text, which is not known when it goes (known: inbox, person.",
    ),
    "two inboxes of one account": (
        HEAD + '[inbox.second]\nconnection = "shop"\naccount = 1\n',
        "hub.toml:10: inbox 'second' has the same connection and account as 'front' (hub.toml:7) "
        "(an account is one inbox; remove one of the two)",
    ),
    "mapping that is not there": (
        '[crm.main]\nadapter = "hubspot"\naccess_token = { env = "SHOP_TOKEN" }\nmapping = "gone.toml"\n',
        "hub.toml:4: the mapping file gone.toml does not exist (dragoman init writes mappings/hubspot.toml)",
    ),
    "mapping that is not a path": (
        '[crm.main]\nadapter = "hubspot"\naccess_token = { env = "SHOP_TOKEN" }\nmapping = 1\n',
        "hub.toml:4: 'mapping' is not a path (write mapping",
    ),
    "rule with an unknown key": (
        '[[rule]]\nname = "a"\nreplay = "b"\nreply = { text = "b" }\n',
        "hub.toml:3: unknown key 'replay' (did you mean 'reply'?)",
    ),
    "rule with a form that its channel does not have": (
        HEAD + '[[rule]]\nname = "a"\nchannel = "post"\nreply = { text = "b" }\nbuttons = ["Yes"]\n',
        "hub.toml:10: rule 'a' sends the form 'buttons', which the channel 'post' does not have (post sends text)",
    ),
    "rule with an unknown inbox": (
        HEAD + '[[rule]]\nname = "a"\ninbox = "frnt"\nreply = { text = "b" }\n',
        "hub.toml:10: rule 'a' names the inbox 'frnt', which is not there (did you mean 'front'?)",
    ),
    "rule with an unknown channel": (
        HEAD + '[[rule]]\nname = "a"\nchannel = ["post", "pst"]\nreply = { text = "b" }\n',
        "hub.toml:10: rule 'a' names the channel 'pst', which is not there (did you mean 'post'?)",
    ),
    "unknown plugin": ("[plugin.bel]\n", "hub.toml:1: no plugin 'bel' is installed (did you mean 'bell'?)"),
    "plugin without settings": (
        "[plugin.post]\n",
        "hub.toml:1: the plugin 'post' has no settings of its own (its settings",
    ),
    "unknown key of a plugin": (
        "[plugin.bell]\nulr = 1\n",
        "hub.toml:2: [plugin.bell] has the unknown key 'ulr' (did you mean 'url'?)",
    ),
    "secret of a plugin in plain text": (
        '[plugin.bell]\nurl = "https://bell.example.com/x"\n',
        "hub.toml:2: 'url' is a secret",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_sentence_with_line_and_remedy(read: Read, mistake: str) -> None:
    text, said = MISTAKES[mistake]
    with pytest.raises(ConfigError) as error:
        read(text)
    assert str(error.value).startswith(said)
    assert error.value.where.startswith("hub.toml:")
    assert error.value.remedy
    assert "\n" not in str(error.value)
    assert SECRET not in "".join(traceback.format_exception(error.value))


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none.toml: the file does not exist \(dragoman init writes a starter\)"):
        load_config(tmp_path / "none.toml", Plugins(), {})


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hub.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_config(tmp_path / "hub.toml", Plugins(), {})


def test_a_bad_variable_is_named_instead_of_a_line(read: Read) -> None:
    with pytest.raises(ConfigError) as error:
        read("[hub]\ncrm_poll = 3\n", {"DRAGOMAN_CRM_POLL": "-1"})
    assert str(error.value).startswith("environment variable DRAGOMAN_CRM_POLL: 'crm_poll' should be greater than 0")


@pytest.mark.parametrize("content", [b"", b" \n", b"x" * 70_000, b"\xff"])
def test_a_secret_file_must_hold_a_secret(read: Read, content: bytes) -> None:
    Path("key").write_bytes(content)
    with pytest.raises(ConfigError, match=r"hub.toml:3: the secret's file key "):
        read(HEAD.replace('env = "SHOP_TOKEN"', 'file = "key"'))


def test_all_missing_variables_are_told_at_once(read: Read) -> None:
    with pytest.raises(ConfigError) as error:
        read(HEAD + 'second_token = { env = "B" }\n[connection.two]\ntoken = { env = "A" }\n', {})
    assert str(error.value) == (
        "hub.toml:3: the environment variable SHOP_TOKEN is not set (export SHOP_TOKEN=...; also missing: A, B)"
    )


def test_an_empty_variable_is_not_a_secret(read: Read) -> None:
    with pytest.raises(ConfigError, match=r"hub.toml:3: the environment variable SHOP_TOKEN is empty"):
        read(HEAD, {"SHOP_TOKEN": ""})


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:9", "http://localhost:9", "http://[::1]:9"])
def test_a_simulator_on_this_machine_may_have_its_secret_in_plain_text(read: Read, base_url: str) -> None:
    config = read(f'[connection.shop]\nchannel = "post"\ntoken = "x"\nbase_url = "{base_url}"\n')
    assert list(config.connections) == ["shop"]


@pytest.mark.parametrize(
    "base_url",
    [
        "http://127.0.0.1.example.com",
        "http://localhost@example.com",
        "http://localhost.example.com",
        "127.0.0.1",
        "http://[::1",
        "",
    ],
)
def test_an_address_that_only_looks_like_this_machine_may_not(read: Read, base_url: str) -> None:
    with pytest.raises(ConfigError, match="'token' is a secret and stands here in plain text"):
        read(f'[connection.shop]\nchannel = "post"\ntoken = "x"\nbase_url = "{base_url}"\n')


def test_no_sentence_shows_what_came_from_a_secret(read: Read) -> None:
    """Neither a plugin's own careless message nor a value of another type gives it away."""
    environ = {**ENVIRON, "NICK": "bad-nick-0000"}
    for key in ('nick = "bad"', 'nick = { env = "NICK" }', 'rate = { env = "NICK" }'):
        with pytest.raises(ConfigError) as error:
            read(HEAD.replace("token =", f"{key}\ntoken ="), environ)
        said = "".join(traceback.format_exception(error.value))
        assert SECRET not in said
        assert "bad-nick-0000" not in said


def test_a_simulators_long_secret_is_not_shown_in_part(read: Read) -> None:
    with pytest.raises(ConfigError) as error:
        read(f"""{HEAD}[connection.b]
channel = "post"
base_url = "http://[::1]:9"
token = "x"
second_token = "{SECRET * 9}"
""")
    assert str(error.value).startswith("hub.toml:12: 'second_token'")
    assert SECRET not in str(error.value)


def test_the_connection_of_a_quarantined_plugin_rests_and_the_others_work(read: Read) -> None:
    broken = load(("post", POST), ("stalls", "json"), blocked=["stalls"])
    text = HEAD + '[connection.slow]\nchannel = "slow"\n[inbox.back]\nconnection = "slow"\naccount = "1"\n'
    config = read(text, plugins=broken)
    assert list(config.connections) == ["shop"]
    assert list(config.inboxes) == ["front"]
    assert "stalls (kept out by the supervisor" in config.resting["slow"]


def test_a_crm_that_is_missing_stops_the_start_even_in_quarantine(read: Read) -> None:
    broken = load(("book", "nowhere_to_be_found"))
    with pytest.raises(ConfigError) as error:
        read('[crm.main]\nadapter = "hubspot"\n', plugins=broken)
    assert "there is no adapter 'hubspot'; in quarantine: " in str(error.value)
    assert "book (ModuleNotFoundError" in str(error.value)
