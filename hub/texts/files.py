"""The tables `texts` and `company` of hub.toml: reply texts by name, and what they may say of the company."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_args

from hub.contracts.errors import ConfigError
from hub.contracts.toml_tables import Path, Where, closest, tables
from hub.model.commands import Purpose
from hub.texts.texts import Filled, ReplyText, Source, compile_text

KEYS = ("channels", "purpose", "template", "text", "topic")
"""Keys of a text that is a table of more than languages."""
PURPOSES = tuple(purpose for purpose in get_args(Purpose) if purpose)
HUB_TEXTS = ("hand_off", "machine_notice")
"""Texts that the hub says by itself where the file has them: when a human takes over, and that a machine answers."""
ANYWHERE = ("company", "inbox", "person")
"""What those may name: they belong to no event."""

Compile = Callable[[Any, Path, Where], Filled]
"""Makes a template from what stands at a path. Raises ConfigError."""


def compile_company(data: Mapping[str, Any], where: Where) -> Mapping[str, str]:
    """[company]: values that texts name as `{{ company.NAME }}`, such as a hotline. Raises ConfigError."""
    found = tables(data, "company", where)
    for name, value in found.items():
        if not isinstance(value, str) or not value.strip():
            what, remedy = f"'{name}' of [company] is not a text", 'write hotline = "+44 7700 900123"'
            raise ConfigError(what, where=where(("company", name)), remedy=remedy)
    return found


def compile_texts(
    data: Mapping[str, Any], company: Mapping[str, str], where: Where, template: Compile | None = None
) -> Mapping[str, ReplyText]:
    """[texts]: each a text, a table by language, or a table with `text` and what else is to be said of it. `template`
    makes the templates of texts that have one.

    Raises ConfigError with place and remedy at the first mistake.
    """
    given = tables(data, "texts", where)
    found = {name: compile_one(("texts", name), part, where, template) for name, part in given.items()}
    for name, text in found.items():
        check_company(("texts", name), text.uses, company, where)
        strange = sorted(use for use in text.uses if use.partition(".")[0] not in ANYWHERE)
        if name in HUB_TEXTS and strange:
            what = f"the text '{name}' names {strange[0]}, which is not known when it goes"
            remedy = "known: company.NAME, inbox, person.language, person.name"
            raise ConfigError(what, where=where(("texts", name)), remedy=remedy)
    return found


def check_company(path: Path, uses: frozenset[str], company: Mapping[str, str], where: Where) -> None:
    """Raise ConfigError where a text names something of the company that [company] does not say."""
    for use in sorted(uses):
        name, _, key = use.partition(".")
        if name == "company" and key not in company:
            remedy = f'{closest(key, company, "known")}; or add [company] {key} = "..."'
            raise ConfigError(f"[company] does not say '{key}'", where=where(path), remedy=remedy)


def compile_one(path: Path, source: Any, where: Where, template: Compile | None = None) -> ReplyText:
    """A reply text from what stands at `path`. Raises ConfigError."""
    if not (isinstance(source, Mapping) and "text" in source):
        return _compiled(path, path, source, {}, "", "", {}, where)
    if strange := sorted(source.keys() - set(KEYS)):
        raise ConfigError(
            f"unknown key '{strange[0]}'", where=where((*path, strange[0])), remedy=closest(strange[0], KEYS, "keys")
        )
    purpose, topic, channels = source.get("purpose", ""), source.get("topic", ""), source.get("channels", {})
    if purpose not in ("", *PURPOSES):
        what, remedy = f"'{purpose}' is no purpose", f"one of {', '.join(PURPOSES)}"
        raise ConfigError(what, where=where((*path, "purpose")), remedy=remedy)
    if not isinstance(topic, str):
        raise ConfigError("'topic' is not a name", where=where((*path, "topic")), remedy='write topic = "price"')
    if not isinstance(channels, Mapping):
        remedy = 'write channels = { telegram = "..." }'
        raise ConfigError("'channels' is not a table", where=where((*path, "channels")), remedy=remedy)
    templates = _templates(source.get("template", {}), (*path, "template"), where, template)
    return _compiled(path, (*path, "text"), source["text"], channels, purpose, topic, templates, where)


def _templates(given: Any, path: Path, where: Where, template: Compile | None) -> Mapping[str, Filled]:
    """The template of a text, or one for each language: by language, "" = one for all."""
    if not isinstance(given, Mapping) or not all(
        isinstance(part, Mapping) for part in given.values() if "name" not in given
    ):
        remedy = 'template = { name = "prices", language = "en", params = ["..."] }, or such tables by language'
        raise ConfigError("'template' is no template", where=where(path), remedy=remedy)
    if not given or template is None:
        return {}
    if "name" in given:
        return {"": template(given, path, where)}
    return {key.lower().replace("_", "-"): template(part, (*path, key), where) for key, part in given.items()}


def _compiled(
    path: Path,
    at: Path,
    source: Any,
    channels: Mapping[str, Any],
    purpose: Purpose,
    topic: str,
    templates: Mapping[str, Filled],
    where: Where,
) -> ReplyText:
    _check(path, at, source, where)
    for channel, own in channels.items():
        _check(path, (*path, "channels", channel), own, where)
    try:
        return compile_text(source, channels, purpose, topic, templates)
    except ValueError as error:  # what is wrong with one language was told above, with its line
        raise ConfigError(f"text '{path[-1]}': {error}", where=where(at)) from None


def _check(path: Path, at: Path, source: Any, where: Where) -> None:
    """Raise ConfigError with the line of the language that is wrong."""
    if isinstance(source, str):
        parts: Mapping[str, Source] = {"": source}
    elif isinstance(source, Mapping) and source and all(isinstance(part, str) for part in source.values()):
        parts = source
    else:
        raise ConfigError(
            f"'{at[-1]}' is not a text",
            where=where(at),
            remedy='write "..." or a table by language: { en = "...", de = "..." }',
        )
    for language, part in parts.items():
        try:
            compile_text(part)
        except ValueError as error:
            line = where((*at, language) if language else at)
            raise ConfigError(f"text '{path[-1]}': {error}", where=line) from None
