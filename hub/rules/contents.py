"""What a rule says beside its text, and the records it asks for: compiled when the configuration is loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from hub.contracts.errors import ConfigError
from hub.contracts.toml_tables import Path, Where, span
from hub.model.commands import MakeRecord
from hub.model.content import Content, Media, Option, Template
from hub.rules.tables import (
    DealTable,
    MediaTable,
    OptionTable,
    RuleTable,
    TaskTable,
    TemplateTable,
    TicketTable,
    text,
)
from hub.texts.texts import ReplyText

MOST_OPTIONS = 20
"""Buttons or rows that any channel may take; each channel's own limit is smaller and told when it refuses."""
ID_MAX = 200  # characters of an option's id

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TemplateText:
    """A template whose values are reply texts; None = a button that takes no value."""

    name: str
    language: str
    params: tuple[ReplyText, ...]
    names: tuple[str, ...] = ()
    header: tuple[ReplyText, ...] = ()
    buttons: tuple[ReplyText | None, ...] = ()
    media: Media | None = None

    @property
    def uses(self) -> frozenset[str]:
        """The variables its values name."""
        return frozenset().union(*(part.uses for part in (*self.header, *self.params, *self.buttons) if part))

    def fill(self, language: str, values: Values) -> Content:
        """The template for a reader of `language`, each value on one line: platforms refuse line breaks in them."""

        def filled(texts: Sequence[ReplyText | None]) -> tuple[str, ...]:
            return tuple(" ".join(text.render(language, values).split()) if text else "" for text in texts)

        template = Template(
            name=self.name,
            language=self.language,
            body=filled(self.params),
            header=filled(self.header),
            buttons=filled(self.buttons),
            media=self.media,
            names=self.names,
        )
        return Content(form="template", template=template)


@dataclass(frozen=True, slots=True)
class ContentText:
    """What a message holds beside its text, ready to be made for a reader; `languages` are those of its own texts."""

    form: str
    uses: frozenset[str]
    make: Callable[[str, Values], Content]
    languages: frozenset[str] = frozenset({""})


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordText:
    """A record that a rule asks for. `due` ms after the message, 0 = none. A note has no title."""

    type: Literal["task", "ticket", "deal", "note"]
    title: ReplyText | None
    body: ReplyText | None
    stage: str
    priority: Literal["", "low", "medium", "high"]
    due: int

    @property
    def uses(self) -> frozenset[str]:
        """The variables its texts name."""
        return frozenset().union(*(part.uses for part in (self.title, self.body) if part is not None))

    def command(self, rule: str, language: str, values: Values, now: int, *, once: bool) -> MakeRecord:
        """The command, as decided at `now` (ms)."""
        return MakeRecord(
            rule=rule,
            slot=self.type,
            type=self.type,
            title=self.title.render(language, values) if self.title else "",
            body=self.body.render(language, values) if self.body else "",
            stage=self.stage,
            priority=self.priority,
            due=now + self.due if self.due else 0,
            once=once,
        )


def compile_content(table: RuleTable, path: Path, where: Where) -> ContentText | None:
    """The content of a rule, None = plain text or nothing. Raises ConfigError."""
    named = [key for key in ("buttons", "list", "media", "template") if getattr(table, key) is not None]
    if len(named) > 1:
        raise ConfigError(
            f"rule '{table.name}' has both {named[0]} and {named[1]}",
            where=where((*path, named[1])),
            remedy="one message holds one of them; write a second rule for the other",
        )
    if not named:
        return None
    key = named[0]
    if key in ("buttons", "list") and table.reply is None and table.ask is None:
        raise ConfigError(
            f"rule '{table.name}' has {key} but no reply",
            where=where((*path, key)),
            remedy="add reply = ...: it is the text above the choices",
        )
    if table.template is not None:
        if table.reply is not None:
            raise ConfigError(
                f"rule '{table.name}' has both template and reply",
                where=where((*path, "reply")),
                remedy="the template is the whole message; remove the reply",
            )
        template = compile_template(table.template, (*path, key), where)
        return ContentText("template", template.uses, template.fill)
    if table.media is not None:
        return _media(table, (*path, key), where)
    if table.buttons is not None:
        return _choices("buttons", table.buttons, (*path, "buttons"), {}, where)
    assert table.list is not None
    around = {"button": table.list.button, "header": table.list.header, "footer": table.list.footer}
    texts = {name: text((*path, "list", name), part, where) for name, part in around.items() if part is not None}
    return _choices("list", table.list.rows, (*path, "list", "rows"), texts, where)


