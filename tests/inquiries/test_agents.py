"""Who gets an inquiry."""

import tomllib
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.clocks.files import compile_hours
from hub.contracts.errors import ConfigError
from hub.contracts.toml_lines import Lines
from hub.inquiries.agent_files import compile_agents
from hub.inquiries.agents import STRATEGIES, Case, Load, choose, is_away, on_shift

GOOD = """
[hours.day]
timezone = "Europe/Berlin"
week = { mon-fri = "08:00-18:00" }

[agent.anna]
email = "anna@example.com"
shift = "day"
territory = ["DE", "+43"]
services = ["repairs"]
max_open = 5
away = "2026-12-24..2027-01-02"
notify = "slack:#sales"
owner = { hubspot = "902" }

[agent.bo]
territory = "+4930"
services = ["repairs", "sales"]
max_open = 2
owner = { hubspot = "903" }

[agent.chris]
away = ["2026-11-30"]

[team.support]
members = ["anna", "bo"]
lead = "chris"
"""


def load(text=GOOD):
    data, where = tomllib.loads(text), Lines(text, "hub.toml").where
    hours = compile_hours(data, where)
    return compile_agents(data, hours, where), hours


def ms(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin")).timestamp() * 1000)


MONDAY = ms("2026-11-23T10:00")
STAFF, HOURS = load()


def pick(*strategies, team="", now=MONDAY, without=(), loads=None, **case):
    return choose(STAFF, team, strategies, Case(**case), loads or {}, HOURS, now, without=without)


def test_a_whole_file():
    anna, bo, _ = STAFF.agents.values()
    assert anna.away == ((date(2026, 12, 24), date(2027, 1, 2)),)
    assert anna.territory == ("DE", "+43")
    assert bo.services == {"repairs", "sales"}
    assert STAFF.members("support") == ("anna", "bo")
    assert STAFF.members("anna") == ("anna",)
    assert STAFF.members() == ("anna", "bo", "chris")
    assert STAFF.members("nobody") == ()
    assert STAFF.lead("support") == STAFF.lead("bo") == "chris"
    assert STAFF.lead("chris") == ""
    assert STAFF.of_owner("hubspot", "903") == "bo"
    assert STAFF.of_owner("hubspot", "") == STAFF.of_owner("salesforce", "903") == ""


@pytest.mark.parametrize(
    ("case", "agent"),
    [
        ({"country": "DE", "phone": "+498912345"}, "anna"),
        ({"country": "DE", "phone": "+493012345"}, "bo"),  # the longer prefix beats the country
        ({"country": "AT", "phone": "+43112345"}, "anna"),
        ({"country": "FR"}, "chris"),  # serves everywhere
        ({}, "chris"),
    ],
)
def test_by_territory_the_closest_fit(case, agent):
    assert pick("territory", **case).agent == agent


def test_by_service_who_names_most_of_them():
    assert pick("service", services=["sales", "repairs"]).agent == "bo"
    assert pick("service", services=["repairs"], loads={"bo": Load(1)}).agent == "anna"
    assert pick("service", services=["training"]).agent == "chris"
    assert pick("service", team="support", services=["training"]) == ("", ("nobody does training",))


def test_by_load_the_fewest_open_cases():
    assert pick("load", loads={"anna": Load(3), "bo": Load(1), "chris": Load(2)}).agent == "bo"


def test_in_turn_who_waits_longest():
    loads = {"anna": Load(0, 30), "bo": Load(1, 10), "chris": Load(0, 20)}
    assert pick("round_robin", loads=loads).agent == "bo"


def test_by_owner_in_the_crm_and_past_him_where_he_cannot_take_it():
    assert pick("crm_owner", "load", owners={"hubspot": "902"}, loads={"anna": Load(4)}).agent == "anna"
    night = pick("crm_owner", "load", owners={"hubspot": "902"}, now=ms("2026-11-23T23:00"), loads={"bo": Load(1)})
    assert night.agent == "chris"
    assert "the owner in the CRM cannot take it" in night.reasons
    assert pick("crm_owner", owners={"hubspot": "999"}).agent == ""
    assert pick("crm_owner", owners={"hubspot": "999"}).reasons[0] == "nobody here owns the contact in the CRM"


def test_strategies_narrow_in_their_order():
    loads = {"anna": Load(2), "bo": Load(1)}
    case = {"country": "DE", "phone": "+491", "services": ["repairs"]}
    assert pick("service", "load", loads=loads, **case).agent == "bo"
    assert pick("territory", "load", loads=loads, **case).agent == "anna"


def test_nobody_beyond_the_maximum_of_open_cases():
    full = {"anna": Load(5), "bo": Load(2)}
    assert pick("load", team="support", loads=full).reasons[0] == "all at their maximum"
    assert pick("load", team="support", loads={**full, "bo": Load(1)}).agent == "bo"
    assert pick("load", loads={**full, "chris": Load(1000)}).agent == "chris"  # without a maximum


def test_nobody_on_shift():
    choice = pick("load", team="anna", now=ms("2026-11-23T18:00"))
    assert choice == ("", ("nobody on shift", "not on shift: anna"))
    assert pick("load", team="anna", now=ms("2026-11-23T17:59")).agent == "anna"


def test_days_away_count_whole_in_the_zone_of_the_shift():
    anna, chris = STAFF.agents["anna"], STAFF.agents["chris"]
    away = [is_away(anna, HOURS, ms(f"{day}")) for day in ("2026-12-23T23:59", "2026-12-24T00:00", "2027-01-02T23:59")]
    assert away == [False, True, True]
    assert not is_away(anna, HOURS, ms("2027-01-03T00:00"))
    assert not on_shift(chris, HOURS, ms("2026-11-30T12:00"))
    assert on_shift(chris, HOURS, ms("2026-12-01T12:00"))


def test_who_had_it_already_does_not_get_it_again():
    assert pick("load", team="support", without=["bo"]).agent == "anna"
    nobody = pick("load", team="support", without=["bo", "anna"])
    assert nobody == ("", ("nobody else is there", "had it already: anna, bo"))


def test_an_unknown_team_and_no_agents_say_so():
    assert pick("load", team="sales").reasons == ("nobody is called 'sales'",)
    staff, hours = load("")
    assert choose(staff, "", ["load"], Case(), {}, hours, MONDAY).reasons == ("there are no agents",)


def test_ties_go_to_the_fewest_open_then_the_longest_wait_then_the_name():
    assert pick(loads={"anna": Load(1, 5), "bo": Load(1, 4), "chris": Load(1, 4)}).agent == "bo"
    assert pick().agent == "anna"


facts = st.dictionaries(
    st.sampled_from(["anna", "bo", "chris"]), st.builds(Load, st.integers(0, 6), st.integers(0, 3)), max_size=3
)
cases = st.builds(
    Case,
    country=st.sampled_from(["", "DE", "AT", "FR"]),
    phone=st.sampled_from(["", "+4930", "+4989", "+43"]),
    services=st.sets(st.sampled_from(["repairs", "sales", "x"])),
    owners=st.dictionaries(st.just("hubspot"), st.sampled_from(["902", "903", "999"])),
)


@settings(max_examples=100)
@given(facts, cases, st.lists(st.sampled_from(STRATEGIES), max_size=4), st.integers(0, 14 * 24))
def test_the_chosen_one_is_there_and_below_his_maximum_and_nobody_has_a_reason(loads, case, strategies, hour):
    now = MONDAY + hour * 3_600_000
    choice = choose(STAFF, "", strategies, case, loads, HOURS, now)
    assert choice.reasons
    assert all(choice.reasons)
    if choice.agent:
        agent = STAFF.agents[choice.agent]
        assert on_shift(agent, HOURS, now)
        assert not agent.max_open or loads.get(agent.name, Load()).open < agent.max_open
    assert choice == choose(STAFF, "", strategies, case, dict(reversed(loads.items())), HOURS, now)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[agent.bo]", '[agent." bo"]', "hub.toml:16: ' bo' is no name"),
        ("anna@example.com", "anna", "hub.toml:7: 'anna' is no e-mail address"),
        ('"day"', '"dya"', "hub.toml:8: agent 'anna': there is no [hours.dya] (did you mean 'day'?)"),
        ('"+43"', '"Austria"', "hub.toml:9: 'Austria' is no territory"),
        ("max_open = 5", "max_open = -1", "hub.toml:11: 'max_open': input should be greater than or equal to 0"),
        ("max_open = 5", "max = 5", "hub.toml:11: unknown key 'max' (keys: away, email, max_open"),
        ("2027-01-02", "2026-01-02", "hub.toml:12: '2026-12-24..2026-01-02' is no span of days"),
        ("2027-01-02", "soon", "hub.toml:12: '2026-12-24..soon' is no span of days"),
        ('"903"', '"902"', "hub.toml:20: 'bo' and 'anna' are the same owner in hubspot"),
        ('"903"', '" "', "hub.toml:20: agent 'bo' has no id in hubspot"),
        ("[team.support]", "[team.bo]", "hub.toml:25: 'bo' is both an agent and a team"),
        ('["anna", "bo"]', '["anna", "bob"]', "hub.toml:26: there is no [agent.bob] (did you mean 'bo'?)"),
        ('["anna", "bo"]', "[]", "hub.toml:26: team 'support' has no members"),
        ('lead = "chris"', 'lead = "cris"', "hub.toml:27: there is no [agent.cris] (did you mean 'chris'?)"),
    ],
)
def test_mistakes_are_said_with_file_line_and_remedy(old, new, said):
    assert old in GOOD
    with pytest.raises(ConfigError) as caught:
        load(GOOD.replace(old, new, 1))
    assert str(caught.value).startswith(said), str(caught.value)
