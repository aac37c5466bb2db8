"""What the simulated organisation refuses, and what it fills in by itself."""

import random
from collections.abc import Mapping
from typing import Any

import pytest

from hub_salesforce.simulator_org import DuplicateRule, Org, Rejected, Row, ValidationRule
from hub_salesforce.simulator_schema import made_id

NOW = 1_790_000_000_000
KEY = {"type": "Text", "length": 64, "label": "Hub key", "externalId": True, "unique": True}


@pytest.fixture
def org() -> Org:
    org = Org(now=lambda: NOW, clock=lambda: 1.0, rng=random.Random(5))
    org.add_field("Contact.Hub_Key__c", KEY)
    org.add_field("Activity.Hub_Message__c", KEY | {"length": 100})
    return org


def make(org: Org, kind: str, **values: Any) -> Row:
    """A new record; a contact and a lead get the names they need."""
    needed = {"Contact": {"LastName": "Noor"}, "Lead": {"LastName": "Noor", "Company": "Example Ltd"}}
    return org.insert(kind, {**needed.get(kind, {}), **values}, user=org.me)


def refused(org: Org, kind: str, **values: Any) -> Rejected:
    """How a new record is refused."""
    with pytest.raises(Rejected) as error:
        make(org, kind, **values)
    return error.value


