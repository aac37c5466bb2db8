"""A hub with random rules and a random send policy, and people who move between its channels: for proving the gate.

`FenceWorld` does something random again and again, on its own clock, and tells the auditor of everything that people
and agents did and of every send that began. Kills happen between transactions: the store is closed and opened again.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import ClassVar

from hub import hookimpl
from hub.contracts.channel import Calls, Capabilities, Channel, HttpCall, RawEvent, Request
from hub.contracts.settings import PluginSettings
from hub.engine.loader import Plugins, load_plugins
from hub.model.by_hand import (
    ConsentRecorded,
    ConversationClaimed,
    HumanReplied,
    IdentityMoved,
    PauseChanged,
    PersonEdited,
)
from hub.model.events import Event, MessageReceived
from hub.model.happened import TagAdded
from hub.model.messages import Outgoing, Receipt
from hub.model.people import Identity
from hub.store import Place
from hub.store.journal import Incoming
from hub.testing.fence_audit import Auditor
from hub.testing.tabletop import Tabletop

MINUTE, HOUR = 60_000, 3_600_000
INBOXES = {"open": "slip", "side": "slip", "card": "card"}
"""Inbox -> its channel; `card` has a window of 24 h."""
PEOPLE = 3
TEXTS = ("Thanks.", "More soon.", "Our price is 5.", "Ask our lawyer.", "Shall we call?", "A colleague looks.")
WISHES = ("", "", "wed/fri afternoon", "weekday mornings", "after 22:00", "?!")


class Slip(Channel[PluginSettings]):
    """A channel whose events are made here: `normalise` finds them by their keys."""

    name: ClassVar[str] = "slip"
    Settings: ClassVar[type[PluginSettings]] = PluginSettings
    capabilities: ClassVar[Capabilities] = Capabilities(proof="evidence", text_max=40)
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
        yield HttpCall("POST", "http://127.0.0.1:9/")
        return Receipt("sent")


class Card(Slip):
    """The same, with a window."""

    name: ClassVar[str] = "card"
    capabilities: ClassVar[Capabilities] = Capabilities(proof="evidence", text_max=1000, window=24 * HOUR, reads=True)


@hookimpl
def hub_channels() -> list[type[Channel[PluginSettings]]]:
    """Both."""
    return [Slip, Card]


def fence_plugins() -> Plugins:
    """The plugins with both channels among them."""
    module = ModuleType("fence")
    module.hub_channels = hub_channels  # type: ignore[attr-defined]
    return load_plugins(extra=[("fence", module)])


def configuration(rng: random.Random) -> str:
    """A random hub.toml: rules that answer, go on, ask, hand over and speak unasked, and a send policy."""
    policy = {
        "min_gap": rng.choice(["20h", "2h", "40h"]),
        "quiet_hours": rng.choice(["21:00-09:00", "13:00-15:00", ""]),
        "hours": "shop",
        "nudges_per_inquiry": rng.choice([1, 3]),
        "per_week": rng.choice([0, 0, 2]),
        "max_wait": rng.choice(["3d", "1d"]),
        "forbidden_topics": rng.choice([[], ["legal"]]),
        "allowed_topics": rng.choice([[], [], ["price"]]),
    }
    lines = [
        '[hub]\ndata = "./data"\npublic_url = "https://hub.example.com"',
        f"replies_per_inbound = {rng.randint(1, 3)}",
        *(f'[connection.{name}]\nchannel = "{name}"' for name in ("slip", "card")),
        *(f'[inbox.{name}]\nconnection = "{kind}"\naccount = "{name}"' for name, kind in INBOXES.items()),
        '[hours.shop]\ntimezone = "Asia/Yerevan"\nweek = { mon-fri = "09:00-18:00" }',
        '[topic.price]\nwords = ["price"]\n[topic.legal]\nwords = ["lawyer"]',
        '[texts]\nhand_off = "A colleague will answer you."',
        "[send_policy]",
        *(f"{key} = {json.dumps(value)}" for key, value in policy.items()),
    ]
    return "\n".join(lines) + "\n" + "".join(_rule(rng, number) for number in range(rng.randint(4, 9)))


def _rule(rng: random.Random, number: int) -> str:
    rule = {"name": f"r{number}"}
    text = rng.choice([rng.choice(TEXTS), f"Note {number}."]) * rng.choice([1, 1, 4])  # long ones leave in parts
    says = f'{{ text = "{text}" }}'
    purpose = rng.choice(["clarify", "advance", "revive", "inform", "market", "inform"])
    kind = rng.choice(["reply", "reply", "reply", "later", "on", "unasked", "unasked", "unasked", "hand_off", "ask"])
    more = ""
    if kind in ("reply", "later", "hand_off", "ask"):
        rule["keywords"] = rng.choice(["price", "book", "help"])
    if kind == "later":
        more = (
            f'after = "{rng.choice(["10m", "3h"])}"\nunless = ["{rng.choice(["message.read", "message.received"])}"]\n'
        )
    if kind == "on":
        more = 'on = "message.sent"\n'
    if kind == "unasked":
        more = f'on = "tag.added"\npurpose = "{purpose}"\n'
    if kind == "hand_off":
        more = 'hand_off = "needs a human"\n'
    elif kind == "ask":
        more = f'ask = {{ text = {{ text = "{text}" }}, choices = {{ "1" = "hand_off", "2" = "rate:r{number}" }} }}\n'
    else:
        more += f"reply = {says}\n"
    return "[[rule]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in rule.items()) + more


class FenceWorld:
    """See module. `seed` decides everything; `place`: of the store, if it is not SQLite in the folder."""

    def __init__(self, folder: Path, seed: int, plugins: Plugins, place: Place | None = None) -> None:
        self.rng = random.Random(seed)
        self._folder, self._plugins, self._place = folder, plugins, place
        self._toml = configuration(self.rng)
        self.table = Tabletop(folder, self._toml, plugins, place=place)
        self.auditor = Auditor(self.table)
        self._number = 0
        self._names = [
            *(Identity("phone", "", f"+44770090010{n}") for n in range(PEOPLE)),
            *(Identity("telegram", "", str(100 + n)) for n in range(PEOPLE)),
        ]

    def close(self) -> None:
        """Close the store."""
        self.table.close()

    def run(self, steps: int) -> None:
        """Do so many random things; raises AssertionError at the first send that should not have begun."""
        does: dict[Callable[[], None], int] = {
            self.write: 30, self.wait: 22, self.unasked: 14, self.consent: 3, self.wish: 2, self.answer: 3,
            self.pause: 4, self.release: 5, self.claim: 2, self.give_back: 6, self.move: 3, self.kill: 3,
        }  # fmt: skip
        for name in self._names:
            self.write(name)
        for _ in range(steps):
            self.rng.choices(list(does), list(does.values()))[0]()
            for inbox in INBOXES:
                if self.rng.random() < 0.7:
                    self.lease(inbox)

    # -- what people do ----------------------------------------------------------------------------------------------

    def write(self, name: Identity | None = None) -> None:
        """Somebody writes: words of rules, an answer, a word of consent."""
        name = name or self.rng.choice(self._names)
        words = ["price please", "book", "help", "price book help", "hello", "1", "2"]
        text = self.rng.choices([*words, "STOP", "START", "HUMAN"], [10, 6, 6, 6, 6, 2, 2, 2, 4, 1])[0]
        inbox = self.rng.choice(["open", "side"]) if name.kind == "phone" else "card"
        key, now = self._key(), self.table.now
        Slip.events[key] = MessageReceived(
            key=key, at=now, account=inbox, sender=(name,), address=name.key, provider_id=key, text=text
        )
        self.table.store.accept([Incoming(INBOXES[inbox], inbox, key, key, now, now, b"")])
        self._step()
        self.auditor.wrote(key, text)

    def wait(self) -> None:
        """Time passes."""
        self.table.now += self.rng.choice([1000, MINUTE, 11 * MINUTE, HOUR, 3 * HOUR, 8 * HOUR, 13 * HOUR, 30 * HOUR])
        self.table.tick()
        self.auditor.noticed()

    def unasked(self) -> None:
        """Something happens that rules speak about without being asked."""
        person = self.rng.choice(self._people())
        self._happen(TagAdded(key=self._key(), at=self.table.now, person=person, tag="vip"))

    # -- what agents do ----------------------------------------------------------------------------------------------

    def consent(self) -> None:
        """Consent is recorded or withdrawn."""
        person, given = self.rng.choice(self._people()), self.rng.random() < 0.7
        purpose = self.rng.choice(["market", "market", "inform"])
        self._happen(
            ConsentRecorded(
                key=self._key(), at=self.table.now, person=f"p{person}", purpose=purpose, given=given, evidence="form"
            )
        )
        self.auditor.consents[person, purpose] = given

    def wish(self) -> None:
        """Somebody says when he wants to be written to."""
        person, wish = self.rng.choice(self._people()), self.rng.choice(WISHES)
        values = {"preferred_contact": wish}
        self._happen(PersonEdited(key=self._key(), at=self.table.now, person=f"p{person}", values=values))
        self.auditor.wishes[person] = wish

    def answer(self) -> None:
        """An agent answers."""
        person = self.rng.choice(self._people())
        self._happen(HumanReplied(key=self._key(), at=self.table.now, person=f"p{person}", text="Here I am."))
        self.auditor.answered(person)

    def pause(self) -> None:
        """Automation pauses somewhere."""
        until = self.table.now + self.rng.choice([MINUTE, 5 * HOUR, 40 * HOUR])
        self._paused(self.rng.choice(["person", "talk", "rule", "all"]), until)

    def release(self) -> None:
        """Automation goes on somewhere."""
        self._paused(self.rng.choice(["person", "talk", "rule", "all", "all"]), 0)

    def _paused(self, what: str, until: int) -> None:
        key, now = self._key(), self.table.now
        if what == "person":
            person = self.rng.choice(self._people())
            self._happen(PauseChanged(key=key, at=now, person=f"p{person}", until=until))
            self.auditor.paused(self.auditor.talks(person), until, person)
        elif what == "talk":
            talk = self.rng.choice([row[0] for row in self.table.rows("SELECT id FROM conversations")])
            self._happen(PauseChanged(key=key, at=now, conversation=talk, until=until))
            self.auditor.paused([talk], until)
        else:
            rule = f"r{self.rng.randint(0, 8)}" if what == "rule" else ""
            self._happen(PauseChanged(key=key, at=now, rule=rule, until=until))
            self.auditor.stopped[rule] = until

    def claim(self) -> None:
        """An agent takes a person's conversations."""
        person = self.rng.choice(self._people())
        self._happen(ConversationClaimed(key=self._key(), at=self.table.now, person=f"p{person}", agent="Ana"))
        self.auditor.claimed |= set(self.auditor.talks(person))

    def give_back(self) -> None:
        """An agent gives them back."""
        person = self.rng.choice(self._people())
        self._happen(ConversationClaimed(key=self._key(), at=self.table.now, person=f"p{person}", release=True))
        self.auditor.claimed -= set(self.auditor.talks(person))
        self.auditor.paused(self.auditor.talks(person), 0, person)

    def move(self) -> None:
        """An identity becomes somebody else's."""
        name, person = self.rng.choice(self._names), self.rng.choice(self._people())
        self._happen(IdentityMoved(key=self._key(), at=self.table.now, identity=name.id, person=f"p{person}"))

    # -- what the hub does -------------------------------------------------------------------------------------------

    def lease(self, inbox: str) -> None:
        """The gate lets out what it lets out; then the platform answers, or does not."""
        leased = self.table.lease(inbox, limit=self.rng.choice([1, 5]))
        self.auditor.noticed()
        for send in leased:
            self.auditor.began(send.outbox, inbox)
        for send in leased:
            outcome = self.rng.choices(["done", "retry", "uncertain", "dead", ""], [12, 2, 1, 1, 1])[0]
            if outcome:
                due = self.table.now + 5 * MINUTE if outcome == "retry" else 0
                self.table.sent(send, f"s{send.outbox}.{send.attempts}", outcome=outcome, due=due)
        self.auditor.noticed()

    def kill(self) -> None:
        """The process dies between two transactions, and another one starts."""
        now = self.table.now
        self.table.close()
        self.table = Tabletop(self._folder, self._toml, self._plugins, place=self._place)
        self.table.now = now
        self.table.store.recover(now, dict.fromkeys(INBOXES, now + MINUTE))
        self.auditor.table = self.table

    def _key(self) -> str:
        self._number += 1
        return f"k{self._number}"

    def _people(self) -> list[int]:
        return [row[0] for row in self.table.rows("SELECT DISTINCT person FROM conversations ORDER BY person")]

    def _happen(self, event: Event) -> None:
        self.table.happen(event)
        self._step()

    def _step(self) -> None:
        self.table.step()
        self.auditor.noticed()
