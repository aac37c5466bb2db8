"""The contract bites: each adapter here breaks one promise, and the test that guards it says so."""

from __future__ import annotations

import ast
import inspect
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from hub import Page, Schema
from hub.contracts.errors import AuthFailed, HubError, RateLimited, Refused, Rejected, Uncertain
from hub.testing import channel_contract, crm_contract, talk
from hub.testing.crm_contract import CRMContract
from hub_hubspot import simulator_acts as acts
from hub_hubspot.crm import HubSpot, HubSpotSettings
from hub_hubspot.simulator import HubSpotSimulator

MEET = threading.Barrier(4)
"""As many as the threads of the test, so that they always get in each other's way."""


class Suite(CRMContract):
    """The suite of a sound adapter; what a test changes is set on a subclass."""

    crm = HubSpot
    simulator = HubSpotSimulator
    fields = {"firstname": "Ana"}
    refused = {"lifecyclestage": "astronaut"}
    wrong = {"access_token": "pat-of-somebody-else"}
    settings = {"answers": True}

    def simulate(self):
        made = HubSpotSimulator()
        made.search_lag = 0.0
        return made

    def connect(self, platform, **changes):
        made = super().connect(platform, **changes)
        made.transport._sleep = lambda seconds: None
        return made

    def app(self, platform):
        return platform.app()

    def remove(self, platform, record):
        acts.remove(platform.portal, "contacts", record)

    def merge(self, platform, record, other):
        return acts.merge(platform.portal, "contacts", record, other)

    def ask(self, platform, record, text):
        acts.edit(platform.portal, "contacts", record, {"hub_reply_text": text, "hub_reply_status": "send"})


def keeping(s, a, p):
    with TemporaryDirectory() as folder:
        s.test_a_file_is_kept(a, p, Path(folder))


def twice_made(self, batch):
    self.times = getattr(self, "times", 0) + 1
    return HubSpot.upsert(self, [replace(person, key=f"{self.times}{person.key[1:]}") for person in batch])


def never_by_record(self, batch):
    return HubSpot.upsert(self, [replace(person, record="") for person in batch])


def all_or_nothing(method: Callable[..., Any]) -> Callable[..., Any]:
    def write(self, batch):
        written = method(self, batch)
        for row in written:
            if row.error or row.left_out:
                raise row.error or Rejected(f"it takes none of them: {row.left_out}")
        return written

    return write


def new_key_at_each_try(self, batch):
    try:
        return twice_made(self, batch)
    except HubError:
        raise Uncertain("no answer") from None


