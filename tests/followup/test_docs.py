"""What docs/how-to/follow-up.md shows is a file that the hub takes."""

import re
import tomllib
from pathlib import Path

from hub.contracts.toml_lines import Lines
from hub.followup.settings import FollowUpTable
from hub.rules import compile_rules

TEXT = (Path(__file__).parents[2] / "docs" / "how-to" / "follow-up.md").read_text("utf-8")


def test_what_it_shows_is_one_file_that_the_hub_takes_and_names_every_key_but_the_products():
    shown = "\n".join(re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL))
    data = tomllib.loads(shown)
    assert compile_rules(data, Lines(shown, "hub.toml").where).book.follow_ups["sales"].nudges == 3
    assert set(data["followup"]["sales"]) == set(FollowUpTable.model_fields) - {"products"}
