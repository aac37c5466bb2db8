"""What rules ask of an event: what was said, what it is about, which values it brings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hub.contracts.errors import ConfigError
from hub.contracts.toml_tables import Path
from hub.model.happened import CrmChange, InquiryChanged
from hub.rules.case import Case, Key
from hub.rules.condition import Condition, listed
from hub.rules.kinds import FIXED
from hub.rules.known import MOST_KEYWORDS, Known
from hub.rules.tables import ConditionTable
from hub.words.moods import MOODS
from hub.words.wordlists import compile_words

MOST_TIMES = 5  # the same question: a conversation remembers no more of them


def said(table: ConditionTable, path: Path, known: Known) -> Iterable[Condition]:
    """What was said and how. Keywords, topics, intents and choices are ways of saying the same: one is enough."""
    keys: list[Key] = []
    word = -1
    if table.keywords is not None:
        word = len(known.lists)
        known.words.extend(compile_words(table.keywords, word, (*path, "keywords"), known.where))
        known.lists.append((*path, "keywords"))
        keys.append(("word", word))
        if len(known.words) > MOST_KEYWORDS:
            raise ConfigError(
                f"the rules have more than {MOST_KEYWORDS} keywords",
                where=known.where((*path, "keywords")),
                remedy="give words that mean the same to one [topic.NAME]",
            )
    topics = listed(table.topic, "topic", path, known)
    known.check("topic", topics, known.book.topics, (*path, "topic"), "[topic.NAME]")
    payloads = listed(table.payload, "payload", path, known)
    intents = listed(table.intent, "intent", path, known)
    sure = _sure(table, path, known)
    keys += [("topic", name) for name in topics] + [("payload", name) for name in payloads]
    keys += [("intent", name) for name in intents]
    if keys:

        def hits(case: Case) -> list[str]:
            meaning = case.meaning
            found = [f"keyword '{meaning.rules[word]}'"] if word in meaning.rules else []
            found += [f"topic '{name}': {meaning.topics[name]}" for name in topics if name in meaning.topics]
            if case.payload in payloads:
                found.append(f"choice '{case.payload}'")
            certain = case.view.intents
            return found + [
                f"intent '{name}' ({certain[name]:.2f})" for name in intents if certain.get(name, 0) >= sure
            ]

        asked = [key for key in ("keywords", "topic", "payload", "intent") if getattr(table, key) is not None]
        looks = frozenset({"intents"} if intents or any(known.book.topics[name].intent for name in topics) else ())
        yield Condition(
            ", ".join(asked),
            lambda case: bool(hits(case)) or (case.again and bool(intents)),
            lambda case: ", ".join(hits(case)) or "not said",
            tuple(keys),
            looks=looks,
        )
    moods = listed(table.mood, "mood", path, known)
    known.check("mood", moods, MOODS, (*path, "mood"))
    if moods:
        yield Condition(
            "mood",
            lambda case: any(name in case.meaning.moods for name in moods),
            lambda case: (
                "mood " + (", ".join(f"{name}: {word}" for name, word in case.meaning.moods.items()) or "calm")
            ),
            tuple(("mood", name) for name in moods),
        )
    times = table.same_question
    if times is not None:
        if not 2 <= times <= MOST_TIMES:
            raise ConfigError(
                f"'same_question' is {times}",
                where=known.where((*path, "same_question")),
                remedy=f"how often in a row, 2 to {MOST_TIMES}",
            )
        yield Condition(
            "same_question",
            lambda case: case.again or case.view.conversation.same >= times,
            lambda case: f"the same question {case.view.conversation.same} times",
            looks=frozenset({"same"}),
        )
    first = table.first
    if first is not None:
        yield Condition(
            "first",
            lambda case: case.again or case.view.conversation.first is first,
            lambda case: "first message" if case.view.conversation.first else "not the first message",
        )


def _sure(table: ConditionTable, path: Path, known: Known) -> float:
    if table.sure is None:
        return 0.8
    if table.intent is None or not 0 < table.sure <= 1:
        what = "'sure' goes with intent" if table.intent is None else f"{table.sure:g} is no probability"
        remedy = 'intent = "price", or remove sure' if table.intent is None else "above 0, at most 1, such as 0.8"
        raise ConfigError(what, where=known.where((*path, "sure")), remedy=remedy)
    return table.sure


def about(table: ConditionTable, path: Path, known: Known, kinds: Sequence[str]) -> Iterable[Condition]:
    """The names that the event is about: a tag, a timer, a rule. Those of one family of events must be known."""
    names = listed(table.about, "about", path, known)
    if not names:
        return
    fixed = {name for kind in kinds for name in FIXED.get(kind, ())}
    families = (
        ("tag.", "tag", known.book.tags.all, "[tag.NAME]"),
        ("timer.", "timer", known.timers, ""),
        ("campaign.", "campaign", known.book.campaigns, "[campaign.NAME]"),
        ("reply.", "priority", {*known.levels, *known.book.staff.agents}, "[priority.NAME]"),
        ("message.", "rule", known.speakers, ""),
        ("inquiry.", "change", (), ""),
    )
    for prefix, noun, among, declared in families:
        if all(kind.startswith(prefix) for kind in kinds):
            strange = [name for name in names if name not in fixed]
            known.check(noun, strange, {*among, *fixed}, (*path, "about"), declared)
    wanted = frozenset(names)
    yield Condition(
        "about",
        lambda case: not wanted.isdisjoint(case.names),
        lambda case: f"about '{', '.join(filter(None, case.names))}'",
        tuple(("about", name) for name in names),
        quiet=True,
    )


def values(table: ConditionTable, path: Path, known: Known) -> Iterable[Condition]:
    """The field that changed, and its values."""
    fields = frozenset(listed(table.field, "field", path, known))
    if fields:
        yield Condition(
            "field",
            lambda case: isinstance(case.event, CrmChange) and case.event.field in fields,
            lambda case: getattr(case.event, "field", ""),
            quiet=True,
        )
    for key, place, given in (("from", "before", table.from_), ("to", "after", table.to)):
        if given is not None:
            yield _value(key, place, frozenset(text.strip().casefold() for text in given))


def _value(key: str, place: str, among: frozenset[str]) -> Condition:
    def value(case: Case) -> str:
        return str(getattr(case.event, place)) if isinstance(case.event, CrmChange | InquiryChanged) else ""

    return Condition(key, lambda case: value(case).casefold() in among, lambda case: f"'{value(case)}'", quiet=True)
