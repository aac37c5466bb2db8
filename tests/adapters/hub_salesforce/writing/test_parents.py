"""One call at a time under each parent, over threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from hub_salesforce.parents import Parents, same

ANA, BEN, CAM = (f"0035g00000000{n}" for n in ("AA", "AB", "AC"))


@contextmanager
def holding(parents, ids):
    """Somebody else, who holds these until the block ends."""
    inside, leave = threading.Event(), threading.Event()

    def hold():
        with parents.held(ids):
            inside.set()
            assert leave.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    assert inside.wait(30)
    try:
        yield
    finally:
        leave.set()
        thread.join(30)


def test_a_parent_is_held_by_one_and_the_others_are_free():
    parents, order = Parents(), []

    def take(name, ids):
        with parents.held(ids):
            order.append(name)

    with holding(parents, [ANA, BEN]):
        take("free", [CAM, ""])
        waits = threading.Thread(target=take, args=("waited", [CAM, BEN]))
        waits.start()
        take("nobody", [])
        order.append("left")
    waits.join(30)
    assert order == ["free", "nobody", "left", "waited"]


def test_long_and_short_ids_are_one_parent():
    assert same(f"{ANA}QAZ") == same(ANA) == ANA
    parents, order = Parents(), []

    def take():
        with parents.held([f"{ANA}QAZ"]):
            order.append("taken")

    with holding(parents, [ANA]):
        waits = threading.Thread(target=take)
        waits.start()
        order.append("left")
    waits.join(30)
    assert order == ["left", "taken"]


def test_opposite_orders_never_wait_for_each_other_and_nothing_is_kept():
    parents, busy, overlaps = Parents(), set(), []

    def work(ids):
        for _ in range(200):
            with parents.held(ids):
                overlaps.extend(busy & set(ids))
                busy.update(ids)
                busy.difference_update(ids)

    orders = [[ANA, BEN, CAM], [CAM, BEN, ANA], [BEN, ANA], [CAM, ANA], [ANA, ANA]]
    with ThreadPoolExecutor(len(orders)) as pool:
        for done in [pool.submit(work, ids) for ids in orders]:
            done.result(60)
    assert overlaps == []
    assert parents._locks == {}


def test_a_failure_gives_the_parents_back():
    parents = Parents()
    try:
        with parents.held([ANA]):
            raise ValueError("the call failed")
    except ValueError:
        pass
    with parents.held([ANA]):
        assert len(parents._locks) == 1
