"""What a file of rules allows and is probably a mistake: rules that never act, words and texts that say it twice or not
at all. Each remark is one sentence; nothing here is refused."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from hub.contracts.toml_tables import Path, Where
from hub.model.happened import CampaignDue, Rated, TagAdded, TimerRang
from hub.rules.kinds import SAID
from hub.rules.ruleset import Rule, RuleSet
from hub.rules.shown import ASKS, words_of
from hub.sending.policy import CONSENTED
from hub.texts.files import HUB_TEXTS
from hub.texts.texts import ReplyText
from hub.words.consent import consent_word
from hub.words.normal import normal
from hub.words.said import read
from hub.words.vocabulary import HUMAN_TOPIC, Vocabulary

_WORDS = ("keywords", "topic", "payload", "intent")
_STILL = ("hand_off", "pause")


class Remark(NamedTuple):
    """What looks like a mistake, in one sentence, and where it stands."""

    what: str
    where: str


class Around(NamedTuple):
    """What is known beside the file: inbox -> its channel (None = unknown), and whether a plugin finds intents."""

    inboxes: Mapping[str, str] | None = None
    classifies: bool = True


def review(data: Mapping[str, Any], rules: RuleSet, where: Where, around: Around) -> tuple[Remark, ...]:
    """Every remark about a parsed hub.toml whose rules are compiled, those of one sort after the other."""
    given: Sequence[Mapping[str, Any]] = data.get("rule", [])
    return (
        *_never(given, rules, where, around),
        *_silenced(given, rules, where),
        *_twice(given, data, where),
        *_languages(rules, where),
        *_unasked(rules, where),
        *(Remark(told, where(("tag",))) for told in rules.book.tags.warnings),
        *_unused(data, given, where),
    )


# -- rules that never act ---------------------------------------------------------------------------------------------


def _never(given: Sequence[Mapping[str, Any]], rules: RuleSet, where: Where, around: Around) -> Iterator[Remark]:
    human = Vocabulary(topics={name: one for name, one in rules.book.topics.items() if name == HUMAN_TOPIC})
    for place, (table, rule) in enumerate(zip(given, rules.rules, strict=True)):
        for key, why in (*_excluded(table, rule, rules), *_unreached(table, rule, around, given)):
            yield Remark(f"rule '{rule.name}' can never act: {why}", where(("rule", place, key)))
        if "keywords" in table:
            yield from _spoken_for(table, rule, human, ("rule", place, "keywords"), where)


def _excluded(table: Mapping[str, Any], rule: Rule, rules: RuleSet) -> Iterator[tuple[str, str]]:
    """Conditions of a rule that exclude each other, each with its key."""
    if table.get("during") and table.get("during") == table.get("outside"):
        yield "outside", f"it asks for a moment during and outside '{table['during']}'"
    if table.get("first") is True and table.get("same_question"):
        yield "first", "the first message is no question for the second time"
    if "from" in table and table.get("from") == table.get("to"):
        yield "to", "the value before and after is the same"
    every, none = _tags(table, "all"), _tags(table, "none")
    for name in sorted(every):
        group = rules.book.tags.kind(name).group
        rivals = sorted(other for other in every if other > name and rules.book.tags.kind(other).group == group)
        if group and rivals:
            yield "tags", f"the tags '{name}' and '{rivals[0]}' replace each other"
    about = table.get("about", [])
    for name in [about] if isinstance(about, str) else about:
        if rule.on == {TagAdded.kind} and name in none and len(_listed(about)) == 1:
            yield "tags", f"whoever just got the tag '{name}' has it"
    for other in table.get("none", ()):
        if other and all(key in table and table[key] == value for key, value in other.items()):
            yield "none", f"it excludes what it asks for ({', '.join(other)})"
        elif other.keys() == {"tags"} and _tags(other, "all") and _tags(other, "all") <= every:
            yield "none", f"it asks for and excludes the tag '{min(_tags(other, 'all'))}'"


def _unreached(
    table: Mapping[str, Any], rule: Rule, around: Around, given: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[str, str]]:
    """What never happens that a rule waits for, with the key that asks for it."""
    if around.inboxes is not None and (rule.inboxes or rule.channels):
        stands = around.inboxes.items()
        if not any(inbox in (rule.inboxes or {inbox}) and on in (rule.channels or {on}) for inbox, on in stands):
            key = "channel" if rule.channels else "inbox"
            yield key, f"no inbox here is on {' or '.join(sorted(rule.channels)) or 'its channel'}"
    if not around.classifies and "intent" in table and not any(key in table for key in _WORDS[:3]):
        yield "intent", "no plugin here finds out what a message is about"
    if rule.on == {TimerRang.kind} and not any("timer" in other for other in given):
        yield "on", "no rule sets a timer"
    if rule.on == {Rated.kind} and not any("rate:" in json.dumps(other.get("ask", ""), default=str) for other in given):
        yield "on", "no question asks for a rating"


def _spoken_for(table: Mapping[str, Any], rule: Rule, human: Vocabulary, path: Path, where: Where) -> Iterator[Remark]:
    """Keywords that the hub itself acts on before any rule."""
    words = words_of(table["keywords"])
    asks = [word for word in words if human.look(read(word)).human]
    if asks and len(asks) == len(words) and not any(key in table for key in _WORDS[1:]):
        what = f"rule '{rule.name}' can never act: who writes '{asks[0]}' gets a human before any rule is looked at"
        yield Remark(what, where(path))
    elif asks:
        yield Remark(f"rule '{rule.name}': '{asks[0]}' never counts, who writes it gets a human", where(path))
    for word in words:
        if consent_word(word) is not None:
            what = f"rule '{rule.name}': '{word}' alone is a word of consent, it counts only within a longer message"
            yield Remark(what, where(path))


def _silenced(given: Sequence[Mapping[str, Any]], rules: RuleSet, where: Where) -> Iterator[Remark]:
    """Answers that never leave, since another rule stops all automation whenever they are to be said."""
    stops = [
        (rule.name, _asked(table), key)
        for table, rule in zip(given, rules.rules, strict=True)
        for key in _STILL
        if key in table and not rule.once_per and not rule.after
    ]
    for place, (table, rule) in enumerate(zip(given, rules.rules, strict=True)):
        asked = _asked(table) if rule.speaks else {}
        for name, other, key in stops if rule.speaks else ():
            if name != rule.name and all(part in asked and asked[part] == value for part, value in other.items()):
                what = f"what rule '{rule.name}' says never leaves: rule '{name}' has {key} whenever it acts"
                yield Remark(what, where(("rule", place)))
                break


def _asked(table: Mapping[str, Any]) -> dict[str, Any]:
    """What a rule is on and asks, to compare with another's."""
    kept = {key: value for key, value in table.items() if key in (*ASKS, "any", "none")}
    return kept | {"on": sorted(_listed(table.get("on", SAID)))}


