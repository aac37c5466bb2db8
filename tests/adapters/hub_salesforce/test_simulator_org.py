"""The simulated organisation: records, external ids, late rows, locks, all or none."""

import asyncio
import random
import re
from collections.abc import Callable
from typing import Any

import pytest

from hub_salesforce.simulator_org import Org, Rejected
from hub_salesforce.simulator_schema import kind_of, long_id, made_id, whole_id

NOW = 1_790_000_000_123
KEY = {"type": "Text", "length": 64, "label": "Hub key", "externalId": True, "unique": True}


class Clock:
    """Time that stands until it is moved."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def now(self) -> int:
        return NOW + round((self.seconds - 1_000) * 1_000)

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def org(clock: Clock) -> Org:
    org = Org(now=clock.now, clock=clock.monotonic, rng=random.Random(5))
    for place in ("Contact", "Lead", "Account"):
        org.add_field(f"{place}.Hub_Key__c", KEY)
    org.add_field("Activity.Hub_Message__c", KEY | {"length": 100})
    return org


def contact(org: Org, name: str = "Noor", **values: Any) -> str:
    """A new contact's id."""
    return org.insert("Contact", {"LastName": name, **values}, user=org.me).id


def code(call: Callable[[], object]) -> str:
    """The code with which a call is refused."""
    with pytest.raises(Rejected) as refused:
        call()
    return refused.value.code


def shown(org: Org, kind: str = "Contact", *, deleted: bool = False) -> list[str]:
    """The last names or subjects that a query sees."""
    return [v.get("LastName") or v.get("Subject") for v in org.visible(kind, deleted=deleted)]


# -- ids -------------------------------------------------------------------------------------------------------------


def test_an_id_has_a_prefix_and_a_checksum() -> None:
    first, later = made_id("Contact", 1), made_id("Task", 62**3 + 40)
    assert re.fullmatch(r"003[0-9A-Za-z]{12}[A-Z0-5]{3}", first)
    assert (kind_of(first), kind_of(later)) == ("Contact", "Task")
    assert long_id("001A0000006Vm9u") == "001A0000006Vm9uIAC", "as Salesforce computes it"


def test_a_record_is_found_by_15_characters_and_not_by_a_wrong_checksum(org: Org) -> None:
    id_ = contact(org)
    assert org.find("Contact", id_[:15]) is org.find("Contact", id_) is not None
    wrong = id_[:15] + ("AAA" if id_[15:] != "AAA" else "BBB")
    assert (whole_id(wrong), org.find("Contact", wrong), whole_id(None)) == ("", None, "")


def test_an_id_that_leads_nowhere_is_refused(org: Org) -> None:
    assert code(lambda: org.update("nonsense", {}, user=org.me)) == "MALFORMED_ID"
    assert code(lambda: org.update(made_id("Contact", 9_999), {}, user=org.me)) == "INVALID_CROSS_REFERENCE_KEY"
    gone = contact(org)
    org.delete(gone, user=org.me)
    assert code(lambda: org.update(gone, {}, user=org.me)) == "ENTITY_IS_DELETED"
    assert code(lambda: org.delete(gone, user=org.me)) == "ENTITY_IS_DELETED"


# -- system fields ---------------------------------------------------------------------------------------------------


def test_stamps_are_whole_seconds_and_move_with_each_write(org: Org, clock: Clock) -> None:
    id_ = contact(org)
    row = org.find("Contact", id_)
    assert row is not None
    made = dict(row.values)
    assert made["CreatedDate"] == made["SystemModstamp"] == made["LastModifiedDate"] == NOW // 1_000 * 1_000
    clock.seconds += 5
    org.update(id_, {"Phone": "+447700900001"}, user=org.me)
    assert row.values["SystemModstamp"] == made["SystemModstamp"] + 5_000
    assert row.values["CreatedDate"] == made["CreatedDate"]


def test_who_wrote_is_kept(org: Org) -> None:
    sam = org.add_user("Sam Writer")
    id_ = contact(org)
    org.update(id_, {"Phone": "+447700900001"}, user=sam)
    row = org.find("Contact", id_)
    assert row is not None
    assert (row.values["CreatedById"], row.values["LastModifiedById"], row.values["OwnerId"]) == (org.me, sam, org.me)


# -- external ids ----------------------------------------------------------------------------------------------------


def test_an_upsert_creates_once_and_ignores_case(org: Org) -> None:
    def put(key: str, name: str) -> tuple[str, bool]:
        row, new = org.upsert("Contact", "Hub_Key__c", {"Hub_Key__c": key, "LastName": name}, user=org.me)
        return row.id, new

    first, new = put("AbC", "Noor")
    assert new
    assert put("aBc", "Nora") == (first, False)
    assert shown(org) == ["Nora"]
    row = org.find("Contact", first)
    assert row is not None
    assert row.values["Hub_Key__c"] == "AbC", "an upsert does not write the key again"