# -- fields ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "values", "code"),
    [
        ("Contact", {"Nope": "x"}, "INVALID_FIELD"),
        ("Contact", {"CreatedDate": "2026-01-31T10:00:00.000Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ("Contact", {"Name": "Noor"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ("Contact", {"Id": made_id("Contact", 1)}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ("Contact", {"LastName": None}, "REQUIRED_FIELD_MISSING"),
        ("Contact", {"LastName": "  "}, "REQUIRED_FIELD_MISSING"),
        ("Contact", {"LastName": "x" * 81}, "STRING_TOO_LONG"),
        ("Contact", {"Email": "nobody"}, "INVALID_EMAIL_ADDRESS"),
        ("Contact", {"Email": "a..b@localhost"}, "INVALID_EMAIL_ADDRESS"),
        ("Contact", {"Phone": 447700900001}, "JSON_PARSER_ERROR"),
        ("Contact", {"DoNotCall": "perhaps"}, "JSON_PARSER_ERROR"),
        ("Contact", {"Birthdate": "31.01.1990"}, "JSON_PARSER_ERROR"),
        ("Contact", {"Birthdate": "0090-01-31"}, "JSON_PARSER_ERROR"),
        ("Contact", {"AccountId": "nonsense"}, "MALFORMED_ID"),
        ("Contact", {"AccountId": made_id("Contact", 1)}, "MALFORMED_ID"),
        ("Contact", {"AccountId": made_id("Account", 1)}, "INVALID_CROSS_REFERENCE_KEY"),
        ("Contact", {"CurrencyIsoCode": "EUR"}, "INVALID_FIELD"),
        ("Lead", {"Company": ""}, "REQUIRED_FIELD_MISSING"),
        ("Lead", {"IsConverted": True}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ("Task", {"TaskSubtype": "Chat"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ("Task", {"ActivityDate": "2026-01-31T10:00:00.000Z"}, "JSON_PARSER_ERROR"),
        ("Task", {"Description": "x" * 32_001}, "STRING_TOO_LONG"),
        ("Task", {"CallDurationInSeconds": 1.5}, "JSON_PARSER_ERROR"),
        ("Task", {"ReminderDateTime": 1_790_000_000_000}, "JSON_PARSER_ERROR"),
        ("Task", {"ReminderDateTime": "2026-01-31T10:00:00"}, "JSON_PARSER_ERROR"),
        ("Opportunity", {"Name": "Deal"}, "REQUIRED_FIELD_MISSING"),
        ("ContentVersion", {"VersionData": "YQ=="}, "REQUIRED_FIELD_MISSING"),
        ("Nothing", {}, "INVALID_TYPE"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(org: Org, kind: str, values: dict[str, Any], code: str) -> None:
    assert refused(org, kind, **values).code == code
    assert not org.rows.get(kind), "nothing is stored"


def test_a_refusal_names_field_and_reason(org: Org) -> None:
    told = refused(org, "Contact", Nope="x")
    assert told.message == "No such column 'Nope' on sobject of type Contact"
    told = refused(org, "Opportunity", Name="Deal")
    assert told.fields == ("CloseDate", "StageName")
    assert "max length=80" in refused(org, "Contact", LastName="x" * 81).message


def test_values_are_kept_as_salesforce_keeps_them(org: Org) -> None:
    org.add_field("Contact.Score__c", {"type": "Number", "label": "Score", "precision": 5, "scale": 1})
    org.add_field("Contact.At__c", {"type": "DateTime", "label": "At"})
    row = make(org, "Contact", lastname=" Noor ", firstname="", Score__c="2.5", At__c="2026-01-31T11:00:00.789+01:00")
    kept = [row.values.get(n) for n in ("LastName", "FirstName", "Name", "Score__c", "At__c", "DoNotCall")]
    assert kept == ["Noor", None, "Noor", 2.5, 1_769_853_600_000, False]
    assert refused(org, "Contact", Score__c=123_456).code == "NUMBER_OUTSIDE_VALID_RANGE"


@pytest.mark.parametrize(
    ("given", "kept"),
    [(12.345, 12.35), ("2.675", 2.68), (-0.005, -0.01), (1250, 1250.0), ("1e3", 1000.0), (9999999999999999.99, None),
     ("1e40", None), ("nan", None), (True, None), ("", None)],
)  # fmt: skip
def test_an_amount_is_rounded_half_up_to_its_places(org: Org, given: Any, kept: float | None) -> None:
    values = {"Name": "Roof", "StageName": "Prospecting", "CloseDate": "2026-12-31", "Amount": given}
    if kept is not None or given == "":
        assert make(org, "Opportunity", **values).values.get("Amount") == kept
    else:
        assert refused(org, "Opportunity", **values).code in ("NUMBER_OUTSIDE_VALID_RANGE", "JSON_PARSER_ERROR")


def test_what_is_fixed_after_creation_cannot_be_updated(org: Org) -> None:
    task = make(org, "Task", Subject="hello", TaskSubtype="Call")
    with pytest.raises(Rejected, match="INVALID_FIELD_FOR_INSERT_UPDATE"):
        org.update(task.id, {"TaskSubtype": "Email"}, user=org.me)
    with pytest.raises(Rejected, match="REQUIRED_FIELD_MISSING"):
        org.update(make(org, "Contact").id, {"LastName": ""}, user=org.me)


def test_a_custom_picklist_takes_its_choices_only(org: Org) -> None:
    values = {"value": [{"fullName": "in"}, {"fullName": "out", "default": True}]}
    more = {"valueSet": {"restricted": True, "valueSetDefinition": values}}
    org.add_field("Activity.Way__c", {"type": "Picklist", "label": "Way", **more})
    assert make(org, "Task").values["Way__c"] == "out"
    assert refused(org, "Task", Way__c="sideways").code == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"


def test_currencies_are_there_only_with_several(org: Org) -> None:
    org.multi_currency = True
    assert make(org, "Contact").values["CurrencyIsoCode"] == "EUR"
    assert refused(org, "Contact", CurrencyIsoCode="ZZZ").code == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"


def test_a_parent_may_be_named_by_its_external_id(org: Org) -> None:
    org.add_field("Account.Hub_Key__c", KEY)
    home = make(org, "Account", Name="Example Ltd", Hub_Key__c="a1")
    who = make(org, "Contact", Account={"Hub_Key__c": "A1"}, Hub_Key__c="k1")
    assert who.values["AccountId"] == home.id
    by_key = {"attributes": {"type": "Contact"}, "Hub_Key__c": "k1"}
    assert refused(org, "Task", Who=by_key).code == "INVALID_FIELD", "a reference to several objects is not"
    org.polymorphic_keys = True
    assert make(org, "Task", Who=by_key).values["WhoId"] == who.id
    assert refused(org, "Contact", Account={"Hub_Key__c": "nobody"}).code == "INVALID_FIELD"


# -- new fields ------------------------------------------------------------------------------------------------------


def test_a_field_of_activities_stands_on_task_and_event(org: Org) -> None:
    for kind in ("Task", "Event"):
        (field,) = (f for f in org.describe(kind)["fields"] if f["name"] == "Hub_Message__c")
        told = {n: field[n] for n in ("externalId", "unique", "custom", "length", "caseSensitive")}
        assert told == {"externalId": True, "unique": True, "custom": True, "length": 100, "caseSensitive": False}


@pytest.mark.parametrize(
    ("name", "metadata", "code"),
    [
        ("Contact.Hub_Key__c", KEY, "DUPLICATE_DEVELOPER_NAME"),
        ("Contact.hub_key__c", KEY, "DUPLICATE_DEVELOPER_NAME"),
        ("Task.Own__c", KEY, "FIELD_INTEGRITY_EXCEPTION"),
        ("Contact.Own", KEY, "FIELD_INTEGRITY_EXCEPTION"),
        ("Nothing.Own__c", KEY, "INVALID_TYPE"),
        ("Contact.Own__c", {"type": "Emoji", "label": "Own"}, "INVALID_TYPE"),
        ("Contact.Own__c", {"type": "Text", "label": "Own"}, "INVALID_TYPE"),
        ("Contact.Own__c", {"type": "Text", "length": 5}, "REQUIRED_FIELD_MISSING"),
        ("Contact.Own__c", {"type": "Number", "label": "Own"}, "INVALID_TYPE"),
        ("Contact.Own__c", {"type": "LongTextArea", "label": "Own", "length": 5_000}, "INVALID_TYPE"),
        (
            "Activity.Own__c",
            {"type": "LongTextArea", "label": "Own", "length": 5_000, "visibleLines": 3},
            "INVALID_TYPE",
        ),
    ],
)
def test_a_field_that_cannot_be_is_refused(org: Org, name: str, metadata: Mapping[str, Any], code: str) -> None:
    with pytest.raises(Rejected) as error:
        org.add_field(name, metadata)
    assert error.value.code == code


def test_a_field_can_be_dropped_with_what_stood_in_it(org: Org) -> None:
    row = make(org, "Contact", Hub_Key__c="k1")
    org.drop_field("Contact.Hub_Key__c")
    assert "Hub_Key__c" not in row.values
    assert refused(org, "Contact", Hub_Key__c="k2").code == "INVALID_FIELD"


def test_a_new_field_may_be_hidden_until_access_is_granted(org: Org) -> None:
    org.new_hidden = True
    org.add_field("Lead.Hub_Key__c", KEY)
    assert refused(org, "Lead", Hub_Key__c="k1").code == "INVALID_FIELD"
    with pytest.raises(Rejected, match="DUPLICATE_DEVELOPER_NAME"):
        org.add_field("Lead.Hub_Key__c", KEY)
    org.grant("Lead.Hub_Key__c")
    assert make(org, "Lead", Hub_Key__c="k1").values["Hub_Key__c"] == "k1"


# -- records ---------------------------------------------------------------------------------------------------------


def test_an_inactive_user_can_own_nothing_new(org: Org) -> None:
    left = org.add_user("Lou Left", active=False)
    assert refused(org, "Contact", OwnerId=left).code == "INACTIVE_OWNER_OR_USER"


def test_an_activity_of_a_lead_is_related_to_nothing(org: Org) -> None:
    lead, home = make(org, "Lead"), make(org, "Account", Name="Example Ltd")
    assert refused(org, "Task", WhoId=lead.id, WhatId=home.id).code == "FIELD_INTEGRITY_EXCEPTION"
    assert make(org, "Task", WhoId=make(org, "Contact").id, WhatId=home.id).values["AccountId"] == home.id


def test_validation_rules_speak_in_the_words_of_the_organisation(org: Org) -> None:
    wrong = ValidationRule("Contact", lambda new: not new.get("Phone"), "A phone, please", "Phone")
    org.validation_rules.append(wrong)
    told = refused(org, "Contact")
    assert (told.code, told.message, told.fields) == (
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "A phone, please",
        ("Phone",),
    )
    row = make(org, "Contact", Phone="+447700900001")
    with pytest.raises(Rejected, match="A phone, please"):
        org.update(row.id, {"Phone": None}, user=org.me)


def test_a_trigger_can_refuse(org: Org) -> None:
    org.triggers.append(lambda kind, new, user: "not on my watch" if kind == "Task" else None)
    make(org, "Contact")
    assert refused(org, "Task").code == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"


def test_a_required_custom_field_is_missed(org: Org) -> None:
    org.change_field("Contact.Hub_Key__c", required=True)
    assert refused(org, "Contact").fields == ("Hub_Key__c",)


# -- duplicates ------------------------------------------------------------------------------------------------------


def test_a_duplicate_is_refused_with_its_matches(org: Org) -> None:
    org.duplicate_rules.append(DuplicateRule())
    first = make(org, "Contact", Email="Noor@Example.com")
    lead = make(org, "Lead", MobilePhone="+44 7700 900001")
    told = refused(org, "Contact", Email="noor@example.COM", Phone="+447700900001")
    assert (told.code, set(told.matches)) == ("DUPLICATES_DETECTED", {first.id, lead.id})
    assert refused(org, "Lead", Phone="(44) 7700-900001").matches == (lead.id,)


def test_duplicates_can_be_allowed_unless_the_rule_blocks(org: Org) -> None:
    org.duplicate_rules.append(DuplicateRule())
    make(org, "Contact", Email="noor@example.com")
    again = {"LastName": "Noor", "Email": "noor@example.com"}
    org.insert("Contact", again, user=org.me, allow_duplicates=True)
    org.duplicate_rules[:] = [DuplicateRule(block=True)]
    with pytest.raises(Rejected, match="DUPLICATES_DETECTED"):
        org.insert("Contact", again, user=org.me, allow_duplicates=True)


def test_an_edit_is_compared_by_what_it_changes(org: Org) -> None:
    one, other = make(org, "Contact", Phone="1001"), make(org, "Contact", Phone="1001")
    org.duplicate_rules.append(DuplicateRule())
    org.update(one.id, {"LastName": "Nora", "Phone": "1001"}, user=org.me)
    org.update(one.id, {"Phone": "2002"}, user=org.me)
    with pytest.raises(Rejected, match="DUPLICATES_DETECTED"):
        org.update(one.id, {"MobilePhone": "1001"}, user=org.me)
    org.delete(other.id, user=org.me)
    org.update(one.id, {"MobilePhone": "1001"}, user=org.me)


# -- what follows ----------------------------------------------------------------------------------------------------


def test_a_task_ends_by_its_status(org: Org) -> None:
    task = make(org, "Task", Subject="hello", Priority="High")
    assert [task.values.get(n) for n in ("Status", "IsClosed", "IsHighPriority")] == ["Not Started", False, True]
    org.update(task.id, {"Status": "Completed"}, user=org.me)
    assert (task.values["IsClosed"], task.values["CompletedDateTime"]) == (True, NOW)
    org.update(task.id, {"Status": "Deferred"}, user=org.me)
    assert (task.values["IsClosed"], "CompletedDateTime" in task.values) == (False, False)


def test_a_case_gets_number_and_account_of_its_contact(org: Org) -> None:
    home = make(org, "Account", Name="Example Ltd")
    who = make(org, "Contact", AccountId=home.id, Email="noor@example.com")
    case = make(org, "Case", Subject="help", ContactId=who.id)
    assert [case.values[n] for n in ("AccountId", "ContactEmail")] == [home.id, "noor@example.com"]
    assert case.values["CaseNumber"] != make(org, "Case").values["CaseNumber"]


def test_an_opportunity_of_a_contact_gets_a_role(org: Org) -> None:
    who = make(org, "Contact")
    deal = make(org, "Opportunity", Name="D", StageName="Closed Won", CloseDate="2026-01-31", ContactId=who.id)
    (role,) = org.visible("OpportunityContactRole")
    assert (role["OpportunityId"], role["ContactId"], role["IsPrimary"]) == (deal.id, who.id, True)
    assert [deal.values[n] for n in ("IsClosed", "IsWon", "Probability")] == [True, True, 100.0]


def test_a_file_becomes_a_document_with_links(org: Org) -> None:
    task = make(org, "Task", Subject="hello")
    version = make(org, "ContentVersion", VersionData="YWJj", PathOnClient="a.txt", FirstPublishLocationId=task.id)
    (document,), (link,) = org.visible("ContentDocument"), org.visible("ContentDocumentLink")
    assert (document["Id"], document["Title"], document["ContentSize"]) == (version.values["ContentDocumentId"], "a", 3)
    assert (link["ContentDocumentId"], link["LinkedEntityId"]) == (document["Id"], task.id)
    person = make(org, "Contact")
    make(org, "ContentDocumentLink", ContentDocumentId=document["Id"], LinkedEntityId=person.id)


# -- person accounts -------------------------------------------------------------------------------------------------


def test_a_person_account_has_a_hidden_contact(org: Org) -> None:
    assert refused(org, "Account", LastName="Noor").code == "INVALID_FIELD"
    org.person_accounts = True
    row = make(org, "Account", FirstName="Ana", LastName="Noor", PersonEmail="ana@example.com", Hub_Key__pc="k1")
    contact = org.find("Contact", row.values["PersonContactId"])
    assert contact is not None
    assert [row.values[n] for n in ("Name", "IsPersonAccount")] == ["Ana Noor", True]
    shared = [contact.values[n] for n in ("Name", "Email", "Hub_Key__c", "AccountId", "IsPersonAccount")]
    assert shared == ["Ana Noor", "ana@example.com", "k1", row.id, True]
    org.update(row.id, {"PersonEmail": "ana@example.org"}, user=org.me)
    assert contact.values["Email"] == "ana@example.org"
    with pytest.raises(Rejected, match="on the person account"):
        org.update(contact.id, {"Email": "x@example.com"}, user=org.me)


def test_a_business_takes_no_fields_of_a_person(org: Org) -> None:
    org.person_accounts = True
    home = make(org, "Account", Name="Example Ltd")
    assert home.values["IsPersonAccount"] is False
    with pytest.raises(Rejected, match="bad field names"):
        org.update(home.id, {"PersonEmail": "x@example.com"}, user=org.me)
    person = make(org, "Account", LastName="Noor")
    with pytest.raises(Rejected, match="bad field names"):
        org.update(person.id, {"Name": "Example Ltd"}, user=org.me)
