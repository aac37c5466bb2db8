"""A hub on a table, and bodies as WhatsApp posts them."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest

from hub import hookimpl
from hub.contracts.channel import Calls, Capabilities, Channel, HttpCall, MediaSource, RawEvent, Request
from hub.contracts.errors import AuthFailed, NotFound, Unavailable
from hub.contracts.settings import PluginSettings
from hub.engine.hub import Hub
from hub.engine.line import now_ms
from hub.engine.loader import Plugins, load_plugins
from hub.engine.settings import load_config
from hub.model.content import Media
from hub.model.events import Event
from hub.model.messages import Outgoing, Receipt
from hub.store.journal import Incoming
from hub.testing.one_contact import OneContact
from hub.testing.stores import ENGINES, VARIABLE
from hub.testing.tabletop import HUB_TOML, Tabletop


@pytest.fixture
def on_sqlite(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told here is SQLite's alone: with PostgreSQL other tests tell it."""
    monkeypatch.setenv(VARIABLE, "sqlite")


@pytest.fixture(params=ENGINES)
def on_each(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tabletop]:
    """A hub on a table, once with each engine of the store."""
    if request.param == "postgres":
        request.getfixturevalue("postgres")
    hub = Tabletop(tmp_path, engine=request.param)
    yield hub
    hub.close()


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Tabletop]:
    hub = Tabletop(tmp_path)
    yield hub
    hub.close()


def whatsapp(*messages: dict[str, Any], account: str = "1001", **value: Any) -> bytes:
    contacts = [
        {"profile": {"name": m.pop("name", "Ana")}, "wa_id": m["from"], "user_id": f"US.{m['from']}"} for m in messages
    ]
    content: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550100", "phone_number_id": account},
        **value,
    }
    if messages:
        content |= {"contacts": contacts, "messages": list(messages)}
    change = {"field": "messages", "value": content}
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "9", "changes": [change]}]}).encode()


