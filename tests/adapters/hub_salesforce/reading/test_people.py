"""People's rows as records, values as texts, ids of 15 and 18 characters, and what became of a record. Pure."""

from __future__ import annotations

import pytest

from hub import Gone
from hub.model.people import Identity
from hub_salesforce import people
from hub_salesforce.gone import into, settle
from hub_salesforce.shapes import Shape, canonical, is_id, whole

STRINGS = ("Id", "Name", "FirstName", "LastName", "Email", "OwnerId", "Hub_Key__c", "AccountId", "MasterRecordId")
PHONES = dict.fromkeys(("Phone", "MobilePhone", "HomePhone", "OtherPhone"), "phone")
TYPES = {"IsDeleted": "boolean", "CreatedDate": "datetime", "SystemModstamp": "datetime", "Score__c": "double"}
NOOR, OTHER, THIRD, LEAD = "003000000000001AAA", "003000000000002AAA", "003000000000003AAA", "00Q000000000001IAA"
LEAD = whole(LEAD[:15])


def shape(kind: str, **types: str) -> Shape:
    fields = dict.fromkeys(STRINGS, "string") | PHONES | TYPES | {"MailingAddress": "address"} | types
    return Shape(kind, {"fields": [{"name": name, "type": type_} for name, type_ in fields.items()]})


def row(id_: str = NOOR, **values: object) -> dict[str, object]:
    return {"Id": id_, "IsDeleted": False, **values}


def test_a_contact_is_a_record():
    values = row(
        Name="Noor Haddad",
        Phone="+447700900101",
        HomePhone="+44 7700 900102",
        Email="Noor@Example.com",
        OwnerId="005000000000001AAA",
        Hub_Key__c="ABCD" * 8,
        CreatedDate="2026-01-31T10:00:00.000+0000",
        SystemModstamp="2026-01-31T11:00:00.000+0000",
        Score__c=12.0,
    )
    record = people.record(shape("Contact"), values, "GB", {"score__c", "Email", "Nothing__c", "LastName"}, ("x",))
    assert record.identities == (
        Identity("phone", "", "+447700900101"),
        Identity("phone", "", "+447700900102"),
        Identity("email", "", "noor@example.com"),
    )
    assert (record.id, record.name, record.owner) == (NOOR, "Noor Haddad", "005000000000001AAA")
    assert record.modified - record.created == 3_600_000
    assert record.key == "abcd" * 8, "a key is compared without regard to case there, with it in the hub"
    assert record.merged == ("x",)
    assert record.fields == {"score__c": "12", "Email": "Noor@Example.com", "LastName": ""}


@pytest.mark.parametrize(
    ("values", "archived"),
    [
        ({"IsDeleted": False}, False),
        ({"IsDeleted": True}, True),
        ({"IsDeleted": True, "MasterRecordId": OTHER}, False),
    ],
)
def test_only_who_was_deleted_and_not_merged_is_archived(values, archived):
    assert people.record(shape("Contact"), row(**values), "GB", ()).archived is archived


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"Name": "Ana -", "FirstName": "Ana", "LastName": "-"}, "Ana"),
        ({"Name": "[not provided]", "LastName": "[not provided]"}, ""),
        ({"FirstName": "Ana", "LastName": "Bold"}, "Ana Bold"),
    ],
)
def test_a_last_name_that_stands_for_none_is_none(values, name):
    assert people.record(shape("Contact"), row(**values), "GB", ()).name == name


def test_a_query_names_only_what_there_is():
    columns = people.columns(shape("Contact"), {"email", "MailingAddress", "Nothing__c"})
    assert len(columns) == len(set(columns))
    assert set(columns) <= set(STRINGS) | set(PHONES) | set(TYPES), "a compound field cannot be read as a value"
    assert "Email" in columns


@pytest.mark.parametrize(
    ("value", "type_", "text"),
    [
        (None, "string", ""),
        (True, "boolean", "true"),
        (False, "boolean", "false"),
        (12.0, "double", "12"),
        (100.0, "currency", "100"),
        (0.5, "percent", "0.5"),
        (1e21, "double", "1000000000000000000000"),
        (-0.25, "double", "-0.25"),
        (10, "int", "10"),
        ("2026-01-31", "date", "2026-01-31"),
        ("2026-01-31T10:00:00.000+0000", "datetime", "2026-01-31T10:00:00.000Z"),
        ("2026-01-31T10:00:00.250+0200", "datetime", "2026-01-31T08:00:00.250Z"),
        ("never", "datetime", "never"),
        ("a;b", "multipicklist", "a;b"),
    ],
)
def test_values_are_texts_of_one_form(value, type_, text):
    assert canonical(value, type_) == text


def test_ids_of_15_and_18_characters_are_one():
    assert whole("0035g00000AbCdE") == "0035g00000AbCdEAAV"
    assert whole("0035G00000ABCDEAAV") == "0035g00000AbCdEAAV", "the last three tell the case of the others"
    assert whole("0035g00000AbCdEAAV") == "0035g00000AbCdEAAV"
    assert whole("999") == "999"
    assert not is_id("999999999")
    assert not is_id("003' OR Id > '0")


@pytest.mark.parametrize(
    ("values", "goes"),
    [
        (row(), None),
        (row(IsDeleted=True), ""),
        (row(IsDeleted=True, MasterRecordId=OTHER), OTHER),
        (row(LEAD, IsConverted=True, ConvertedContactId=OTHER), OTHER),
        (row(LEAD, IsDeleted=True, IsConverted=True, ConvertedContactId=OTHER), OTHER),
        (row(IsPersonAccount=True, AccountId="001000000000001AAA"), "001000000000001AAA"),
        (row("001000000000001AAA", IsPersonAccount=True), None),
        (row("001000000000001AAA", IsPersonAccount=False), ""),
    ],
)
def test_where_a_row_says_to_go_on(values, goes):
    assert into(values) == goes


def reading(*rows):
    there = {values["Id"]: values for values in rows}
    return lambda ids: {id_: there[id_] for id_ in ids if id_ in there}


def test_a_chain_of_merges_ends_at_the_one_that_stands():
    lead = row(LEAD, IsConverted=True, ConvertedContactId=NOOR)
    lost, again = row(IsDeleted=True, MasterRecordId=OTHER), row(OTHER, IsDeleted=True, MasterRecordId=THIRD)
    read = reading(lead, lost, again, row(THIRD))
    settled = settle([LEAD], read([LEAD]), read)
    assert list(settled.standing) == [THIRD]
    assert set(settled.merged[THIRD]) == {LEAD, NOOR, OTHER}
    assert set(settled.gone) == {Gone(record=old, into=THIRD) for old in (LEAD, NOOR, OTHER)}


def test_a_winner_that_was_deleted_takes_the_loser_along():
    read = reading(row(IsDeleted=True, MasterRecordId=OTHER), row(OTHER, IsDeleted=True))
    settled = settle([NOOR], read([NOOR]), read)
    assert settled.gone == [Gone(record=NOOR, into=OTHER), Gone(record=OTHER)]
    assert not settled.standing


def test_a_circle_ends():
    read = reading(row(IsDeleted=True, MasterRecordId=OTHER), row(OTHER, IsDeleted=True, MasterRecordId=NOOR))
    assert set(settle([NOOR], read([NOOR]), read).gone) == {Gone(record=NOOR), Gone(record=OTHER)}


def test_what_was_asked_for_is_named_as_it_was():
    settled = settle(["nobody", "003000000000009"], {}, reading())
    assert settled.gone == [Gone(record="nobody", told=False), Gone(record="003000000000009", told=False)]
