"""What the send gate looks at, off the disk: everything that one lease wants to know of its sends."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

from hub.contracts.channel import TemplateInfo
from hub.engine.effects.control import HAND_OFF, UNTIL_RELEASED
from hub.engine.effects.fallback import RULE, can_fall_back
from hub.engine.effects.pauses import CAMPAIGN
from hub.engine.line import Line
from hub.model.content import Content
from hub.sending import Outreach, PairRate, SendState, template_fault
from hub.sending.contact_times import parse_preferred
from hub.sending.policy import NUDGES
from hub.store import outbox, recent, templates
from hub.store.rows import ConversationRow, InquiryRow, MessageRow, OutboxRow, PersonRow
from hub.store.standing import EVERYTHING
from hub.store.workspace import Needs, Workspace

REMEMBERED = 20
"""How many automatic answers a conversation remembers for the loop breaker."""
TIMES = 64
"""How many times of unasked messages are kept of a person."""
PLUGIN = "plugin:"
"""What the rule of a text that a plugin made begins with."""
BUILT_IN = frozenset({HAND_OFF})
"""Rules of the hub's own, whose texts are about nothing but the conversation itself."""


class Said(NamedTuple):
    """An automatic message that a conversation remembers: the event it answers, a hash of its words, its outbox id."""

    event: int
    words: str
    outbox: int


def opens(row: OutboxRow) -> bool:
    """Whether it is the first part of what is said: a long text in three parts is one answer."""
    return row.key.endswith(".0")


def declared(row: OutboxRow) -> dict[str, Any]:
    """What a send says of itself beside its message: purpose, topic."""
    return json.loads(row.body) if row.body else {}


