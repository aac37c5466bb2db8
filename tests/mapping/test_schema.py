"""A mapping against the fields that the CRM has, and against what became of them."""

from dataclasses import replace

import pytest

from hub.contracts.crm import FieldSchema, Schema
from hub.mapping import check, drift, load_mapping, remarks

FIELDS = (
    FieldSchema(name="firstname", label="First name"),
    FieldSchema(name="phone", type="phone"),
    FieldSchema(name="mail", type="email"),
    FieldSchema(name="site", type="url"),
    FieldSchema(name="short", max_length=4),
    FieldSchema(name="made", type="datetime", read_only=True),
    FieldSchema(name="count", type="number"),
    FieldSchema(name="vip", type="bool"),
    FieldSchema(name="born", type="date"),
    FieldSchema(name="owner", type="reference"),
    FieldSchema(name="key", unique=True),
    FieldSchema(name="last", required=True, label="Last name"),
    FieldSchema(name="stage", type="choice", options=("lead", "customer")),
    FieldSchema(name="tags", type="choices", options=("red", "blue")),
    FieldSchema(name="lang", type="choice", options=("en", "de")),
)
SCHEMA = Schema(fields={field.name: field for field in FIELDS})


def mapping(lines):
    return load_mapping(f"[person]\n{lines}", "m.toml")


@pytest.mark.parametrize(
    "line",
    [
        'firstname = "name.first"',
        'phone = "phone"',
        'mail = "email"',
        'mail = { from = "owner", direction = "push" }',
        'owner = "owner"',
        'short = { value = "four" }',
        'short = { from = "phone", transform = "cut:4" }',
        'stage = { value = "lead" }',
        'tags = { value = "blue;red" }',
        "count = { value = 7 }",
        'count = "attr.score"',
        'born = { value = "2026-01-31" }',
        'vip = { value = "yes" }',
        'lang = "language"',
        'made = { from = "attr.made", direction = "pull" }',
        'key = "phone"',
        'lang = { from = "language", table = "t" }\n[table.t]\nxx = "en"',
    ],
)
def test_what_fits_is_no_mistake(line):
    assert check(mapping(line), SCHEMA) == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('fristname = "name.first"', "m.toml:2: the CRM has no field 'fristname' (did you mean 'firstname'?)"),
        ('"First name" = "name.first"', "m.toml:2: the CRM has no field 'First name' (did you mean 'firstname'?)"),
        ('PHONE = "phone"', "m.toml:2: the CRM has no field 'PHONE' (did you mean 'phone'?)"),
        ('zzz = "phone"', "m.toml:2: the CRM has no field 'zzz' (fields: born, count, firstname, key,"),
        ('made = { value = "x" }', "m.toml:2: the CRM calculates 'made' itself: it cannot be written (remove the"),
        ('made = "attr.made"', "m.toml:2: the CRM calculates 'made' itself: it cannot be written (direction = "),
        ('short = { value = "fifth" }', "m.toml:2: the value of 'short' is longer than 4 characters (shorten it)"),
        ('short = "phone"', "m.toml:2: 'short' holds 4 characters, too few for phone (choose a longer field)"),
        ('stage = { value = "leed" }', "m.toml:2: 'leed' is no option of 'stage' (did you mean 'lead'?)"),
        ('tags = { value = "blue;rad" }', "m.toml:2: 'rad' is no option of 'tags' (did you mean 'red'?)"),
        (
            'stage = "name"',
            "m.toml:2: 'stage' takes only its options and cannot hold name (choose a text field, or add",
        ),
        ('count = "phone"', "m.toml:2: 'count' is a number and cannot hold phone (choose a text field, or attr.NAME)"),
        ('count = { value = "many" }', "m.toml:2: 'count' is a number and cannot hold 'many' (write 5 or 5.25)"),
        ('vip = { value = "perhaps" }', "m.toml:2: 'vip' is a bool and cannot hold 'perhaps' (write true or false)"),
        ('born = { value = "in May" }', "m.toml:2: 'born' is a date and cannot hold 'in May' (write \"2026-01-31\")"),
        ('born = "language"', "m.toml:2: 'born' is a date and cannot hold language (choose a text field,"),
        ('mail = "name"', "m.toml:2: 'mail' is an email and cannot hold name (it can hold email or owner)"),
        ('phone = "email"', "m.toml:2: 'phone' is a phone and cannot hold email (it can hold phone)"),
        ('site = "name"', "m.toml:2: 'site' is a url and cannot hold name (choose a text field, or attr.NAME)"),
        ('owner = "name"', "m.toml:2: 'owner' is a reference and cannot hold name (it can hold owner)"),
        (
            'key = { value = "x" }',
            "m.toml:2: no two people can have the same 'key', and a constant is the same for many (choose another",
        ),
        (
            'key = "channel"',
            "m.toml:2: no two people can have the same 'key', and channel is the same for many (choose",
        ),
        (
            'last = { from = "name.last", when = "always", blank = "send" }',
            "m.toml:2: the CRM needs a 'last', so it cannot be emptied (remove blank = ",
        ),
        (
            'lang = { from = "language", table = "t" }\n[table.t]\nen = "en"\nde = "dee"',
            "m.toml:5: [table.t]: 'dee' cannot stand in 'lang': it is no option (did you mean 'de'?)",
        ),
        (
            'count = { from = "attr.size", table = "t" }\n[table.t]\nbig = "ten"',
            "m.toml:4: [table.t]: 'ten' cannot stand in 'count' (it is a number)",
        ),
    ],
)
def test_what_the_crm_cannot_take_is_told(line, said):
    problems = [str(problem) for problem in check(mapping(line), SCHEMA)]
    assert len(problems) == 1
    assert problems[0].startswith(said)


