"""What the documentation shows of tests and texts can be loaded, and its tests come true."""

import re
import tomllib
from pathlib import Path

import pytest

from hub.contracts.toml_lines import Lines
from hub.rules import Policy, compile_rules
from hub.rules.kinds import KINDS
from hub.rules.outcomes import VERBS
from hub.rules.review import Around, review
from hub.rules.trial import EventTable, SayTable, compile_trials
from hub.rules.trying import attempt
from hub.texts.files import KEYS
from hub.texts.texts import _FILTERS, LONGEST
from hub.texts.variables import NAMES

DOCS = Path(__file__).parents[2] / "docs/how-to"
PAGES = {name: (DOCS / f"{name}.md").read_text(encoding="utf-8") for name in ("test-rules", "reply-texts")}
INBOXES = {"sales": "whatsapp"}


def example(page):
    """The file that the TOML blocks of a page are together."""
    text = "\n".join(re.findall(r"```toml\n(.*?)```", PAGES[page], re.DOTALL))
    data, where = tomllib.loads(text), Lines(text, f"{page}.md").where
    return data, compile_rules(data, where), where


def first_cells(page, heading):
    """What stands in the first column of the table under a heading, in code."""
    section = re.split(r"\n#+ ", PAGES[page].partition(f"# {heading}\n")[2])[0]
    rows = [row.split("|")[1] for row in section.splitlines() if row.startswith("| ")]
    return re.findall(r"`([^`]+)`", "\n".join(rows))


@pytest.mark.parametrize("page", PAGES)
def test_every_test_of_the_example_comes_true(page):
    data, rules, where = example(page)
    tried = [attempt(trial, rules, Policy()) for trial in compile_trials(data, rules, where, INBOXES)]
    assert len(tried) >= 4
    assert [(one.trial.name, one.wrong) for one in tried if one.wrong] == []


@pytest.mark.parametrize("page", PAGES)
def test_there_is_nothing_to_remark_upon_in_the_example_but_languages_it_leaves_out(page):
    data, rules, where = example(page)
    found = [one.what for one in review(data, rules, where, Around(INBOXES, True))]
    assert [what for what in found if " has no " not in what and "dimension" not in what] == []


def test_every_key_of_what_happens_is_told():
    told = " ".join(first_cells("test-rules", "What happens"))
    keys = {field.alias or name for table in (SayTable, EventTable) for name, field in table.model_fields.items()}
    assert {key for key in keys if not re.search(rf"\b{key}\b", told)} == set()


def test_every_outcome_is_told_and_no_other():
    told = {cell.partition(":")[0] for cell in first_cells("test-rules", "What comes of it")}
    assert told == set(VERBS)


def test_every_variable_of_a_text_is_told_and_no_other():
    told = {cell.replace("…", "*") for cell in first_cells("reply-texts", "What a text may name")}
    named = {re.sub(r"^(about|change)\..*", r"\1.*", name) for name in NAMES}
    assert told == named


def test_every_key_and_filter_of_a_text_is_told():
    told = {re.match(r"\w+", cell)[0] for cell in first_cells("reply-texts", "What belongs to a text")}
    assert told == set(KEYS) - {"text"}
    assert all(f"`{name}`" in PAGES["reply-texts"] for name in _FILTERS)
    assert f"{LONGEST:,}" in PAGES["reply-texts"]


def test_pages_that_are_named_are_there():
    for text in PAGES.values():
        for name in re.findall(r"\]\(([\w-]+\.md)\)", text):
            assert (DOCS / name).exists(), name


def test_the_page_about_tests_names_only_events_that_are_there():
    named = set(re.findall(r'on = "([a-z]+\.[a-z]+)"', PAGES["test-rules"]))
    assert named
    assert named <= set(KINDS)
