"""What a mapping file can say stands in the documentation."""

import re
from pathlib import Path
from typing import get_args

import pytest

from hub.mapping import Base, FieldRule, load_mapping
from hub.mapping.entries import KEYS
from hub.mapping.facts import SOURCES
from hub.mapping.lines import Blank, Direction, Rule, When
from hub.mapping.merge import settle
from hub.mapping.transforms import BUILT_IN

TEXT = (Path(__file__).parents[2] / "docs/reference/mappings.md").read_text(encoding="utf-8")


def rows(heading):
    section = TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return {found[1]: found[2] for found in re.finditer(r"^\| `([^`]+)` \|(.*)\|$", section, re.MULTILINE)}


def test_every_key_with_its_values():
    found = rows("Lines of `[person]`")
    assert set(found) == set(KEYS)
    for key, values in (("when", When), ("direction", Direction), ("rule", Rule), ("blank", Blank)):
        for value in get_args(values):
            assert f'`"{value}"`' in found[key]


def test_every_source():
    assert set(rows("Sources")) == {*SOURCES, "attr.NAME"}


def test_every_transform_with_an_argument_that_it_takes_and_whether_it_is_one_way():
    found = rows("Transforms")
    assert [name.partition(":")[0] for name in found] == list(BUILT_IN)
    for text, told in found.items():
        load_mapping(f'[person]\na = {{ from = "attr.x", transform = "{text}" }}', "docs")
        assert told.strip().endswith("one-way") == (BUILT_IN[text.partition(":")[0]].back is None), text


@pytest.mark.parametrize("rule", get_args(Rule))
def test_every_rule_with_what_both_sides_hold(rule):
    section = TEXT.partition("\n## What both sides hold afterwards\n")[2]
    assert f"`{rule}`" in section


def test_the_example_is_a_good_mapping():
    example = TEXT.partition("```toml\n")[2].partition("```")[0]
    assert load_mapping(example, "docs", inboxes=["shop"]).fields >= {"FirstName", "LeadSource", "OwnerId"}


def settled(case, rule, blank):
    """All (base, hub, CRM) that a row of the table is about, as (before, after) pairs of both sides."""
    line = FieldRule(field="f", source="attr.x", when="always", rule=rule, blank=blank)
    for base, ours, theirs in CASES[case]:
        verdict = settle(base and Base(base, base), ours, theirs, line, ours_is_newer=True)
        hub, crm = ours, theirs
        if verdict.do in ("take", "append"):
            hub = verdict.value
        if verdict.do in ("push", "append"):
            crm = verdict.value
        yield (ours, theirs), (hub, crm), verdict


CASES = {
    "only the hub changed it": [("a", "b", "a")],
    "only the CRM changed it": [("a", "a", "c")],
    "one of them changed it": [("a", "b", "a"), ("a", "a", "c")],
    "both changed it": [("a", "b", "c")],
    "one side never had a value": [(None, "b", ""), (None, "", "c")],
    'emptied on one side, `blank = "keep"`': [("a", "", "a"), ("a", "a", "")],
    'emptied on one side, `blank = "send"`': [("a", "", "a"), ("a", "a", "")],
    'emptied on one side, the other changed it, `blank = "keep"`': [("a", "", "c"), ("a", "b", "")],
}
SECTION = TEXT.partition("\n## What both sides hold afterwards\n")[2].partition("| line |")[0]
ROWS = [tuple(cell.strip() for cell in row.split("|")[1:-1]) for row in SECTION.splitlines() if row.startswith("| ")][
    1:
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: " ".join(row[:2]))
def test_both_sides_hold_what_the_documentation_says(row):
    case, rules, hub, crm, kept = row
    named = [rules.strip("`")] if rules.startswith("`") else [r for r in get_args(Rule) if f"but `{r}`" not in rules]
    for rule in named:
        for before, after, verdict in settled(case, rule, "send" if '"send"' in case else "keep"):
            filled = before[0] or before[1]
            words = {"as it is": before, "empty": ("", ""), "the later one": ("b", "b")}
            words |= dict.fromkeys(("the other one's", "the change"), (filled, filled))
            expected = (words[hub][0] if hub in words else hub, words[crm][1] if crm in words else crm)
            assert after == expected, (rule, before)
            conflict = {"the other one": "c", "both, until somebody decides": ""}.get(kept, kept)
            assert verdict.lost == conflict, (rule, before)
            assert (verdict.do == "ask") == kept.startswith("both"), (rule, before)


def test_the_table_has_every_case():
    assert {row[0] for row in ROWS} == set(CASES)
