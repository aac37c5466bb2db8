"""Each counter of the proof, with ledgers written by hand: one defect, one counter, and the proof falls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import pytest

from hub.contracts.simulator import Heard, Logged, Said
from hub.testing.latency import to_crm, worked_off
from hub.testing.ledgers import WRITE_DOWN, Ledgers, Trouble, Unsent, token_of
from hub.testing.proof import Proof, prove

ADA, BOB = "+12025550111", "+447700900123"


def heard(number: int, person: str = ADA, *, acked: float | None = None, at: int = 5_000, **more: Any) -> Heard:
    """Message `number` was tried at second `number` and acknowledged a tenth later."""
    return Heard(
        id=f"id{number}",
        person=person,
        account="1",
        text=f"m{number:05d} price please",
        at=at,
        first_try=float(number),
        acked=number + 0.1 if acked is None else acked,
        tries=1,
        **more,
    )


def row(number: int, contact: str = "c-ada", *, order: int | None = None, **more: Any) -> Logged:
    values: dict[str, Any] = {"at": 5_000 + number, "sequence": number, "direction": "in", "stored": number + 1.0}
    text = more.pop("text", f"m{number:05d} price please")
    place = number * 10 if order is None else order
    return Logged(record=f"r{place}", contact=contact, text=text, order=place, **(values | more))


def reply_row(number: int, contact: str = "c-ada") -> Logged:
    text = f"Price list for m{number:05d} price please"
    return row(number, contact, order=number * 10 + 5, text=text, direction="out")


def said(number: int, person: str = ADA, **more: Any) -> Said:
    values: dict[str, Any] = {"delivered": True, "answered": True, "began": number + 0.5, "ended": number + 0.6}
    return Said(
        request=number,
        person=person,
        account="1",
        text=f"Price list for m{number:05d} price please",
        callback=f"x.{number}",
        **(values | more),
    )


def good() -> Ledgers:
    """Ada asks twice, Bob once; both asked for a price in their first message."""
    return Ledgers(
        heard=[heard(1), heard(2), heard(3, BOB)],
        said=[said(1), said(3, BOB)],
        logged=[row(1), reply_row(1), row(2), row(3, "c-bob"), reply_row(3, "c-bob")],
        contacts=[{"id": "c-ada", "phone": "(202) 555-0111"}, {"id": "c-bob", "phone": BOB}],
        calls={"contacts/search": 2, "communications/batch/create": 3},
        people={ADA: frozenset({"12025550111"}), BOB: frozenset({"447700900123"})},
        owned={"c-ada": frozenset({ADA})},
        due=frozenset({"m00001", "m00003"}),
    )


def without(rows: Any, place: int) -> list[Any]:
    return [row for number, row in enumerate(rows) if number != place]


def test_a_run_without_a_defect_holds() -> None:
    proof = prove(good())
    assert proof.broken() == []
    assert proof.holds()
    assert (proof.messages, proof.in_crm, proof.replies) == (3, 3, 2)
    assert proof.line().startswith("PROOF messages=3 in_crm=3 lost=0 doubled=0 out_of_order=0 duplicate_people=0 repl")


DEFECTS: dict[str, tuple[Callable[[Ledgers], Ledgers], int]] = {
    "lost": (lambda g: replace(g, logged=without(g.logged, 2)), 1),
    "doubled": (lambda g: replace(g, logged=[*g.logged, row(2, order=99)]), 1),
    "out_of_order": (lambda g: replace(g, logged=[row(1, order=21), *g.logged[1:]]), 1),
    "duplicate_people": (lambda g: replace(g, contacts=[*g.contacts, {"id": "new", "phone": ADA}]), 1),
    "doubled_sends": (lambda g: replace(g, said=[*g.said, said(1)]), 1),
    "lost_sends": (lambda g: replace(g, said=without(g.said, 0), logged=without(g.logged, 1)), 1),
    "unacked": (lambda g: replace(g, heard=[*g.heard, heard(4, acked=0.0)]), 1),
    "misfiled": (lambda g: replace(g, logged=[*without(g.logged, 2), row(2, "c-bob")]), 1),
    "reply_rows_wrong": (lambda g: replace(g, logged=without(g.logged, 1)), 1),
    "dropped": (
        lambda g: replace(
            g, said=without(g.said, 0), logged=without(g.logged, 1), unsent={"m00001": Unsent("dropped", "opted out")}
        ),
        1,
    ),
    "unexplained_uncertain": (
        lambda g: replace(
            g,
            said=[said(1, delivered=False), said(3, BOB)],
            logged=without(g.logged, 1),
            unsent={"m00001": Unsent("uncertain", "no answer")},
        ),
        1,
    ),
}


@pytest.mark.parametrize("counter", DEFECTS)
def test_one_defect_moves_its_counter_alone_and_the_proof_falls(counter: str) -> None:
    spoil, count = DEFECTS[counter]
    proof = prove(spoil(good()))
    assert getattr(proof, counter) == count
    assert counter in proof.broken()
    assert set(proof.broken()) <= {counter, "in_crm"} | ({"uncertain"} if counter.startswith("unexpl") else set())
    assert not proof.holds()


def test_nothing_said_proves_nothing() -> None:
    empty = replace(good(), heard=[], said=[], logged=[], due=frozenset())
    assert "in_crm" in prove(empty).broken()


# -- order ------------------------------------------------------------------------------------------------------------


def order_of(*pairs: tuple[Heard, Logged]) -> int:
    return prove(replace(good(), heard=[h for h, _ in pairs], logged=[r for _, r in pairs])).out_of_order


def test_messages_under_way_at_the_same_time_have_no_order() -> None:
    first, second = heard(1, acked=2.5), heard(2)
    assert order_of((first, row(1, order=2, at=5_001)), (second, row(2, order=1, at=5_000))) == 0


def test_the_sorting_inside_one_second_shows_the_order_of_acceptance() -> None:
    assert order_of((heard(1), row(1, at=5_001)), (heard(2), row(2, at=5_000))) == 1
    assert order_of((heard(1), row(1, at=5_001, sequence=1)), (heard(2), row(2, at=5_001, sequence=2))) == 0
    assert order_of((heard(1), row(1, at=5_001, sequence=2)), (heard(2), row(2, at=5_001, sequence=1))) == 1


def test_between_seconds_the_platform_s_time_sorts() -> None:
    late = heard(2, at=4_000)
    assert order_of((heard(1), row(1, at=5_000)), (late, row(2, at=4_000))) == 0
    assert order_of((heard(1), row(1, at=5_000)), (late, row(2, at=6_000))) == 1


# -- people -----------------------------------------------------------------------------------------------------------


def test_two_contacts_that_stood_there_before_are_no_duplicates() -> None:
    twice = [*good().contacts, {"id": "c-ada2", "phone": "12025550111"}]
    owned = {"c-ada": frozenset({ADA}), "c-ada2": frozenset({ADA})}
    assert prove(replace(good(), contacts=twice, owned=owned)).duplicate_people == 0
    third = [*twice, {"id": "c-ada3", "phone": ADA}]
    assert prove(replace(good(), contacts=third, owned=owned)).duplicate_people == 1


def test_a_new_contact_of_nobody_counts() -> None:
    stranger = [*good().contacts, {"id": "new", "phone": "+15555550100"}]
    assert prove(replace(good(), contacts=stranger)).duplicate_people == 1


def test_a_reply_on_the_wrong_phone_is_misfiled() -> None:
    assert prove(replace(good(), said=[said(1, BOB), said(3, BOB)])).misfiled == 1


# -- sends ------------------------------------------------------------------------------------------------------------


def unsure(request: list[Said], *, kills: tuple[float, ...] = (), word: bool = True) -> Proof:
    """The reply to message 1 reached no phone; the ledger holds these requests for it."""
    return prove(
        replace(
            good(),
            said=[*request, said(3, BOB)],
            logged=without(good().logged, 1),
            unsent={"m00001": Unsent("uncertain", "no answer")} if word else {},
            troubles=[Trouble("kill", at, at) for at in kills],
        )
    )


def test_a_swallowed_answer_explains_an_uncertain_send() -> None:
    proof = unsure([said(1, delivered=False, answered=False)])
    assert (proof.uncertain, proof.unexplained_uncertain, proof.lost_sends) == (1, 0, 0)


def test_uncertain_but_not_told_is_lost() -> None:
    assert unsure([said(1, delivered=False, answered=False)], word=False).lost_sends == 1


@pytest.mark.parametrize(("kill", "unexplained"), [(1.55, 0), (1.9, 0), (1.2, 1), (60.0, 1)])
def test_a_kill_explains_only_the_request_under_way(kill: float, unexplained: int) -> None:
    assert unsure([said(1, delivered=False)], kills=(kill,)).unexplained_uncertain == unexplained


@pytest.mark.parametrize(("kills", "unexplained"), [((), 1), ((0.5,), 1), ((2.0,), 0)])
def test_without_any_request_only_a_kill_after_the_question_explains(
    kills: tuple[float, ...], unexplained: int
) -> None:
    assert unsure([], kills=kills).unexplained_uncertain == unexplained


def test_an_answer_that_a_dead_database_could_not_take_dies_with_the_process() -> None:
    """The request ended at 1.6 s, the process died at 60 s: the database was dead from 1.7 s to 59 s."""
    ledgers = replace(good(), troubles=[Trouble("store", 1.7, 59.0)])
    assert ledgers.written(1.6) == 59.0 + WRITE_DOWN
    assert ledgers.written(59.5) == 59.5 + WRITE_DOWN
    assert replace(ledgers, troubles=[]).written(1.6) == 1.6 + WRITE_DOWN


@pytest.mark.parametrize("kind", ["store", "sleep"])
def test_a_dead_database_or_a_sleeping_process_explains_the_request_under_way(kind: Literal["store", "sleep"]) -> None:
    ledgers = replace(
        good(),
        said=[said(1, delivered=False), said(3, BOB)],
        logged=without(good().logged, 1),
        unsent={"m00001": Unsent("uncertain", "no answer")},
    )
    assert prove(replace(ledgers, troubles=[Trouble(kind, 1.55, 4.0)])).unexplained_uncertain == 0
    assert prove(replace(ledgers, troubles=[Trouble(kind, 60.0, 64.0)])).unexplained_uncertain == 1


def test_kills_of_the_database_are_counted_apart() -> None:
    proof = prove(replace(good(), troubles=[Trouble("kill", 1.0, 2.0), Trouble("store", 3.0, 4.0)]))
    assert (proof.kills, proof.store_kills) == (1, 1)


def test_a_reply_to_what_the_platform_gave_up_and_the_hub_had_is_not_doubled() -> None:
    late = replace(good().heard[0], acked=0.0, given_up=9.0)
    ledgers = replace(good(), heard=[late, *good().heard[1:]], gaps=[(0, late.sent)])
    assert prove(ledgers).doubled_sends == 0


def test_a_delivery_nobody_asked_for_is_a_doubled_send() -> None:
    assert prove(replace(good(), said=[*good().said, said(2)])).doubled_sends == 1


def test_more_uncertain_sends_than_swallowed_answers_and_kills_allow_break_the_proof() -> None:
    proof = prove(good())
    assert "uncertain" in replace(proof, uncertain=33, kills=1).broken()
    assert "uncertain" not in replace(proof, uncertain=32, kills=1).broken()
    assert "uncertain" not in replace(proof, uncertain=33, kills=1, swallowed=1).broken()


# -- costs and times --------------------------------------------------------------------------------------------------


def test_calls_are_counted_for_a_thousand_rows() -> None:
    assert prove(good()).crm_calls_per_1000 == pytest.approx((2 + 3) * 1000 / 5)


def test_drain_ends_with_the_last_effect() -> None:
    assert prove(good()).drain_s == pytest.approx(4.0 - 3.1)
    assert prove(replace(good(), said=[said(1), said(3, BOB, ended=9.1)])).drain_s == pytest.approx(6.0)


def timed(*times: tuple[float, float]) -> tuple[list[Heard], dict[str, float]]:
    """Messages by (acknowledged, stored)."""
    said = [heard(n, acked=acked) for n, (acked, _) in enumerate(times, start=1)]
    return said, {token_of(h.text): stored for h, (_, stored) in zip(said, times, strict=True)}


def test_p95_is_the_slowest_of_twenty_but_one() -> None:
    waits = [float(n) for n in range(1, 21)]
    p95, share = to_crm(*timed(*((100.0 + n, 100.0 + n + wait) for n, wait in enumerate(waits))), ())
    assert (p95, share) == (19.0, 1.0)


def test_a_trouble_leaves_out_what_came_until_its_traces_were_gone() -> None:
    times = [(1.0, 2.0), (10.0, 30.0), (21.0, 29.0), (22.0, 31.0), (40.0, 42.0)]
    p95, share = to_crm(*timed(*times), [Trouble("crm", 9.0, 20.0)])
    assert (p95, share) == (2.0, pytest.approx(2 / 5))


def test_what_was_acknowledged_before_the_trouble_counts_in_full() -> None:
    assert to_crm(*timed((1.0, 15.0), (20.0, 21.0), (30.0, 31.0)), [Trouble("kill", 2.0, 5.0)])[0] == 14.0


def test_with_a_lead_what_came_just_before_the_trouble_is_left_out_whatever_became_of_it() -> None:
    times = timed((1.0, 2.0), (4.0, 30.0), (4.5, 5.0), (40.0, 43.0), (44.0, 47.0))
    assert to_crm(*times, [Trouble("kill", 5.5, 20.0)], lead=2.0) == (3.0, pytest.approx(2 / 5))


def test_traces_are_gone_when_nothing_older_is_missing() -> None:
    assert worked_off([(1.0, 50.0), (11.0, 12.0), (12.0, 51.0)], 10.0) == 51.0
    assert worked_off([(1.0, 2.0)], 10.0) == float("inf")


def test_a_p95_over_too_few_messages_breaks_the_proof() -> None:
    always = [Trouble("crm", 0.0, 100.0)]
    assert prove(replace(good(), troubles=always)).broken() == ["p95_share"]
