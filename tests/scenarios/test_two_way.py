"""What people do in the CRM reaches the hub: owners, edits, merges, deletions, privacy, replies to send."""

from __future__ import annotations

import json
import random
import types
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from hub import Page, Written, hookimpl
from hub.contracts.channel import RawEvent
from hub.contracts.errors import WindowClosed
from hub.engine.line import CRM as SOURCE
from hub.engine.loader import load_plugins
from hub.engine.poller import raw_incoming
from hub.model.events import RecordsRead, RecordsTouched
from hub.model.people import Identity
from hub.model.records import Answer, CrmObject, FileWrite, Gone, ObjectWrite, Record, Ref
from hub.testing.quiet_crm import QuietCrm
from hub.testing.tabletop import HUB_TOML, Tabletop

PHONE, OTHER = Identity("phone", "", "+447700900101"), Identity("phone", "", "+447700900102")


class Drawer(QuietCrm):
    """A CRM without insides, which can do everything."""

    name: ClassVar[str] = "drawer"

    def write(self, batch: Sequence[ObjectWrite]) -> list[Written]:
        return []

    def attach(self, file: FileWrite) -> str:
        return ""

    def split(self, body: bytes) -> Sequence[RawEvent]:
        return [RawEvent("a", str(n), str(n), 0, json.dumps(one).encode()) for n, one in enumerate(json.loads(body))]

    def normalise(self, raw: RawEvent) -> Sequence[RecordsTouched]:
        kind, record = json.loads(raw.body)
        if kind == "erased":
            return [RecordsTouched(key=raw.key, at=raw.at, erased=(record,))]
        return [RecordsTouched(key=raw.key, at=raw.at, refs=(Ref(kind, record),))]

    def get(self, refs: Sequence[Ref]) -> Page:
        return Page((), "", True)


def drawer() -> types.ModuleType:
    module = types.ModuleType("drawer")
    module.hub_crms = hookimpl(lambda: [Drawer])  # type: ignore[attr-defined]
    module.hub_crms.__name__ = "hub_crms"  # type: ignore[attr-defined]
    return module


class Shop(Tabletop):
    """A hub on a table beside a drawer."""

    def touched(self, *what: tuple[str, str]) -> None:
        """The CRM's webhook calls."""
        self.now += 1
        adapter: Any = self.config.crms["main"].adapter
        raws = adapter.split(json.dumps(what).encode())
        self.store.accept(
            [raw_incoming(f"{SOURCE}main", raw._replace(key=f"{self.now}.{raw.key}"), self.now) for raw in raws]
        )
        self.step()

    def reads(self, *records: Record, feed: str = "touched", at: int = 0, **more: Any) -> None:
        """A page of the CRM, read."""
        self.now += 1
        key = f"{feed}.{self.now}"
        at = at or self.now
        self.happen(RecordsRead(key=key, at=at, crm="main", records=records, feed=feed, **more))  # type: ignore[arg-type]
        self.step()

    def written(self, kind: str, *ids: str) -> list[Any]:
        """The next batch, which the CRM takes."""
        batch = self.crm(kind)
        names = iter(ids)
        answers = [Written(outbox=row.outbox, record=next(names, f"r{row.outbox}")) for row in batch.rows]
        if answers:
            self.now += 1
            self.crm_answers(*answers)
        return list(batch.rows)

    def links(self) -> list[tuple[Any, ...]]:
        return self.rows("SELECT person, state, record, owner FROM links ORDER BY person")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    (tmp_path / "mappings").mkdir()
    lines = [
        '[person]\nfirst = { from = "name.first", when = "always" }\nlast = { from = "name.last", when = "always" }',
        'phone = { from = "phone", when = "always", rule = "hub" }\nmail = { from = "email", when = "always" }\n',
    ]
    (tmp_path / "mappings" / "drawer.toml").write_text("\n".join(lines))
    crm = HUB_TOML.index("[crm.main]")
    toml = HUB_TOML[:crm] + '[crm.main]\nadapter = "drawer"\n\n' + HUB_TOML[HUB_TOML.index("[texts]") :]
    table = Shop(tmp_path, toml, load_plugins(extra=[("drawer", drawer())]))
    table.crm_knows()
    yield table
    table.close()


