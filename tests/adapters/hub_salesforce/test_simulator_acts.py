"""What people do in the simulated organisation."""

import random
from typing import Any

import pytest

from hub_salesforce import simulator_acts as acts
from hub_salesforce.simulator_org import DuplicateRule, Org, Rejected, Row

NOW = 1_790_000_000_000
KEY = {"type": "Text", "length": 64, "label": "Hub key", "externalId": True, "unique": True}


@pytest.fixture
def org() -> Org:
    org = Org(now=lambda: NOW, clock=lambda: 1.0, rng=random.Random(5))
    for place in ("Contact", "Lead", "Account"):
        org.add_field(f"{place}.Hub_Key__c", KEY)
    return org


def make(org: Org, kind: str, **values: Any) -> Row:
    """A new record of the integration."""
    return org.insert(kind, values, user=org.me)


def test_people_write_through_locks_and_duplicates_but_not_through_rules(org: Org) -> None:
    org.duplicate_rules.append(DuplicateRule())
    org.lock_share = 1.0
    ana = acts.add(org, "Contact", {"LastName": "Ana", "Phone": "1001"})
    acts.edit(org, acts.add(org, "Contact", {"LastName": "Ben", "Phone": "1001"}), {"MobilePhone": "1001"})
    acts.edit(org, ana, {"Phone": ""})
    row = org.existing(ana)
    assert "Phone" not in row.values
    assert row.values["LastModifiedById"] == acts.human(org) != org.me
    with pytest.raises(Rejected, match="INVALID_EMAIL_ADDRESS"):
        acts.edit(org, ana, {"Email": "nobody"})
    assert org.lock_share == 1.0


def test_a_deleted_contact_comes_back_with_its_tasks(org: Org) -> None:
    home = make(org, "Account", Name="Example Ltd")
    ana = make(org, "Contact", LastName="Ana", AccountId=home.id, Hub_Key__c="k1")
    task = make(org, "Task", WhoId=ana.id)
    acts.remove(org, home.id)
    assert (ana.deleted, "WhoId" in task.values) == (True, False)
    acts.restore(org, home.id)
    assert (home.deleted, ana.deleted, task.values["WhoId"]) == (False, False, ana.id)
    assert org.matching("Contact", "Hub_Key__c", "k1") == [ana]
    with pytest.raises(Rejected, match="UNDELETE_FAILED"):
        acts.restore(org, ana.id)


def test_nobody_comes_back_whose_key_another_has(org: Org) -> None:
    ana = make(org, "Contact", LastName="Ana", Hub_Key__c="k1")
    acts.remove(org, ana.id)
    make(org, "Contact", LastName="Ben", Hub_Key__c="k1")
    with pytest.raises(Rejected, match="DUPLICATE_VALUE"):
        acts.restore(org, ana.id)


def test_what_is_purged_is_gone(org: Org) -> None:
    ana = make(org, "Contact", LastName="Ana")
    with pytest.raises(Rejected):
        acts.purge(org, ana.id)
    acts.remove(org, ana.id)
    acts.purge(org, ana.id)
    assert org.find("Contact", ana.id, deleted=True) is None
    with pytest.raises(Rejected, match="INVALID_CROSS_REFERENCE_KEY"):
        acts.edit(org, ana.id, {})


def test_a_merge_leaves_the_winner_as_it_was(org: Org) -> None:
    ana = make(org, "Contact", LastName="Ana", Hub_Key__c="k1")
    ben = make(org, "Contact", LastName="Ben", Phone="1001", Title="Dr", Hub_Key__c="k2")
    task = make(org, "Task", WhoId=ben.id)
    assert acts.merge(org, ana.id, ben.id, take=["Title"]) == ana.id
    assert [ana.values.get(n) for n in ("LastName", "Phone", "Title", "Hub_Key__c")] == ["Ana", None, "Dr", "k1"]
    assert [ben.values.get(n) for n in ("IsDeleted", "MasterRecordId", "Hub_Key__c")] == [True, ana.id, None]
    assert task.values["WhoId"] == ana.id
    make(org, "Contact", LastName="Cem", Hub_Key__c="k2")


def test_only_like_is_merged_with_like(org: Org) -> None:
    ana = make(org, "Contact", LastName="Ana")
    lead = make(org, "Lead", LastName="Ben", Company="Example Ltd")
    for other in (lead.id, ana.id):
        with pytest.raises(Rejected, match="MERGE_FAILED"):
            acts.merge(org, ana.id, other)


def test_merged_person_accounts_merge_their_contacts(org: Org) -> None:
    org.person_accounts = True
    ana, ben = (make(org, "Account", LastName=n, PersonEmail=f"{n}@example.com") for n in ("Ana", "Ben"))
    left, gone = (org.existing(row.values["PersonContactId"]) for row in (ana, ben))
    acts.merge(org, ana.id, ben.id, take=["PersonEmail"])
    assert (ben.values["MasterRecordId"], gone.values["MasterRecordId"]) == (ana.id, left.id)
    assert left.values["Email"] == "Ben@example.com"