# -- said twice, or not in every language -----------------------------------------------------------------------------


def _twice(given: Sequence[Mapping[str, Any]], data: Mapping[str, Any], where: Where) -> Iterator[Remark]:
    """Keywords that stand in a list twice, and those of two rules that say something and ask the same besides."""
    known: dict[tuple[str, str], str] = {}
    for place, table in enumerate(given):
        if "keywords" not in table:
            continue
        yield from _repeated(f"rule '{table['name']}'", words_of(table["keywords"]), ("rule", place, "keywords"), where)
        if not any(key in table for key in ("reply", "ask", "media", "template")):
            continue
        rest = json.dumps({**_asked(table), "keywords": "", "once_per": ""}, sort_keys=True, default=str)
        for word in dict.fromkeys(map(normal, words_of(table["keywords"]))):
            other = known.setdefault((word, rest), table["name"])
            if other != table["name"]:
                what = f"rules '{other}' and '{table['name']}' both answer the keyword '{word}'"
                yield Remark(what, where(("rule", place, "keywords")))
    for name, topic in data.get("topic", {}).items():
        words = words_of(topic["words"]) if isinstance(topic, Mapping) and "words" in topic else []
        yield from _repeated(f"topic '{name}'", words, ("topic", name, "words"), where)


def _repeated(whose: str, words: Iterable[str], path: Path, where: Where) -> Iterator[Remark]:
    seen: dict[str, str] = {}
    for word in words:
        first = seen.setdefault(normal(word), word)
        if first is not word:
            same = "" if first == word else f", as '{first}' is the same when it is compared"
            yield Remark(f"{whose} lists the keyword '{word}' twice{same}", where(path))