def backwards(method: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, batch: method(self, batch)[::-1]


def kept_on_the_instance(self, batch):
    self.batch = batch
    MEET.wait(10)
    return HubSpot.upsert(self, self.batch)


def without_looking(self, batch):
    return HubSpot.log(self, [replace(entry, doubtful=False) for entry in batch])


def never_in_doubt(self, batch):
    try:
        return without_looking(self, batch)
    except Uncertain:
        raise RateLimited("try again") from None


def last_first(self, batch):
    return HubSpot.log(self, batch[::-1])[::-1]


def asking(self, batch):
    self.describe()
    return HubSpot.log(self, batch) if batch else []


def one_page(self, cursor):
    return Page(HubSpot.first_read(self, cursor).records, "", True)


def from_the_start(self, cursor):
    return Page(HubSpot.first_read(self, "").records, cursor + "x", len(cursor) > 2)


def blind(self, cursor):
    return Page((), cursor or "1:0:0", True)


def as_deleted(method: Callable[..., Any]) -> Callable[..., Any]:
    def read(self, given):
        page = method(self, given)
        return page._replace(gone=[replace(gone, into="") for gone in page.gone])

    return read


def half(self, refs):
    page = HubSpot.get(self, refs)
    return page._replace(gone=page.gone[:1])


def refusing(method: Callable[..., Any]) -> Callable[..., Any]:
    def call(self, *args):
        try:
            return method(self, *args)
        except AuthFailed as error:
            raise Refused(str(error)) from None

    return call


def telling(self):
    try:
        return HubSpot.describe(self)
    except AuthFailed as error:
        raise AuthFailed(f"{error}: {self.settings.access_token.get_secret_value()}") from None


class OpenSettings(HubSpotSettings):
    note: str = ""

    def __repr__(self) -> str:
        return self.access_token.get_secret_value()


def refused_when_limited(self, batch):
    try:
        return HubSpot.log(self, batch)
    except RateLimited:
        raise Refused("too many") from None


def silent(self, batch):
    heard, self.on_call = self.on_call, lambda endpoint, status: None
    try:
        return HubSpot.log(self, batch)
    finally:
        self.on_call = heard


Guard = Callable[[Any, Any, Any], None]

BROKEN: dict[str, tuple[dict[str, Any], Guard, str]] = {
    "everybody twice": (
        {"upsert": twice_made},
        lambda s, a, p: s.test_writing_people_twice_makes_them_once(a, p),
        "the same key is the same record",
    ),
    "rows in another order": (
        {"upsert": backwards(HubSpot.upsert)},
        lambda s, a, p: s.test_writing_people_twice_makes_them_once(a, p),
        "in the order of the batch",
    ),
    "the record ignored": (
        {"upsert": never_by_record},
        lambda s, a, p: s.test_a_linked_person_is_written_by_record(a, p),
        "is written by the record id",
    ),
    "one bad person fails all": (
        {"upsert": all_or_nothing(HubSpot.upsert)},
        lambda s, a, p: s.test_one_bad_person_does_not_fail_the_others(a, p),
        "lifecyclestage",
    ),
    "another key at each try": (
        {"upsert": new_key_at_each_try},
        lambda s, a, p: s.test_a_lost_answer_makes_nobody_twice(a, p),
        "10 people stand",
    ),
    "threads in each other's way": (
        {"upsert": kept_on_the_instance},
        lambda s, a, p: s.test_threads_do_not_mix_up_their_rows(a, p),
        "one Written for each row",
    ),
    "calls for nothing": (
        {"log": asking},
        lambda s, a, p: s.test_an_empty_batch_calls_nobody(a, p),
        "nothing to write",
    ),
    "the last message first": (
        {"log": last_first},
        lambda s, a, p: s.test_messages_stand_once_and_in_order(a, p),
        "in the order of the batch",
    ),
    "doubt ignored": (
        {"log": without_looking},
        lambda s, a, p: s.test_a_doubtful_message_is_looked_up(a, p),
        "only what is missing",
    ),
    "a lost answer taken for a no": (
        {"log": never_in_doubt},
        lambda s, a, p: s.test_a_lost_answer_leaves_no_message_double(a, p, "lose_after"),
        "no answer came to a write",
    ),
    "one bad message fails all": (
        {"log": all_or_nothing(HubSpot.log)},
        lambda s, a, p: s.test_one_bad_message_does_not_fail_the_others(a, p),
        "",
    ),
    "only the first page": (
        {"first_read": one_page},
        lambda s, a, p: s.test_the_first_read_sees_everybody_once(a, p),
        "exactly once",
    ),
    "the first page again": (
        {"first_read": from_the_start},
        lambda s, a, p: s.test_the_first_read_sees_everybody_once(a, p),
        "exactly once",
    ),
    "no change seen": (
        {"changes": blind},
        lambda s, a, p: s.test_changes_see_a_modified_record(a, p),
        "does not bring it",
    ),
    "deleted ones left out": (
        {"get": half},
        lambda s, a, p: s.test_records_are_read_again(a, p),
        "is `gone`",
    ),
    "a merge read as a deletion": (
        {"get": as_deleted(HubSpot.get)},
        lambda s, a, p: s.test_a_merged_record_leads_to_its_survivor(a, p),
        "no deleted one",
    ),
    "a merge told as a deletion": (
        {"changes": as_deleted(HubSpot.changes)},
        lambda s, a, p: s.test_a_merged_record_leads_to_its_survivor(a, p),
        "tells of a merge",
    ),
    "answers left out": (
        {"changes": lambda self, cursor: HubSpot.changes(self, cursor)._replace(answers=())},
        lambda s, a, p: s.test_an_answer_of_an_agent_is_brought(a, p),
        "asks to have sent",
    ),
    "anybody heard": (
        {"verify": lambda self, request: None},
        lambda s, a, p: s.test_nobody_but_the_crm_is_heard(a, p),
        "nobody signed",
    ),
    "a change made anew": (
        {"log": lambda self, batch: HubSpot.log(self, [replace(e, logged="") for e in batch])},
        lambda s, a, p: s.test_a_message_that_stands_is_changed(a, p),
        "is Refused",
    ),
    "a session without its messages": (
        {"log": lambda self, batch: HubSpot.log(self, [replace(e, lines=()) for e in batch])},
        lambda s, a, p: s.test_a_session_is_one_record_that_grows(a, p),
        "every message of the session",
    ),
    "an object made twice": (
        {"write": lambda self, batch: HubSpot.write(self, [replace(row, doubtful=False) for row in batch])},
        lambda s, a, p: s.test_a_record_beside_contacts_stands_once(a, p),
        "looked for first",
    ),
    "a file without an id": (
        {"attach": lambda self, file: ""},
        keeping,
        "id of the file",
    ),
    "nothing described": (
        {"describe": lambda self: Schema()},
        lambda s, a, p: s.test_what_the_crm_knows_of_a_person_is_described(a),
        "leaves out",
    ),
    "wrong credentials refused": (
        {"upsert": refusing(HubSpot.upsert)},
        lambda s, a, p: s.test_wrong_credentials_are_auth_failed(a, p),
        "upsert with wrong credentials",
    ),
    "the token told": (
        {"describe": telling},
        lambda s, a, p: s.test_wrong_credentials_are_auth_failed(a, p),
        "shows a secret",
    ),
    "settings that show the token": (
        {"Settings": OpenSettings},
        lambda s, a, p: s.test_secrets_do_not_print(a),
        "show a secret",
    ),
    "a limit refused": (
        {"log": refused_when_limited},
        lambda s, a, p: s.test_a_limit_is_rate_limited_and_nothing_is_done(a, p),
        "too many",
    ),
    "calls not reported": (
        {"log": silent},
        lambda s, a, p: s.test_calls_are_reported_without_ids(a, p),
        "after every HTTP call",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_adapter_is_told_what_is_wrong(name: str) -> None:
    methods, guard, words = BROKEN[name]
    suite = type("Changed", (Suite,), {"crm": type("Broken", (HubSpot,), methods)})()
    with suite.serving() as platform:
        adapter = suite.ready(platform)
        with pytest.raises((AssertionError, Refused)) as caught:
            guard(suite, adapter, platform)
    assert words in str(caught.value)


def test_every_test_of_the_contract_has_an_adapter_that_fails_it() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    tests = [name for name in vars(CRMContract) if name.startswith("test_")]
    assert len(tests) > 15
    assert [name for name in tests if f"s.{name}(" not in source] == []


@pytest.mark.parametrize("module", [channel_contract, crm_contract, talk])
def test_every_failure_says_what_is_wrong(module: Any) -> None:
    """Asserts are not rewritten in an installed package: one without words would tell its reader nothing."""
    asserts = [node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Assert)]
    assert asserts
    assert [node.lineno for node in asserts if node.msg is None] == []
