"""A month of a shop at a gallop: people write, the gate drops, humans answer, a CRM changes, plugins tell, it dies.

One seed, one month: the same events in the same order, with time that only this module moves.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from hub import hookimpl
from hub.engine.loader import load_plugins
from hub.engine.ticks import tick
from hub.model.by_hand import ConfigurationApplied, DeadHandled, HumanReplied, PauseChanged, PersonEdited
from hub.model.events import CrmSettled, PluginAnswered, RecordsRead, RowOutcome, SendSettled
from hub.model.people import Identity
from hub.model.records import CrmObject, Record
from hub.store import Place
from hub.testing.stores import place_of
from hub.testing.tabletop import HUB_TOML, Tabletop

RULES = """
[plugin.bell]

[[rule]]
name = "hours"
keywords = ["open", "hours"]
reply = { text = "We are open from nine to five." }

[[rule]]
name = "welcome"
first = true
reply = { text = "Welcome, {{ person.name }}!" }

[[rule]]
name = "later"
keywords = ["offer"]
after = "2h"
unless = ["message.received"]
reply = { text = "Here is what we offer." }

[[rule]]
name = "moved"
on = "deal.stage"
purpose = "inform"
reply = { text = "Your order is now: {{ change.after }}" }

[[rule]]
name = "done"
on = "task.done"
task = { title = "Call {{ person.name }}" }
"""
WORDS = (
    "price please",
    "are you open",
    "hello",
    "an offer",
    "thanks",
    "what hours",
    "STOP",
    "START",
    "price open offer",
)
STAGES = ("new", "shown", "won", "lost")
HOUR = 3_600_000
NOW = 1_800_000_000_000
BELL = SimpleNamespace(EVENTS=("inquiry.opened",), hub_on_event=hookimpl(lambda event: None))


class Month:
    """See module. `table` is the hub, made anew at every restart; `days` are lived by `live`."""

    def __init__(
        self, folder: Path, seed: int = 1, *, people: int = 40, engine: str = "", toml: str = "", now: int = NOW
    ) -> None:
        self.chance, self.people, self._folder, self._engine = random.Random(seed), people, folder, engine
        self.toml = toml or HUB_TOML + RULES
        self._count = 0
        self._posted: list[bytes] = []
        self._known: list[str] = []  # platform's ids of what was sent
        self.plugins = load_plugins([("bell", BELL)])
        self._open(now)
        self.table.crm_knows(*(self._record(n) for n in range(0, people, 2)))

    def _open(self, now: int) -> None:
        self.table = Tabletop(self._folder, self.toml, self.plugins, engine=self._engine)
        self.table.now = now
        self.table.line.listeners["inquiry.opened"] = ("bell",)
        db = self.table.store.db
        db.run("SET synchronous_commit=off" if db.shared else "PRAGMA synchronous=0")
        self.table.store.recover(now, {"sales": now + 60_000})

    @property
    def place(self) -> Place:
        """Where its store is."""
        return place_of(self._folder / "data", self._engine)

    def close(self) -> None:
        """The month is over."""
        self.table.close()

    def live(self, days: float, deeds_a_day: int = 60) -> None:
        """So many days, each with about so many things that happen."""
        deeds = self._deeds()
        for _ in range(int(days * deeds_a_day)):
            self.table.now += self.chance.randrange(2 * int(24 * HOUR / deeds_a_day))
            tick(self.table.store, self.table.now)
            self.chance.choice(deeds)()
            if self.chance.random() < 0.9:
                self.table.step(self.chance.choice((1, 2, 256)))
            if self.chance.random() < 0.8:
                self._send()
        self.table.step()

    def _deeds(self) -> list[Any]:
        often = [self.writes] * 16 + [self._crowd, self._again, self._status, self._tick, self._crm] * 3
        seldom = [self._page, self._objects, self._human, self._pause, self._edit, self._plugin, self._dead]
        return [*often, *seldom * 2, self._restart, self._apply]

    # -- people --------------------------------------------------------------------------------------------------------

    def _phone(self, number: int) -> str:
        return f"447700900{number:03}"

    def writes(self) -> None:
        """Somebody writes something."""
        self._post(self._message(self.chance.randrange(self.people)))

    def _crowd(self) -> None:
        for number in self.chance.sample(range(self.people), min(12, self.people)):
            self._post(self._message(number))

    def _message(self, number: int) -> bytes:
        self._count += 1
        phone, sent = self._phone(number), self.table.now // 1000 - self.chance.choice((0, 0, 0, 5, 40_000))
        said: dict[str, Any] = {"from": phone, "id": f"wamid.{self._count}", "timestamp": str(sent), "type": "text"}
        said |= {"text": {"body": self.chance.choice(WORDS)}}
        named = [{"profile": {"name": f"Ana {number}"}, "wa_id": phone, "user_id": f"US.{phone}"}]
        return _whatsapp(contacts=named, messages=[said])

    def _post(self, body: bytes) -> None:
        self._posted.append(body)
        self.table.post("meta", body)

    def _again(self) -> None:
        """The platform delivers once more what it delivered before."""
        if self._posted:
            self.table.post("meta", self.chance.choice(self._posted[-30:]))

    def _status(self) -> None:
        if self._known:
            name = self.chance.choice(("delivered", "read", "failed"))
            told = {
                "id": self.chance.choice(self._known[-40:]),
                "status": name,
                "timestamp": str(self.table.now // 1000),
            }
            self._post(_whatsapp(statuses=[told | {"recipient_id": "447700900000"}]))

    # -- what the hub does by itself -----------------------------------------------------------------------------------

    def _tick(self) -> None:
        self.table.tick(self.chance.choice((1000, HOUR, 7 * HOUR)))

    def _send(self) -> None:
        table = self.table
        leased = table.lease(limit=self.chance.choice((1, 5, 100)))
        if leased and self.chance.random() < 0.03:  # it dies with some of them under way
            self._restart()
            return
        for send in leased:
            outcome = self.chance.choices(("done", "retry", "evidence", "uncertain", "dead"), (20, 2, 1, 1, 1))[0]
            self._count += 1
            name = f"out.{self._count}" if outcome == "done" else ""
            self._known += [name] if name else []
            key = f"{send.outbox}.{send.attempts}.{outcome}"
            due = table.now + 30_000 if outcome in ("retry", "evidence") else 0
            more: dict[str, Any] = {"outcome": outcome, "provider_id": name, "due": due, "reason": outcome}
            table.happen(SendSettled(key=key, at=table.now, outbox=send.outbox, **more))
        table.step(self.chance.choice((1, 256)))

    def _restart(self) -> None:
        self.table.close()
        self._open(self.table.now + self.chance.randrange(HOUR))

    def _apply(self) -> None:
        """Another text of the rules, or the first one again."""
        other = self.toml.replace("nine to five", f"nine to {self.chance.choice(('six', 'seven'))}")
        event = ConfigurationApplied(key=self._name(), at=self.table.now, text=other, agent="Eva", note="")
        self.table.happen(event)

    # -- the CRM -------------------------------------------------------------------------------------------------------

    def crm_takes_all(self) -> None:
        """The CRM takes what is due, and fails at nothing."""
        self._crm(fails=False)

    def _crm(self, *, fails: bool = True) -> None:
        table = self.table
        for kind in ("person", "log", "object"):
            batch = table.crm(kind)
            rows = []
            for row in batch.rows:
                self._count += 1
                made: dict[str, Any] = {
                    "record": row.record if getattr(row, "record", "") else f"9{self._count}",
                    "new": True,
                }
                odd = self.chance.random() if fails else 1.0
                if odd < 0.1:
                    rows.append(RowOutcome(outbox=row.outbox, outcome="retry", due=table.now + 1000, reason="busy"))
                elif odd < 0.13:
                    rows.append(RowOutcome(outbox=row.outbox, outcome="dead", reason="refused"))
                else:
                    rows.append(RowOutcome(outbox=row.outbox, outcome="done", **made))
            if rows:
                table.happen(CrmSettled(key=self._name(), at=table.now, crm="main", rows=tuple(rows)))
                table.step()

    def _record(self, number: int) -> Record:
        name = Identity("phone", "", f"+{self._phone(number)}")
        fields = {"firstname": self.chance.choice(("Ana", "Bea")), "lastname": str(number)}
        return Record(id=f"7{number}", identities=(name,), name=f"Ana {number}", fields=fields)

    def _page(self) -> None:
        some = self.chance.sample(range(0, self.people, 2), min(5, self.people // 2))
        self._read(tuple(self._record(n) for n in some))

    def _objects(self) -> None:
        number = self.chance.randrange(0, self.people, 2)
        deal = {"type": "deal", "id": f"5{number}", "stage": self.chance.choice(STAGES), "contacts": (f"7{number}",)}
        task = {"type": "task", "id": f"6{number}", "closed": self.chance.random() < 0.5, "contacts": (f"7{number}",)}
        self._read((), (CrmObject(**deal), CrmObject(**task)))  # type: ignore[arg-type]

    def _read(self, records: tuple[Record, ...], objects: tuple[CrmObject, ...] = ()) -> None:
        now = self.table.now
        told = RecordsRead(
            key=self._name(), at=now, crm="main", records=records, objects=objects, feed="recent", cursor=str(now)
        )
        self.table.happen(told)

    # -- humans and plugins --------------------------------------------------------------------------------------------

    def _name(self) -> str:
        self._count += 1
        return f"n{self._count}"

    def _somebody(self) -> str:
        return f"phone::+{self._phone(self.chance.randrange(self.people))}"

    def _human(self) -> None:
        text = self.chance.choice(("I look into it", "Tomorrow"))
        self.table.happen(HumanReplied(key=self._name(), at=self.table.now, person=self._somebody(), text=text))

    def _pause(self) -> None:
        until = self.chance.choice((0, self.table.now + 5 * HOUR))
        self.table.happen(PauseChanged(key=self._name(), at=self.table.now, person=self._somebody(), until=until))

    def _edit(self) -> None:
        values = {"name": self.chance.choice(("Ana", "Ben", "Cleo"))}
        self.table.happen(PersonEdited(key=self._name(), at=self.table.now, person=self._somebody(), values=values))

    def _plugin(self) -> None:
        from hub.store.plugin_work import due

        for work in due(self.table.store.db, "bell", self.table.now, 3):
            note = {"note": f"rang for {json.loads(work.body)['name']}"}
            ok = self.chance.random() < 0.8
            answer = PluginAnswered(
                key=self._name(),
                at=self.table.now,
                plugin="bell",
                event=work.event,
                ok=ok,
                commands=(note,),
                reason="" if ok else "it fell",
            )
            self.table.happen(answer)

    def _dead(self) -> None:
        from hub.store.reading import dead_letters

        letters = dead_letters(self.table.store.db)
        if letters:
            ids = tuple(letter.id for letter in self.chance.sample(letters, min(3, len(letters))))
            action: Any = self.chance.choice(("retry", "drop"))
            self.table.happen(DeadHandled(key=self._name(), at=self.table.now, ids=ids, action=action))


def _whatsapp(**value: Any) -> bytes:
    about = {"display_phone_number": "15550100", "phone_number_id": "1001"}
    content = {"messaging_product": "whatsapp", "metadata": about, **value}
    change = {"field": "messages", "value": content}
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "9", "changes": [change]}]}).encode()