@pytest.fixture
def says(shop: Shop) -> Callable[..., None]:
    """A person writes through WhatsApp."""
    numbers = iter(range(1000))

    def say(words: str, who: Identity = PHONE, name: str = "Ana Example") -> None:
        digits = who.key[1:]
        shop.now += 1000
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550100", "phone_number_id": "1001"},
            "contacts": [{"profile": {"name": name}, "wa_id": digits}],
            "messages": [
                {
                    "from": digits,
                    "id": f"wamid.{next(numbers)}",
                    "timestamp": str(shop.now // 1000),
                    "type": "text",
                    "text": {"body": words},
                }
            ],
        }
        entry = {"id": "9", "changes": [{"field": "messages", "value": value}]}
        shop.post("meta", json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode())
        shop.step()

    return say


def ana(number: str, *identities: Identity, **more: Any) -> Record:
    return Record(id=number, identities=identities or (PHONE,), **{"name": "Ana Example", **more})


def test_what_a_webhook_named_waits_until_it_was_read_and_is_named_again_when_it_changes_meanwhile(shop):
    shop.touched(("contact", "1"), ("deal", "7"), ("contact", "1"))
    assert shop.rows("SELECT type, record FROM crm_touched") == [("contact", "1"), ("deal", "7")]
    before = shop.now
    shop.touched(("deal", "7"))

    shop.reads(ana("1"), at=before, refs=(Ref("contact", "1"), Ref("deal", "7")))

    assert shop.rows("SELECT type, record FROM crm_touched") == [("deal", "7")]
    assert [row[2] for row in shop.links()] == ["1"]


def test_deals_and_tickets_are_kept_with_their_contacts_and_go_when_they_are_archived(shop):
    deal = CrmObject(type="deal", id="7", title="Roof", stage="won", closed=True, owner="o1", contacts=("1", "2"))
    shop.reads(objects=(deal, CrmObject(type="ticket", id="7", title="Leak", contacts=("1",))))
    shop.reads(objects=(CrmObject(type="deal", id="7", title="Roof, new", stage="lost", contacts=("2",)),))

    assert shop.rows("SELECT type, record, title, stage, closed FROM crm_objects ORDER BY type") == [
        ("deal", "7", "Roof, new", "lost", 0),
        ("ticket", "7", "Leak", "", 0),
    ]
    assert shop.rows("SELECT contact, count(*) FROM crm_object_contacts GROUP BY contact") == [("1", 1), ("2", 1)]
    shop.reads(objects=(CrmObject(type="deal", id="7", archived=True),))
    assert shop.rows("SELECT type FROM crm_objects") == [("ticket",)]


def test_a_new_owner_gets_the_next_messages(shop, says):
    shop.reads(ana("1", owner="owner-a"))
    says("first")
    assert [entry.owner for entry in shop.written("log")] == ["owner-a"]
    shop.reads(ana("1", owner="owner-b"))
    says("second")
    assert [entry.owner for entry in shop.written("log")] == ["owner-b"]


def test_edits_on_both_sides_meet_by_what_the_mapping_says(shop, says):
    mail = Identity("email", "", "ana@example.com")
    shop.reads(ana("1"))
    shop.reads(ana("1", PHONE, mail, name="Ana Married"))
    assert shop.rows("SELECT name, email FROM people") == [("Ana Married", "ana@example.com")]
    assert shop.rows("SELECT count(*) FROM identities WHERE id=?", mail.id) == [(1,)]
    assert shop.written("person") == []

    shop.store.db.run("UPDATE people SET name='Ana Here', phone='+447700900177'")
    shop.reads(ana("1", Identity("phone", "", "+447700900188"), mail, name="Ana There"))

    assert shop.rows("SELECT name, phone FROM people") == [("Ana There", "+447700900177")]  # name: crm, phone: hub
    (write,) = shop.written("person")
    assert (write.record, write.fields) == ("1", {"phone": "+447700900177"})
    shop.reads(ana("1", Identity("phone", "", "+447700900177"), mail, name="Ana There"))
    assert shop.written("person") == []


def test_a_value_that_was_emptied_in_the_crm_is_not_written_back(shop):
    mail = Identity("email", "", "ana@example.com")
    shop.reads(ana("1", PHONE, mail))
    shop.reads(ana("1", PHONE))
    shop.reads(ana("1", PHONE))
    assert shop.written("person") == []


