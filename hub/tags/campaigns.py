"""Campaigns: a segment is told something once, slowly, through the same gate as every other message. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from hub.clocks.hours import Hours
from hub.contracts.errors import ConfigError
from hub.contracts.toml_tables import Names, Path, Table, Where, closest, tables, validate
from hub.tags.files import called
from hub.texts.texts import ReplyText, compile_text

FASTEST = 6000
"""People a minute at most: what platforms take is less."""
MINUTE = 60_000  # ms


class TemplateTable(Table):
    """A template that the platform approved, and its values."""

    name: str
    language: str
    params: list[str] = Field(default_factory=list)


class CampaignTable(Table):
    """One [campaign.NAME]."""

    segment: str
    text: Any = None
    template: TemplateTable | None = None
    inbox: Names = Field(default_factory=list)
    topic: str = ""
    rate: int = 60
    hours: str = ""


@dataclass(frozen=True, slots=True)
class CampaignTemplate:
    """A template by the platform's `name` and `language`, with its values in order."""

    name: str
    language: str
    params: tuple[ReplyText, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """One [campaign.NAME], compiled. The people of `segment` get `text`, or `template`, or the text as long as the
    channel's window is open and else the template; `rate` of them a minute, only within `hours` (None = always).

    `inboxes`: through the first of them in which there is a conversation with the person, () = the one used last.
    """

    name: str
    segment: str
    text: ReplyText | None
    template: CampaignTemplate | None
    inboxes: tuple[str, ...] = ()
    topic: str = ""
    rate: int = 60
    hours: Hours | None = None

    def earned(self, credit: float, elapsed: int, at: int) -> float:
        """For how many people it is time at `at` (ms), whole ones count: `credit` was left `elapsed` ms ago. What was
        missed is not made up for: never more than two seconds' worth, or one."""
        if self.hours is not None and not self.hours.is_open(at):
            return 0.0
        return min(credit + max(0, elapsed) * self.rate / MINUTE, max(1.0, self.rate / 30))

    def through(self, inboxes: Sequence[str]) -> str:
        """Which of the inboxes somebody has conversations in (last used first) is taken; "" = none fits."""
        if not self.inboxes:
            return inboxes[0] if inboxes else ""
        return next((inbox for inbox in self.inboxes if inbox in inboxes), "")


def compile_campaigns(
    data: Mapping[str, Any],
    where: Where,
    *,
    segments: Collection[str],
    texts: Mapping[str, ReplyText],
    hours: Mapping[str, Hours],
    inboxes: Collection[str] | None = None,
) -> dict[str, Campaign]:
    """The tables `campaign` of a parsed hub.toml, by name. `inboxes` are the known names, None = not checked. Raises
    ConfigError with place and remedy at the first mistake."""
    found = tables(data, "campaign", where)
    return {name: _campaign(name, table, where, segments, texts, hours, inboxes) for name, table in found.items()}


def _campaign(
    name: str,
    given: Any,
    where: Where,
    segments: Collection[str],
    texts: Mapping[str, ReplyText],
    hours: Mapping[str, Hours],
    inboxes: Collection[str] | None,
) -> Campaign:
    path: Path = ("campaign", name)
    called(name, path, where)
    table = validate(CampaignTable, given, path, where, {"template": TemplateTable})
    _known(table.segment, segments, "segment", (*path, "segment"), where)
    for inbox in table.inbox:
        _known(inbox, inboxes, "inbox", (*path, "inbox"), where)
    if table.text is None and table.template is None:
        what = f"the campaign '{name}' has nothing to say"
        raise ConfigError(what, where=where(path), remedy='add text = "..." or template = { name, language }')
    if not 1 <= table.rate <= FASTEST:
        what = f"'rate' is 1 to {FASTEST} people a minute"
        raise ConfigError(what, where=where((*path, "rate")), remedy="rate = 60")
    if table.hours:
        _known(table.hours, hours, "table of hours", (*path, "hours"), where)
    template = table.template
    return Campaign(
        name=name,
        segment=table.segment,
        text=_text(table.text, texts, (*path, "text"), where) if table.text is not None else None,
        template=CampaignTemplate(
            template.name,
            template.language,
            tuple(_text(part, {}, (*path, "template", "params"), where) for part in template.params),
        )
        if template
        else None,
        inboxes=tuple(dict.fromkeys(table.inbox)),
        topic=table.topic,
        rate=table.rate,
        hours=hours[table.hours] if table.hours else None,
    )


def _text(source: Any, texts: Mapping[str, ReplyText], path: Path, where: Where) -> ReplyText:
    """A text of its own, by language or not, or one of [texts] by name."""
    if isinstance(source, str) and source in texts:
        found = texts[source]
    elif not isinstance(source, str | Mapping):
        remedy = 'write "..." or a table by language: { en = "...", de = "..." }'
        raise ConfigError(f"'{path[-1]}' is not a text", where=where(path), remedy=remedy)
    else:
        try:
            found = compile_text(source)
        except ValueError as error:
            raise ConfigError(f"'{path[-1]}': {error}", where=where(path)) from None
    if strange := sorted(found.uses - {"person.name", "person.language", "inbox"}):
        remedy = "known: inbox, person.language, person.name"
        raise ConfigError(f"a campaign cannot name {strange[0]}", where=where(path), remedy=remedy)
    return found


def _known(name: str, known: Collection[str] | None, noun: str, path: Path, where: Where) -> None:
    if known is not None and name not in known:
        raise ConfigError(f"there is no {noun} '{name}'", where=where(path), remedy=closest(name, known, f"{noun}s"))
