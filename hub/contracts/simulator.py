"""Hostile doubles of platforms: what a plugin ships so that the whole hub can be proven on loopback.

The ledgers are what the platform itself saw; the proof is computed from them.
"""

from __future__ import annotations

import random
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(slots=True, kw_only=True)
class Faults:
    """How hostile a simulator is: each a share of calls, 0..1; drawn from `seed`.

    `double` a webhook is delivered again after its 200 · `reorder` it waits behind later ones of other people ·
    `error` an API call is answered 5xx, nothing done · `throttle` 429 with Retry-After, nothing done ·
    `lose_before` the connection drops before the call takes effect · `lose_after` it drops after.
    `down` switches the platform off (connections are dropped, nothing is done). `slow` seconds before each answer.
    `used_up` the monotonic second until which a CRM's calls of the day are used up; by its own clock midnight is then.
    `horizon` seconds after which a webhook that was never taken is given up for good (0 = never).
    """

    seed: int = 1
    double: float = 0.0
    reorder: float = 0.0
    error: float = 0.0
    throttle: float = 0.0
    lose_before: float = 0.0
    lose_after: float = 0.0
    down: bool = False
    slow: float = 0.0
    used_up: float = 0.0
    horizon: float = 0.0
    rng: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)

    def hits(self, share: float) -> bool:
        """Whether a fault with this share strikes now."""
        return share > 0 and self.rng.random() < share


@dataclass(slots=True, kw_only=True)
class Heard:
    """A message the platform gave to the hub. Times in seconds of the simulator's monotonic clock."""

    id: str
    person: str
    account: str
    text: str
    at: int  # provider time as told to the hub, ms
    sent: int = field(default_factory=lambda: time.time_ns() // 1_000_000)  # when it was written, ms
    first_try: float = 0.0
    acked: float = 0.0  # 0 = never answered 200
    given_up: float = 0.0  # the platform stopped trying; 0 = it did not
    tries: int = 0


@dataclass(slots=True, kw_only=True)
class Said:
    """A send request the platform received. `answered` False: the hub never got the answer (swallowed, or died).

    `delivered`: it reached the person's phone. `request` numbers requests in order of arrival. `id` is the platform's
    own ("" = it gave none), `form` its type of message there, `part` what stood under that type, `reply_to` the message
    it quotes; a platform that knows texts only may leave them out.
    """

    request: int
    person: str
    account: str
    text: str
    callback: str
    delivered: bool
    answered: bool
    began: float
    ended: float = 0.0
    id: str = ""
    form: str = "text"
    part: Any = None
    reply_to: str = ""


@dataclass(slots=True, kw_only=True)
class Logged:
    """A message as it stands in the CRM. `order` is the order of creation, `at` the CRM's own time of it (ms)."""

    record: str
    contact: str
    text: str
    at: int
    order: int
    sequence: int
    direction: str = ""
    stored: float = 0.0  # monotonic seconds


class Simulator(ABC):
    """A platform on loopback. Built as `cls(faults)`; `start` binds 127.0.0.1 on a free port."""

    name: ClassVar[str]

    def __init__(self, faults: Faults | None = None) -> None:
        self.faults = faults or Faults()

    @abstractmethod
    async def start(self) -> str:
        """Serve; returns the base address, e.g. `http://127.0.0.1:40123`."""

    @abstractmethod
    async def stop(self) -> None:
        """Stop serving; every task ends."""

    @abstractmethod
    def config(self) -> Mapping[str, Any]:
        """The connection or CRM table (plain data) that points the hub at this simulator, after `start`."""


class ChannelSimulator(Simulator):
    """A channel's platform: people write through it, the hub answers through it."""

    heard: list[Heard]
    said: list[Said]

    @abstractmethod
    def accounts(self) -> list[str]:
        """The accounts (numbers, bots) that a hub can name as inboxes."""

    @abstractmethod
    def point_at(self, callback_url: str) -> None:
        """Where to deliver from now on."""

    def spread(self, callback_urls: Sequence[str]) -> None:
        """Where to deliver from now on: each try goes to one of these at random, as behind a load balancer."""
        raise NotImplementedError

    def answered(self) -> Mapping[str, int]:
        """How the hub answered each try of a webhook: a status, or `refused`, `broken`, `late` where none came."""
        raise NotImplementedError

    @abstractmethod
    async def say(self, person: str, text: str, *, name: str = "", account: str = "", at: int = 0) -> Heard:
        """A person writes. Delivered in the background until the hub answers 2xx, retried with short pauses;
        deliveries of one person wait for each other unless `reorder` strikes. `person` is a phone (E.164 digits
        with +) or a handle; `at` provider time in ms (0 = now)."""

    @abstractmethod
    async def settled(self) -> None:
        """Wait until everything said was acknowledged and every status was delivered."""


class CRMSimulator(Simulator):
    """A CRM. `calls` counts requests by endpoint (no ids); `swallowed` counts answers it kept to itself."""

    calls: dict[str, int]
    swallowed: int
    words: ClassVar[Mapping[str, str]] = {}
    """What the CRM calls the usual things: source of a mapping -> field, and `key` the field of the hub's own key."""

    def by_clock(self, now: Callable[[], int], seconds: Callable[[], float]) -> None:
        """From now on it is as late as `now` (ms since 1970) and `seconds` (that only grow) say, and what is changed is
        seen at once. For tests that move time by hand."""
        raise NotImplementedError

    def pace(self, adapter: Any, sleep: Callable[[float], None], seconds: Callable[[], float]) -> None:
        """The adapter of this CRM sleeps and looks at the time by these from now on."""
        raise NotImplementedError

    @abstractmethod
    def fill(self, contacts: list[Mapping[str, str]]) -> list[str]:
        """Put contacts there before the hub comes (name, phone, email, ... as its own fields); returns their ids."""

    @abstractmethod
    def logged(self) -> list[Logged]:
        """Every message that stands there now, in order of creation."""

    @abstractmethod
    def contacts(self) -> list[Mapping[str, str]]:
        """Every contact that stands there now, with `id` and its fields."""

    def counted(self) -> Mapping[str, int]:
        """`calls` without those that no message costs: log-ins, the first read, schema, users."""
        return self.calls

    # What people do there, where a simulator has it. Each takes and returns ids of contacts.

    def edit(self, record: str, values: Mapping[str, str]) -> None:
        """Somebody changes fields of a contact; "" blanks one. Raises ValueError for what the CRM refuses."""
        raise NotImplementedError

    def remove(self, record: str) -> None:
        """Somebody deletes a contact; it can be restored."""
        raise NotImplementedError

    def restore(self, record: str) -> None:
        """Somebody takes a deleted contact back."""
        raise NotImplementedError

    def merge(self, winner: str, loser: str) -> str:
        """Somebody merges two contacts; returns the id of what is left."""
        raise NotImplementedError