def test_an_upsert_by_a_plain_field_or_without_value_is_refused(org: Org) -> None:
    assert code(lambda: org.upsert("Contact", "Phone", {"Phone": "1"}, user=org.me)) == "INVALID_FIELD"
    assert code(lambda: org.upsert("Contact", "Hub_Key__c", {"LastName": "x"}, user=org.me)) == "MISSING_ARGUMENT"


def test_an_upsert_by_id_changes_or_creates(org: Org) -> None:
    row, new = org.upsert("Contact", "Id", {"LastName": "Noor"}, user=org.me)
    again, second = org.upsert("Contact", "Id", {"Id": row.id, "LastName": "Nora"}, user=org.me)
    assert (new, second, again.id, shown(org)) == (True, False, row.id, ["Nora"])


def test_an_external_id_that_is_not_unique_can_be_ambiguous(org: Org) -> None:
    org.add_field("Contact.Loose__c", {**KEY, "unique": False})
    ids = {contact(org, n, Loose__c="same") for n in ("Ana", "Ben")}
    with pytest.raises(Rejected) as refused:
        org.upsert("Contact", "Loose__c", {"Loose__c": "SAME", "LastName": "x"}, user=org.me)
    assert refused.value.code == "DUPLICATE_EXTERNAL_ID"
    assert all(id_ in refused.value.message for id_ in ids)


def test_a_unique_value_belongs_to_one_record(org: Org) -> None:
    first = contact(org, Hub_Key__c="k1")
    second = contact(org, "Ben")
    for call in (
        lambda: contact(org, "Cem", Hub_Key__c="K1"),
        lambda: org.update(second, {"Hub_Key__c": "K1"}, user=org.me),
    ):
        with pytest.raises(Rejected, match=f"DUPLICATE_VALUE.*{first[:15]}"):
            call()
    org.update(first, {"Hub_Key__c": "K1", "Phone": "1"}, user=org.me)
    org.delete(first, user=org.me)
    org.update(second, {"Hub_Key__c": "k1"}, user=org.me)


def test_an_upsert_may_race_with_a_creation(org: Org) -> None:
    contact(org, Hub_Key__c="k1")
    org.race = 1.0
    again = {"Hub_Key__c": "k1", "LastName": "x"}
    assert code(lambda: org.upsert("Contact", "Hub_Key__c", again, user=org.me)) == "DUPLICATE_VALUE"
    org.race = 0.0
    assert not org.upsert("Contact", "Hub_Key__c", again, user=org.me)[1]


# -- late rows -------------------------------------------------------------------------------------------------------


def test_queries_show_a_change_late_and_ids_at_once(org: Org, clock: Clock) -> None:
    id_ = contact(org, "Old")
    org.lag = 90.0
    org.update(id_, {"LastName": "New"}, user=org.me)
    late = contact(org, "Late")
    assert shown(org) == ["Old"]
    assert org.find("Contact", late) is not None
    clock.seconds += 90
    assert shown(org) == ["New", "Late"]


def test_a_second_change_does_not_show_the_first_early(org: Org, clock: Clock) -> None:
    id_ = contact(org, "Old")
    org.lag = 10.0
    for name in ("Newer", "Newest"):
        org.update(id_, {"LastName": name}, user=org.me)
        clock.seconds += 4
    assert shown(org) == ["Old"]


def test_a_late_row_can_lie_below_what_was_shown(org: Org, clock: Clock) -> None:
    org.lag, org.back = 90.0, 1.0
    late = org.find("Contact", contact(org, "Late"))
    org.lag = 0.0
    clock.seconds += 60
    seen = org.find("Contact", contact(org, "Seen"))
    assert late is not None
    assert seen is not None
    assert shown(org) == ["Seen"]
    clock.seconds += 30
    assert shown(org) == ["Late", "Seen"]
    assert late.values["SystemModstamp"] == seen.values["SystemModstamp"] - 150_000


def test_a_stamp_never_goes_back(org: Org) -> None:
    row = org.existing(contact(org))
    stamp = row.values["SystemModstamp"]
    org.lag, org.back = 90.0, 1.0
    org.update(row.id, {"Phone": "1"}, user=org.me)
    assert row.values["SystemModstamp"] == stamp


# -- locks -----------------------------------------------------------------------------------------------------------


def test_a_locked_parent_fails_all_its_rows_of_one_request(org: Org) -> None:
    home = org.insert("Account", {"Name": "Example Ltd"}, user=org.me).id
    people = [contact(org, f"P{n}", AccountId=home) for n in range(3)] + [contact(org, "Alone")]
    org.lock_share = 0.5
    outcomes = set()
    for _ in range(40):
        with org.locking(()):
            outcomes.add(tuple(_stands(org, who) for who in people))
    assert {o[:3] for o in outcomes} == {(True,) * 3, (False,) * 3}, "those of one account alike"
    assert len(outcomes) == 4, "another parent by itself"


