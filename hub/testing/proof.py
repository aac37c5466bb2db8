"""The proof: counts what the platforms saw. Pure; it never asks the hub what it did.

Only for a reply that no phone received is the hub's word taken, and only if the ledgers can explain it: a message
whose fate nobody knows must be shown to a human as uncertain, not counted as sent.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from hub.contracts.simulator import Heard, Logged, Said
from hub.testing.latency import to_crm
from hub.testing.ledgers import Ledgers, token_of

IN_FLIGHT = 32
"""Sends that the hub may have begun at the moment of a kill."""

CAUGHT = 3.0
"""Seconds before a trouble in which a message may be caught by it on its way into the CRM."""

SHARE = 0.5
"""The p95 must cover at least this share of all messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was counted. Counts of messages unless the name says otherwise; times in seconds.

    `to_crm_p95_s` counts messages that a trouble caught on their way, `calm_p95_s` leaves out all of the last seconds
    before one · `misfiled` rows or replies that reached somebody else · `reply_rows_wrong` replies that a phone
    received but the CRM does not show, or the other way round · `unacked` messages that the hub never acknowledged ·
    `in_named_gaps` those of them that the platform gave up and the hub names as lost: no promise was broken.
    """

    messages: int
    in_crm: int
    lost: int
    doubled: int
    out_of_order: int
    duplicate_people: int
    replies: int
    doubled_sends: int
    lost_sends: int
    uncertain: int
    unexplained_uncertain: int
    crm_calls_per_1000: float
    to_crm_p95_s: float
    drain_s: float
    p95_share: float
    calm_p95_s: float
    unacked: int
    misfiled: int
    reply_rows_wrong: int
    dropped: int
    kills: int
    redelivered: int
    swallowed: int
    crm_swallowed: int
    in_named_gaps: int = 0
    store_kills: int = 0

    def broken(self) -> list[str]:
        """The names of the counts that break a promise."""
        zeros = (
            "lost doubled out_of_order duplicate_people doubled_sends lost_sends unexplained_uncertain"
            " unacked misfiled reply_rows_wrong dropped"
        )
        found = [name for name in zeros.split() if getattr(self, name)]
        if not self.messages or self.in_crm != self.messages:
            found.append("in_crm")
        if self.uncertain > self.swallowed + (self.kills + self.store_kills) * IN_FLIGHT:
            found.append("uncertain")
        if self.p95_share < SHARE:
            found.append("p95_share")
        return found

    def holds(self) -> bool:
        """Whether every promise was kept."""
        return not self.broken()

    def line(self) -> str:
        """One line for people and for scripts."""
        return (
            f"PROOF messages={self.messages} in_crm={self.in_crm} lost={self.lost} doubled={self.doubled}"
            f" out_of_order={self.out_of_order} duplicate_people={self.duplicate_people} replies={self.replies}"
            f" doubled_sends={self.doubled_sends} lost_sends={self.lost_sends} uncertain={self.uncertain}"
            f" unexplained_uncertain={self.unexplained_uncertain}"
            f" crm_calls_per_1000={self.crm_calls_per_1000:.1f} to_crm_p95_s={self.to_crm_p95_s:.2f}"
            f" drain_s={self.drain_s:.1f}"
        )

    def second_line(self) -> str:
        """What the run went through."""
        return (
            f"ALSO p95_share={self.p95_share:.0%} calm_p95_s={self.calm_p95_s:.2f} kills={self.kills}"
            f" store_kills={self.store_kills} redelivered={self.redelivered}"
            f" sends_swallowed={self.swallowed} crm_answers_swallowed={self.crm_swallowed} dropped={self.dropped}"
            f" unacked={self.unacked} in_named_gaps={self.in_named_gaps} misfiled={self.misfiled}"
            f" reply_rows_wrong={self.reply_rows_wrong}"
        )

    def plain(self) -> dict[str, Any]:
        """As data for machines."""
        return {**asdict(self), "holds": self.holds(), "broken": self.broken()}


def prove(ledgers: Ledgers) -> Proof:
    """Count."""
    acked = [heard for heard in ledgers.heard if heard.acked]
    missed = [heard for heard in ledgers.heard if not heard.acked and _in_named_gap(heard, ledgers.gaps)]
    rows = [row for row in ledgers.logged if row.direction == "in"]
    first: dict[str, Logged] = {}
    for row in rows:
        first.setdefault(token_of(row.text), row)
    known = {token_of(heard.text) for heard in acked}
    stored = {token: row.stored for token, row in first.items()}
    p95, share = to_crm(acked, stored, ledgers.troubles)
    whose = {str(contact["id"]): _whose(contact, ledgers) for contact in ledgers.contacts}
    sends = _sends(ledgers, {token_of(heard.text): heard for heard in acked})
    last_ack = max((heard.acked for heard in acked), default=0.0)
    last_effect = max([row.stored for row in ledgers.logged] + [said.ended for said in ledgers.said], default=0.0)
    return Proof(
        messages=len(known),
        in_crm=len(known & first.keys()),
        lost=len(known - first.keys()),
        doubled=len(rows) - len(first),
        out_of_order=_out_of_order(acked, first),
        duplicate_people=_duplicate_people(whose, ledgers),
        crm_calls_per_1000=sum(ledgers.calls.values()) * 1000 / max(1, len(ledgers.logged)),
        to_crm_p95_s=p95,
        drain_s=max(0.0, last_effect - last_ack),
        p95_share=share,
        calm_p95_s=to_crm(acked, stored, ledgers.troubles, CAUGHT)[0],
        unacked=len(ledgers.heard) - len(acked) - len(missed),
        in_named_gaps=len(missed),
        misfiled=_misfiled(ledgers, whose),
        kills=len(ledgers.kills),
        store_kills=len(ledgers.store_kills),
        redelivered=sum(max(0, heard.tries - 1) for heard in ledgers.heard),
        swallowed=sum(1 for said in ledgers.said if not said.answered),
        crm_swallowed=ledgers.crm_swallowed,
        **sends,
    )


def _in_named_gap(heard: Heard, gaps: Sequence[tuple[int, int]]) -> bool:
    return bool(heard.given_up) and any(since <= heard.sent <= until for since, until in gaps)


# -- order ------------------------------------------------------------------------------------------------------------


def _out_of_order(acked: Sequence[Heard], first: Mapping[str, Logged]) -> int:
    """Pairs of one person's messages that stand in the wrong order in the CRM.

    Where one was acknowledged before the other was tried at all, the hub knew their order: they must have been created
    in it, and the CRM's own sorting by time must show it, unless the platform's second says otherwise.
    """
    by_person: dict[str, list[Heard]] = defaultdict(list)
    for heard in acked:
        if token_of(heard.text) in first:
            by_person[heard.person].append(heard)
    wrong = 0
    for said in by_person.values():
        for one, other in combinations(sorted(said, key=lambda h: h.acked), 2):
            wrong += _inverted(one, other, first[token_of(one.text)], first[token_of(other.text)])
    return wrong


def _inverted(one: Heard, other: Heard, row: Logged, other_row: Logged) -> bool:
    """`one` was acknowledged first."""
    certain = one.acked < other.first_try
    if certain and row.order > other_row.order:
        return True
    shown_first = (row.at, row.sequence) < (other_row.at, other_row.sequence)
    second, other_second = one.at // 1000, other.at // 1000
    if second == other_second:
        return certain and not shown_first
    return shown_first != (second < other_second)


# -- people -----------------------------------------------------------------------------------------------------------


def _whose(contact: Mapping[str, str], ledgers: Ledgers) -> frozenset[str]:
    """The people whom a contact is: as the driver filled it, else by the digits of its phone."""
    found = ledgers.owned.get(str(contact["id"]))
    if found is not None:
        return found
    digits = "".join(char for char in contact.get("phone", "") if char.isdecimal())
    return frozenset(person for person, forms in ledgers.people.items() if digits in forms)


def _duplicate_people(whose: Mapping[str, frozenset[str]], ledgers: Ledgers) -> int:
    """Contacts beyond one for each person (or beyond those that he had before), and contacts of nobody."""
    now = Counter(person for people in whose.values() for person in people)
    before = Counter(person for people in ledgers.owned.values() for person in people)
    nobody = sum(1 for contact, people in whose.items() if not people and contact not in ledgers.owned)
    return nobody + sum(max(0, count - max(1, before[person])) for person, count in now.items())


def _misfiled(ledgers: Ledgers, whose: Mapping[str, frozenset[str]]) -> int:
    """Rows under somebody else's contact, and replies on somebody else's phone."""
    sender = {token_of(heard.text): heard.person for heard in ledgers.heard}
    rows = sum(
        1
        for row in ledgers.logged
        if (token := token_of(row.text)) in sender and sender[token] not in whose.get(row.contact, ())
    )
    replies = sum(1 for said in ledgers.said if said.delivered and sender.get(token_of(said.text)) != said.person)
    return rows + replies


# -- replies ----------------------------------------------------------------------------------------------------------


def _sends(ledgers: Ledgers, asked: Mapping[str, Heard]) -> dict[str, int]:
    requests: dict[str, list[Said]] = defaultdict(list)
    for said in ledgers.said:
        requests[token_of(said.text)].append(said)
    arrived = Counter(token_of(said.text) for said in ledgers.said if said.delivered)
    due = ledgers.due & asked.keys()
    delivered = due & arrived.keys()
    dropped = {t for t in due - delivered if _says(ledgers, t, "dropped")}
    uncertain = {t for t in due if _says(ledgers, t, "uncertain")}
    explained = {t for t in uncertain if _explained(requests.get(t, ()), asked[t], ledgers)}
    shown = Counter(token_of(row.text) for row in ledgers.logged if row.direction == "out")
    return {
        "replies": len(delivered),
        "doubled_sends": arrived.total() - len(ledgers.due & arrived.keys()),
        "lost_sends": len(due - delivered - uncertain - dropped),
        "uncertain": len(uncertain),
        "unexplained_uncertain": len(uncertain) - len(explained),
        "dropped": len(dropped),
        "reply_rows_wrong": sum(abs(shown[t] - (t in arrived)) for t in shown.keys() | (delivered - uncertain)),
    }


def _says(ledgers: Ledgers, token: str, state: str) -> bool:
    said = ledgers.unsent.get(token)
    return said is not None and said.state == state and bool(said.reason)


def _explained(requests: Sequence[Said], asked: Heard, ledgers: Ledgers) -> bool:
    """Whether the ledgers show why the hub cannot know: an answer was swallowed, or the hub died at it.

    It may also have died after it wrote down that it begins and before a byte left: then there is no request at all.
    """
    if any(not said.answered for said in requests):
        return True
    if not requests:
        return any(death > asked.first_try for death in ledgers.deaths)
    return any(said.began <= death <= ledgers.written(said.ended) for said in requests for death in ledgers.deaths)
