"""Values that both sides may change: what the hub and the CRM do about a difference."""

import itertools
from dataclasses import replace

import pytest

from hub.mapping import Base, FieldRule
from hub.mapping.lines import Transform
from hub.mapping.merge import Verdict, settle, union
from hub.mapping.transforms import BUILT_IN

SAME = Base("a", "a")
VALUES = ("", "a", "b", "c")
RULES = ("crm", "hub", "newest", "fill-blank", "append", "ask")
ALWAYS = FieldRule(field="f", source="attr.x", when="always")
LINES = [
    FieldRule(field="f", source=source, when=when, direction=direction, rule=rule, blank=blank)
    for source, when, direction, rule, blank in itertools.product(
        ("attr.x", "channel"), ("create", "always"), ("both", "push", "pull"), RULES, ("keep", "send")
    )
]
ONE_WAY = (Transform(BUILT_IN["upper"]),)


@pytest.mark.parametrize(
    ("line", "base", "ours", "theirs", "verdict"),
    [
        ({}, SAME, "b", "b", Verdict("same")),
        ({"rule": "hub"}, SAME, "a", "b", Verdict("take", value="b")),
        ({"rule": "crm"}, SAME, "b", "a", Verdict("push", value="b")),
        ({"rule": "crm"}, SAME, "b", "c", Verdict("take", "b", "hub", "c")),
        ({"rule": "hub"}, SAME, "b", "c", Verdict("push", "c", "crm", "b")),
        ({"rule": "newest"}, SAME, "b", "c", Verdict("take", "b", "hub", "c")),
        ({"rule": "ask"}, SAME, "b", "c", Verdict("ask")),
        ({"rule": "append"}, SAME, "b", "c", Verdict("append", value="b; c")),
        ({"rule": "fill-blank"}, SAME, "b", "c", Verdict("keep")),
        ({"rule": "fill-blank"}, SAME, "a", "c", Verdict("keep")),
        ({"rule": "fill-blank"}, None, "", "c", Verdict("take", value="c")),
        ({"rule": "fill-blank"}, None, "b", "", Verdict("push", value="b")),
        ({"rule": "ask"}, None, "b", "c", Verdict("ask")),
        ({"rule": "ask"}, None, "", "c", Verdict("take", value="c")),
        ({}, None, "b", "", Verdict("push", value="b")),
        ({"when": "create"}, SAME, "b", "a", Verdict("keep")),
        ({"when": "create"}, SAME, "a", "b", Verdict("take", value="b")),
        ({"when": "create", "rule": "hub"}, SAME, "b", "c", Verdict("keep")),
        ({"direction": "push"}, SAME, "a", "b", Verdict("keep")),
        ({"direction": "push"}, SAME, "b", "c", Verdict("keep")),
        ({"direction": "push", "rule": "hub"}, SAME, "a", "b", Verdict("push", "b", "crm", "a")),
        ({"direction": "push", "rule": "hub"}, SAME, "a", "", Verdict("push", value="a")),
        ({"transforms": ONE_WAY, "rule": "hub"}, SAME, "a", "b", Verdict("push", "b", "crm", "a")),
        ({"direction": "push", "rule": "append"}, SAME, "b", "c", Verdict("keep")),
        ({"direction": "pull"}, SAME, "b", "a", Verdict("take", "b", "hub", "a")),
        ({"direction": "pull"}, SAME, "", "a", Verdict("take", value="a")),
        ({"direction": "pull", "rule": "hub"}, SAME, "b", "a", Verdict("keep")),
        ({"rule": "append"}, SAME, "b; c", "c", Verdict("push", value="b; c")),
        ({"rule": "append"}, SAME, "b", "b; c", Verdict("take", value="b; c")),
        ({}, SAME, "a", "", Verdict("keep")),
        ({}, SAME, "", "a", Verdict("keep")),
        ({"blank": "send"}, SAME, "a", "", Verdict("take")),
        ({"blank": "send"}, SAME, "", "a", Verdict("push")),
        ({"blank": "send"}, None, "", "a", Verdict("take", value="a")),
        ({"blank": "send", "rule": "hub"}, SAME, "", "c", Verdict("push", "c", "crm")),
        ({"blank": "send", "rule": "crm"}, SAME, "", "c", Verdict("take", value="c")),
        ({}, Base("a", "b"), "a", "b", Verdict("keep")),
        ({}, Base("a", "b"), "a", "c", Verdict("take", "a", "hub", "c")),
    ],
)
def test_what_is_done_about_a_difference(line, base, ours, theirs, verdict):
    assert settle(base, ours, theirs, replace(ALWAYS, **line)) == verdict


