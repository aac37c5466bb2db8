"""Duties among real processes: one that is frozen, and one that is killed."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from hub.testing.postgres import PostgresServer
from hub.testing.shop import Shop

pytestmark = pytest.mark.full


class Branch(Shop):
    """A further process on the store of a shop; people write to whichever is told."""

    def __init__(self, shop: Shop, name: str) -> None:
        self.__dict__.update(shop.__dict__)
        self.data, self.processes, self._dead = shop.folder / name, [], set()

    def environ(self) -> dict[str, str]:
        """As the shop's, with a data folder of its own."""
        return {**super().environ(), "DRAGOMAN_DATA": str(self.data)}

    @property
    def duties(self) -> list[str]:
        """What it has, by its own account; what the others say is in the store."""
        from hub.engine.control_client import ask

        return list((ask(self.data, {"do": "status"}) or {}).get("duties", []))


@pytest.fixture
def branches(tmp_path: Path, postgres: PostgresServer) -> Any:
    """Two processes that have shared the duties."""
    shop = Shop(tmp_path)
    media = f'[hub]\nstore = "{postgres.database()}"\nmedia = "{tmp_path / "media"}"\n'
    shop.config.write_text(shop.config.read_text().replace("[hub]\n", media, 1))
    made = [Branch(shop, name) for name in ("one", "two")]
    for branch in made:
        branch.alone()
        branch.ready()
    shop.until(lambda: all(branch.duties for branch in made) or None)
    yield made
    for branch in made:
        for process in branch.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
                process.wait(30)
    shop.close()


def owner_first(branches: list[Branch], duty: str) -> list[Branch]:
    """The one that has a duty, then the other."""

    def look() -> list[Branch] | None:
        having = [branch for branch in branches if duty in branch.duties]
        return [*having, *(branch for branch in branches if branch not in having)] if len(having) == 1 else None

    return branches[0].until(look)


def pid(branch: Branch) -> int:
    return int(json.loads((branch.data / "run.json").read_text())["pid"])


@pytest.mark.parametrize("what", [signal.SIGSTOP, signal.SIGKILL])
def test_who_has_to_answer_and_does_not_move_is_followed_and_says_nothing_twice(branches: Any, what: int) -> None:
    owner, other = owner_first(branches, "inbox:front")
    gone = pid(owner)
    os.kill(gone, what)
    assert other.say(1, "price") == 200
    other.until(lambda: "inbox:front" in other.duties or None)
    other.until(lambda: len(other.said) == 1 or None)
    if what == signal.SIGSTOP:
        os.kill(gone, signal.SIGCONT)
        assert other.say(2, "price again", person="+15550102") == 200
        assert owner.say(3, "what price", person="+15550103") == 200
        other.until(lambda: len(other.said) == 3 or None)
        owner.until(lambda: owner.duties or None)  # it has taken its part anew
    assert sorted(said["to"] for said in other.said)[:1] == ["+15550101"]
    assert len({said["to"] for said in other.said}) == len(other.said)