def compile_template(table: TemplateTable, path: Path, where: Where) -> TemplateText:
    """A template and its values. Raises ConfigError."""
    for key in ("name", "language"):
        if not getattr(table, key).strip():
            raise ConfigError(
                f"the template's {key} is empty", where=where((*path, key)), remedy="as the platform has it"
            )
    header, params = _values(table.header, (*path, "header"), where), _values(table.params, (*path, "params"), where)
    if header and params and isinstance(table.header, dict) != isinstance(table.params, dict):
        raise ConfigError(
            "the template's header and params are given one by name and one in order",
            where=where((*path, "header")),
            remedy='write both as { name = "..." }, or both as ["..."]',
        )
    names = tuple(key for given in (table.header, table.params) if isinstance(given, dict) for key in given)
    if table.media is not None and header:
        raise ConfigError(
            "a template's header is a file or a text, not both",
            where=where((*path, "media")),
            remedy="remove media or header, as the platform has it",
        )
    if not isinstance(table.buttons, list):
        raise ConfigError(
            "'buttons' of a template is not a list",
            where=where((*path, "buttons")),
            remedy='buttons = ["..."], a value for each button in order, "" for one that takes none',
        )
    buttons = tuple(
        None if value == "" else text((*path, "buttons", place), value, where)
        for place, value in enumerate(table.buttons)
    )
    media = _file(table.media, (*path, "media"), where) if table.media is not None else None
    return TemplateText(table.name, table.language, params, names, header, buttons, media)


def _values(given: Any, path: Path, where: Where) -> tuple[ReplyText, ...]:
    """The values of a template, in order."""
    if not isinstance(given, list | dict):
        remedy = f'{path[-1]} = ["..."] in order, or {{ name = "..." }} where the template names them'
        raise ConfigError(f"'{path[-1]}' is neither a list nor a table", where=where(path), remedy=remedy)
    rows: list[tuple[str | int, Any]] = list(given.items() if isinstance(given, dict) else enumerate(given))
    return tuple(text((*path, key), value, where) for key, value in rows)


def compile_records(table: RuleTable, path: Path, where: Where) -> tuple[RecordText, ...]:
    """The records a rule asks for. Raises ConfigError."""
    tables = (table.task, table.ticket, table.deal)
    records = [_record(asked, path, where) for asked in tables if asked is not None]
    if table.note is not None:
        note = text((*path, "note"), table.note, where)
        records.append(RecordText(type="note", title=None, body=note, stage="", priority="", due=0))
    return tuple(records)


def _record(table: TaskTable | TicketTable | DealTable, path: Path, where: Where) -> RecordText:
    kind: Literal["task", "ticket", "deal"] = "task"
    if not isinstance(table, TaskTable):
        kind = "ticket" if isinstance(table, TicketTable) else "deal"
    return RecordText(
        type=kind,
        title=text((*path, kind, "title"), table.title, where),
        body=text((*path, kind, "body"), table.body, where) if table.body is not None else None,
        stage="" if isinstance(table, TaskTable) else table.stage,
        priority="" if isinstance(table, DealTable) else table.priority,
        due=span(table.due, (*path, kind, "due"), where) if isinstance(table, TaskTable) else 0,
    )


def _media(table: RuleTable, path: Path, where: Where) -> ContentText:
    assert table.media is not None
    media = _file(table.media, path, where)
    content = Content(form=media.kind, media=media)
    return ContentText(media.kind, frozenset(), lambda language, values: content)


def _file(table: MediaTable, path: Path, where: Where) -> Media:
    url = urlsplit(table.url)
    if url.scheme != "https" or not url.hostname:
        raise ConfigError(
            f"'{table.url:.80}' is no public address",
            where=where((*path, "url")),
            remedy="platforms fetch files from an address such as https://example.com/map.png",
        )
    return Media(kind=table.kind, url=table.url, name=table.name)


def _choices(
    form: str, options: Sequence[OptionTable], path: Path, around: Mapping[str, ReplyText], where: Where
) -> ContentText:
    if not 1 <= len(options) <= MOST_OPTIONS:
        raise ConfigError(f"there are {len(options)} choices", where=where(path), remedy=f"write 1 to {MOST_OPTIONS}")
    rows: list[tuple[str, ReplyText, ReplyText | None]] = []
    for place, option in enumerate(options):
        title = text((*path, place, "title"), option.title, where)
        name = option.id or _slug(option.title)
        about = text((*path, place, "description"), option.description, where) if option.description else None
        if not name or len(name) > ID_MAX or any(name == other for other, _, _ in rows):
            raise ConfigError(
                f"the choice '{name:.40}' stands here twice"
                if name and len(name) <= ID_MAX
                else "a choice needs an id",
                where=where((*path, place)),
                remedy='give each its own: { id = "yes", title = "Yes" }',
            )
        rows.append((name, title, about))
    texts = [part for _, title, about in rows for part in (title, about) if part] + list(around.values())

    def make(language: str, values: Values) -> Content:
        made = tuple(
            Option(
                id=name,
                title=title.render(language, values),
                description=about.render(language, values) if about else "",
            )
            for name, title, about in rows
        )
        parts: dict[str, Any] = {key: part.render(language, values) for key, part in around.items()}
        return Content(form=form, options=made, **parts)

    languages: frozenset[str] = frozenset().union(*(part.languages for part in texts))
    return ContentText(form, frozenset().union(*(part.uses for part in texts)), make, languages)


def _slug(title: Any) -> str:
    """The id of a choice that has none: its title in small letters, blanks as dashes; "" for one by language."""
    return "-".join(title.casefold().split()) if isinstance(title, str) else ""
