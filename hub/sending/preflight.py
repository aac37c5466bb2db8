"""Looks at a template before it leaves: what the platform listed last says whether it would be taken."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from hub.contracts.channel import TemplateInfo
from hub.model.content import Template


def template_fault(template: Template, account: str, listed: Sequence[TemplateInfo]) -> str:
    """What is wrong with it and the nearest remedy, in one sentence; "" = nothing that is known.

    `listed` are the connection's templates, those of other accounts too; empty = they were never read, so nothing is
    known.
    """
    known = [one for one in listed if one.account in ("", account)]
    if not known:
        return ""
    named = [one for one in known if one.name == template.name]
    if not named:
        names = sorted({one.name for one in known})
        close = difflib.get_close_matches(template.name, names, 1)
        remedy = f"did you mean '{close[0]}'?" if close else "`dragoman templates` lists those that are"
        return f"There is no template '{template.name}' ({remedy})."
    found = next((one for one in named if one.language == template.language), None)
    if found is None:
        others = ", ".join(sorted(one.language for one in named))
        return f"The template '{template.name}' has no language '{template.language}' (it has {others})."
    if not found.usable:
        usable = ", ".join(sorted(one.language for one in named if one.usable))
        remedy = f"it is approved in {usable}" if usable else "the platform's own pages say why"
        return f"The template '{template.name}' in '{template.language}' is {found.status.lower()} ({remedy})."
    for what, wanted, given in (
        ("text", found.body, template.body),
        ("header", found.header, template.header),
        ("buttons", found.buttons, template.buttons),
    ):
        got = len([value for value in given if value]) if what == "buttons" else len(given)
        if got < wanted or (got > wanted and what != "buttons"):  # a quick reply may carry a payload, or none
            return f"The template '{template.name}' takes {_values(wanted)} in its {what}, not {got}."
    if any(not value.strip() for value in (*template.body, *template.header)):
        remedy = "give it a fallback, such as {{ person.name or 'there' }}"
        return f"A value of the template '{template.name}' is empty ({remedy})."
    kind = template.media.kind if template.media else ""
    if found.header_media != kind:
        wants = f"a file ({found.header_media}) in its header" if found.header_media else "no file"
        return f"The template '{template.name}' takes {wants}."
    return ""


def _values(count: int) -> str:
    return f"{count} value{'' if count == 1 else 's'}"