def test_a_converted_lead_leads_to_contact_account_and_deal(org: Org) -> None:
    lead = make(org, "Lead", FirstName="Ana", LastName="Noor", Company="Example Ltd", Phone="1001", Hub_Key__c="k1")
    task = make(org, "Task", WhoId=lead.id)
    done = acts.convert(org, lead.id, opportunity="Chairs")
    told = [lead.values[n] for n in ("ConvertedContactId", "ConvertedAccountId", "ConvertedOpportunityId")]
    contact = org.existing(done.contact)
    assert (lead.values["IsConverted"], told) == (True, list(done))
    assert [contact.values.get(n) for n in ("Name", "Phone", "AccountId")] == ["Ana Noor", "1001", done.account]
    assert "Hub_Key__c" not in contact.values, "custom fields are copied only where somebody mapped them"
    assert (task.values["WhoId"], task.values["AccountId"]) == (done.contact, done.account)
    (role,) = org.visible("OpportunityContactRole")
    assert (role["OpportunityId"], role["ContactId"]) == (done.opportunity, done.contact)


def test_a_converted_lead_takes_nothing_more(org: Org) -> None:
    lead = make(org, "Lead", LastName="Noor", Company="Example Ltd", Hub_Key__c="k1")
    acts.convert(org, lead.id)
    again = {"Hub_Key__c": "k1", "LastName": "x", "Company": "x"}
    for call in (
        lambda: org.update(lead.id, {"Phone": "1"}, user=org.me),
        lambda: org.upsert("Lead", "Hub_Key__c", again, user=org.me),
        lambda: make(org, "Task", WhoId=lead.id),
        lambda: acts.convert(org, lead.id),
    ):
        with pytest.raises(Rejected, match="CANNOT_UPDATE_CONVERTED_LEAD"):
            call()


def test_a_converted_lead_is_nobodys_duplicate(org: Org) -> None:
    lead = make(org, "Lead", LastName="Noor", Company="Example Ltd", Phone="1001")
    done = acts.convert(org, lead.id)
    org.duplicate_rules.append(DuplicateRule())
    with pytest.raises(Rejected) as refused:
        make(org, "Contact", LastName="Noor", Phone="1001")
    assert refused.value.matches == (done.contact,)


def test_a_mapped_key_and_a_known_contact(org: Org) -> None:
    org.lead_fields.add("Hub_Key__c")
    ana = make(org, "Contact", LastName="Ana", Phone="2002")
    lead = make(
        org, "Lead", LastName="Noor", Company="Example Ltd", Phone="1001", Email="a@example.com", Hub_Key__c="k"
    )
    done = acts.convert(org, lead.id, contact=ana.id)
    told = [ana.values.get(n) for n in ("LastName", "Phone", "Email", "Hub_Key__c", "AccountId")]
    assert (done.contact, told) == (ana.id, ["Ana", "2002", "a@example.com", "k", done.account])


def test_a_lead_without_company_becomes_a_person_account(org: Org) -> None:
    org.person_accounts = True
    lead = make(org, "Lead", FirstName="Ana", LastName="Noor", Email="a@example.com")
    done = acts.convert(org, lead.id)
    account = org.existing(done.account)
    told = [account.values.get(n) for n in ("Name", "PersonEmail", "PersonContactId", "IsPersonAccount")]
    assert told == ["Ana Noor", "a@example.com", done.contact, True]


def test_a_task_has_several_people_with_shared_activities(org: Org) -> None:
    def people() -> list[str]:
        return [v["RelationId"] for v in org.visible("TaskWhoRelation")]

    with pytest.raises(Rejected, match="INVALID_TYPE"):
        org.describe("TaskWhoRelation")
    org.shared_activities = True
    ana, ben, cem = (make(org, "Contact", LastName=name).id for name in ("Ana", "Ben", "Cem"))
    task = make(org, "Task", WhoId=ana)
    acts.relate(org, task.id, ben)
    assert people() == [ana, ben]
    org.update(task.id, {"WhoId": cem}, user=org.me)
    assert sorted(people()) == sorted([ben, cem])
    acts.remove(org, ben)
    assert people() == [cem]


def test_choices_change_and_old_values_stay(org: Org) -> None:
    old = make(org, "Task", Status="Completed")
    acts.change_choices(org, "Task.Status", ["Offen", "Erledigt"], closed=["Erledigt"])
    assert make(org, "Task").values["Status"] == "Offen"
    assert make(org, "Task", Status="Erledigt").values["IsClosed"] is True
    assert [v["ApiName"] for v in org.visible("TaskStatus")] == ["Offen", "Erledigt"]
    assert old.values["Status"] == "Completed"
    with pytest.raises(Rejected, match="INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"):
        make(org, "Task", Status="Completed")


def test_who_left_owns_nothing_new(org: Org) -> None:
    sam = acts.human(org)
    mine = make(org, "Contact", LastName="Ana", OwnerId=sam)
    acts.leave(org, sam)
    org.update(mine.id, {"Phone": "1001"}, user=org.me)
    with pytest.raises(Rejected, match="INACTIVE_OWNER_OR_USER"):
        make(org, "Contact", LastName="Ben", OwnerId=sam)
