"""Values on their way between the hub and a CRM."""

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from hub.contracts.crm import FieldSchema, FieldType, Schema
from hub.contracts.transforms import TransformSpec
from hub.mapping import load_mapping
from hub.mapping.facts import PersonFacts, applied, put, source_value, stand_in
from hub.mapping.forms import canonical, fitting, same
from hub.mapping.values import Shape, back, forth, render, shape_of
from hub.model.records import Owner

MAPPING = """
[person]
First = "name.first"
Last = { from = "name.last", when = "always" }
Phone = { from = "phone", when = "always" }
Mail = "email"
Lang = { from = "language", when = "always", table = "languages" }
Via = "channel"
Box = [ { value = "Shop", inbox = "shop" }, "inbox" ]
Owner = { from = "owner", when = "always" }
OwnerMail = { from = "owner", direction = "push" }
Nick = { from = "attr.nick", transform = ["trim", "cut:10"] }
Local = { from = "phone", direction = "push", transform = "national:US" }
Born = { from = "attr.born", when = "always" }
BornText = { from = "attr.born2", transform = "date:%d.%m.%Y" }
Vip = { from = "attr.vip", when = "always" }
VipText = { from = "attr.vip2", transform = "bool:Yes/No" }
Score = { from = "attr.score", when = "always" }
Round = { from = "attr.round", transform = "number:2" }
Tags = { from = "attr.tags", when = "always" }
TagText = { from = "attr.tags2", transform = "join:," }
Split = { from = "attr.list", transform = "split:," }
Stage = { from = "attr.stage", when = "always" }
Code = { from = "attr.code", transform = ["prefix:C-"] }
Seen = { from = "attr.seen" }
Loud = { from = "attr.loud", transform = "upper" }
Size = { from = "attr.size", transform = "default:M" }
Pulled = { from = "attr.pulled", direction = "pull" }
[table.languages]
en = "English"
de = "German"
[owners]
"ana@example.com" = "ana@crm.example"
"eva@example.com" = "005X"
"""
SCHEMA = Schema(
    fields={
        field.name: field
        for field in (
            FieldSchema(name="First", max_length=20),
            FieldSchema(name="Last", max_length=40),
            FieldSchema(name="Phone", type="phone"),
            FieldSchema(name="Mail", type="email"),
            FieldSchema(name="Lang", type="choice", options=("English", "German", "French")),
            FieldSchema(name="Owner", type="reference"),
            FieldSchema(name="OwnerMail", type="email"),
            FieldSchema(name="Born", type="date"),
            FieldSchema(name="Vip", type="bool"),
            FieldSchema(name="Score", type="number"),
            FieldSchema(name="Tags", type="choices", options=("Red", "Green", "Blue")),
            FieldSchema(name="Split", type="choices"),
            FieldSchema(name="Stage", type="choice", options=("New", "Old")),
            FieldSchema(name="Seen", type="datetime"),
            FieldSchema(name="Nick"),
        )
    }
)
OWNERS = [
    Owner(id="005A", name="Ana", email="Ana@crm.example"),
    Owner(id="005B", email="ben@example.com"),
    Owner(id="005C", email="cem@example.com", active=False),
    Owner(id="005D", email="cem@example.com"),
    Owner(id="005E", email="dan@example.com", active=False),
]
LOADED = load_mapping(MAPPING, "m.toml")
LINES = {rule.field: rule for rule in LOADED.person}
SHAPE = shape_of(LOADED, SCHEMA, OWNERS, "US")
ANA = PersonFacts(
    name="Ana Example",
    phone="+447700900101",
    email="ana@example.com",
    language="en-GB",
    channel="whatsapp",
    inboxes=("support", "shop"),
    owner="ben@example.com",
)


def attr(name, value):
    return PersonFacts(attributes={name: value})