def _languages(rules: RuleSet, where: Where) -> Iterator[Remark]:
    """Texts by language that lack one which other texts have."""
    texts: list[tuple[str, ReplyText, Path]] = [
        (f"text '{name}'", text, ("texts", name)) for name, text in rules.book.texts.items()
    ]
    named = {id(text) for _, text, _ in texts}
    for place, rule in enumerate(rules.rules):
        if rule.reply is not None and id(rule.reply) not in named:
            texts.append((f"the text of rule '{rule.name}'", rule.reply, ("rule", place)))
    has = {name: [one for one in text.languages if one] for name, text, _ in texts}
    counts: dict[str, int] = defaultdict(int)
    for languages in has.values():
        for language in languages:
            counts[language] += 1
    for name, _, path in texts:
        if missing := [language for language in counts if language not in has[name]] if has[name] else []:
            others = f"{counts[missing[0]]} other text{'s have' if counts[missing[0]] > 1 else ' has'}"
            yield Remark(f"{name} has no {', '.join(missing)}, which {others}", where(path))


def _unasked(rules: RuleSet, where: Where) -> Iterator[Remark]:
    for place, rule in enumerate(rules.rules):
        if rule.speaks and rule.purpose in CONSENTED and SAID not in rule.on:
            what = f"rule '{rule.name}' is for {rule.purpose}: it reaches nobody without recorded consent"
            yield Remark(f"{what} (dragoman consent)", where(("rule", place, "purpose")))
    if rules.rules and any(CampaignDue.kind in rule.on for rule in rules.rules) and not rules.book.campaigns:
        place = next(n for n, rule in enumerate(rules.rules) if CampaignDue.kind in rule.on)
        yield Remark(
            f"rule '{rules.rules[place].name}' waits for a campaign, and there is none", where(("rule", place))
        )


# -- what nothing names -----------------------------------------------------------------------------------------------

_TEXT_KEYS = frozenset({"reply", "text", "texts"})
_TAG_KEYS = frozenset({"about", "tag", "tags", "untag"})
_TOPIC_KEYS = frozenset({"allowed_topics", "forbidden_topics", "topic", "topics"})
_SEGMENT_KEYS = frozenset({"segment", "segments"})


def _unused(data: Mapping[str, Any], given: Sequence[Mapping[str, Any]], where: Where) -> Iterator[Remark]:
    """Texts, tags, topics and segments that nothing in the file names. Agents and plugins may use tags and segments: of
    those only the ones are told that nothing puts on, and nothing asks for."""
    free = " ".join(str(part) for table in given for part in _found(table, frozenset({"when"})))
    for noun, table, keys, spared in (
        ("text", "texts", _TEXT_KEYS, frozenset(HUB_TEXTS)),
        ("topic", "topic", _TOPIC_KEYS, frozenset({HUMAN_TOPIC})),
        ("tag", "tag", _TAG_KEYS, frozenset()),
        ("segment", "segment", _SEGMENT_KEYS, frozenset()),
    ):
        beside = {name: part for name, part in data.items() if name not in (table, "test")}
        named = set(_found(beside, keys))
        for name, own in data.get(table, {}).items():
            alive = isinstance(own, Mapping) and any(key in own for key in ("derive", "intent", "remind", "review"))
            if name not in named and name not in spared and not alive and f"'{name}'" not in free:
                yield Remark(f"nothing names the {noun} '{name}'", where((table, name)))


def _found(value: Any, keys: frozenset[str], inside: bool = False) -> Iterator[str]:
    """Every text that stands under one of these keys, at any depth."""
    if isinstance(value, str):
        if inside:
            yield value
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _found(part, keys, inside or key in keys)
    elif isinstance(value, list):
        for part in value:
            yield from _found(part, keys, inside)


def _tags(table: Mapping[str, Any], key: str) -> frozenset[str]:
    """Tags that a table of conditions asks for (all) or excludes (none)."""
    given = table.get("tags", [])
    if isinstance(given, Mapping):
        given = given.get(key, [])
    elif key != "all":
        given = []
    return frozenset(_listed(given))


def _listed(given: Any) -> list[str]:
    return [given] if isinstance(given, str) else list(given)
