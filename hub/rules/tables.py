"""The tables of rules as people write them in hub.toml: shapes and texts; every mistake in one sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, Field

from hub.contracts.errors import ConfigError
from hub.contracts.toml_tables import AskedTags, Names, Path, Table, TagsTable, Where, listed, validate
from hub.model.content import MediaKind
from hub.texts.texts import ReplyText, compile_text

T = TypeVar("T", bound=Table)


def _each(key: str) -> Callable[[Any], Any]:
    def wrap(value: Any) -> Any:
        value = listed(value)
        return [{key: item} if isinstance(item, str) else item for item in value] if isinstance(value, list) else value

    return wrap


def _single(value: Any) -> Any:
    return [value] if isinstance(value, Mapping) else value


def _as(key: str) -> BeforeValidator:
    """A text or a list stands for a table with that one key."""
    return BeforeValidator(lambda value: {key: value} if isinstance(value, str | list) else value)


class InlineText(Table):
    """A text that stands in the rule itself."""

    text: str | dict[str, str]


class OptionTable(Table):
    """A button or a row. Without an id it gets its title's: small letters, blanks as dashes."""

    title: Any
    id: str = ""
    description: Any = None


Options = Annotated[list[OptionTable], BeforeValidator(_each("title"))]


class ListTable(Table):
    """Rows to choose from, behind a button."""

    button: Any
    rows: Options
    header: Any = None
    footer: Any = None


class MediaTable(Table):
    """A file that the platform fetches itself."""

    kind: MediaKind
    url: str
    name: str = ""


class TemplateTable(Table):
    """A template that the platform approved. `params` are its values in order, or by name where it has names; `header`
    the values of its header, the same way. `buttons` are the values of its buttons in order, "" = one without."""

    name: str
    language: str
    params: Any = Field(default_factory=list)
    header: Any = Field(default_factory=list)
    media: MediaTable | None = None
    buttons: Any = Field(default_factory=list)


class TaskTable(Table):
    """A task for the contact's owner."""

    title: Any
    body: Any = None
    due: str = ""
    priority: Literal["", "low", "medium", "high"] = ""


class TicketTable(Table):
    """A ticket under the contact."""

    title: Any
    body: Any = None
    stage: str = ""
    priority: Literal["", "low", "medium", "high"] = ""


class DealTable(Table):
    """A deal under the contact."""

    title: Any
    body: Any = None
    stage: str = ""


class AskTable(Table):
    """A question, and what its answers do: by `choices`, or anything that is written becomes the value of `field`, and
    `then` a rule acts."""

    text: Any
    choices: dict[str, str] | None = None
    field: str = ""
    then: str = ""


class AssignTable(Table):
    """Who becomes the owner: an agent, or one of a team."""

    agent: str = ""
    team: str = ""
    by: Names = Field(default_factory=list)


class HandOffTable(Table):
    """A human takes over."""

    because: str
    team: str = ""


class NotifyTable(Table):
    """Somebody is told."""

    to: str
    text: Any


class TimerTable(Table):
    """A timer of the conversation."""

    name: str
    after: str


class NextStepTable(Table):
    """What comes next in the inquiry, and when."""

    text: Any
    after: str


class ConditionTable(Table):
    """What a rule asks: the keys that [[rule]] and the tables of its `any` and `none` share."""

    keywords: Any = None
    payload: Names | None = None
    topic: Names | None = None
    intent: Names | None = None
    sure: float | None = None
    mood: Names | None = None
    same_question: int | None = None
    first: bool | None = None
    about: Names | None = None
    field: Names | None = None
    from_: Names | None = Field(default=None, alias="from")
    to: Names | None = None
    language: Names | None = None
    outside: str = ""
    during: str = ""
    tags: AskedTags | None = None
    segment: Names | None = None
    where: dict[str, Any] | None = None
    silent_for: str = ""
    has_priority: Names | None = None
    owner: Names | None = None
    deal_stage: Names | None = None
    has_open_ticket: bool | None = None
    when: str | None = None


class RuleTable(ConditionTable):
    """One [[rule]]."""

    name: str
    on: Names = Field(default_factory=lambda: ["message.received"])
    inbox: Names = Field(default_factory=list)
    channel: Names = Field(default_factory=list)
    any: Sequence[ConditionTable] | None = None
    none: Sequence[ConditionTable] | None = None
    once_per: str = ""
    after: str = ""
    unless: Names | None = None
    purpose: Literal["acknowledge", "clarify", "advance", "revive", "inform", "market"] | None = None
    quote: bool = False
    reply: str | InlineText | None = None
    ask: AskTable | None = None
    buttons: Options | None = None
    list: ListTable | None = None
    media: MediaTable | None = None
    template: TemplateTable | None = None
    task: TaskTable | None = None
    ticket: TicketTable | None = None
    deal: DealTable | None = None
    note: Any = None
    move_deal: str | None = None
    tag: Names | None = None
    untag: Names | None = None
    priority: str | None = None
    assign: Annotated[AssignTable, _as("agent")] | None = None
    hand_off: Annotated[HandOffTable, _as("because")] | None = None
    notify: Annotated[Sequence[NotifyTable], BeforeValidator(_single)] | None = None
    set: dict[str, Any] | None = None
    set_inquiry: dict[str, Any] | None = None
    timer: TimerTable | None = None
    cancel: Names | None = None
    pause: str | None = None
    close: str | None = None
    snooze: str | None = None
    next_step: NextStepTable | None = None


_INSIDE: dict[str, type[Table]] = {
    "any": ConditionTable,
    "none": ConditionTable,
    "tags": TagsTable,
    "ask": AskTable,
    "assign": AssignTable,
    "hand_off": HandOffTable,
    "notify": NotifyTable,
    "timer": TimerTable,
    "next_step": NextStepTable,
    "reply": InlineText,
    "buttons": OptionTable,
    "rows": OptionTable,
    "list": ListTable,
    "media": MediaTable,
    "template": TemplateTable,
    "task": TaskTable,
    "ticket": TicketTable,
    "deal": DealTable,
}


def check(model: type[T], table: Any, path: Path, where: Where) -> T:
    """`validate`, with the tables that stand inside a rule."""
    return validate(model, table, path, where, _INSIDE)


def text(path: Path, source: Any, where: Where) -> ReplyText:
    """A reply text from what stands at `path`: a text, or a table of texts by language. Raises ConfigError."""
    if not isinstance(source, str) and not (
        isinstance(source, Mapping) and source and all(isinstance(part, str) for part in source.values())
    ):
        raise ConfigError(
            f"'{path[-1]}' is not a text",
            where=where(path),
            remedy='write "..." or a table by language: { en = "...", de = "..." }',
        )
    try:
        return compile_text(source)
    except ValueError as error:
        for language in () if isinstance(source, str) else source:
            try:
                compile_text({language: source[language]})
            except ValueError as wrong:
                told = f"text '{path[-1]}': {wrong}"
                raise ConfigError(told, where=where((*path, language))) from None
        raise ConfigError(f"text '{path[-1]}': {error}", where=where(path)) from None
