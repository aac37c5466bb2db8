"""What a channel plugin implements. No I/O: bytes come in, meaning goes out; the hub owns session, retries, limits.

A channel class is built once per connection in hub.toml, as `cls(settings, connection)`; one connection may carry
several accounts (numbers, bots), each of which the admin names as an inbox.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Literal, NamedTuple, Protocol, TypeGuard, TypeVar, runtime_checkable

from hub.contracts.settings import PluginSettings
from hub.model.content import Content, Media
from hub.model.events import Event
from hub.model.messages import Outgoing, Receipt


class RawEvent(NamedTuple):
    """One happening cut out of a payload, not yet understood.

    `account` picks the inbox. `key` is unique within (connection, account) and the same at every redelivery: an edit's
    or a status's key is its own, not its message's. `lane` is a hint for fairness (usually who wrote). `at` in ms,
    0 = the payload does not say (the hub puts the time of arrival).
    `body` is all that `normalise` needs: the payload's own bytes when it carried one event, else an envelope of one.
    """

    account: str
    key: str
    lane: str
    at: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """A request at the public listener. Header names are lower-case; `url` is the public URL, not the proxy's."""

    method: str
    url: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer for the platform."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain"


@dataclass(frozen=True, slots=True)
class HttpCall:
    """A call the hub makes for the channel. `repeatable`: doing it twice is harmless, so the hub may retry it blindly.

    `timeout` in seconds for the whole call. Address, headers and body never print: tokens stand in all three.
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    repeatable: bool = False
    timeout: float = 20.0

    @staticmethod
    def json(
        method: str, url: str, data: Any, headers: Mapping[str, str] | None = None, *, repeatable: bool = False
    ) -> HttpCall:
        """A call with a JSON body."""
        body = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
        return HttpCall(method, url, {"content-type": "application/json", **(headers or {})}, body, repeatable)


@dataclass(frozen=True, slots=True)
class HttpReply:
    """What came back. Header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON, or None when it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