@pytest.mark.parametrize(
    ("field", "facts", "said"),
    [
        ("First", ANA, "Ana"),
        ("Last", ANA, "Example"),
        ("Last", PersonFacts(name="Ana de Silva", last="de Silva"), "de Silva"),
        ("Phone", ANA, "+447700900101"),
        ("Lang", ANA, "English"),
        ("Lang", PersonFacts(language="de_AT"), "German"),
        ("Lang", PersonFacts(language="fr"), None),
        ("Lang", PersonFacts(), ""),
        ("Via", ANA, "whatsapp"),
        ("Owner", ANA, "005B"),
        ("Owner", PersonFacts(owner="ana@example.com"), "005A"),
        ("Owner", PersonFacts(owner="eva@example.com"), "005X"),
        ("Owner", PersonFacts(owner="cem@example.com"), "005D"),
        ("Owner", PersonFacts(owner="dan@example.com"), None),
        ("Owner", PersonFacts(owner="nobody@example.com"), None),
        ("Owner", PersonFacts(), ""),
        ("OwnerMail", ANA, "ben@example.com"),
        ("Nick", attr("nick", "  Ani the second "), "Ani the se"),
        ("Local", PersonFacts(phone="+12015550123"), "(201) 555-0123"),
        ("Local", ANA, "+447700900101"),
        ("Local", PersonFacts(phone="+4915112345678"), "+4915112345678"),
        ("Born", attr("born", "1990-05-17"), "1990-05-17"),
        ("Born", attr("born", "1990-05-17T10:00:00Z"), "1990-05-17"),
        ("BornText", attr("born2", "1990-05-17"), "17.05.1990"),
        ("Vip", attr("vip", "Yes"), "true"),
        ("Vip", attr("vip", "0"), "false"),
        ("VipText", attr("vip2", "true"), "Yes"),
        ("Score", attr("score", "5.50"), "5.5"),
        ("Round", attr("round", "2.675"), "2.68"),
        ("Round", attr("round", "-.001"), "0.00"),
        ("Tags", attr("tags", "red; Blue"), "Blue;Red"),
        ("TagText", attr("tags2", "Blue;Red"), "Blue, Red"),
        ("TagText", attr("tags2", "Blue, dark;,;Red"), "Blue dark, Red"),
        ("Split", attr("list", "b, a,,"), "b;a"),
        ("Stage", attr("stage", "new"), "New"),
        ("Code", attr("code", "7"), "C-7"),
        ("Seen", attr("seen", "2026-01-31T12:00:00+02:00"), "2026-01-31T10:00:00Z"),
        ("Loud", attr("loud", "Ana"), "ANA"),
        ("Size", PersonFacts(), "M"),
    ],
)
def test_how_a_value_reads_in_the_crm(field, facts, said):
    assert forth(LINES[field], facts, SHAPE) == said
    assert render(LINES[field], facts, SHAPE) == (said or "")
    assert SHAPE.holds(LINES[field], said or "")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("Born", "in May", "in May"),
        ("Vip", "perhaps", "perhaps"),
        ("Score", " five ", "five"),
        ("Tags", "red; pink", "pink;red"),
        ("Stage", "newer", "newer"),
    ],
)
def test_a_value_that_its_field_has_no_room_for_is_compared_as_it_is(field, value, said):
    line = LINES[field]
    assert forth(line, attr(line.attribute, value), SHAPE) == said
    assert not SHAPE.holds(line, said)


@pytest.mark.parametrize(
    ("field", "theirs", "facts", "changes"),
    [
        ("First", "Eva", ANA, {"name": "Eva Example"}),
        ("Last", "de Silva", ANA, {"name": "Ana de Silva", "name.last": "de Silva"}),
        ("Last", "-", ANA, None),
        ("First", "", ANA, {"name": "Example", "name.last": "Example"}),
        ("Phone", "(201) 555-0124", ANA, {"phone": "+12015550124"}),
        ("Phone", "ask her", ANA, None),
        ("Phone", "", ANA, {"phone": ""}),
        ("Mail", "Eva@Example.com ", ANA, {"email": "eva@example.com"}),
        ("Mail", "none", ANA, None),
        ("Lang", "German", ANA, {"language": "de"}),
        ("Lang", "French", ANA, None),
        ("Via", "telegram", ANA, None),
        ("Owner", "005A", ANA, {"owner": "ana@example.com"}),
        ("Owner", "005X", ANA, {"owner": "eva@example.com"}),
        ("Owner", "005Z", ANA, None),
        ("Owner", "005E", ANA, None),
        ("Owner", "", ANA, {"owner": ""}),
        ("Nick", "Annie", ANA, {"nick": "Annie"}),
        ("Nick", "Annie the second", ANA, None),
        ("BornText", "01.02.2003", ANA, {"born2": "2003-02-01"}),
        ("BornText", "2003", ANA, None),
        ("VipText", "No", ANA, {"vip2": "false"}),
        ("VipText", "perhaps", ANA, None),
        ("Round", "2.675", ANA, None),
        ("Round", "2.70", ANA, {"round": "2.70"}),
        ("TagText", "Blue, Red", ANA, {"tags2": "Blue;Red"}),
        ("Split", "b;a", ANA, {"list": "b, a"}),
        ("Code", "C-8", ANA, {"code": "8"}),
        ("Code", "8", ANA, None),
        ("Loud", "EVA", ANA, None),
        ("Size", "", attr("size", "S"), None),
        ("Size", "L", attr("size", "S"), {"size": "L"}),
        ("Box", "Shop", ANA, None),
    ],
)
def test_what_the_crms_value_means_in_the_hub(field, theirs, facts, changes):
    assert back(LINES[field], theirs, facts, SHAPE) == changes


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=20)
NUMBER = st.sampled_from(("+447700900101", "(201) 555-0123", "+12015550124", "ask her", ""))
VALUE = st.one_of(
    TEXT,
    NUMBER,
    st.decimals(allow_nan=True).map(str),
    st.dates().map(str),
    st.datetimes(timezones=st.just(None)).map(str),
    st.booleans().map(str),
    st.sampled_from(("English", "en", "005A", "005Q", "ana@example.com", "Red;Blue", "Blue; red", "New", "Yes")),
)
FACTS = st.builds(
    PersonFacts,
    name=TEXT,
    phone=NUMBER,
    language=VALUE,
    owner=VALUE,
    attributes=st.dictionaries(st.sampled_from([s.attribute for s in LOADED.person if s.source[:5] == "attr."]), VALUE),
)
FIELD = st.sampled_from(sorted(LINES))


