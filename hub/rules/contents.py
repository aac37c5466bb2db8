"""What a rule says beside its text, and the records it asks for: compiled when the configuration is loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from hub.contracts.errors import ConfigError
from hub.model.commands import MakeRecord
from hub.model.content import Content, Media, Option, Template
from hub.rules.tables import OptionTable, Path, RuleTable, TaskTable, TemplateTable, TicketTable, Where, span, text
from hub.rules.texts import ReplyText

MOST_OPTIONS = 20
"""Buttons or rows that any channel may take; each channel's own limit is smaller and told when it refuses."""
ID_MAX = 200  # characters of an option's id

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TemplateText:
    """A template whose values are reply texts."""

    name: str
    language: str
    params: tuple[ReplyText, ...]
    names: tuple[str, ...] = ()

    @property
    def uses(self) -> frozenset[str]:
        """The variables its values name."""
        return frozenset().union(*(param.uses for param in self.params))

    def fill(self, language: str, values: Values) -> Content:
        """The template for a reader of `language`, each value on one line: platforms refuse line breaks in them."""
        body = tuple(" ".join(param.render(language, values).split()) for param in self.params)
        template = Template(name=self.name, language=self.language, body=body, names=self.names)
        return Content(form="template", template=template)


@dataclass(frozen=True, slots=True)
class ContentText:
    """What a message holds beside its text, ready to be made for a reader."""

    form: str
    uses: frozenset[str]
    make: Callable[[str, Values], Content]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordText:
    """A record that a rule asks for. `due` ms after the message, 0 = none."""

    type: Literal["task", "ticket"]
    title: ReplyText
    body: ReplyText | None
    stage: str
    priority: Literal["", "low", "medium", "high"]
    due: int

    @property
    def uses(self) -> frozenset[str]:
        """The variables its texts name."""
        return self.title.uses | (self.body.uses if self.body else frozenset())

    def command(self, rule: str, language: str, values: Values, now: int, *, once: bool) -> MakeRecord:
        """The command, as decided at `now` (ms)."""
        return MakeRecord(
            rule=rule,
            slot=self.type,
            type=self.type,
            title=self.title.render(language, values),
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
    if key in ("buttons", "list") and table.reply is None:
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
    given = table.params
    if not isinstance(given, list | dict):
        remedy = 'params = ["..."] in order, or { name = "..." } where the template names them'
        raise ConfigError("'params' is neither a list nor a table", where=where((*path, "params")), remedy=remedy)
    keys: list[str | int] = list(given) if isinstance(given, dict) else list(range(len(given)))
    params = tuple(text((*path, "params", key), given[key], where) for key in keys)  # type: ignore[index]
    return TemplateText(table.name, table.language, params, tuple(given) if isinstance(given, dict) else ())


def compile_records(table: RuleTable, path: Path, where: Where) -> tuple[RecordText, ...]:
    """The records a rule asks for. Raises ConfigError."""
    return tuple(_record(asked, path, where) for asked in (table.task, table.ticket) if asked is not None)


def _record(table: TaskTable | TicketTable, path: Path, where: Where) -> RecordText:
    kind: Literal["task", "ticket"] = "task" if isinstance(table, TaskTable) else "ticket"
    return RecordText(
        type=kind,
        title=text((*path, kind, "title"), table.title, where),
        body=text((*path, kind, "body"), table.body, where) if table.body is not None else None,
        stage=table.stage if isinstance(table, TicketTable) else "",
        priority=table.priority,
        due=span(table.due, (*path, kind, "due"), where) if isinstance(table, TaskTable) else 0,
    )


def _media(table: RuleTable, path: Path, where: Where) -> ContentText:
    assert table.media is not None
    url = urlsplit(table.media.url)
    if url.scheme != "https" or not url.hostname:
        raise ConfigError(
            f"'{table.media.url:.80}' is no public address",
            where=where((*path, "url")),
            remedy="platforms fetch files from an address such as https://example.com/map.png",
        )
    media = Media(kind=table.media.kind, url=table.media.url, name=table.media.name)
    content = Content(form=media.kind, media=media)
    return ContentText(media.kind, frozenset(), lambda language, values: content)


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

    return ContentText(form, frozenset().union(*(part.uses for part in texts)), make)


def _slug(title: Any) -> str:
    """The id of a choice that has none: its title in small letters, blanks as dashes; "" for one by language."""
    return "-".join(title.casefold().split()) if isinstance(title, str) else ""