T = TypeVar("T")
Calls = Generator[HttpCall, HttpReply, T]
"""A conversation with a platform as a generator: yields calls, is sent replies, returns its result, raises errors of
`hub.contracts.errors`. The hub raises `Uncertain` or `Unavailable` into it when no reply came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """A channel's abilities as data.

    `proof`: how a send without an answer can be settled: `key` the platform deduplicates by our key · `look-up` it can
    be asked · `evidence` a status or echo names it · `none`. `text_max` in characters. `window` ms after the person's
    last message in which free text is allowed, 0 = always. `rate` sends per second per account, unless the settings
    carry a `rate`. `horizon` seconds for which the platform redelivers what it could not deliver. `statuses`: the
    platform reports delivery. `forms` are the forms of `Content` it can send, `caption_max` the characters of a file's
    caption and of the body of buttons and lists (0 = as `text_max`). `pair`: (burst, seconds) for one recipient: so
    many sends at once, then one every so many seconds; (0, 0) = no such limit. `reads`: the platform reports that a
    message was opened.
    """

    proof: Literal["key", "look-up", "evidence", "none"]
    text_max: int
    window: int = 0
    rate: float = 30.0
    horizon: int = 0
    statuses: bool = False
    forms: frozenset[str] = frozenset({"text"})
    caption_max: int = 0
    pair: tuple[int, float] = (0, 0.0)
    reads: bool = False


S = TypeVar("S", bound=PluginSettings)


class Channel(ABC, Generic[S]):
    """A channel of messages. All methods are pure and quick; none may block or keep state between calls."""

    name: ClassVar[str]
    Settings: ClassVar[type[PluginSettings]]
    capabilities: ClassVar[Capabilities]

    def __init__(self, settings: S, connection: str) -> None:
        self.settings = settings
        self.connection = connection

    def handshake(self, request: Request) -> Reply | None:
        """Answer a platform's verification request. Called for every GET and, before `verify`, for no other.

        None means: this is no handshake (the hub answers 404).
        """
        return None

    @classmethod
    def fits(cls, content: Content, text: str) -> str:
        """What this platform would refuse of one message, in one sentence with the remedy; "" = nothing that is known.

        Asked where a person can still mend it: of a rule's message when the configuration is loaded, of a human's
        answer before it is queued. The form is one of `capabilities.forms`, long texts are split already, and a
        reaction has its message. Pure; must not raise. `send` refuses what it must all the same.
        """
        return ""

    @abstractmethod
    def verify(self, request: Request) -> None:
        """Check that the platform sent exactly these bytes. Called on the event loop before anything is parsed.

        Must compare in constant time. Raises BadSignature; any other exception counts as one.
        """

    @abstractmethod
    def split(self, body: bytes) -> Sequence[RawEvent]:
        """Cut a verified body into single events, before it is acknowledged. Must be cheap.

        Empty means: nothing worth keeping (the body is still acknowledged). Raises ValueError for a body that is not
        what the platform sends: the hub answers 400 and stores nothing.
        """

    @abstractmethod
    def normalise(self, raw: RawEvent) -> Sequence[Event]:
        """Understand one raw event. Called in the step, later and perhaps again; must never raise.

        Unknown shapes become `Unknown`, unknown message types a `MessageReceived` of form `unsupported`.
        """

    @abstractmethod
    def send(self, message: Outgoing) -> Calls[Receipt]:
        """Say something: yield the HTTP call(s), get replies, return the receipt or raise what the reply means."""


class Polled(NamedTuple):
    """What one poll brought; `cursor` is stored together with the events and given to the next poll."""

    events: Sequence[RawEvent]
    cursor: str


@runtime_checkable
class Polls(Protocol):
    """A channel that can fetch instead of being called. Used while `polling()` is true."""

    def polling(self) -> bool:
        """Whether this connection is set to poll."""

    def poll(self, cursor: str) -> Calls[Polled]:
        """Fetch what came after `cursor` ("" at the very start). May wait on the platform's side (long poll).

        Runs again at once after it returns events, else after a short pause. May raise like `send`.
        """


def polls(channel: object) -> TypeGuard[Polls]:
    """Whether this connection fetches, so that no platform needs to call the hub for it."""
    return isinstance(channel, Polls) and channel.polling()


class Finding(NamedTuple):
    """One line of `check --live` and `connect`: whether it is well, what was looked at, what to do if not."""

    ok: bool
    what: str
    remedy: str = ""


@runtime_checkable
class Connects(Protocol):
    """A channel that can test its credentials and set up its callback."""

    def probe(self) -> Calls[list[Finding]]:
        """Test credentials and permissions without changing anything. May raise like `send`."""

    def connect(self, callback_url: str) -> Calls[list[Finding]]:
        """Subscribe `callback_url` with the platform, or say what a human must paste where."""


@runtime_checkable
class Examines(Protocol):
    """A channel that can be asked how it is."""

    def examine(self, callback_url: str) -> Calls[list[Finding]]:
        """Ask the platform whether it still delivers to `callback_url` ("" when polling), how long the token lives and
        what it complains about, without changing anything. Called by `doctor` and now and then while running."""


class MediaSource(NamedTuple):
    """Where a file can be had now: the GET to make (its address may live minutes only) and what the platform says of
    it; `size` in bytes 0 and `sha256` (hex) "" = unknown."""

    call: HttpCall
    mime: str = ""
    size: int = 0
    sha256: str = ""


@runtime_checkable
class FetchesMedia(Protocol):
    """A channel whose inbound files are fetched in a second step, long after the message was stored."""

    def locate(self, account: str, media: Media) -> Calls[MediaSource]:
        """Ask where the file is. Called at every try. Raises NotFound when the platform no longer has it; Temporary
        and AuthFailed as in `send`. The hub makes the GET itself, within its size limit, and checks the hash."""


@runtime_checkable
class Uploads(Protocol):
    """A channel that takes files of the hub before they are sent."""

    def upload(self, account: str, media: Media, data: bytes) -> Calls[str]:
        """Give the platform a file; returns its id there (`Media.ref` of the send). Repeating it is harmless."""


class TemplateInfo(NamedTuple):
    """A template as the platform lists it. `usable`: approved and not paused. `header`, `body`: how many variables;
    `header_media`: the kind of file its header takes, "" = none; `buttons`: how many of its buttons take a value."""

    account: str
    name: str
    language: str
    status: str
    usable: bool
    category: str = ""
    quality: str = ""
    header: int = 0
    body: int = 0
    buttons: int = 0
    header_media: str = ""


@runtime_checkable
class HasTemplates(Protocol):
    """A channel whose platform approves templates."""

    def templates(self) -> Calls[list[TemplateInfo]]:
        """All templates of the connection, through all pages. `account` is the account they belong to, "" = all of the
        connection's. Raises like `send`. Called at start, hourly, and after news about a template."""


@runtime_checkable
class MarksRead(Protocol):
    """A channel that can show the person that a message was read, and that an answer is being written."""

    def mark_read(self, account: str, address: str, provider_id: str, *, typing: bool) -> Calls[None]:
        """Called just before the answer to that message is sent; that it fails is noted, never repeated."""