def test_every_mistake_is_named_and_nothing_is_said_without_a_schema():
    several = mapping('a = "phone"\nfirstname = "name"\nb = "email"')
    assert [problem.where for problem in check(several, SCHEMA)] == ["m.toml:2", "m.toml:4"]
    assert check(several, Schema()) == []


def test_what_works_and_is_worth_a_look_is_remarked():
    none = remarks(mapping('phone = "phone"'), SCHEMA)
    assert [str(one) for one in none] == [
        "m.toml: the CRM makes no person without 'last' (add a line for last)",
    ]
    some = remarks(mapping('last = [ { value = "x", inbox = "shop" } ]'), SCHEMA)
    assert str(some[0]).startswith(
        "m.toml: the CRM makes no person without 'last', which some people do not get (add a"
    )
    assert remarks(mapping('last = "name.last"'), SCHEMA) == []
    assert remarks(mapping('last = { from = "name.last", direction = "pull" }'), SCHEMA)
    table = remarks(mapping('last = "name"\nlang = { from = "language", table = "t" }\n[table.t]\nen = "en"'), SCHEMA)
    assert [str(one) for one in table] == [
        "m.toml:3: [table.t] has no line for 'de' of 'lang': they are never taken (add hub value = \"de\")"
    ]


MAPPED = mapping(
    'firstname = "name.first"\nlast = "name.last"\nstage = { value = "lead" }\n'
    'made = { from = "attr.m", direction = "pull" }'
)


def changed(name, **values):
    fields = dict(SCHEMA.fields)
    fields[name] = replace(fields.get(name, FieldSchema(name=name)), **values)
    return Schema(fields=fields)


def without(name, **more):
    fields = {key: field for key, field in SCHEMA.fields.items() if key != name}
    return Schema(fields={**fields, **more})


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (SCHEMA, []),
        (without("firstname"), ["m.toml:2: the CRM has no field 'firstname' any more"]),
        (
            without("firstname", given=FieldSchema(name="given", label="First name")),
            ["m.toml:2: 'firstname' is now called 'given'"],
        ),
        (
            without("firstname", given=FieldSchema(name="given", label="First name", type="number")),
            ["m.toml:2: the CRM has no field 'firstname' any more"],
        ),
        (without("phone"), []),
        (changed("phone", type="text"), []),
        (changed("firstname", type="number"), ["m.toml:2: 'firstname' was a text and is a number"]),
        (
            changed("stage", options=("customer", "partner")),
            [
                "m.toml:4: 'stage' lost the option 'lead'; the mapping writes the option 'lead'",
                "m.toml:4: 'stage' has the option 'partner' as new",
            ],
        ),
        (changed("stage", options=("lead",)), ["m.toml:4: 'stage' lost the option 'customer'"]),
        (
            changed("firstname", read_only=True),
            ["m.toml:2: 'firstname' is read-only now: it cannot be written any more"],
        ),
        (changed("made", read_only=False), ["m.toml:5: 'made' can be written now"]),
        (changed("firstname", required=True), ["m.toml:2: 'firstname' is required now"]),
        (changed("firstname", max_length=10), ["m.toml:2: 'firstname' holds 10 characters now"]),
        (changed("firstname", unique=True), ["m.toml:2: 'firstname' is unique now: no two people can have the same"]),
        (
            changed("phone", required=True),
            ["m.toml: the CRM now makes no person without 'phone', and no line fills it"],
        ),
        (Schema(), []),
    ],
)
def test_what_became_of_the_fields_is_told(after, told):
    assert drift(SCHEMA, after, MAPPED) == told
