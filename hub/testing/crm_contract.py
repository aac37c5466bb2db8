"""What every CRM adapter keeps, as tests to inherit. In the test module of an adapter:

    class TestCabinet(CRMContract):
        crm = Cabinet
        simulator = CabinetSimulator
        fields = {"first_name": "Ana"}
        refused = {"colour": "none of the known ones"}
        wrong = {"token": "a-token-nobody-gave"}

The simulator serves on loopback in a thread of its own while the adapter's blocking methods are called; what it has
seen is compared with what the adapter says. What is special about a CRM needs tests of your own besides.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from pydantic import SecretStr

from hub.contracts.channel import RawEvent, Request
from hub.contracts.crm import CRM, Hears, KeepsFiles, Page, Reads, WritesObjects, Written
from hub.contracts.errors import (
    AuthFailed,
    BadSignature,
    HubError,
    NotFound,
    RateLimited,
    Refused,
    Temporary,
    Uncertain,
)
from hub.contracts.simulator import CRMSimulator, Faults
from hub.model.people import Identity
from hub.model.records import FileWrite, Gone, LogLine, ObjectType, ObjectWrite, PersonWrite, Ref
from hub.testing.crm_entries import doubtful, entries

try:
    import hypothesis  # noqa: F401 - what channel_contract needs too: one remedy for both
    import pytest
except ImportError as error:
    raise ImportError("the contract tests need pytest and hypothesis: pip install pytest hypothesis") from error

MANY = 250
MOST_PAGES = 100
PATIENCE = 30.0


class CRMContract:
    """Subclass it, name the subclass `Test...`, and fill in what stands first."""

    crm: ClassVar[type[CRM[Any]]]
    """The class under test."""
    simulator: ClassVar[type[CRMSimulator]]
    """The double of the CRM: it keeps records and messages, and can be told to misbehave."""
    settings: ClassVar[Mapping[str, Any]] = {}
    """Settings besides those that the simulator's `config` gives."""
    fields: ClassVar[Mapping[str, str]]
    """Fields of a person, in the CRM's names, that it takes."""
    refused: ClassVar[Mapping[str, str]]
    """Fields of a person that it does not take: he is refused with them, or stands without them."""
    wrong: ClassVar[Mapping[str, Any]]
    """Settings with credentials that it refuses."""
    makes: ClassVar[ObjectType] = "task"
    """A type of record beside contacts that it can make, if it makes any."""
    missing: ClassVar[str] = "999999999"
    """The id of a record that does not exist."""
    grain: ClassVar[int] = 1
    """How exactly it keeps the time of a message, in ms."""

    # -- setting up ----------------------------------------------------------------------------------------------

    def simulate(self) -> CRMSimulator:
        """A simulator; override it to make changes visible at once, if the CRM shows them late."""
        return self.simulator(Faults())

    def connect(self, platform: CRMSimulator, **changes: Any) -> CRM[Any]:
        """The adapter, pointed at the simulator; override it to take the pauses out, so that nobody waits for them."""
        table = {name: value for name, value in platform.config().items() if name != "adapter"}
        return self.crm(self.crm.Settings.model_validate({**table, **self.settings, **changes}), region="GB")

    def app(self, platform: CRMSimulator) -> Mapping[str, Any]:
        """Settings with which the adapter can be called by the CRM; override it, else that is not tested."""
        pytest.skip("this CRM does not call the hub")

    def remove(self, platform: CRMSimulator, record: str) -> None:
        """A human deletes a contact in the CRM."""
        pytest.skip("nobody can delete a contact in this simulator")

    def merge(self, platform: CRMSimulator, record: str, other: str) -> str:
        """A human merges two contacts in the CRM; returns the id of the record that is left."""
        pytest.skip("nobody can merge contacts in this simulator")

    def ask(self, platform: CRMSimulator, record: str, text: str) -> None:
        """An agent writes an answer on a contact and sets it to be sent."""
        pytest.skip("nobody can answer in this simulator")

    @contextmanager
    def serving(self) -> Iterator[CRMSimulator]:
        """The simulator, started in a thread of its own."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="simulator")
        thread.start()
        platform = self.simulate()
        try:
            asyncio.run_coroutine_threadsafe(platform.start(), loop).result(PATIENCE)
            try:
                yield platform
            finally:
                asyncio.run_coroutine_threadsafe(platform.stop(), loop).result(PATIENCE)
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(PATIENCE)
            loop.close()

    def ready(self, platform: CRMSimulator) -> CRM[Any]:
        """The adapter, after it has made what it needs in the CRM."""
        adapter = self.connect(platform)
        assert all(finding.ok for finding in adapter.ensure()), "ensure() cannot make what the hub needs"
        platform.calls.clear()
        return adapter

    @pytest.fixture(name="platform")
    def _platform(self) -> Iterator[CRMSimulator]:
        with self.serving() as platform:
            yield platform

    @pytest.fixture(name="adapter")
    def _adapter(self, platform: CRMSimulator) -> CRM[Any]:
        return self.ready(platform)

    def people(self, count: int, **more: Mapping[str, str]) -> list[PersonWrite]:
        """New people; `more` are fields of single ones, as `p3={...}`."""
        return [
            PersonWrite(outbox=n, key=f"{n:032x}", fields={**self.fields, **more.get(f"p{n}", {})})
            for n in range(1, count + 1)
        ]

    # -- people --------------------------------------------------------------------------------------------------

    def test_writing_people_twice_makes_them_once(self, adapter: CRM[Any], platform: CRMSimulator) -> None:
        first, again = adapter.upsert(self.people(3)), adapter.upsert(self.people(3))
        assert_fates(first, [1, 2, 3])
        assert_fates(again, [1, 2, 3])
        assert [row.record for row in first] == [row.record for row in again], "the same key is the same record"
        assert [row.new for row in (*first, *again)] == [True] * 3 + [False] * 3, "`new`: this call made the record"
        assert_stand(platform, 3)

    def test_a_linked_person_is_written_by_record(self, adapter: CRM[Any], platform: CRMSimulator) -> None:
        (known,) = platform.fill([{"name": "Ben Known", "phone": "+447700900123"}])
        (row,) = adapter.upsert([PersonWrite(outbox=7, key="b" * 32, record=known, fields=self.fields)])
        assert (row.outbox, row.record, row.new, row.error) == (7, known, False, None), (
            f"a linked person is written by the record id {known}, and is not new: {row!r}"
        )
        assert_stand(platform, 1)
        (contact,) = platform.contacts()
        assert self.fields.items() <= contact.items(), "the fields do not stand in the record"
        (row,) = adapter.upsert([PersonWrite(outbox=8, key="b" * 32, fields=self.fields)])
        assert row.record == known, "writing a linked person sets the key too, so that the key finds the record"

    def test_one_bad_person_does_not_fail_the_others(self, adapter: CRM[Any], platform: CRMSimulator) -> None:
        written = adapter.upsert(self.people(9, p4=self.refused))
        one = written[3]
        assert_fates(written, range(1, 10), bad=[4] if one.error else [])
        assert_stand(platform, 8 if one.error else 9)
        if not one.error:
            assert one.left_out.keys() == self.refused.keys(), f"what the CRM does not take is told: {one!r}"
            assert all(one.left_out.values()), "each field that was left out has its reason"
        assert not any(row.left_out for row in written if row is not one), "a field of another person was left out"

    def test_a_lost_answer_makes_nobody_twice(self, adapter: CRM[Any], platform: CRMSimulator) -> None:
        platform.faults.lose_after = 1.0
        with pytest.raises((Uncertain, Temporary)):  # an upsert may be repeated, so either will do
            adapter.upsert(self.people(5))
        platform.faults.lose_after = 0.0
        assert_fates(adapter.upsert(self.people(5)), range(1, 6))
        assert_stand(platform, 5)

    def test_threads_do_not_mix_up_their_rows(self, adapter: CRM[Any], platform: CRMSimulator) -> None:
        with ThreadPoolExecutor(4) as pool:
            written = list(pool.map(adapter.upsert, [[person] for person in self.people(12)]))
        for n, rows in enumerate(written, 1):
            assert_fates(rows, [n])
        assert len({rows[0].record for rows in written}) == 12, "two threads got the same record for two people"
        assert_stand(platform, 12)

    def test_an_empty_batch_calls_nobody(self, adapter: CRM[Any], platform: CRMSimulator) -> None:
        assert adapter.upsert([]) == [], "an empty batch has no rows"
        assert adapter.log([]) == [], "an empty batch has no rows"
        assert not platform.calls, f"nothing to write, and yet {dict(platform.calls)} was called"

    # -- messages ------------------------------------------------------------------------------------------------

    def test_messages_stand_once_and_in_order(self, adapter: CRM[Any], platform: CRMSimulator) -> None:
        ana, ben = platform.fill([{"name": "Ana"}, {"name": "Ben"}])
        batch = [replace(entry, record=ben) if entry.outbox in (3, 6) else entry for entry in entries(ana, 8)]
        written = adapter.log(batch)
        assert_fates(written, range(1, 9))
        logged = platform.logged()
        assert [m.text for m in logged] == [e.text for e in batch], "messages are created in the order of the batch"
        assert [(m.contact, m.direction) for m in logged] == [(e.record, e.direction) for e in batch], (
            "a message stands under another record than its own, or in the other direction"
        )
        assert [m.sequence for m in logged] == [e.sequence for e in batch], "`sequence` stands on the logged record"
        told = [e.at - e.at % self.grain for e in batch]
        assert [m.at for m in logged] == told, "the time of the message, not that of logging it"
        assert [m.record for m in logged] == [row.record for row in written], "rows have the ids of other records"

    def test_a_doubtful_message_is_looked_up(self, adapter: CRM[Any], platform: CRMSimulator) -> None:
        (ana,) = platform.fill([{"name": "Ana"}])
        first = adapter.log(entries(ana, 5))
        again = adapter.log(doubtful(entries(ana, 6)))
        assert_fates(again, range(1, 7))
        assert [m.sequence for m in platform.logged()] == [1, 2, 3, 4, 5, 6], "only what is missing may be written"
        assert [row.record for row in again[:5]] == [row.record for row in first], "what stands there has its record"

    @pytest.mark.parametrize("fault", ["lose_after", "lose_before", "error"])
    def test_a_lost_answer_leaves_no_message_double(
        self, adapter: CRM[Any], platform: CRMSimulator, fault: str
    ) -> None:
        (ana,) = platform.fill([{"name": "Ana"}])
        setattr(platform.faults, fault, 1.0)
        with pytest.raises(HubError) as caught:
            adapter.log(entries(ana, 5))
        setattr(platform.faults, fault, 0.0)
        if fault == "lose_after":
            assert isinstance(caught.value, Uncertain), f"no answer came to a write: Uncertain, not {caught.value!r}"
        assert isinstance(caught.value, Uncertain | Temporary), f"{caught.value!r} is neither Uncertain nor Temporary"
        batch = entries(ana, 5)
        adapter.log(doubtful(batch) if isinstance(caught.value, Uncertain) else batch)
        assert [m.sequence for m in platform.logged()] == [1, 2, 3, 4, 5], (
            f"each message stands once after {caught.value!r} and another try"
        )

    def test_one_bad_message_does_not_fail_the_others(self, adapter: CRM[Any], platform: CRMSimulator) -> None:
        (ana,) = platform.fill([{"name": "Ana"}])
        batch = [replace(entry, record=self.missing) if entry.outbox == 4 else entry for entry in entries(ana, 9)]
        assert_fates(adapter.log(batch), range(1, 10), bad=[4])
        assert [m.sequence for m in platform.logged()] == [1, 2, 3, 5, 6, 7, 8, 9], "all others stand, in their order"

    def test_a_message_that_stands_is_changed(self, adapter: CRM[Any], platform: CRMSimulator) -> None:
        (ana,) = platform.fill([{"name": "Ana"}])
        batch = entries(ana, 3)
        stands = [replace(e, logged=w.record) for e, w in zip(batch, adapter.log(batch), strict=True)]
        gone = replace(stands[2], logged=self.missing)
        written = adapter.log([gone, replace(stands[1], text="what was meant")])
        assert_fates(written, [3, 2], bad=[3])
        assert isinstance(written[0].error, NotFound), "a record that a human deleted is NotFound, for its row alone"
        assert written[1].record == stands[1].logged, "an entry with `logged` changes that record"
        assert [m.text for m in platform.logged()] == [batch[0].text, "what was meant", batch[2].text], (
            "a changed message stands once, in its place, with its new text"
        )

    def test_a_session_is_one_record_that_grows(self, adapter: CRM[Any], platform: CRMSimulator) -> None:
        (ana,) = platform.fill([{"name": "Ana"}])
        said = [LogLine(direction="in", author="Ana", text=f"line {n}", at=1_750_000_000_000 + n) for n in range(1, 4)]
        (talk,) = (replace(entry, text="", lines=tuple(said[:2])) for entry in entries(ana, 1))
        (made,) = adapter.log([talk])
        (grown,) = adapter.log([replace(talk, lines=tuple(said), logged=made.record)])
        stands = platform.logged()
        assert (grown.record, len(stands)) == (made.record, 1), "a session is one record, which is changed as it grows"
        assert all(line.text in stands[0].text for line in said), "the record shows every message of the session"

    # -- more than people and messages -----------------------------------------------------------------------------

    def test_a_record_beside_contacts_stands_once(self, adapter: CRM[Any], platform: CRMSimulator) -> None:
        if not isinstance(adapter, WritesObjects):
            pytest.skip("this CRM has no records beside contacts that the hub makes")
        (ana,) = platform.fill([{"name": "Ana"}])
        rows = [ObjectWrite(outbox=n, type=self.makes, key=f"o-{n}", contact=ana, title=f"made {n}") for n in (1, 2, 3)]
        rows[1] = replace(rows[1], contact=self.missing)
        made = adapter.write(rows)
        assert_fates(made, [1, 2, 3], bad=[2])
        again = adapter.write([replace(row, doubtful=True) for row in rows])
        assert [row.record for row in again] == [row.record for row in made], "what is in doubt is looked for first"
        assert [row.new for row in (*made, *again)] == [True, False, True, False, False, False], (
            "`new`: made by this call"
        )
        change = replace(rows[0], title="changed")
        written = adapter.write(
            [replace(change, record=made[0].record), replace(change, outbox=9, record=self.missing)]
        )
        assert_fates(written, [1, 9], bad=[9])
        assert written[0].record == made[0].record, "a row with `record` changes that record"

    def test_a_file_is_kept(self, adapter: CRM[Any], platform: CRMSimulator, tmp_path: Path) -> None:
        if not isinstance(adapter, KeepsFiles):
            pytest.skip("this CRM keeps no files")
        (ana,) = platform.fill([{"name": "Ana"}])
        (tmp_path / "blob").write_bytes(b"a file")
        path = str(tmp_path / "blob")
        file = FileWrite(outbox=1, key="f-1", path=path, name="a.txt", mime="text/plain", size=6)
        kept = adapter.attach(file)
        assert kept, "attach() returns the CRM's id of the file"
        assert_fates(adapter.log([replace(entries(ana, 1)[0], files=(kept,))]), [1])
        with pytest.raises(Refused):
            adapter.attach(replace(file, path=str(tmp_path / "nothing")))

    # -- reading -------------------------------------------------------------------------------------------------

    def test_the_first_read_sees_everybody_once(self, adapter: CRM[Any], platform: CRMSimulator) -> None:
        ids = platform.fill([{"name": f"Ana N{n}", "phone": f"+447700900{n:03}"} for n in range(MANY)])
        pages = everything(adapter.first_read, "")
        records = [record for page in pages for record in page.records]
        assert sorted(record.id for record in records) == sorted(ids), "first_read brings every record exactly once"
        by_id = {record.id: record for record in records}
        for n, id_ in ((0, ids[0]), (MANY - 1, ids[-1])):
            assert Identity("phone", "", f"+447700900{n:03}") in by_id[id_].identities, "identities are normalised"
            assert by_id[id_].name == f"Ana N{n}", "Record.name is the person's whole name"
        middle = len(pages) // 2
        rest = everything(adapter.first_read, pages[middle - 1].cursor) if middle else pages
        assert [found(page) for page in rest] == [found(page) for page in pages[middle:]], (
            "a first read that was interrupted goes on after its cursor"
        )

    def test_changes_see_a_modified_record(self, adapter: CRM[Any], platform: CRMSimulator) -> None:
        ids = platform.fill([{"name": "Ana"}, {"name": "Ben"}])
        start = adapter.changes("")
        assert start.cursor, "the first look begins now, and its cursor says where"
        assert not start.records, 'the cursor "" means from now on: what stood there before is for first_read'
        adapter.upsert([PersonWrite(outbox=1, key="b" * 32, record=ids[1], fields=self.fields)])
        pages = everything(adapter.changes, start.cursor)
        changed = {record.id: record for page in pages for record in page.records}
        assert ids[1] in changed, "a record was modified after the cursor, changes() does not bring it"
        assert changed[ids[1]].key == "b" * 32, "Record.key is the hub's key on the record"
        everything(adapter.changes, pages[-1].cursor)

    def test_what_the_crm_knows_of_a_person_is_described(self, adapter: CRM[Any]) -> None:
        known = adapter.describe().fields
        assert set(self.fields) <= set(known), f"describe() leaves out {sorted(set(self.fields) - set(known))}"
        assert all(finding.ok for finding in (*adapter.ensure(), *adapter.probe())), "ensure() can be repeated"

    def test_records_are_read_again(self, adapter: CRM[Any], platform: CRMSimulator) -> None:
        reader = reading(adapter)
        ana, ben = platform.fill([{"name": "Ana"}, {"name": "Ben"}])
        self.remove(platform, ben)
        page = reader.get([Ref("contact", ana), Ref("contact", ben), Ref("contact", self.missing)])
        assert found(page) == [ana], f"get() brings the records that stand there, not {found(page)}"
        assert {(g.record, g.into) for g in page.gone} == {(ben, ""), (self.missing, "")}, "what is not there is `gone`"
        assert next(g for g in page.gone if g.record == ben).told, "the CRM says that it was deleted"
        assert (page.cursor, page.last) == ("", True), 'get() is one page: its cursor is "" and it is the last'

    def test_a_merged_record_leads_to_its_survivor(self, adapter: CRM[Any], platform: CRMSimulator) -> None:
        reader = reading(adapter)
        ana, ben = platform.fill([{"name": "Ana"}, {"name": "Ben"}])
        start = adapter.changes("")
        left = self.merge(platform, ana, ben)
        told = {Gone(record=old, into=left) for old in (ana, ben) if old != left}
        for old in (ana, ben):
            page = reader.get([Ref("contact", old)])
            assert found(page) == [left], f"get({old}) brings the record that it was merged into"
            assert {g for g in page.gone if g.record == old} <= told, "a merged record is no deleted one"
        gone = {g for page in everything(adapter.changes, start.cursor) for g in page.gone}
        assert gone >= told, "changes() tells of a merge: `gone`, `into` the record that is left"

    def test_an_answer_of_an_agent_is_brought(self, adapter: CRM[Any], platform: CRMSimulator) -> None:
        (ana,) = platform.fill([{"name": "Ana"}])
        start = adapter.changes("")
        self.ask(platform, ana, "We open at nine")
        asked = [answer for page in everything(adapter.changes, start.cursor) for answer in page.answers]
        assert [(a.type, a.id, a.contact, a.text) for a in asked] == [("contact", ana, ana, "We open at nine")], (
            f"changes() brings what an agent asks to have sent, once a page: {asked}"
        )

    def test_nobody_but_the_crm_is_heard(self, adapter: CRM[Any], platform: CRMSimulator) -> None:
        assert not hearing(adapter).hearing(), "without its secret the adapter cannot hear, and says so"
        hears = hearing(self.connect(platform, **self.app(platform)))
        assert hears.hearing(), "with its secret the adapter hears"
        for headers in ({}, {"authorization": "Bearer stranger"}):
            try:
                hears.verify(Request(method="POST", url="https://hub.example.com/hook/crm", query={}, headers=headers))
            except BadSignature:
                continue
            raise AssertionError("verify() let a request pass that nobody signed")
        for junk in (b"", b"\xff", b"[null]", b'{"a":'):
            assert list(hears.normalise(RawEvent("1", "k", "l", 0, junk))) == [], "normalise() never raises"
        try:
            hears.split(b"<html>")
        except ValueError:
            return
        raise AssertionError("split() took a body that the CRM does not send")

    # -- trouble -------------------------------------------------------------------------------------------------

    def test_wrong_credentials_are_auth_failed(self, adapter: CRM[Any], platform: CRMSimulator) -> None:
        (ana,) = platform.fill([{"name": "Ana"}])
        stranger = self.connect(platform, **self.wrong)
        calls: dict[str, Callable[[], Any]] = {
            "describe": stranger.describe,
            "first_read": lambda: stranger.first_read(""),
            "upsert": lambda: stranger.upsert(self.people(1)),
            "log": lambda: stranger.log(entries(ana, 1)),
        }
        for name, call in calls.items():
            try:
                ended = call()
            except HubError as error:
                ended = error
            assert isinstance(ended, AuthFailed), f"{name} with wrong credentials: AuthFailed, not {ended!r}"
            shown = [s for s in secrets_of(stranger) if s in f"{ended} {ended!r} {ended.args!r}"]
            assert not shown, f"the AuthFailed of {name} shows a secret"
        assert not all(finding.ok for finding in stranger.probe()), "probe() finds nothing wrong with them"

    def test_secrets_do_not_print(self, adapter: CRM[Any]) -> None:
        assert secrets_of(adapter), "credentials are fields of type pydantic.SecretStr"
        shown = f"{adapter.settings} {adapter.settings!r} {adapter!r}"
        assert not any(secret in shown for secret in secrets_of(adapter)), "the settings show a secret"

    def test_a_limit_is_rate_limited_and_nothing_is_done(self, adapter: CRM[Any], platform: CRMSimulator) -> None:
        (ana,) = platform.fill([{"name": "Ana"}])
        platform.faults.throttle = 1.0
        with pytest.raises(RateLimited):
            adapter.log(entries(ana, 2))
        with pytest.raises(RateLimited):
            adapter.upsert(self.people(1))
        assert platform.logged() == [], "the CRM asked to wait, and yet a message stands there"

    def test_calls_are_reported_without_ids(self, adapter: CRM[Any], platform: CRMSimulator) -> None:
        (ana,) = platform.fill([{"name": "Ana"}])
        heard: list[tuple[str, int]] = []
        adapter.on_call = lambda endpoint, status: heard.append((endpoint, status))
        adapter.log(doubtful(entries(ana, 1)))
        assert len(heard) == sum(platform.calls.values()), "on_call is called once after every HTTP call"
        assert all(200 <= status < 300 for _, status in heard), f"on_call names the status: {heard}"
        assert not any(ana in endpoint for endpoint, _ in heard), f"an endpoint holds an id: {heard}"


def everything(read: Callable[[str], Page], cursor: str) -> list[Page]:
    """All pages after a cursor."""
    pages: list[Page] = []
    while len(pages) < MOST_PAGES:
        pages.append(read(cursor))
        if pages[-1].last:
            return pages
        assert pages[-1].cursor != cursor, "the cursor does not advance, and yet it is not the last page"
        cursor = pages[-1].cursor
    raise AssertionError(f"{MOST_PAGES} pages and no end")


def reading(adapter: CRM[Any]) -> Reads:
    """The adapter, if it reads records by id."""
    if not isinstance(adapter, Reads):
        pytest.skip("this adapter reads no records by id")
    return adapter


def hearing(adapter: CRM[Any]) -> Hears:
    """The adapter, if it can be called."""
    if not isinstance(adapter, Hears):
        pytest.skip("this adapter is not called by its CRM")
    return adapter


def found(page: Page) -> list[str]:
    """The ids on a page."""
    return [record.id for record in page.records]


def assert_fates(written: Sequence[Written], outbox: Sequence[int], bad: Sequence[int] = ()) -> None:
    """One fate for each row, in the order given: Refused for the `bad` ones, a record for all others."""
    assert [row.outbox for row in written] == list(outbox), "one Written for each row, in the order of the batch"
    for row in written:
        if row.outbox in bad:
            assert isinstance(row.error, Refused), f"row {row.outbox} is Refused with the CRM's reason, not {row!r}"
            assert not row.record, f"row {row.outbox} was refused and has a record"
        else:
            assert row.error is None, f"row {row.outbox} failed: {row.error!r}"
            assert row.record, f"row {row.outbox} has no record"


def assert_stand(platform: CRMSimulator, people: int) -> None:
    """So many people stand in the CRM."""
    there = len(platform.contacts())
    assert there == people, f"{there} people stand in the CRM, not {people}: writing by key again makes nobody twice"


def secrets_of(adapter: CRM[Any]) -> list[str]:
    """The secrets among its settings."""
    return [value.get_secret_value() for _, value in adapter.settings if isinstance(value, SecretStr)]