@given(FIELD, FACTS, VALUE)
def test_what_is_taken_reads_the_same_in_the_crm(field, facts, theirs):
    line, schema = LINES[field], SHAPE.field(LINES[field])
    changes = back(line, theirs, facts, SHAPE)
    assume(changes is not None)
    ours = forth(line, applied(facts, changes), SHAPE)
    assert ours is not None
    assert same(ours, theirs, schema, SHAPE.region)


REVERSIBLE = [field for field, line in sorted(LINES.items()) if line.pulls and line.source[:5] == "attr."]


@given(st.sampled_from(REVERSIBLE), VALUE, VALUE)
@settings(suppress_health_check=[HealthCheck.filter_too_much])
def test_what_the_hub_wrote_is_taken_by_a_hub_that_knew_something_else(field, value, other):
    line = LINES[field]
    ours = forth(line, attr(line.attribute, value), SHAPE)
    assume(ours)
    others = attr(line.attribute, other)
    changes = back(line, ours, others, SHAPE)
    assert changes is not None
    schema = SHAPE.field(line)
    assert same(forth(line, applied(others, changes), SHAPE) or "", ours, schema, SHAPE.region)
    if not line.transforms:  # then it is even the same value, in the form of the field's type
        assert same(changes[line.attribute], value, schema, SHAPE.region) or schema.options


TYPES = get_args(FieldType)


@given(st.sampled_from(TYPES), VALUE, st.sampled_from(("", "GB", "US")))
def test_the_one_form_is_stable_and_loses_no_text(kind, value, region):
    schema = FieldSchema(name="f", type=kind)
    one = canonical(value, schema, region)
    assert canonical(one, schema, region) == one
    assert same(value, one, schema, region)
    assert bool(one) == bool(value.strip())
    fit = fitting(value, schema, region)
    assert fit is None or same(fit, value, schema, region)


@pytest.mark.parametrize(
    ("kind", "a", "b", "equal"),
    [
        ("number", "5", "5.0", True),
        ("number", "-0", "0.00", True),
        ("number", "1e3", "1000", True),
        ("number", "5", "6", False),
        ("bool", "TRUE", "yes", True),
        ("bool", "0", "false", True),
        ("date", "2026-01-31", "2026-01-31T23:00:00Z", True),
        ("datetime", "2026-01-31T10:00:00.000Z", "2026-01-31T12:00:00+02:00", True),
        ("datetime", "2026-01-31T10:00:00Z", "2026-01-31T10:00:01Z", False),
        ("choices", "b;a", "a; b", True),
        ("choices", "b;a", "a", False),
        ("phone", "(201) 555-0123", "+1 201-555-0123", True),
        ("phone", "+44 7700 900101", "+447700900101", True),
        ("phone", "201 555 0123", "+1 201 555 0124", False),
        ("phone", "ask Ana", "ask Eva", False),
        ("email", "Ana@Example.com", "ana@example.com", True),
        ("text", "two\r\nlines ", "two\nlines", True),
        ("text", "Ana", "ANA", False),
    ],
)
def test_equal_values_compare_equal(kind, a, b, equal):
    assert same(a, b, FieldSchema(name="f", type=kind), "US") is equal