def test_a_storm_of_own_updates_coming_back_writes_nothing_and_a_foreign_change_among_them_stays(shop, says):
    own = []
    for n in range(200):
        says("hello", Identity("phone", "", f"+1202555{n:04}"), f"Person {n}")
    writes = shop.written("person") + shop.written("person")
    assert len(writes) == 200
    for n, write in enumerate(writes):
        name = " ".join(write.fields[key] for key in ("first", "last"))
        phone = Identity("phone", "", write.fields["phone"])
        own.append(Record(id=f"r{write.outbox}", identities=(phone,), key=write.key, name=name, modified=shop.now + n))
    storm = [record for record in own for _ in range(5)] * 2
    random.Random(5).shuffle(storm)
    for start in range(0, len(storm), 100):
        shop.reads(*storm[start : start + 100])
    assert shop.written("person") == []
    assert shop.rows("SELECT count(*) FROM outbox WHERE kind='person'") == [(200,)]

    foreign = Record(id=own[7].id, identities=own[7].identities, key=own[7].key, name="Changed There")
    shop.reads(foreign)
    assert shop.rows("SELECT p.name FROM people p JOIN links l ON l.person=p.id WHERE l.record=?", own[7].id) == [
        ("Changed There",)
    ]
    assert shop.written("person") == []


def test_a_foreign_change_right_after_an_own_write_is_kept(shop, says):
    says("hello")
    (write,) = shop.written("person", "1")
    assert write.fields["first"] == "Ana"
    shop.reads(ana("1", key=write.key, name="Anna Corrected"))  # before the own write ever came back
    shop.reads(ana("1", key=write.key, name="Anna Corrected"))
    assert shop.rows("SELECT name FROM people") == [("Anna Corrected",)]
    assert shop.written("person") == []


def test_two_contacts_merged_by_a_human_are_logged_under_the_third(shop, says):
    shop.reads(ana("1"), Record(id="2", identities=(OTHER,), name="Ben"))
    shop.reads(
        Record(id="3", identities=(PHONE, OTHER), name="Ana Example", owner="o", key="k3", merged=("1", "2")),
        gone=(Gone(record="1", into="3"), Gone(record="2", into="3")),
    )
    says("from one")
    says("from the other", OTHER)

    assert [(entry.text, entry.record, entry.owner) for entry in shop.written("log")] == [
        ("from one", "3", "o"),
        ("from the other", "3", "o"),
    ]
    assert shop.rows("SELECT count(*), count(DISTINCT key) FROM links") == [(2, 1)]
    assert shop.rows("SELECT count(*) FROM people WHERE redirect=0") == [(2,)]
    assert shop.rows("SELECT count(*) FROM identity_events WHERE what='merged'") == [(2,)]


def test_a_deletion_that_was_a_merge_loses_nothing(shop, says):
    shop.reads(ana("1"))
    shop.reads(gone=(Gone(record="1"),))  # the deletion is heard of first
    shop.store.db.run("UPDATE outbox SET due=0")
    assert shop.links()[0][1] == "gone"
    shop.reads(ana("3", merged=("1",)))
    says("hello")
    assert [entry.record for entry in shop.written("log")] == ["3"]
    assert shop.written("person") == []


def test_a_deleted_contact_waits_for_its_restoration(shop, says):
    shop.reads(ana("1"))
    says("before")
    shop.reads(gone=(Gone(record="1"),))
    assert shop.written("log") == [] == shop.written("person")
    assert "was deleted in main" in shop.rows("SELECT reason FROM outbox WHERE kind='log'")[0][0]

    shop.reads(ana("1"))

    assert [(entry.text, entry.record) for entry in shop.written("log")] == [("before", "1")]
    assert shop.written("person") == []


def test_somebody_whose_contact_was_deleted_gets_a_new_one_when_he_writes_again(shop, says):
    shop.reads(ana("1"))
    says("before")
    shop.reads(gone=(Gone(record="1"),))
    says("after")
    (write,) = shop.written("person", "9")
    assert write.record == ""
    assert [(entry.text, entry.record) for entry in shop.written("log")] == [("before", "9"), ("after", "9")]


def test_an_erased_contact_leaves_nothing_behind_and_whoever_comes_is_new(shop, says):
    mail = Identity("email", "", "ana@example.com")
    says("my secret is 4711")
    shop.written("person", "1")
    shop.written("log")
    shop.reads(ana("1", PHONE, mail), objects=(CrmObject(type="deal", id="7", title="Ana's roof", contacts=("1",)),))
    says("and 4712")
    shop.touched(("erased", "1"))
    for _ in range(20):  # the rest goes in parts
        shop.tick()

    for (table,) in shop.rows("SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite%'"):
        text = repr(shop.rows(f"SELECT * FROM {table}"))
        for secret in ("4711", "4712", "Ana", "447700900101", "ana@example.com"):
            assert secret not in text, (table, secret)
    assert shop.written("log") == []
    assert [(what, evidence) for what, evidence in shop.rows("SELECT what, evidence FROM identity_events")][-1] == (
        "erased",
        "main record 1 was erased for privacy",
    )
    says("hello again")
    ((old,), (new,)) = shop.rows("SELECT DISTINCT person FROM messages ORDER BY person")
    assert new > old
    (write,) = shop.written("person", "2")
    assert write.record == ""
    assert [(entry.text, entry.record) for entry in shop.written("log")] == [("hello again", "2")]