def _stands(org: Org, who: str) -> bool:
    try:
        org.insert("Task", {"WhoId": who, "Subject": "hello"}, user=org.me)
    except Rejected as refused:
        if refused.code != "UNABLE_TO_LOCK_ROW":
            raise
        return False
    return True


def test_requests_in_flight_exclude_each_other(org: Org) -> None:
    asyncio.run(_two_requests(org))


async def _two_requests(org: Org) -> None:
    home = org.insert("Account", {"Name": "Example Ltd"}, user=org.me).id
    task = {"WhoId": contact(org, AccountId=home), "Subject": "hello"}
    assert org.parents("Task", task) == {home}
    entered, leave = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        with org.locking({home}) as held, org.locking({home}) as inner:
            assert (held, inner) == (frozenset(), frozenset()), "a request inside shares what the outer one holds"
            entered.set()
            await leave.wait()
            org.insert("Task", task, user=org.me)

    async with asyncio.TaskGroup() as group:
        group.create_task(first())
        await entered.wait()
        with org.locking({home}) as held:
            assert held == {home}
            assert code(lambda: org.insert("Task", task, user=org.me)) == "UNABLE_TO_LOCK_ROW"
        with org.locking(()):
            assert code(lambda: org.insert("Task", task, user=org.me)) == "UNABLE_TO_LOCK_ROW", "told or not"
        org.insert("Task", task, user=org.me)  # people wait until they can
        leave.set()
    with org.locking({home}) as held:
        assert held == frozenset(), "nobody holds it any more"
        org.insert("Task", task, user=org.me)


# -- all or none, deletion, size -------------------------------------------------------------------------------------


def test_all_or_none_takes_everything_back(org: Org) -> None:
    who = contact(org, "Noor", Hub_Key__c="k1")
    task = org.insert("Task", {"WhoId": who, "Subject": "old"}, user=org.me)
    shot = org.shot()
    contact(org, "Ben", Hub_Key__c="k2")
    org.update(who, {"LastName": "Nora", "Hub_Key__c": "k3"}, user=org.me)
    org.update(task.id, {"Subject": "new"}, user=org.me)
    org.delete(who, user=org.me)
    org.back_to(shot)
    assert (shown(org), shown(org, "Task"), task.values["WhoId"]) == (["Noor"], ["old"], who)
    contact(org, "Cem", Hub_Key__c="k2")
    assert code(lambda: contact(org, "Eva", Hub_Key__c="k1")) == "DUPLICATE_VALUE"


def test_a_deleted_record_stays_in_the_bin_and_lets_go(org: Org) -> None:
    who = contact(org)
    task = org.insert("Task", {"WhoId": who, "Subject": "hello"}, user=org.me)
    org.delete(who, user=org.me)
    assert (shown(org), shown(org, deleted=True)) == ([], ["Noor"])
    assert (org.find("Contact", who), "WhoId" in task.values) == (None, False)
    assert org.find("Contact", who, deleted=True) is not None
    bad = {"WhoId": who, "Subject": "hello"}
    assert code(lambda: org.insert("Task", bad, user=org.me)) == "ENTITY_IS_DELETED"


def test_an_account_takes_its_people_along(org: Org) -> None:
    home = org.insert("Account", {"Name": "Example Ltd"}, user=org.me).id
    contact(org, AccountId=home)
    case = org.insert("Case", {"Subject": "help", "AccountId": home}, user=org.me)
    org.delete(home, user=org.me)
    assert shown(org) == []
    assert "AccountId" not in case.values


def test_many_records_are_put_there_at_once(org: Org) -> None:
    rows = [{"LastName": f"N{n}", "Phone": f"+4477009{n:05}", "Hub_Key__c": f"k{n}"} for n in range(2_000)]
    org.lag = 60.0
    org.insert_many("Contact", rows)
    assert len(shown(org)) == 2_000, "they stand there already"


def test_the_organisation_has_a_zone_users_and_choices(org: Org) -> None:
    org.zone = "Asia/Tokyo"
    (company,) = org.visible("Organization")
    assert company["TimeZoneSidKey"] == org.zone == "Asia/Tokyo"
    assert {v["IsActive"] for v in org.visible("User")} == {True, False}
    assert [v["ApiName"] for v in org.visible("TaskStatus") if v["IsClosed"]] == ["Completed"]
    assert code(lambda: org.insert("User", {"LastName": "x"}, user=org.me)) == "INVALID_TYPE_FOR_OPERATION"