def test_a_phone_number_in_a_text_field_still_compares_as_one():
    shape = Shape(fields={"Phone": FieldSchema(name="Phone")}, region="US")
    assert same("201 555 0123", "+12015550123", shape.field(LINES["Phone"]), "US")
    assert back(LINES["Phone"], "201 555 0123", ANA, shape) == {"phone": "+12015550123"}


def test_nothing_is_known_of_the_crm():
    shape = Shape()
    assert forth(LINES["Phone"], ANA, shape) == "+447700900101"
    assert forth(LINES["Owner"], ANA, shape) is None
    assert forth(LINES["Owner"], PersonFacts(owner="eva@example.com"), shape) == "005X"
    assert back(LINES["Owner"], "005A", ANA, shape) is None


def test_a_new_record():
    lines = LOADED.lines(ANA).items()
    made = {name: render(line, ANA, SHAPE, creating=True) for name, line in lines if line.direction != "pull"}
    assert {name: value for name, value in made.items() if value} == {
        "First": "Ana",
        "Last": "Example",
        "Phone": "+447700900101",
        "Mail": "ana@example.com",
        "Lang": "English",
        "Via": "whatsapp",
        "Box": "Shop",
        "Owner": "005B",
        "OwnerMail": "ben@example.com",
        "Local": "+447700900101",
        "Size": "M",
    }


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        (PersonFacts(phone="+447700900101"), "+447700900101"),
        (PersonFacts(email="ana@example.com", name="🌸"), "ana@example.com"),
        (PersonFacts(channel="imessage"), "iMessage user"),
        (PersonFacts(channel="web_call"), "Web call user"),
        (PersonFacts(), "Unknown user"),
    ],
)
def test_somebody_without_a_name_can_be_found_and_the_stand_in_never_comes_back(facts, name):
    assert stand_in(facts) == name
    assert forth(LINES["First"], facts, SHAPE, creating=True) == name
    assert forth(LINES["First"], facts, SHAPE) == ""
    assert back(LINES["First"], name, facts, SHAPE) is None
    assert back(LINES["First"], "Ana", facts, SHAPE) == {"name": "Ana"}


REQUIRED = replace(SHAPE, single_last=True)


def test_where_a_last_name_is_needed_a_single_name_is_one():
    fields = {**SCHEMA.fields, "Last": FieldSchema(name="Last", required=True)}
    assert shape_of(LOADED, Schema(fields=fields)).single_last
    assert shape_of(load_mapping('[person]\nLast = "name.last"', "m"), Schema()).single_last
    assert not SHAPE.single_last
    single = PersonFacts(name="Ana")
    assert (render(LINES["First"], single, REQUIRED), render(LINES["Last"], single, REQUIRED)) == ("", "Ana")
    assert render(LINES["Last"], PersonFacts(phone="+447700900101"), REQUIRED, creating=True) == "+447700900101"


@pytest.mark.parametrize("first_before_last", [True, False])
@pytest.mark.parametrize(
    ("there", "name"),
    [
        (("Ana", "Example"), "Ana Example"),
        (("Maria", "Ana"), "Maria Ana"),
        (("Ana", "-"), "Ana"),
        (("", "Silva"), "Silva"),
        (("", "de Silva"), "de Silva"),
    ],
)
def test_a_single_name_takes_both_names_of_the_crm(there, name, first_before_last):
    facts = PersonFacts(name="Ana")
    both = [("First", there[0]), ("Last", there[1])]
    for field, theirs in both if first_before_last else reversed(both):
        if theirs and not same(render(LINES[field], facts, REQUIRED), theirs, None, ""):
            facts = applied(facts, back(LINES[field], theirs, facts, REQUIRED) or {})
    assert source_value(facts, "name") == name


def test_a_plugins_transform_that_fails_gives_no_value():
    def broken(value, argument):
        raise RuntimeError(value)

    spec = TransformSpec(name="mine", forward=broken, back=broken)
    text = '[person]\nNick = { from = "attr.nick", transform = "mine" }'
    (line,) = load_mapping(text, "m", transforms=[spec]).person
    assert forth(line, attr("nick", "Ani"), SHAPE) is None
    assert back(line, "Ani", attr("nick", "Ani"), SHAPE) is None


def test_putting_keeps_the_rest():
    assert put(ANA, "owner", "eva@example.com") == {"owner": "eva@example.com"}
