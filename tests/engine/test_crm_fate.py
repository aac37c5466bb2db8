"""What becomes of a batch when the adapter fails: in whole, at a row, or in a way of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

from hub.contracts.crm import Written
from hub.contracts.errors import AuthFailed, NotFound, RateLimited, Refused, Uncertain
from hub.engine.crm.fate import BROKEN_AFTER, CALLS, Fate
from hub.engine.crm.lease import Batch
from hub.model.events import RowOutcome
from hub.model.records import LogEntry


def entry(number: int, **more: Any) -> LogEntry:
    return LogEntry(
        outbox=number,
        message=f"m{number}",
        record="1",
        direction="in",
        channel="whatsapp",
        author="Ana",
        text="hello",
        at=number,
        sequence=number,
        **more,
    )


def fates(
    log: Callable[[Sequence[LogEntry]], list[Written]], count: int, tries: int = 1, **more: Any
) -> tuple[dict[int, RowOutcome], Fate]:
    rows = [entry(n, **more) for n in range(1, count + 1)]
    batch = Batch(logs=rows, attempts={row.outbox: tries for row in rows})
    adapter: Any = SimpleNamespace(log=log)
    fate = Fate("main", adapter, batch)
    return {outcome.outbox: outcome for outcome in fate.carry_out()}, fate


def done(batch: Sequence[LogEntry]) -> list[Written]:
    return [Written(outbox=row.outbox, record=f"r{row.outbox}") for row in batch]


def test_a_row_that_breaks_the_adapter_takes_no_other_with_it():
    seen: list[int] = []

    def log(batch: Sequence[LogEntry]) -> list[Written]:
        seen.append(len(batch))
        if any(row.outbox == 13 for row in batch):
            raise KeyError("no")
        assert all(row.doubtful for row in batch)  # the call that broke may have written them
        return done(batch)

    found, _ = fates(log, 100, tries=BROKEN_AFTER)
    assert len(seen) <= 15
    assert {outcome.outcome for number, outcome in found.items() if number != 13} == {"done"}
    assert (found[13].outcome, found[13].reason) == ("dead", "the adapter failed: KeyError")


def test_an_adapter_that_always_breaks_buries_nothing_that_was_not_alone():
    calls: list[int] = []

    def log(batch: Sequence[LogEntry]) -> list[Written]:
        calls.append(len(batch))
        raise KeyError("no")

    found, _ = fates(log, 100, tries=BROKEN_AFTER)
    assert len(calls) <= CALLS * 2
    alone = calls.count(1)
    assert sum(outcome.outcome == "dead" for outcome in found.values()) == alone < 100
    assert len(found) == 100


def test_rows_end_each_by_its_own_error():
    errors = [None, Uncertain("?"), AuthFailed("no scope"), RateLimited("wait", 3), NotFound("gone"), Refused("never")]

    def log(batch: Sequence[LogEntry]) -> list[Written]:
        return [Written(outbox=row.outbox, record="r", error=error) for row, error in zip(batch, errors, strict=True)]

    found, fate = fates(log, 6)
    assert [found[n].outcome for n in range(1, 7)] == ["done", "doubt", "retry", "retry", "relink", "dead"]
    assert fate.refused == "no scope"


def test_what_a_person_deleted_in_the_crm_is_dropped_and_never_made_again():
    found, _ = fates(lambda batch: [Written(outbox=1, error=NotFound("gone"))], 1, logged="77")
    assert found[1].outcome == "dropped"


def test_silence_again_and_again_is_asked_about_less_and_less():
    def log(batch: Sequence[LogEntry]) -> list[Written]:
        raise Uncertain("no answer")

    pauses = []
    for tries in (1, 4, 7):
        found, _ = fates(log, 1, tries)
        assert found[1].outcome == "doubt"
        pauses.append(found[1].due)
    assert pauses == sorted(pauses)
    assert pauses[1] - pauses[0] > 2_000


def test_a_row_that_the_answer_leaves_out_is_in_doubt():
    found, _ = fates(lambda batch: done(batch[1:]), 2)
    assert [found[n].outcome for n in (1, 2)] == ["doubt", "done"]


def test_what_another_process_may_write_by_now_is_written_no_more() -> None:
    """The batch is found to break the adapter, and is not tried in halves: the CRM was lost meanwhile."""
    calls, ours = [], [True, False]

    def log(batch: Sequence[LogEntry]) -> list[Written]:
        calls.append(len(batch))
        raise ValueError

    adapter: Any = SimpleNamespace(log=log)
    batch = Batch(logs=[entry(n) for n in range(1, 5)], attempts=dict.fromkeys(range(1, 5), 1))
    outcomes = Fate("main", adapter, batch, may_call=lambda: ours.pop(0) if ours else False).carry_out()
    assert calls == [4]
    assert {one.outbox: one.outcome for one in outcomes} == dict.fromkeys(range(1, 5), "doubt")
