"""Reply texts: Jinja2 reduced to what a reply needs, compiled and checked when the configuration is loaded.

A text may name the variables below, choose with `if`, and use a few filters. Loops, macros, arithmetic and calls are
refused at load: a text costs what it looks like and cannot fail on a message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

LONGEST = 4 * 4096
"""Characters of a rendered text: four of the longest messages that channels take."""

VARIABLES: dict[str, tuple[str, ...]] = {
    "change": ("after", "before", "field", "record"),
    "hours": ("next_open",),
    "inbox": (),
    "message": ("text",),
    "person": ("language", "name"),
}
"""What a text may name: `{{ inbox }}`, `{{ person.name }}`, ..."""

NAMES = sorted(f"{name}.{key}" if key else name for name, keys in VARIABLES.items() for key in keys or ("",))

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


_ENVIRONMENT = _environment()


@dataclass(frozen=True, slots=True)
class ReplyText:
    """A text in one or more languages. `languages` keeps the order of the file; "" is a text without languages."""

    languages: Mapping[str, Template | str]
    uses: frozenset[str]

    def render(self, language: str, values: Mapping[str, Any]) -> str:
        """The text for a reader of `language`: that language, else its base (pt for pt-BR), else en, else the first.

        `values` must hold every variable in `uses`.
        """
        wanted = language.lower().replace("_", "-")
        for choice in (wanted, wanted.partition("-")[0], "en"):
            if choice in self.languages:
                template = self.languages[choice]
                break
        else:
            template = next(iter(self.languages.values()))
        text = template if isinstance(template, str) else template.render(values)
        return text.strip()[:LONGEST]


def compile_text(source: str | Mapping[str, str]) -> ReplyText:
    """Compile one text or a table of texts by language. Raises ValueError in words for an admin."""
    sources = {"": source} if isinstance(source, str) else source
    if not sources:
        raise ValueError("the text has no language")
    uses: set[str] = set()
    languages: dict[str, Template | str] = {}
    for language, text in sources.items():
        try:
            languages[language.lower().replace("_", "-")] = _compile(text, uses)
        except ValueError as error:
            raise ValueError(f"{language}: {error}" if language else str(error)) from None
    return ReplyText(languages, frozenset(uses))


def _compile(text: str, uses: set[str]) -> Template | str:
    if not text.strip():
        raise ValueError("the text is empty")
    if len(text) > LONGEST:
        raise ValueError(f"the text is longer than {LONGEST} characters")
    try:
        tree = _ENVIRONMENT.parse(text)
        _check(tree, uses)
        template = _ENVIRONMENT.from_string(tree)
        template.render({name: dict.fromkeys(keys, "x") if keys else "x" for name, keys in VARIABLES.items()})
    except TemplateSyntaxError as error:
        raise ValueError(error.message or "it cannot be read") from None
    except (TypeError, ArithmeticError) as error:
        raise ValueError(str(error)) from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return text if "{" not in text else template


def _check(node: nodes.Node, uses: set[str]) -> None:
    """Refuse what a text may not do; collect the variables it names."""
    match node:
        case (
            nodes.Getattr(node=nodes.Name(name=name), attr=attr)
            | nodes.Getitem(node=nodes.Name(name=name), arg=nodes.Const(value=attr))
        ):
            if attr not in VARIABLES.get(name, ()):
                raise ValueError(f"unknown variable {name}.{attr}; known: {', '.join(NAMES)}")
            uses.add(f"{name}.{attr}")
            return
        case nodes.Name(name=name):
            if VARIABLES.get(name) != ():
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
