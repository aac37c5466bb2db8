"""Collections, calls of several, their width, and what an answer tells of each row."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from hub.contracts.errors import Unavailable, Uncertain
from hub_salesforce import cures
from hub_salesforce import rows as stack
from hub_salesforce.batches import Width, Writer
from hub_salesforce.paths import COLLECTION, KEY, MESSAGE, TASK
from hub_salesforce.rows import Row

LOCKED = {"statusCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access", "fields": []}


def rows(count: int, *, people: int = 1) -> list[Row]:
    return [
        Row(
            trace=f"t{n}",
            kind=TASK,
            values={MESSAGE: f"m-{n}", "Subject": f"s{n}"},
            key=MESSAGE,
            parents=(f"003{n % people:012}",),
        )
        for n in range(count)
    ]


def well(part):
    return [{"id": f"00T{one[MESSAGE]}", "success": True, "created": True, "errors": []} for one in part]


def test_the_width_grows_by_one_and_is_halved():
    width = Width()
    seen = [width.value]
    for step in (width.grew,) * 6 + (width.shrank,) * 3 + (width.grew,):
        step()
        seen.append(width.value)
    assert seen == [1, 2, 3, 4, 5, 5, 5, 2, 1, 1, 2]


def test_a_thousand_rows_at_full_width_are_one_call(scripted):
    server = scripted.play(well)
    fates = Writer(server.transport, Width(5)).send(rows(1_000), repeatable=True)
    assert server.sizes == [[200] * 5]
    assert [fates[f"t{n}"].record for n in range(1_000)] == [f"00Tm-{n}" for n in range(1_000)]


def test_calls_widen_while_nothing_goes_wrong_and_narrow_where_a_row_is_locked(scripted):
    server = scripted.play(well)
    writer = Writer(server.transport, Width())
    writer.send(rows(1_999), repeatable=True)
    assert [len(call) for call in server.sizes] == [1, 2, 3, 4]
    server.answer = lambda part: [{"success": False, "errors": [LOCKED]} for _ in part]
    writer.send(rows(1), repeatable=True)
    assert writer.width.value == 2
    server.answer = lambda part: [
        {"success": False, "errors": [{"statusCode": "REQUIRED_FIELD_MISSING", "message": "no", "fields": []}]}
        for _ in part
    ]
    writer.send(rows(1), repeatable=True)
    assert writer.width.value == 3, "a bad row says nothing about the size of a call"


def test_a_collection_refused_as_a_whole_is_halved_until_the_culprit_is_alone(scripted):
    def answer(part):
        if any(one[MESSAGE] == "m-137" for one in part):
            return "JSON_PARSER_ERROR", "something is wrong with the request"
        return well(part)

    for width in (1, 5):
        server = scripted.play(answer)
        fates = Writer(server.transport, Width(width)).send(rows(500), repeatable=True)
        bad = [trace for trace, fate in fates.items() if not fate.record]
        assert bad == ["t137"]
        assert fates["t137"].problem.code == "JSON_PARSER_ERROR"
        assert len(server.called) <= 3 + 2 * 8


def test_a_column_that_is_not_there_is_blamed_on_its_rows_at_once(scripted):
    def answer(part):
        if any("Gone__c" in one for one in part):
            return "INVALID_FIELD", "No such column 'Gone__c' on sobject of type Task"
        return well(part)

    some = rows(100)
    some[::2] = [Row(trace=r.trace, kind=r.kind, values={**r.values, "Gone__c": "x"}, key=r.key) for r in some[::2]]
    server = scripted.play(answer)
    fates = Writer(server.transport, Width()).send(some, repeatable=True)
    assert server.sizes == [[100], [50]]
    assert all(stack.offending(fates[row.trace].problem, row) == ["Gone__c"] for row in some[::2])
    assert all(fates[row.trace].record for row in some[1::2])


@pytest.mark.parametrize(
    ("code", "message", "shown"),
    [
        (
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            "Titles: my own\n words may not stand here",
            "Titles: … may not stand here",
        ),
        ("INVALID_EMAIL_ADDRESS", "\u2018my own words\u2019 ist keine E-Mail", "\u2018…\u2019 ist keine E-Mail"),
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "No visits on Sundays", "No visits on Sundays"),
    ],
)
def test_a_refusal_quotes_no_value_of_the_field_to_blame(code, message, shown):
    row = Row(trace="1", kind=TASK, values={"Title": "my own  words", MESSAGE: "1"}, key=MESSAGE)
    told = {"success": False, "errors": [{"statusCode": code, "message": message, "fields": ["title"]}]}
    problem = stack.fate_of(row, told).problem
    assert (problem.message, problem.fields) == (shown, ("title",))


def test_an_answer_that_leaves_rows_out_leaves_them_in_doubt(scripted):
    server = scripted.play(lambda part: well(part)[:3])
    fates = Writer(server.transport, Width()).send(rows(5), repeatable=True)
    assert [bool(fates[f"t{n}"].record) for n in range(5)] == [True, True, True, False, False]
    assert isinstance(fates["t4"].error, Uncertain)


def test_a_failure_is_raised_only_while_nothing_stands(scripted):
    server = scripted.play(lambda part: None)
    with pytest.raises(Unavailable):
        Writer(server.transport, Width(5)).send(rows(3), repeatable=True)
    server = scripted.play(lambda part: well(part) if len(server.called) == 1 else None)
    fates = Writer(server.transport, Width()).send(rows(500), repeatable=True)
    assert sum(1 for fate in fates.values() if fate.record) == COLLECTION
    assert sum(1 for fate in fates.values() if isinstance(fate.error, Unavailable)) == 300


def test_what_looks_like_a_reference_goes_in_a_call_of_its_own(scripted):
    some = rows(3)
    some[1] = Row(trace="t1", kind=TASK, values={MESSAGE: "m-1", "Subject": "@{c0[0].id}"}, key=MESSAGE)
    some = [replace(row, parents=(f"003{row.trace:012}",)) for row in some]
    server = scripted.play(well)
    Writer(server.transport, Width(5)).send(some, repeatable=True)
    assert server.called == [[["m-0", "m-2"]], [["m-1"]]]


def test_rows_of_one_parent_stand_together_in_their_order():
    few, many = rows(150, people=7), rows(1_000, people=37)
    assert list(stack.packed(few)) == [(few, False)], "one collection keeps the order of the batch"
    parts = [part for part, _ in stack.packed(many)]
    assert [len(part) for part in parts] == [200] * 5
    sent = [row for part in parts for row in part]
    changes = sum(one.parents != other.parents for one, other in pairwise(sent))
    assert changes == 36, "each parent's rows follow each other"
    for parent in {row.parents for row in many}:
        assert [row for row in sent if row.parents == parent] == [row for row in many if row.parents == parent]


def test_no_row_overtakes_a_locked_one_of_its_parent(scripted):
    def answer(part):
        if len(server.called) == 1:
            return [{"success": False, "errors": [LOCKED]} if n == 150 else one for n, one in enumerate(well(part))]
        return well(part)

    server = scripted.play(answer)
    some = [*rows(190, people=1), *[replace(row, parents=("003X",)) for row in rows(600)[190:]]]
    some[150:190] = [replace(row, parents=("003X",)) for row in some[150:190]]
    fates = Writer(server.transport, Width()).send(some, repeatable=True)
    assert server.sizes == [[200]]
    assert {fate.problem.code for fate in fates.values() if fate.problem} == {"UNABLE_TO_LOCK_ROW"}
    assert [trace for trace, fate in fates.items() if fate.record] == [f"t{n}" for n in range(200) if n != 150]


def test_what_cannot_go_in_one_collection_does_not():
    kinds = [
        Row(trace="a", kind="Contact", values={KEY: "k"}, key=KEY),
        Row(trace="b", kind="Contact", values={"Email": None}, record="003000000000001"),
        Row(trace="c", kind="Lead", values={KEY: "k"}, key=KEY, headers=(("Sforce-Auto-Assign", "FALSE"),)),
        Row(trace="d", kind="ContentDocumentLink", values={"LinkedEntityId": "x"}),
    ]
    asked = [stack.request(group, "c0") for group in stack.alike(kinds)]
    assert [(one["method"], one["url"].partition("/composite")[2]) for one in asked] == [
        ("PATCH", "/sobjects/Contact/Hub_Key__c"),
        ("PATCH", "/sobjects"),
        ("PATCH", "/sobjects/Lead/Hub_Key__c"),
        ("POST", "/sobjects"),
    ]
    assert asked[1]["body"]["records"] == [{"attributes": {"type": "Contact"}, "id": "003000000000001", "Email": None}]
    assert [one.get("httpHeaders") for one in asked] == [None, None, {"Sforce-Auto-Assign": "FALSE"}, None]
    assert not any(one["body"]["allOrNone"] for one in asked)


def test_a_lone_row_that_leads_nowhere_has_that_error(scripted):
    server = scripted.play(lambda part: ("NOT_FOUND", "The requested resource does not exist"))
    fates = Writer(server.transport, Width()).send(rows(1), repeatable=True)
    assert fates["t0"].problem.meaning == "look_again"


def test_a_row_that_may_go_at_once_waits_for_the_locked_one_before_it(scripted):
    halted = {"statusCode": "PROCESSING_HALTED", "message": "not this time", "fields": []}

    def answer(part):
        if len(server.called) > 1:
            return well(part)
        return [{"success": False, "errors": [LOCKED if one[MESSAGE] == "m-0" else halted]} for one in part]

    server = scripted.play(answer)
    some = rows(3, people=2)
    fates = cures.write(Writer(server.transport, Width()), [cures.Attempt(row) for row in some], repeatable=True)
    assert server.called == [[["m-0", "m-1", "m-2"]], [["m-1"]], [["m-0", "m-2"]]]
    assert all(fates[row.trace].record for row in some)
