"""What docs/how-to/inquiries.md shows is a file that the hub takes."""

import re
import tomllib
from pathlib import Path

from hub.contracts.toml_lines import Lines
from hub.rules import compile_rules

DOC = Path(__file__).parents[2] / "docs" / "how-to" / "inquiries.md"


def test_what_it_shows_is_one_file_that_the_hub_takes():
    text = "\n".join(re.findall(r"```toml\n(.*?)```", DOC.read_text("utf-8"), re.DOTALL))
    rules = compile_rules(tomllib.loads(text), Lines(text, "hub.toml").where)
    assert [priority.name for priority in rules.book.priorities.all] == ["P1", "P2", "P3"]
    assert [priority.reply_by for priority in rules.book.priorities.all] == [7_200_000, 21_600_000, 86_400_000]
    assert rules.book.staff.lead("sales") == "bo"
