"""Machine edits of mapping files: one key changes, every other character stays."""

from __future__ import annotations

import difflib
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.contracts.errors import ConfigError
from hub.mapping.toml_edit import set_key

FILE = """# head
[person] # people
FirstName = "name.first"   # first
Email = { from = "email", when = "always" } # mail
Lead = [ { value = "Shop", inbox = "shop" }, # one
  { value = "Web" } ]
"odd.key" = 'phone'

# further values
[person.Big] # a table
from = "language"
# tail of big

[table.languages] # hub = crm
en = "English"
"""


def changed(before: str, after: str) -> tuple[list[str], list[str]]:
    """Lines that went, lines that came."""
    found = list(difflib.ndiff(before.splitlines(keepends=True), after.splitlines(keepends=True)))
    return [line[2:] for line in found if line[0] == "-"], [line[2:] for line in found if line[0] == "+"]


@pytest.mark.parametrize(
    ("field", "key", "value", "gone", "new"),
    [
        (
            "Email",
            "rule",
            "newest",
            'Email = { from = "email", when = "always" } # mail\n',
            'Email = { from = "email", when = "always", rule = "newest" } # mail\n',
        ),
        (
            "FirstName",
            "when",
            "always",
            'FirstName = "name.first"   # first\n',
            'FirstName = { from = "name.first", when = "always" }   # first\n',
        ),
        ("FirstName", "from", "name", 'FirstName = "name.first"   # first\n', 'FirstName = "name"   # first\n'),
        (
            "Email",
            "when",
            "",
            'Email = { from = "email", when = "always" } # mail\n',
            'Email = { from = "email" } # mail\n',
        ),
        (
            "odd.key",
            "transform",
            "trim, cut:40",
            "\"odd.key\" = 'phone'\n",
            '"odd.key" = { from = \'phone\', transform = ["trim", "cut:40"] }\n',
        ),
        (
            "FirstName",
            "value",
            "x",
            'FirstName = "name.first"   # first\n',
            'FirstName = { value = "x" }   # first\n',
        ),
        ("Big", "rule", "hub", "", 'rule = "hub"\n'),
        ("New__c", "from", "attr.nick", "", 'New__c = "attr.nick"\n'),
    ],
)
def test_one_line_changes(field, key, value, gone, new):
    assert changed(FILE, set_key(FILE, "m.toml", field, key, value)) == ([gone] if gone else [], [new])


def test_a_new_line_stands_behind_the_others_of_its_table():
    text = '[person]\na = "name"\n\n# about tables\n[table.x]\nb = "1"\n'
    assert set_key(text, "m", "n", "from", "phone") == text.replace('"name"\n', '"name"\nn = "phone"\n')


def test_a_file_without_people_gets_the_table():
    assert tomllib.loads(set_key("# nothing yet\n", "m", "n", "value", "x")) == {"person": {"n": {"value": "x"}}}


def test_one_of_several_lines_is_named():
    text = set_key(FILE, "m", "Lead", "value", "Net", line=2)
    assert text == FILE.replace('"Web"', '"Net"')
    with pytest.raises(ConfigError, match="has 2 lines"):
        set_key(FILE, "m", "Lead", "value", "Net")
    with pytest.raises(ConfigError, match="has no line 3"):
        set_key(FILE, "m", "Lead", "value", "Net", line=3)
    with pytest.raises(ConfigError, match="one line only"):
        set_key(FILE, "m", "Email", "rule", "hub", line=2)


def test_line_ends_stay_as_they_are():
    windows = FILE.replace("\n", "\r\n")
    edited = set_key(windows, "m", "New", "from", "phone")
    assert edited == set_key(FILE, "m", "New", "from", "phone").replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("field", "key", "value", "why"),
    [
        ("Email", "ruel", "hub", "did you mean 'rule'"),
        ("Nobody", "rule", "hub", "no line 'Nobody'"),
        ("FirstName", "rule", "", "says nothing about rule"),
        ("Email", "blank", "", "says nothing about blank"),
    ],
)
def test_what_cannot_be_changed_is_said_with_its_place(field, key, value, why):
    with pytest.raises(ConfigError, match=why):
        set_key(FILE, "m.toml", field, key, value)


def test_a_file_that_is_no_toml_is_left_alone():
    with pytest.raises(ConfigError, match="not TOML"):
        set_key("[person\n", "m.toml", "a", "from", "name")


KEYS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,8}", fullmatch=True)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@st.composite
def files(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A mapping file with comments and blanks between its lines, and the fields it names."""
    names = draw(st.lists(KEYS, min_size=1, max_size=6, unique=True))
    rows = [
        draw(st.sampled_from(["", "# head", "\n# head\n"])),
        "[person]" + draw(st.sampled_from(["", "   # people"])),
    ]
    for name in names:
        rows += draw(st.lists(st.sampled_from(["", "# between", "   # aside"]), max_size=2))
        value = quoted(draw(TEXTS))
        form = draw(st.sampled_from(["{v}", "{{from={v}}}", '{{ from = {v} , when = "always" }}', "{{ value = {v} }}"]))
        rows.append(f"{name}{draw(st.sampled_from([' = ', '=', '   =   ']))}{form.format(v=value)}  # of {name}")
    rows += draw(st.sampled_from([[], ["", "# tables"], ["# last"]]))
    rows += draw(st.sampled_from([[], ["[table.x]", 'en = "English" # one', "[owners]"]]))
    ends = draw(st.sampled_from(["\n", "\r\n"]))
    text = "\n".join(rows) + draw(st.sampled_from(["", "\n"]))
    return text.replace("\n", ends), names


@settings(max_examples=150, deadline=None)
@given(files(), st.data())
def test_any_edit_says_what_was_meant_and_nothing_else(file, data):
    text, names = file
    field = data.draw(st.sampled_from([*names, "Fresh__c"]))
    key = data.draw(st.sampled_from(["from", "value"] if field == "Fresh__c" else ["from", "value", "rule", "blank"]))
    value = data.draw(TEXTS)
    meant = tomllib.loads(text)
    line = meant["person"].get(field, {})
    line = {"from": line} if isinstance(line, str) else line
    line.pop({"from": "value", "value": "from"}.get(key, ""), None)
    line[key] = value
    edited = set_key(text, "m", field, key, value)
    found = tomllib.loads(edited)["person"].pop(field)
    assert ({"from": found} if isinstance(found, str) else found) == line
    rest = tomllib.loads(edited)
    rest["person"].pop(field)
    meant["person"].pop(field, None)
    assert rest == meant
    gone, new = changed(text, edited)
    whole = [row for row in gone if row.rstrip("\r\n") + "\n" not in {r.rstrip("\r\n") + "\n" for r in new}]
    assert len(whole) <= 1  # all other lines stay, with their comments and ends
    assert text.count("#") <= edited.count("#") + sum(row.count("#") for row in whole)
    assert ("\r\n" in text) == ("\r\n" in edited) or "\n" not in text
    assert list(tomllib.loads(edited)["person"]) == list(dict.fromkeys([*names, field]))