def test_somebody_who_writes_in_the_moment_of_his_erasure_is_new(shop, says):
    says("old words")
    shop.written("person", "1")
    step, shop.step = shop.step, lambda *_: None  # one step for all that follows
    shop.touched(("erased", "1"))
    says("new words")
    shop.step = step
    shop.step()
    assert shop.rows("SELECT text FROM messages ORDER BY id") == [("",), ("new words",)]
    assert len(shop.written("person", "2")) == 1
    assert [entry.text for entry in shop.written("log")] == ["new words"]
    says("more")
    assert [(entry.text, entry.record) for entry in shop.written("log")] == [("more", "2")]


def task(text: str = "Yes, on Monday.", record: str = "1", number: str = "55") -> Answer:
    return Answer(type="task", id=number, contact=record, text=text, agent="owner-a")


def test_a_reply_on_a_task_is_sent_logged_under_its_writer_and_its_outcome_written_back_once(shop, says):
    shop.reads(ana("1", owner="owner-b"))
    says("are you open?")
    shop.written("log")
    shop.reads(answers=(task(),))
    shop.reads(answers=(task(),))  # it still stands there
    (send,) = shop.lease()
    assert send.message.text == "Yes, on Monday."
    assert shop.rows("SELECT paused_until > 0 FROM conversations") == [(1,)]
    assert shop.written("object") == []
    shop.reads(answers=(task(),))
    read_before = shop.now
    shop.sent(send, "wamid.out")

    (back,) = shop.written("object")
    assert (back.type, back.record, back.reply_status, back.reply_result) == ("task", "55", "sent", "")
    (entry,) = shop.written("log")
    assert (entry.owner, entry.direction, entry.text) == ("owner-a", "out", "Yes, on Monday.")
    shop.reads(answers=(task(),), at=read_before)  # a page from before the outcome stood there
    assert shop.lease() == []
    shop.reads(answers=(task("And on Tuesday."),))  # the agent asks for something new
    assert [one.message.text for one in shop.lease()] == ["And on Tuesday."]
    assert shop.written("object") == []


def test_a_reply_after_the_window_closed_comes_back_with_the_reason(shop, says):
    shop.reads(ana("1"))
    says("are you open?")
    shop.now += 25 * 3_600_000
    shop.reads(answers=(task(),))
    assert shop.lease() == []
    (back,) = shop.written("object")
    assert back.reply_status == "failed"
    assert "24" in back.reply_result or "window" in back.reply_result


def test_a_reply_that_the_platform_refuses_late_is_failed_after_all(shop, says):
    shop.reads(ana("1"))
    says("are you open?")
    shop.reads(answers=(task(),))
    (send,) = shop.lease()
    shop.sent(send, outcome="dead", reason="The window is closed.", error=WindowClosed.__name__)
    (back,) = shop.written("object")
    assert (back.reply_status, back.reply_result) == ("failed", "The window is closed.")


@pytest.mark.parametrize(("text", "record", "why"), [("  ", "1", "no text"), ("Hi", "2", "no conversation")])
def test_a_reply_that_cannot_be_sent_says_why(shop, says, text, record, why):
    shop.reads(ana("1"), Record(id="2", identities=(OTHER,), name="Ben"))
    says("hello")
    shop.reads(answers=(task(text, record),))
    assert shop.lease() == []
    (back,) = shop.written("object")
    assert back.reply_status == "failed"
    assert why in back.reply_result


def test_a_kill_between_sending_and_telling_repeats_neither(shop, says):
    shop.reads(ana("1"))
    says("are you open?")
    shop.reads(answers=(task(),))
    (send,) = shop.lease()
    shop.sent(send, "wamid.out")
    batch = shop.crm("object")
    assert len(batch.objects) == 1
    shop.store.recover(shop.now, {})  # killed while the outcome was being written
    shop.reads(answers=(task(),))
    (back,) = shop.written("object")
    assert back.doubtful
    assert back.reply_status == "sent"
    assert shop.lease() == []
    assert shop.rows("SELECT state FROM crm_answers") == [("told",)]
