"""The send policy: the teams' fence around everything that is said without being asked, and around what it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from hub.clocks.hours import Spans
from hub.model.commands import Purpose
from hub.sending.contact_times import awake, next_moment, preferred, zone_of
from hub.sending.verdict import DAY, HOUR, SEND, Verdict, span
from hub.texts.texts import ReplyText
from hub.words.keywords import Keywords
from hub.words.topics import TopicOwner

WEEK = 7 * DAY
NUDGES: frozenset[Purpose] = frozenset({"acknowledge", "clarify", "advance", "revive"})
"""Purposes of outreach that waits for an answer: pointless once the person wrote, and counted for each inquiry."""
CONSENTED: frozenset[Purpose] = frozenset({"market"})
"""Purposes that need recorded consent. For the others it is enough that the person wrote before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendPolicy:
    """The table [send_policy], compiled. Spans in ms.

    `min_gap` between two unasked messages to a person, over all channels together · `per_week` of them, 0 = any number
    · `nudges` for one inquiry · `awake` the minutes of a day that are not quiet, () = all, in the person's time zone,
    else in `zone`, else nowhere · `max_wait` until an unasked message is stale · `same_again` after which the same
    words may be said again. Answers about `forbidden` topics, or about others than the `allowed` ones where some are
    named, are never sent: a human takes over. `words` finds topics in texts. `hand_off` is said when a human does.
    """

    min_gap: int = 20 * HOUR
    per_week: int = 0
    nudges: int = 3
    awake: Spans = ()
    zone: ZoneInfo | None = None
    max_wait: int = 3 * DAY
    same_again: int = 30 * DAY
    allowed: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    words: Keywords[TopicOwner] = field(default_factory=lambda: Keywords(()), repr=False, compare=False)
    hand_off: ReplyText | None = None

    @property
    def has_topics(self) -> bool:
        """Whether it matters what an answer is about."""
        return bool(self.allowed or self.forbidden)

    def off_topic(self, topic: str, text: str, *, written: bool) -> str:
        """Why an automatic text may not be said, one sentence; "" = it may.

        `topic` is what it is declared to be about, several with spaces between; without one its words tell. `written`:
        a human wrote the text beforehand. What no human wrote must be about something that is allowed.
        """
        if not self.has_topics:
            return ""
        found: Mapping[str, str] = dict.fromkeys(topic.split(), "")
        if not topic:
            found = {name: word for (_, name), word in self.words.find(text).items()}
        for name, word in found.items():
            if name in self.forbidden:
                return f"The topic '{name}' is forbidden{f' (the text says {word!r})' if word else ''}."
        if not self.allowed or any(name in self.allowed for name in found):
            return ""
        if topic:
            return f"The topic '{topic}' is not among the allowed ones."
        return "" if written else "The text is about no allowed topic."


@dataclass(frozen=True, slots=True, kw_only=True)
class Outreach:
    """What the policy looks at of an unasked message. Times in ms, 0 = never.

    `purpose` "" = none is declared · `created` when it was decided · `sent` when unasked messages went to the person,
    over all channels, without this one · `consent` what he said last about that purpose, None = nothing · `heard` when
    he last wrote anywhere · `nudges` about his open inquiry so far · `same` when he last got the same words ·
    `timezone` and `preferred` as they stand with him, "" = unknown.
    """

    purpose: Purpose = ""
    created: int
    sent: tuple[int, ...] = ()
    consent: bool | None = None
    heard: int = 0
    nudges: int = 0
    same: int = 0
    timezone: str = ""
    preferred: str = ""


def may_reach(out: Outreach, policy: SendPolicy, now: int) -> Verdict:
    """Whether an unasked message may leave at `now` (ms): now, later, or never. The first reason against it wins."""
    if against := _never(out, policy, now):
        return against
    latest = out.created + policy.max_wait
    due, why = next_allowed(out, policy, now, latest)
    if due > latest:
        reason = f"It could not leave within {span(policy.max_wait)}: {why or 'it waited too long'}."
        return Verdict("drop", reason, limit="stale")
    return Verdict("wait", why, due, "hours or gap") if due > now else SEND


def next_allowed(out: Outreach, policy: SendPolicy, now: int, latest: int) -> tuple[int, str]:
    """The first moment (ms) from `now` on when gap, quiet hours and preferred times allow it, and what it waits for.

    Beyond `latest` the search ends: then a later moment is given.
    """
    at, why = now, ""
    if out.sent and max(out.sent) + policy.min_gap > at:
        at, why = max(out.sent) + policy.min_gap, f"{span(policy.min_gap)} after the last unasked message"
    if policy.per_week:
        recent = sorted(out.sent)[-policy.per_week :]
        if len(recent) == policy.per_week and recent[0] + WEEK > at:
            at, why = recent[0] + WEEK, f"he got {policy.per_week} unasked messages within a week"
    zone = zone_of(out.timezone) or policy.zone
    calendars = []
    if zone is not None and policy.awake:
        calendars.append(awake(policy.awake, zone))
    wish = preferred(out.preferred, zone or _UTC) if out.preferred else None
    if wish is not None:
        calendars.append(wish)
    if calendars:
        moment = next_moment(calendars, at, latest)
        if moment > at:
            quiet = (
                "the time that he prefers" if wish is not None and not wish.is_open(at) else "the end of quiet hours"
            )
            at, why = moment, why or quiet
    return at, why


_UTC = ZoneInfo("UTC")


def _never(out: Outreach, policy: SendPolicy, now: int) -> Verdict | None:
    """What speaks against it for good; None = nothing."""
    limit, reason = "", ""
    if not out.purpose:
        limit, reason = "purpose", "An unasked message needs a declared purpose."
    elif out.consent is False:
        limit, reason = "consent", f"The person withdrew the consent to messages that {out.purpose}."
    elif out.consent is None and out.purpose in CONSENTED:
        limit, reason = "consent", f"There is no recorded consent to messages that {out.purpose}."
    elif out.consent is None and not out.heard:
        limit, reason = "consent", "The person never wrote, and there is no recorded consent."
    elif out.purpose in NUDGES and out.heard > out.created:
        limit, reason = "answered", "The person wrote since this was decided."
    elif out.purpose in NUDGES and out.nudges >= policy.nudges:
        limit, reason = "nudges", f"The inquiry already got {out.nudges} unasked messages."
    elif out.same and now < out.same + policy.same_again:
        limit, reason = "same words", f"The person got the same words within the last {span(policy.same_again)}."
    return Verdict("drop", reason, limit=limit) if limit else None
