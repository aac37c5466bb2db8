"""What a decision asks for, in the words of a [[test]]: `reply:prices`, `tag:vip`, `hand_off`."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from hub.contracts.errors import ConfigError
from hub.contracts.toml_tables import Path, Where, closest
from hub.model.commands import (
    ArmTimer,
    Assign,
    ChangeInquiry,
    Command,
    Delay,
    HandOff,
    MakeRecord,
    MoveDeal,
    Notify,
    OptOut,
    Pause,
    Rate,
    Send,
    SetField,
    SetPriority,
    Tag,
)
from hub.rules.ruleset import RuleSet

VERBS = (
    *("assign", "cancel", "close", "deal", "hand_off", "later", "move_deal", "next_step", "note", "notify", "opt_in"),
    *("opt_out", "pause", "priority", "rate", "reply", "set", "set_inquiry", "snooze", "tag", "task", "template"),
    *("ticket", "timer", "untag"),
)
"""Everything that can happen. After a colon stands what it is about; without one, anything of that kind is meant."""


def outcomes(commands: Iterable[Command], rules: RuleSet) -> list[str]:
    """The commands of a decision, each in words, in their order. Tags are told one by one."""
    return [told for command in commands for told in _told(command, rules)]


def agrees(wanted: str, found: str) -> bool:
    """Whether what happened is what was wanted: the same, or that with more said of it (`tag` for `tag:vip`, `set:city`
    for `set:city=Rome`)."""
    return found == wanted or found.startswith(f"{wanted}=" if ":" in wanted else f"{wanted}:")


def _told(command: Command, rules: RuleSet) -> Iterable[str]:
    match command:
        case Send():
            yield _said(command, rules)
        case Tag():
            yield from (f"tag:{name}" for name in command.add)
            yield from (f"untag:{name}" for name in command.remove)
        case SetField():
            verb = "set_inquiry" if command.inquiry else "set"
            yield from (f"{verb}:{name}={value}" for name, value in command.values.items())
        case ChangeInquiry():
            verb = {"closed": "close", "snoozed": "snooze"}.get(command.state, "next_step")
            about = command.reason if verb == "close" else command.next_step
            yield f"{verb}:{about}" if about else verb
        case _:
            verb, about = _plain(command)
            yield f"{verb}:{about}" if about else verb


def _said(command: Send, rules: RuleSet) -> str:
    """A text by its name in [texts], else by the rule that says it; a template by its own name."""
    if command.content.template is not None:
        return f"template:{command.content.template.name}"
    place = rules.named.get(command.rule)
    own = rules.rules[place].reply if place is not None else None
    names = (name for name, text in rules.book.texts.items() if own is not None and text is own)
    return f"reply:{next(names, command.rule)}"


def _plain(command: Command) -> tuple[str, str]:
    match command:
        case SetPriority():
            return "priority", command.priority
        case Assign():
            return "assign", command.agent or command.team
        case HandOff():
            return "hand_off", command.team
        case Notify():
            return "notify", command.to
        case ArmTimer():
            return "timer" if command.due else "cancel", command.name
        case Delay():
            return "later", command.rule
        case MakeRecord():
            return command.type, command.title
        case MoveDeal():
            return "move_deal", command.stage
        case Rate():
            return "rate", f"{command.of}={command.score}"
        case OptOut():
            return "opt_in" if command.wants else "opt_out", ""
        case Pause():
            return "pause", ""
    return command.kind, ""


def check_outcome(text: str, rules: RuleSet, path: Path, where: Where) -> None:
    """Raise ConfigError where a test names something that cannot happen: an unknown verb, text, tag, agent, rule."""
    verb, _, about = text.partition(":")
    if verb not in VERBS:
        remedy = closest(verb, VERBS, "one of")
        raise ConfigError(f"'{text}' is nothing that a rule does", where=where(path), remedy=remedy)
    noun, among = _names(verb, rules)
    if about and noun and about not in among:
        what = f"'{text}': there is no {noun} '{about}'"
        raise ConfigError(what, where=where(path), remedy=closest(about, among, "known"))


def _names(verb: str, rules: RuleSet) -> tuple[str, Collection[str]]:
    """What may stand after a verb, and how it is called; "" = anything may."""
    book, staff = rules.book, rules.book.staff
    match verb:
        case "reply":
            return "text or rule", {*book.texts, *rules.named}
        case "later":
            return "rule", rules.named
        case "tag" | "untag":
            return "tag", book.tags.all
        case "priority":
            return "priority", [priority.name for priority in book.priorities.all]
        case "assign":
            return "agent or team", {*staff.agents, *staff.teams}
        case "notify":
            return "agent or team", {*staff.agents, *staff.teams, "owner"}
        case "hand_off":
            return "team", staff.teams
    return "", ()
