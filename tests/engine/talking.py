"""People who write to a hub on a table, and what is said to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from hub.model.by_hand import HumanReplied
from hub.testing.tabletop import HUB_TOML, Tabletop
from tests.engine.conftest import whatsapp

HOUR = 3_600_000
MINUTE = 60_000
ANA, BEN = "15550101", "15550102"
TEXTS = HUB_TOML.partition("[texts]")[0].replace(
    'account = "1001"\n', 'account = "1001"\nfallback = { template = "again", language = "en" }\n'
)


class Talk:
    """People who write, and what is said to them."""

    def __init__(self, table: Tabletop) -> None:
        self.table, self.number = table, 0

    def write(self, words: str, person: str = ANA) -> None:
        self.number += 1
        stamp = str(self.table.now // 1000)
        message = {"from": person, "id": f"wamid.{self.number}", "timestamp": stamp, "type": "text"}
        self.table.post("meta", whatsapp(message | {"text": {"body": words}}))
        self.table.step()

    def answer(self, words: str = "I am Eva", person: str = "p1") -> None:
        self.number += 1
        key = f"h{self.number}"
        self.table.happen(HumanReplied(key=key, at=self.table.now, person=person, text=words, agent="Eva"))
        self.table.step()

    def said(self) -> list[str]:
        """What goes out now, and is sent."""
        texts = []
        for _ in range(3):  # what is dropped leaves room for the next, or brings something in its place
            for one in self.table.lease():
                self.number += 1
                self.table.sent(one, f"wamid.out{self.number}")
                template = one.message.content.template
                texts.append(template.name if template else one.message.text)
        return texts


def talking(folder: Path) -> Iterator[Callable[[str], Talk]]:
    """A fixture: somebody writes to a hub with this hub.toml."""
    made: list[Tabletop] = []

    def make(toml: str) -> Talk:
        made.append(Tabletop(folder, toml))
        return Talk(made[-1])

    yield make
    for table in made:
        table.close()
