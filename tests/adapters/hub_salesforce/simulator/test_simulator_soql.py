"""The simulator's SOQL: what it finds, what it takes for the same, what it refuses."""

import random

import pytest

from hub_salesforce.simulator_org import Org, Rejected
from hub_salesforce.simulator_select import find, select

NOW = 1_790_000_000_000
QUOTED = 'O\'Ne\\il "x"\n\t% _ \u00e9'
"""A name with everything that a literal must escape."""


@pytest.fixture
def org() -> Org:
    org = Org(now=lambda: NOW, clock=lambda: 0.0, rng=random.Random(1))
    (acme,) = org.insert_many("Account", [{"Name": "Acme"}])
    people = [
        {"FirstName": "Ana", "LastName": "Alba", "Email": "ana@example.com", "AccountId": acme.id},
        {"FirstName": "Ben", "LastName": "boa", "Email": "BEN@example.com"},
        {"LastName": QUOTED, "DoNotCall": True},
        {"LastName": "100% sure"},
        {"LastName": "100 men"},
    ]
    org.insert_many("Contact", people)
    return org


def names(org: Org, where: str) -> list[str]:
    return [row["LastName"] for row in select(org, f"SELECT LastName FROM Contact WHERE {where}")]


def refused(org: Org, soql: str) -> str:
    with pytest.raises(Rejected) as caught:
        find(org, soql)
    return caught.value.code


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("LastName = 'ALBA'", ["Alba"]),
        ("Email = 'ben@EXAMPLE.com'", ["boa"]),
        ("LastName != 'alba' AND Email != null", ["boa"]),
        ("Email = null AND DoNotCall = false", ["100% sure", "100 men"]),
        ("Email NOT IN ('ana@example.com')", ["boa", QUOTED, "100% sure", "100 men"]),
        ("LastName IN ('alba', 'nobody')", ["Alba"]),
        ("NOT (DoNotCall = true OR Email = null)", ["Alba", "boa"]),
        ("LastName LIKE '100%'", ["100% sure", "100 men"]),
        ("LastName LIKE '100\\%%'", ["100% sure"]),
        ("LastName LIKE 'b_A'", ["boa"]),
        ("LastName LIKE 'b\\_a'", []),
        ("Account.Name = 'acme'", ["Alba"]),
        ("Account.Name = null AND Email != ''", ["boa"]),
        ("CreatedDate < 2026-09-21T00:00:00Z", []),
        ("CreatedDate >= 2026-09-21T13:00:00+0000 AND Email != null", ["Alba", "boa"]),
        ("CreatedDate = TODAY", []),
        ("CreatedDate >= TODAY AND Email != null", ["Alba", "boa"]),
        ("CreatedDate < LAST_N_DAYS:2", []),
    ],
)
def test_conditions(org: Org, where: str, expected: list[str]) -> None:
    assert names(org, where) == expected


def test_an_escaped_literal_is_the_text_itself(org: Org) -> None:
    literal = 'O\\\'Ne\\\\il \\"x\\"\\n\\t% \\_ \\u00e9'
    assert names(org, f"LastName = '{literal}'") == [QUOTED]


def test_what_looks_like_a_query_inside_a_literal_stays_text(org: Org) -> None:
    attack = "x\\' OR LastName != \\'"
    assert names(org, f"LastName = '{attack}'") == []
    assert len(names(org, "LastName = 'x' OR LastName != ''")) == 5


def test_ids_are_the_same_by_fifteen_characters(org: Org) -> None:
    (ana,) = select(org, "SELECT Id FROM Contact WHERE LastName = 'Alba'")
    short = ana["Id"][:15]
    assert names(org, f"Id = '{short}'") == ["Alba"]
    assert names(org, f"Id IN ('{ana['Id']}')") == ["Alba"]
    assert names(org, f"Id = '{short.swapcase()}'") == [], "case matters in ids"


def test_parents_stand_inside_the_record(org: Org) -> None:
    ana, ben = select(org, "SELECT Account.Name, Account.Owner.Name, LastName FROM Contact ORDER BY Id LIMIT 2")
    assert ana["attributes"]["type"] == "Contact"
    assert ana["attributes"]["url"].endswith("/sobjects/Contact/" + ana["attributes"]["url"][-18:])
    assert (ana["Account"]["attributes"]["type"], ana["Account"]["Name"]) == ("Account", "Acme")
    assert ana["Account"]["Owner"]["Name"]
    assert ben["Account"] is None


