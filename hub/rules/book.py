"""What a hub.toml says beside its rules, compiled: the words, times, people and limits that rules work with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.clocks.files import compile_hours
from hub.clocks.hours import Hours
from hub.contracts.errors import ConfigError
from hub.contracts.toml_tables import Path, Where, closest, tables
from hub.followup.settings import FollowUp, compile_followup
from hub.inquiries.agent_files import compile_agents
from hub.inquiries.agents import Staff
from hub.inquiries.money import Currency, compile_currency
from hub.inquiries.priority import Priorities, compile_priorities
from hub.rules.contents import TemplateText, compile_template
from hub.rules.tables import TemplateTable, check
from hub.sending.policy import SendPolicy
from hub.sending.policy_file import compile_send_policy
from hub.tags.campaigns import Campaign, compile_campaigns
from hub.tags.files import compile_tags
from hub.tags.segments import Segment, compile_segments
from hub.tags.tags import Tags
from hub.texts.files import compile_company, compile_texts
from hub.texts.texts import ReplyText
from hub.words.keywords import Keyword
from hub.words.moods import compile_moods
from hub.words.topics import Topic, compile_topics

TABLES = (
    *("agent", "campaign", "company", "currency", "followup", "hours", "moods", "priority", "segment", "send_policy"),
    *("tag", "team", "texts", "topic"),
)
"""The tables of hub.toml that it is made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Everything by its name in the file, in its order; empty where the file says nothing. `moods` are the words that
    the file adds to the built-in ones."""

    hours: Mapping[str, Hours] = field(default_factory=dict)
    company: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, ReplyText] = field(default_factory=dict)
    topics: Mapping[str, Topic] = field(default_factory=dict)
    moods: tuple[Keyword[Any], ...] = ()
    tags: Tags = field(default_factory=Tags)
    segments: Mapping[str, Segment] = field(default_factory=dict)
    currency: Currency = field(default_factory=Currency)
    staff: Staff = field(default_factory=Staff)
    priorities: Priorities = field(default_factory=Priorities)
    policy: SendPolicy = field(default_factory=SendPolicy)
    follow_ups: Mapping[str, FollowUp] = field(default_factory=dict)
    campaigns: Mapping[str, Campaign] = field(default_factory=dict)


def _template(given: Any, path: Path, where: Where) -> TemplateText:
    """The template that goes in place of a text. Raises ConfigError."""
    return compile_template(check(TemplateTable, given, path, where), path, where)


def compile_book(data: Mapping[str, Any], where: Where) -> Book:
    """The book of a parsed hub.toml. Raises ConfigError with place and remedy at the first mistake."""
    hours, company = compile_hours(data, where), compile_company(data, where)
    texts, topics = compile_texts(data, company, where, _template), compile_topics(data, where)
    tags, currency, staff = compile_tags(data, where), compile_currency(data, where), compile_agents(data, hours, where)
    people = (*staff.agents, *staff.teams)
    follow_ups = {
        name: compile_followup(name, table, ("followup", name), where)
        for name, table in tables(data, "followup", where).items()
    }
    for name in list(follow_ups)[1:]:  # one line to a person: a second one would never be looked at
        what, remedy = (
            f"there is a second follow-up, '{name}'",
            f"put it together with [followup.{next(iter(follow_ups))}]",
        )
        raise ConfigError(what, where=where(("followup", name)), remedy=remedy)
    for name, follow_up in follow_ups.items():
        for purpose, text in follow_up.texts.items():
            if text not in texts:
                what = f"followup '{name}' names the text '{text}', which is not there"
                place = where(("followup", name, "texts", purpose))
                raise ConfigError(what, where=place, remedy=closest(text, texts, "texts"))
    priorities = compile_priorities(data, hours, currency, where, tags=tags.all, people=people)
    names = [priority.name for priority in priorities.all]
    segments = compile_segments(data, where, tags=tags.all, priorities=names)
    return Book(
        hours=hours,
        company=company,
        texts=texts,
        topics=topics,
        moods=compile_moods(data, where),
        tags=tags,
        segments=segments,
        currency=currency,
        staff=staff,
        priorities=priorities,
        policy=compile_send_policy(data, where, hours=hours, topics=topics, texts=texts),
        follow_ups=follow_ups,
        campaigns=compile_campaigns(data, where, segments=segments, texts=texts, hours=hours),
    )