def test_the_newest_wins_where_the_mapping_says_so():
    newest = replace(ALWAYS, rule="newest")
    assert settle(SAME, "b", "c", newest, ours_is_newer=True) == Verdict("push", "c", "crm", "b")
    assert settle(SAME, "b", "c", ALWAYS, ours_is_newer=True).do == "take"


def test_what_cannot_be_carried_back_is_never_taken_and_still_pushed():
    upper = replace(ALWAYS, transforms=ONE_WAY)
    assert settle(SAME, "A", "b", upper).do == "keep"
    assert settle(Base("A", "b"), "B", "b", upper) == Verdict("push", "b", "crm", "B")
    constant = FieldRule(field="f", value="a", when="always", direction="push", rule="fill-blank")
    assert settle(None, "a", "b", constant).do == "keep"
    assert settle(None, "a", "", constant).do == "push"


def test_a_union_has_each_part_once():
    assert union("b;a", "c; a", choices=True) == "a;b;c"
    assert union("call back; vip", "vip; moved") == "call back; vip; moved"
    assert union(union("b", "a"), "a") == "b; a"


BASES = [None, *(Base(*pair) for pair in itertools.product(VALUES, VALUES))]
CASES = list(itertools.product(BASES, VALUES, VALUES, (False, True)))


def _after(verdict, ours, theirs, line):
    """Both values and the base after a verdict was carried out."""
    match verdict.do:
        case "take":
            ours = verdict.value
        case "push":
            theirs = verdict.value
        case "append":
            ours = theirs = verdict.value
    return ours, theirs


@pytest.mark.parametrize("line", LINES, ids=lambda x: f"{x.source}-{x.when}-{x.direction}-{x.rule}-{x.blank}")
def test_for_all_values_a_verdict_is_final_and_keeps_to_its_line(line):
    for base, ours, theirs, newer in CASES:
        verdict = settle(base, ours, theirs, line, ours_is_newer=newer)
        now_ours, now_theirs = _after(verdict, ours, theirs, line)
        case = (base, ours, theirs, newer, verdict)
        # after it was carried out there is nothing more to do
        settled = base if verdict.do == "ask" else Base(now_ours, now_theirs)
        again = settle(settled, now_ours, now_theirs, line, ours_is_newer=newer)
        assert again.do in (("ask",) if verdict.do == "ask" else ("same", "keep")), case
        # the directions hold
        assert now_theirs == theirs or line.pushes, case
        assert now_ours == ours or line.pulls, case
        # nothing is blanked but by a value that was emptied, where the line sends that
        blanked = (ours and not now_ours) or (theirs and not now_theirs)
        emptied = base and ((base.ours and not ours) or (base.theirs and not theirs))
        assert not blanked or (line.blank == "send" and emptied), case
        # a value that the other side never had is not overwritten in silence
        for before, now, there in ((ours, now_ours, base and base.theirs), (theirs, now_theirs, base and base.ours)):
            assert not before or before in now.split("; ") or before in (there, verdict.lost), case
        assert verdict.lost in (ours, theirs, ""), case
        assert bool(verdict.lost) == bool(verdict.lost_of), case
        # a change of one side alone reaches the other one, as far as the line goes there
        one_sided = line.rule != "fill-blank" and base is not None and base.ours == base.theirs
        if one_sided and theirs and ours == base.ours and theirs != base.theirs and line.pulls:
            assert now_ours == theirs, case
        if one_sided and ours and theirs == base.theirs and ours != base.ours and line.pushes:
            assert now_theirs == ours, case
