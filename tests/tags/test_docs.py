"""What the documentation shows can be written like that."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from hub.rules import compile_rules

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "tags.md"


def test_the_tags_segments_and_campaigns_of_the_documentation_compile_and_warn_of_nothing():
    blocks = re.findall(r"```toml\n(.*?)```", HOW_TO.read_text("utf-8"), re.DOTALL)
    data = tomllib.loads("\n".join(blocks))
    book = compile_rules(data, lambda path: ".".join(map(str, path))).book
    assert len(book.tags.all) == 16
    assert book.tags.warnings == ()
    assert {"big-automotive", "quote-quiet", "regulars", "forgotten"} == set(book.segments)
    assert book.campaigns["spring"].rate == 60