@pytest.fixture
def text(table: Tabletop):
    """Make the body of one text message; the time is the table's."""

    def make(number: int, words: str, person: str = "15550101", *, seconds: int = 0, **more: Any) -> bytes:
        stamp = str(table.now // 1000 + seconds)
        message = {"from": person, "id": f"wamid.{number}", "timestamp": stamp, "type": "text", "text": {"body": words}}
        return whatsapp(message | more)

    return make


@pytest.fixture
def status():
    """Make the body of one status."""

    def make(provider_id: str, name: str, callback: str = "", at: int = 1_800_000_001, **more: Any) -> bytes:
        item = {"id": provider_id, "status": name, "timestamp": str(at), "recipient_id": "15550101", **more}
        if callback:
            item["biz_opaque_callback_data"] = callback
        return whatsapp(statuses=[item])

    return make


@pytest.fixture
def set_back(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Set the machine's clock back by an hour, as the whole hub sees it."""

    def set_() -> None:
        for name, module in list(sys.modules.items()):
            if name.startswith("hub.") and hasattr(module, "now_ms"):
                monkeypatch.setattr(module, "now_ms", lambda: time.time_ns() // 1_000_000 - 3_600_000)

    return set_


class PaperSettings(PluginSettings):
    """The desk where paper's files lie."""

    base_url: str = "http://127.0.0.1:9"


class Slate(Channel[PaperSettings]):
    """A channel whose events a test makes itself: `happened` puts them here, `normalise` finds them by their keys."""

    name: ClassVar[str] = "slate"
    Settings: ClassVar[type[PluginSettings]] = PaperSettings
    capabilities: ClassVar[Capabilities] = Capabilities(proof="evidence", text_max=1000)
    events: ClassVar[dict[str, Event]] = {}

    def verify(self, request: Request) -> None:
        """Nobody posts."""

    def split(self, body: bytes) -> list[RawEvent]:
        """Nobody posts."""
        return []

    def normalise(self, raw: RawEvent) -> list[Event]:
        """The event of that key."""
        return [self.events[raw.key]]

    def send(self, message: Outgoing) -> Calls[Receipt]:
        """To nobody."""
        yield HttpCall("POST", f"{self.settings.base_url}/send")
        return Receipt("sent")


class Paper(Slate):
    """It has files too, which are where `place` says: it is called with the file and answers with where to get it."""

    name: ClassVar[str] = "paper"
    place: ClassVar[Callable[[Paper, Media], Any]]

    def locate(self, account: str, media: Media) -> Calls[MediaSource]:
        """Asks the desk."""
        reply = yield HttpCall("GET", f"{self.settings.base_url}/where/{media.ref}", repeatable=True, timeout=5)
        return Paper.place(self, media) if reply.status == 200 else refuse(reply.status)


def refuse(status: int) -> Any:
    raise {401: AuthFailed("not let in"), 404: NotFound("no such file")}.get(status) or Unavailable("not now")


@hookimpl
def hub_channels() -> list[type[Channel[Any]]]:
    """Both."""
    return [Paper, Slate]


PAPER_TOML = """
[hub]
data = "./data"
public_url = "https://hub.example.com"

[connection.paper]
channel = "paper"

[inbox.sales]
connection = "paper"
account = "1001"

[inbox.service]
connection = "paper"
account = "1002"

[crm.main]
adapter = "hubspot"
access_token = "crm-token"
base_url = "http://127.0.0.1:9"

[[rule]]
name = "hello"
reply = { text = "Hello" }
"""


def paper_plugins() -> Plugins:
    module = ModuleType("paper")
    module.hub_channels = hub_channels  # type: ignore[attr-defined]
    return load_plugins(extra=[("paper", module)])


class Desk(Tabletop):
    """A hub on a table with paper as its channel."""

    def __init__(self, folder: Path, crm: str = "", rules: str = "") -> None:
        toml = PAPER_TOML.replace('adapter = "hubspot"', f'adapter = "hubspot"\n{crm}')
        if rules:
            toml = toml[: toml.index("[[rule]]")] + rules
        super().__init__(folder, toml, paper_plugins())

    def happened(self, *events: Event) -> None:
        """Paper's events happened, in this order, and were worked off together."""
        self.store.accept([self.on_paper(event) for event in events])
        self.step()

    def on_paper(self, event: Event) -> Incoming:
        """The event on its way into the journal."""
        return on_paper(event, self.now)


def on_paper(event: Event, now: int) -> Incoming:
    """The event on its way into the journal."""
    Slate.events[event.key] = event
    return Incoming("paper", event.account, event.key, event.key, event.at, now, b"")  # type: ignore[attr-defined]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A hub on a table with paper as its channel, and nothing known in its CRM."""
    hub = Desk(tmp_path)
    hub.crm_knows()
    yield hub
    hub.close()
    Slate.events.clear()


@pytest.fixture
def desk_with(tmp_path: Path) -> Iterator[Callable[[str], Desk]]:
    """Make the hub with paper as its channel, and more settings of its CRM."""
    desks = []

    def make(crm: str) -> Desk:
        desks.append(Desk(tmp_path, crm))
        return desks[-1]

    yield make
    for desk in desks:
        desk.close()
    Slate.events.clear()


@pytest.fixture
def automated(tmp_path: Path) -> Iterator[Callable[[str], Desk]]:
    """Make the hub with paper as its channel, and these tables in place of its only rule."""
    desks = []

    def make(tables: str) -> Desk:
        desks.append(Desk(tmp_path, rules=tables))
        desks[-1].crm_knows()
        return desks[-1]

    yield make
    for desk in desks:
        desk.close()
    Slate.events.clear()


class PaperMill:
    """Makes running hubs with paper as their channel: `base` is where its platform answers."""

    kind = Paper

    def incoming(self, event: Event) -> Incoming:
        """The event on its way into the journal, now."""
        return on_paper(event, now_ms())

    def hub(self, folder: Path, base: str, settings: str = "", channel: str = "paper") -> Hub:
        """A hub that is not started yet."""
        toml = PAPER_TOML.replace("[connection.paper]", f"disk_min_mb = 1\n{settings}\n[connection.paper]")
        toml = toml.replace('channel = "paper"', f'channel = "{channel}"\nbase_url = "{base}"')
        toml = toml[: toml.index("[crm.main]")]
        (folder / "hub.toml").write_text(toml, encoding="utf-8")
        plugins = paper_plugins()
        return Hub(load_config(folder / "hub.toml", plugins, {}), plugins)


@pytest.fixture
def paper() -> Iterator[PaperMill]:
    """Running hubs with paper as their channel."""
    yield PaperMill()
    Slate.events.clear()


@pytest.fixture
def desk_of(tmp_path: Path):
    """Make a hub whose CRMs have a mapping of these lines."""
    desks = []

    def make(*lines: str, toml: str = HUB_TOML, more: str = "") -> OneContact:
        folder = tmp_path / "desk"
        (folder / "mappings").mkdir(parents=True)
        text = "[person]\n" + "\n".join(lines) + "\n" + more
        (folder / "mappings" / "hubspot.toml").write_text(text)
        desk = OneContact(folder, toml)
        desks.append(desk)
        for crm in desk.config.crms:
            desk.crm_knows(crm=crm)
        return desk

    yield make
    for desk in desks:
        desk.close()
