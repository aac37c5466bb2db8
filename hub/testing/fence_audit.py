"""The auditor of `FenceWorld`: it writes down what people and agents did, and looks at every send that begins.

It trusts none of the hub's own notes about limits: only who has which conversation, and what stands in the outbox.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from hub.sending.contact_times import preferred
from hub.words.consent import consent_word
from hub.words.said import read

if TYPE_CHECKING:
    from hub.testing.tabletop import Tabletop

HOUR, DAY = 3_600_000, 86_400_000
ZONE = ZoneInfo("Asia/Yerevan")
FOR_EVER = 1 << 53


@dataclass(frozen=True, slots=True)
class Start:
    """A send that began: `at` in ms, `event` that it answers, whose `text` it was, and whether it was tried before."""

    at: int
    outbox: int
    talk: int
    cls: str
    event: int
    rule: str
    text: str
    first: bool
    again: bool


class Auditor:
    """See module. `seen` counts the starts by class."""

    def __init__(self, table: Tabletop) -> None:
        self.table = table
        self.seen: Counter[str] = Counter()
        self.starts: list[Start] = []
        self.consents: dict[tuple[int, str], bool] = {}
        self.wishes: dict[int, str] = {}
        self.claimed: set[int] = set()
        self.stopped: dict[str, int] = {}  # rule ("" = everything) -> until
        self._heard: dict[int, int] = {}
        self._words: dict[
            int, tuple[int, bool]
        ] = {}  # conversation -> the last word of consent: its place, its meaning
        self._silent: dict[int, int] = defaultdict(int)  # conversation -> until
        self._silent_person: dict[int, int] = {}
        self._decisions = 0
        self._spoken = 0

    # -- what happened -----------------------------------------------------------------------------------------------

    def talks(self, person: int) -> list[int]:
        """The conversations that are a person's now."""
        return [row[0] for row in self.table.rows("SELECT id FROM conversations WHERE person=?", person)]

    def wrote(self, key: str, text: str) -> None:
        """Somebody wrote the message with that id of its platform."""
        ((talk,),) = self.table.rows("SELECT conversation FROM messages WHERE provider_id=?", key)
        self._heard[talk] = self.table.now
        wants = consent_word(text)
        if wants is not None:
            self._spoken += 1
            self._words[talk] = (self._spoken, wants)

    def answered(self, person: int) -> None:
        """An agent answered, in the conversation used last; what a hand-off began is an ordinary pause now."""
        for talk, at in self.table.rows("SELECT id, last_human FROM conversations WHERE person=?", person):
            if at == self.table.now:
                before = self._silent[talk]
                self._silent[talk] = max(0 if before == FOR_EVER else before, at + 12 * HOUR)

    def paused(self, talks: Iterable[int], until: int, person: int = 0) -> None:
        """An agent paused these conversations, or let them go on; with a `person` also all to come."""
        for talk in talks:
            self._silent[talk] = until
        if person:
            self._silent_person[person] = until

    def noticed(self) -> None:
        """Conversations that the hub handed over since are silent until somebody ends it."""
        found = self.table.rows(
            "SELECT id, conversation FROM decisions WHERE id>? AND because LIKE 'handed over to a human%' ORDER BY id",
            self._decisions,
        )
        for number, talk in found:
            self._silent[talk], self._decisions = FOR_EVER, number

    # -- what begins -------------------------------------------------------------------------------------------------

    def began(self, outbox: int, inbox: str) -> None:
        """A send began: everything that speaks against it is looked at. Raises AssertionError."""
        now, table = self.table.now, self.table
        ((talk, person, cls, rule, event, key, attempts, body, text),) = table.rows(
            "SELECT o.conversation, c.person, o.class, o.rule, o.event, o.key, o.attempts, o.body, m.text FROM outbox o"
            " JOIN conversations c ON c.id=o.conversation JOIN messages m ON m.id=o.message WHERE o.id=?",
            outbox,
        )
        start = Start(now, outbox, talk, cls, event, rule, text, key.endswith(".0"), attempts > 1)
        self.seen[cls] += 1
        mine = self.talks(person)
        self._everybody(start, inbox, mine)
        if cls != "human":
            self._automatic(start, person, mine if cls == "outreach" else [talk], body)
        if cls == "reply":
            self._reply(start)
        elif cls == "outreach" and start.first:
            self._outreach(start, person, mine, json.loads(body))
        self.starts.append(start)

    def _everybody(self, start: Start, inbox: str, mine: list[int]) -> None:
        said = [self._words[talk] for talk in mine if talk in self._words]
        stopped = bool(said) and not max(said)[1]
        assert not stopped, f"{start}: the person asked for no more messages"
        config = self.table.config
        window = config.connections[config.inboxes[inbox].connection].channel.capabilities.window
        assert not window or start.at < self._heard[start.talk] + window, f"{start}: the window is closed"

    def _automatic(self, start: Start, person: int, talks: list[int], body: str) -> None:
        assert not self.claimed & set(talks), f"{start}: a human has the case"
        for rule in ("", start.rule):
            assert self.stopped.get(rule, 0) <= start.at, f"{start}: a human stopped '{rule or 'everything'}'"
        assert self._silent_person.get(person, 0) <= start.at, f"{start}: the person is paused"
        if start.rule != "hand_off":
            silent = [talk for talk in talks if self._silent[talk] > start.at]
            assert not silent, f"{start}: conversations {silent} are silent"
        policy = self.table.config.rules.book.policy
        topic = json.loads(body).get("topic", "") if body else ""
        for name, word in (("legal", "lawyer"), ("price", "price")):
            about = name in topic.split() if topic else word in read(start.text).tokens
            assert not (about and name in policy.forbidden), f"{start}: the topic '{name}' is forbidden"

    def _reply(self, start: Start) -> None:
        if not start.first or start.again:
            return
        same = [other for other in self.starts if other.event == start.event and other.first and not other.again]
        same = [other for other in same if other.cls == "reply"]
        most = self.table.config.hub.replies_per_inbound
        assert len(same) < most, f"{start}: the message got {len(same)} replies already"
        assert all(other.text != start.text for other in same), f"{start}: the same words"

    def _outreach(self, start: Start, person: int, mine: list[int], body: dict[str, Any]) -> None:
        policy, now = self.table.config.rules.book.policy, start.at
        sent = [
            other
            for other in self.starts
            if other.cls == "outreach" and other.first and other.talk in mine and other.outbox != start.outbox
        ]
        assert all(now - other.at >= policy.min_gap for other in sent), f"{start}: too soon after {sent[-1:]}"
        week = {other.outbox for other in sent if now - other.at < 7 * DAY}
        assert not policy.per_week or len(week) < policy.per_week, f"{start}: {len(week)} in a week"
        wall = datetime.fromtimestamp(now / 1000, ZONE)
        minute = wall.hour * 60 + wall.minute
        awake = not policy.awake or any(begin <= minute < end for begin, end in policy.awake)
        assert awake, f"{start}: quiet hours, it is {wall:%H:%M}"
        wish = preferred(self.wishes.get(person, ""), ZONE)
        assert wish is None or wish.is_open(now), f"{start}: he prefers {self.wishes[person]}, it is {wall:%a %H:%M}"
        purpose = body.get("purpose", "")
        assert purpose, f"{start}: no purpose"
        consent = self.consents.get((person, purpose))
        assert consent is not False, f"{start}: consent to '{purpose}' was withdrawn"
        assert purpose != "market" or consent, f"{start}: no consent to '{purpose}'"
        before = [other for other in self.starts if other.talk in mine and other.first and other.outbox != start.outbox]
        again = [other for other in before if other.cls != "human" and other.text == start.text]
        assert all(now - other.at >= policy.same_again for other in again), f"{start}: the same words again"
        ((nudges,),) = self.table.rows("SELECT coalesce(max(nudges), 0) FROM inquiries WHERE person=?", person)
        assert nudges <= policy.nudges, f"{start}: {nudges} nudges"
