"""Reply texts: Jinja2 reduced to what a reply needs, compiled and checked when the configuration is loaded.

A text may name the variables below, choose with `if`, and use a few filters. Loops, macros, arithmetic and calls are
refused at load: a text costs what it looks like and cannot fail on a message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from hub.model.commands import Purpose
from hub.model.content import PLAIN, Content
from hub.texts.gaps import Gaps, read_gaps
from hub.texts.variables import NAMES, known, sample

LONGEST = 4 * 4096
"""Characters of a rendered text: four of the longest messages that channels take."""

_FILTERS = {"capitalize": 0, "default": 2, "lower": 0, "title": 0, "trim": 0, "truncate": 1, "upper": 0}
_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.If,
    nodes.CondExpr,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Const,
    nodes.Concat,
)


def _environment() -> ImmutableSandboxedEnvironment:
    found = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    found.globals.clear()
    return found


class _ByKey(NodeTransformer):
    """`a.b` becomes `a["b"]`: a name is never looked up among the methods of what holds it."""

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:  # noqa: N802 - jinja2 calls it by the node's name
        self.generic_visit(node)
        return nodes.Getitem(node.node, nodes.Const(node.attr), node.ctx, lineno=node.lineno)


_ENVIRONMENT = _environment()


T = TypeVar("T")


class Filled(Protocol):
    """A template that a platform approved beforehand; its values are texts."""

    @property
    def uses(self) -> frozenset[str]:
        """The variables that its values name."""

    def fill(self, language: str, values: Mapping[str, Any]) -> Content:
        """The template for a reader of `language`."""


Languages = Mapping[str, Template | Gaps | str]
"""A text by language, in the order of the file; "" is a text without languages."""


@dataclass(frozen=True, slots=True)
class ReplyText:
    """A text in one or more languages, and what other `channels` say instead. `purpose` and `topic` say what it is for
    and about, "" = nothing was said of that. Of `templates`, by language, one goes in its place where free text may not
    any more."""

    languages: Languages
    uses: frozenset[str]
    channels: Mapping[str, Languages] = field(default_factory=dict)
    purpose: Purpose = ""
    topic: str = ""
    templates: Mapping[str, Filled] = field(default_factory=dict)

    def render(self, language: str, values: Mapping[str, Any], channel: str = "") -> str:
        """The text for a reader of `language`: that language, else its base (pt for pt-BR), else en, else the first.

        A channel that has a text of its own in that language says it instead. `values` must hold every variable in
        `uses`.
        """
        own = self.channels.get(channel)
        template = _choose(own or self.languages, language)
        text = template if isinstance(template, str) else template.render(values)
        return text.strip()[:LONGEST]

    def instead(self, language: str, values: Mapping[str, Any]) -> Content:
        """The template for a reader of `language`, chosen as the text is; plain where there is none. `values` as in
        `render`."""
        return _choose(self.templates, language).fill(language, values) if self.templates else PLAIN


def _choose(languages: Mapping[str, T], language: str) -> T:
    wanted = language.lower().replace("_", "-")
    for choice in (wanted, wanted.partition("-")[0], "en"):
        if choice in languages:
            return languages[choice]
    return next(iter(languages.values()))


Source = str | Mapping[str, str]
"""One text, or texts by language."""


def compile_text(
    source: Source,
    channels: Mapping[str, Source] | None = None,
    purpose: Purpose = "",
    topic: str = "",
    templates: Mapping[str, Filled] | None = None,
) -> ReplyText:
    """Compile one text or a table of texts by language, and those of single channels. Raises ValueError in words for an
    admin."""
    uses: set[str] = set()
    languages = _languages(source, uses)
    own: dict[str, Languages] = {}
    for channel, text in (channels or {}).items():
        try:
            own[channel] = _languages(text, uses)
        except ValueError as error:
            raise ValueError(f"{channel}: {error}") from None
    found = templates or {}
    return ReplyText(
        languages, frozenset(uses).union(*(one.uses for one in found.values())), own, purpose, topic, found
    )


def _languages(source: Source, uses: set[str]) -> Languages:
    sources = {"": source} if isinstance(source, str) else source
    if not sources:
        raise ValueError("the text has no language")
    languages: dict[str, Template | Gaps | str] = {}
    for language, text in sources.items():
        try:
            languages[language.lower().replace("_", "-")] = _compile(text, uses)
        except ValueError as error:
            raise ValueError(f"{language}: {error}" if language else str(error)) from None
    return languages


def _compile(text: str, uses: set[str]) -> Template | Gaps | str:
    if not text.strip():
        raise ValueError("the text is empty")
    if len(text) > LONGEST:
        raise ValueError(f"the text is longer than {LONGEST} characters")
    if "{" not in text:
        return text
    gaps = read_gaps(text)
    if gaps is not None:
        uses |= gaps.uses
        return gaps
    try:
        tree = _ENVIRONMENT.parse(text)
        own: set[str] = set()
        _check(tree, own)
        template = _ENVIRONMENT.from_string(_ByKey().visit(tree))
        template.render(sample(own))
    except TemplateSyntaxError as error:
        raise ValueError(error.message or "it cannot be read") from None
    except (TypeError, ArithmeticError) as error:
        raise ValueError(str(error)) from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    uses |= own
    return template


def _check(node: nodes.Node, uses: set[str]) -> None:
    """Refuse what a text may not do; collect the variables it names."""
    match node:
        case (
            nodes.Getattr(node=nodes.Name(name=name), attr=attr)
            | nodes.Getitem(node=nodes.Name(name=name), arg=nodes.Const(value=attr))
        ):
            if not known(name, attr):
                raise ValueError(f"unknown variable {name}.{attr}; known: {', '.join(NAMES)}")
            uses.add(f"{name}.{attr}")
            return
        case nodes.Name(name=name):
            if not known(name):
                raise ValueError(f"unknown variable {name}; known: {', '.join(NAMES)}")
            uses.add(name)
            return
        case nodes.Filter(name=name, args=args, kwargs=kwargs):
            _check_filter(name, args, bool(kwargs or node.dyn_args or node.dyn_kwargs))
        case nodes.Compare(ops=ops) if all(operand.op in ("eq", "ne") for operand in ops):
            pass
        case nodes.Operand():
            pass
        case _ if not isinstance(node, _ALLOWED):
            raise ValueError(
                f"a text cannot use {type(node).__name__.lower()}; it may name variables, use if and filters"
            )
    for child in node.iter_child_nodes():
        _check(child, uses)


def _check_filter(name: str, args: list[nodes.Expr], extra: bool) -> None:
    if name not in _FILTERS:
        raise ValueError(f"unknown filter {name}; known: {', '.join(_FILTERS)}")
    plain = all(isinstance(arg, nodes.Const) for arg in args)
    number = name != "truncate" or all(isinstance(arg, nodes.Const) and type(arg.value) is int for arg in args)
    if extra or len(args) > _FILTERS[name] or not plain or not number:
        raise ValueError(f"the filter {name} is used wrongly")