class SendStates:
    """Of the sends of one lease. The templates are read only when one is to leave, what an unasked message needs only
    when there is one."""

    def __init__(self, line: Line, inbox: str, work: Workspace, pair: PairRate) -> None:
        self._line, self._work, self._pair = line, work, pair
        self._inbox = line.config.inboxes[inbox]
        self._able = line.config.connections[self._inbox.connection].channel.capabilities
        self._policy = line.config.rules.book.policy
        self._listed: list[TemplateInfo] | None = None

    def load(self, rows: Sequence[OutboxRow]) -> None:
        """Take everything around these sends off the disk."""
        unasked = {row.lane for row in rows if row.cls == "outreach"}
        self._work.load(Needs(around=True, inquiries=bool(unasked), consents=bool(unasked)))
        if unasked:  # what speaks against them may stand in any conversation with the person
            self._work.conversations.fetch_by("person", unasked)
            same = [said.outbox for row in rows if row.cls == "outreach" for said in self._same(row)]
            self._work.outbox.fetch(same)

    def of(
        self, row: OutboxRow, message: MessageRow, person: PersonRow, talk: ConversationRow, content: Content
    ) -> SendState:
        """What the gate looks at of one send."""
        answers = self._answers(row, talk)
        words = hashed(message, row)
        talks = self._talks(row) if row.cls == "outreach" else [talk]
        paused = max(person.paused_until, *(other.paused_until for other in talks))
        if row.rule == HAND_OFF and talk.paused_until == UNTIL_RELEASED and talk.last_human <= row.created:
            paused = person.paused_until  # it says that a human will come: that pause is its own
        return SendState(
            cls=row.cls,  # type: ignore[arg-type]
            opted_out=bool(person.opted_out),
            window=self._able.window,
            last_inbound=talk.last_in,
            paused_until=paused,
            replies_since_inbound=0 if row.rule == RULE else len(answers),  # it goes in place of one
            max_replies=self._line.config.hub.replies_per_inbound,
            repeats=any(said.words == words for said in answers),
            created=row.created,
            form=content.form,
            sendable=content.form in self._able.forms,
            fault=self._fault(content),
            fallback=opens(row) and can_fall_back(row, message, talk, self._line),
            ready=self._pair.ready(talk.id, self._work.now),
            claimed=next((other.claimed for other in talks if other.claimed), ""),
            stopped=self._stopped(row),
            off_topic=self._off_topic(row, message, content),
            continues=not opens(row),
            outreach=self._outreach(row, person, talks) if row.cls == "outreach" else None,
            policy=self._policy,
        )

    def begin(self, row: OutboxRow, message: MessageRow, person: PersonRow, talk: ConversationRow) -> None:
        """It leaves now: what later sends must know of it. `row.started` still has the time of its last try."""
        if row.cls == "human" or not opens(row):
            return
        if row.cls == "outreach":
            times = [time for time in _times(person) if not row.attempts or time != row.started]
            person.outreach = " ".join(map(str, sorted([*times, self._work.now])[-TIMES:]))
            self._ask_when(person)
            inquiry = self._inquiry(person)
            if row.attempts == 0 and inquiry is not None and declared(row).get("purpose") in NUDGES:
                inquiry.nudges += 1
        if row.attempts == 0:
            talk.said = " ".join([*talk.said.split()[-REMEMBERED:], f"{row.event}:{hashed(message, row)}:{row.id}"])

    def _ask_when(self, person: PersonRow) -> None:
        """When he wants to be written to stands there, and is not understood: a human is asked, once."""
        wish = _values(person).get("preferred_contact", "")
        if wish and parse_preferred(str(wish)) is None:
            shown = f"preferred_contact '{wish:.100}' is not understood"
            question = f"{shown}: write it like wed/fri afternoon, or Mon-Fri 14:00-18:00"
            if not recent.asked_before(self._work.db, person.id, question):
                self._work.bury("review", person.id, question, person.id)

    def _answers(self, row: OutboxRow, talk: ConversationRow) -> list[Said]:
        """The automatic messages that already went out because of the same event, without this one."""
        if row.cls == "human" or not opens(row):
            return []
        remembered = _said(talk)
        found = [said for said in remembered if said.event == row.event and said.outbox != row.id]
        if len(remembered) >= REMEMBERED and row.event < max(said.event for said in remembered):
            # it goes on with something older: some of its answers may not be remembered any more
            known = {said.outbox for said in found} | {row.id}
            more = outbox.begun(self._work.db, talk.id, row.event)
            found += [Said(row.event, _hash(*said), number) for number, *said in more if number not in known]
        return found

    def _talks(self, row: OutboxRow) -> list[ConversationRow]:
        return [talk for talk in self._work.conversations.rows.values() if talk.person == row.lane]

    def _same(self, row: OutboxRow) -> list[Said]:
        """When the same words went to the person before, in any conversation."""
        message = self._work.messages.get(row.message)
        words = hashed(message, row) if message is not None else ""
        return [
            said for talk in self._talks(row) for said in _said(talk) if said.words == words and said.outbox != row.id
        ]

    def _stopped(self, row: OutboxRow) -> str:
        names = self._work.standing.paused(self._work.now) if row.cls != "human" else ()
        if EVERYTHING in names:
            return "A human paused all automation."
        name = row.rule if row.rule.startswith(CAMPAIGN) else f"rule:{row.rule}"
        return f"A human paused the {name.replace(':', ' ', 1)}." if name in names else ""

    def _off_topic(self, row: OutboxRow, message: MessageRow, content: Content) -> str:
        if row.cls == "human" or row.rule in BUILT_IN or not self._policy.has_topics:
            return ""
        offered = (part for option in content.options for part in (option.title, option.description))
        text = "\n".join([own_words(message, row), *offered])
        return self._policy.off_topic(declared(row).get("topic", ""), text, written=not row.rule.startswith(PLUGIN))

    def _outreach(self, row: OutboxRow, person: PersonRow, talks: Sequence[ConversationRow]) -> Outreach:
        purpose = declared(row).get("purpose", "")
        consent = self._work.standing.consent(person.id, purpose)
        inquiry = self._inquiry(person)
        values = _values(person)
        before = [self._work.outbox.get(said.outbox) for said in self._same(row)]
        return Outreach(
            purpose=purpose,
            created=row.created,
            sent=tuple(time for time in _times(person) if not row.attempts or time != row.started),
            consent=None if consent is None else bool(consent.given),
            heard=max((talk.last_in for talk in talks), default=0),
            nudges=inquiry.nudges if inquiry is not None and not row.attempts else 0,
            same=max((other.started for other in before if other is not None), default=0),
            timezone=str(values.get("timezone", "")),
            preferred=str(values.get("preferred_contact", "")),
        )

    def _inquiry(self, person: PersonRow) -> InquiryRow | None:
        found = self._work.standing.inquiry(person.id)
        return found if found is not None and found.state != "closed" else None

    def _fault(self, content: Content) -> str:
        if content.template is None:
            return ""
        if self._listed is None:
            self._listed = templates.listed(self._work.db, self._inbox.connection)
        return template_fault(content.template, self._inbox.account, self._listed)


def own_words(message: MessageRow, row: OutboxRow) -> str:
    """What is said, without a notice that stands above it."""
    return message.text[declared(row).get("above", 0) :].lstrip() if "above" in row.body else message.text


def hashed(message: MessageRow, row: OutboxRow) -> str:
    """A hash of what is said, so that the same words are known again."""
    return _hash(own_words(message, row), message.content)


def _hash(text: str, content: str) -> str:
    return blake2b(f"{text}{content}".encode("utf-8", "replace"), digest_size=6).hexdigest()


def _said(talk: ConversationRow) -> list[Said]:
    parts = (entry.split(":") for entry in talk.said.split())
    return [Said(int(event), words, int(number)) for event, words, number in parts]


def _values(person: PersonRow) -> dict[str, Any]:
    return json.loads(person.attributes) if person.attributes else {}


def _times(person: PersonRow) -> list[int]:
    return [int(time) for time in person.outreach.split()]
