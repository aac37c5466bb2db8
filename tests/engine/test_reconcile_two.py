"""One person, two CRMs: what one of them changes reaches the other, and nothing goes round in circles."""

from __future__ import annotations

import pytest

from hub.contracts.crm import Schema
from hub.engine.effects.synced import ROUNDS
from hub.model.records import Owner
from hub.testing.one_contact import OneContact, line
from hub.testing.tabletop import HUB_TOML

SECOND = '[crm.second]\nadapter = "hubspot"\naccess_token = "other"\nbase_url = "http://127.0.0.1:9"\n\n[texts]'
TWO = HUB_TOML.replace("[texts]", SECOND)


class Offices:
    """Both CRMs, each of which keeps the nick in a way of its own."""

    def __init__(self, desk: OneContact) -> None:
        self.desk, self.rounds = desk, 0
        self.nick = {"main": "Bo", "second": "Bo"}
        self.keeps = {"main": str.upper, "second": str.lower}

    def read(self) -> None:
        """Each CRM is read once."""
        for crm, record in (("main", "7"), ("second", "70")):
            self.desk.fields = {}
            self.desk.shows(crm=crm, record=record, nick=self.nick[crm])

    def settle(self) -> None:
        """Write and read until nothing is left to be written."""
        for _ in range(10):
            wrote = False
            for crm in self.nick:
                for write in self.desk.writes(crm):
                    wrote, self.rounds = True, self.rounds + 1
                    self.nick[crm] = self.keeps[crm](write.fields["nick"])
            self.read()
            if not wrote:
                return
        pytest.fail("it goes round in circles")


@pytest.fixture
def offices(desk_of):
    both = Offices(desk_of(line(), toml=TWO))
    both.read()
    both.settle()
    assert both.rounds == 0
    return both


def test_what_one_crm_changes_reaches_the_other_and_stops_there(offices):
    offices.nick["main"] = "Bea Maria"
    offices.read()
    offices.settle()
    assert offices.nick == {"main": "Bea Maria", "second": "bea maria"}
    assert offices.desk.has("nick") == "Bea Maria"
    assert offices.rounds == 1


def test_what_the_hub_changes_reaches_both_once(offices):
    offices.desk.edits(nick="Cleo")
    offices.settle()
    assert offices.nick == {"main": "CLEO", "second": "cleo"}
    assert offices.desk.has("nick") == "Cleo"
    assert offices.rounds == 2
    assert offices.desk.conflicts() == []


def test_both_change_at_once_and_end_up_with_one_value(offices):
    offices.nick = {"main": "Dora", "second": "Emil"}
    offices.read()
    offices.settle()
    assert len({nick.casefold() for nick in offices.nick.values()}) == 1
    assert len(offices.desk.conflicts()) == 1  # one of them lost


@pytest.mark.parametrize("rule", ["crm", "newest", "append", "ask", "hub"])
def test_the_crm_that_leads_a_value_wins_over_the_other(desk_of, rule):
    both = Offices(desk_of(line(rule), toml=TWO.replace("[texts]", '[lead]\ndefault = "second"\n\n[texts]')))
    both.read()
    both.settle()
    both.nick["main"] = "Dora"
    both.read()
    both.settle()
    assert (both.nick, both.desk.has("nick")) == ({"main": "BO", "second": "Bo"}, "Bo")
    assert both.desk.conflicts() == [("nick", "hub", "Bo", "Dora", "hub", "settled")]

    both.nick["second"] = "Emil"
    both.read()
    both.settle()
    assert (both.nick, both.desk.has("nick")) == ({"main": "EMIL", "second": "Emil"}, "Emil")


def test_an_owner_goes_from_one_crm_to_the_other_by_his_address_and_back(desk_of):
    desk = desk_of('owner_id = { from = "owner", when = "always" }', toml=TWO)
    for crm, number in (("main", "1"), ("second", "2")):
        users = [Owner(id=f"{name}{number}", email=f"{name}@example.com") for name in ("eve", "joe")]
        desk.line.learn(crm, Schema(), users)

    def shows(crm: str, owner: str) -> None:
        desk.fields = {}
        desk.shows(crm=crm, record={"main": "7", "second": "70"}[crm], owner_id=owner)

    shows("main", "")
    shows("second", "")
    shows("main", "eve1")
    assert desk.has("owner") == "eve@example.com"
    assert [write.fields for write in desk.writes("second")] == [{"owner_id": "eve2"}]
    shows("second", "eve2")
    shows("second", "joe2")
    assert desk.has("owner") == "joe@example.com"
    assert [write.fields for write in desk.writes("main")] == [{"owner_id": "joe1"}]
    shows("main", "joe1")
    assert (desk.writes("main"), desk.writes("second")) == ([], [])


def test_two_crms_that_rewrite_each_others_values_come_to_rest(desk_of):
    both = Offices(desk_of(line(), toml=TWO))
    both.read()
    both.settle()
    both.keeps = {"main": lambda nick: f"{nick}a", "second": lambda nick: f"{nick}b"}
    both.nick["main"] = "Bea"
    both.read()
    for _ in range(60):
        wrote = False
        for crm in both.nick:
            for write in both.desk.writes(crm):
                wrote, both.rounds = True, both.rounds + 1
                both.nick[crm] = both.keeps[crm](write.fields["nick"])
        both.read()
        if not wrote:
            break
    assert 0 < both.rounds <= 2 * ROUNDS
    assert [kind for (kind,) in both.desk.rows("SELECT kind FROM dead")] == ["field"]