def test_a_reference_to_several_objects_names_its_type(org: Org) -> None:
    (ana,) = select(org, "SELECT Id FROM Contact WHERE LastName = 'Alba'")
    org.insert("Task", {"Subject": "Call", "WhoId": ana["Id"]}, user=org.me)
    (task,) = select(org, "SELECT Who.Type, Who.Name FROM Task WHERE Who.Type = 'Contact'")
    assert (task["Who"]["Type"], task["Who"]["Name"]) == ("Contact", "Ana Alba")


def test_order_limit_offset_and_count(org: Org) -> None:
    by_name = "SELECT LastName FROM Contact WHERE Email != null ORDER BY LastName"
    assert [row["LastName"] for row in select(org, f"{by_name} DESC")] == ["boa", "Alba"], "case does not matter"
    assert [row["LastName"] for row in select(org, f"{by_name} LIMIT 1 OFFSET 1")] == ["boa"]
    mails = [row["Email"] for row in select(org, "SELECT Email FROM Contact ORDER BY Email NULLS LAST, Id LIMIT 3")]
    assert mails == ["ana@example.com", "BEN@example.com", None]
    first = select(org, "SELECT Email FROM Contact ORDER BY Email LIMIT 1")
    assert first[0]["Email"] is None, "nulls come first"
    assert find(org, "SELECT COUNT() FROM Contact").total == 5
    assert select(org, "SELECT COUNT(Id) FROM Contact")[0]["expr0"] == 5


def test_names_are_known_in_any_case_and_shown_as_they_are_spelled(org: Org) -> None:
    (row,) = select(org, "select lastname, account.NAME from CONTACT where EMAIL = 'ana@example.com'")
    assert row["LastName"] == "Alba"
    assert row["Account"]["Name"] == "Acme"


def test_the_recycle_bin_is_seen_on_demand_only(org: Org) -> None:
    (ana,) = select(org, "SELECT Id FROM Contact WHERE LastName = 'Alba'")
    org.delete(ana["Id"], user=org.me)
    soql = "SELECT IsDeleted FROM Contact WHERE LastName = 'Alba'"
    assert select(org, soql) == []
    assert [row["IsDeleted"] for row in select(org, soql, deleted=True)] == [True]


def test_times_are_written_as_salesforce_writes_them(org: Org) -> None:
    row = select(org, "SELECT SystemModstamp FROM Contact LIMIT 1")[0]
    assert row["SystemModstamp"] == "2026-09-21T14:13:20.000+0000"


@pytest.mark.parametrize(
    "soql",
    [
        "",
        "SELECT FROM Contact",
        "SELECT Id Contact",
        "SELECT Id FROM Contact WHERE",
        "SELECT Id FROM Contact WHERE LastName = 'x",
        "SELECT Id FROM Contact WHERE LastName = 'a\nb'",
        "SELECT Id FROM Contact WHERE LastName = 'a\\q'",
        "SELECT Id FROM Contact WHERE LastName = 'O'Neil'",
        "SELECT Id FROM Contact WHERE LastName = 'a' AND Email = 'b' OR Email = 'c'",
        "SELECT Id FROM Contact WHERE (LastName = 'a'",
        "SELECT Id FROM Contact WHERE Id IN ()",
        "SELECT Id FROM Contact; DROP",
        "SELECT Id FROM Contact LIMIT -1",
        "SELECT Id FROM Contact LIMIT ten",
        "SELECT * FROM Contact",
        f"SELECT Id FROM Contact WHERE LastName = '{'x' * 100_000}'",
    ],
)
def test_malformed_queries(org: Org, soql: str) -> None:
    assert refused(org, soql) == "MALFORMED_QUERY"


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Nothing__c FROM Contact", "INVALID_FIELD"),
        ("SELECT Id, Nobody.Name FROM Contact", "INVALID_FIELD"),
        ("SELECT Id, id FROM Contact", "INVALID_FIELD"),
        ("SELECT Id FROM Contact WHERE Description = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM Contact WHERE CreatedDate > '2026-01-01T00:00:00Z'", "INVALID_FIELD"),
        ("SELECT Id FROM Contact WHERE CreatedDate > 2026-01-01", "INVALID_FIELD"),
        ("SELECT Id FROM Contact WHERE DoNotCall = 'true'", "INVALID_FIELD"),
        ("SELECT Id FROM Contact WHERE LastName = 5", "INVALID_FIELD"),
        ("SELECT Id FROM Nothing", "INVALID_TYPE"),
        ("SELECT Id FROM Contact WHERE Id = 'abc'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Contact LIMIT 1 OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE"),
    ],
)
def test_queries_that_do_not_fit_the_organisation(org: Org, soql: str, code: str) -> None:
    assert refused(org, soql) == code
