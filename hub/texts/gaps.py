"""The plainest texts: words with gaps for single variables, filled without a template engine.

Nearly every text is one: `Hello {{ person.name or 'there' }}`. They load and render many times faster than templates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.texts.variables import known

_GAP = re.compile(
    r"\{\{\s*([a-z]\w*)(?:\.([A-Za-z_]\w*))?(?:\s+or\s+(?:'([^'\\{}]*)'|\"([^\"\\{}]*)\"))?\s*\}\}", re.ASCII
)
_NEWLINES = re.compile(r"\r\n?")


@dataclass(frozen=True, slots=True)
class Gaps:
    """A text in pieces: words, and between them a variable (`name` and `key`, "" = none) with what stands there where
    it is empty."""

    words: tuple[str, ...]
    gaps: tuple[tuple[str, str, str], ...]

    @property
    def uses(self) -> frozenset[str]:
        """The variables it names."""
        return frozenset(f"{name}.{key}" if key else name for name, key, _ in self.gaps)

    def render(self, values: Mapping[str, Any]) -> str:
        """The text with its gaps filled. `values` must hold every variable in `uses`."""
        parts = [self.words[0]]
        for (name, key, otherwise), words in zip(self.gaps, self.words[1:], strict=True):
            value = values[name][key] if key else values[name]
            parts += (str(value or otherwise), words)
        return "".join(parts)


def read_gaps(text: str) -> Gaps | None:
    """A text as words and gaps; None where it is more than that, or names what nobody knows."""
    found = _GAP.split(text)
    words, names, keys = found[::5], found[1::5], [key or "" for key in found[2::5]]
    if any("{" in part for part in words) or not all(map(known, names, keys)):
        return None
    others = [one or two or "" for one, two in zip(found[3::5], found[4::5], strict=True)]
    return Gaps(tuple(_NEWLINES.sub("\n", part) for part in words), tuple(zip(names, keys, others, strict=True)))
