"""From the admin's examples to a reply: trained by the command, asked by the running hub, answered by a rule."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli.app import build
from hub.store import open_reader
from hub.testing.shop import Shop
from hub.testing.stores import place_of

EXAMPLES = """
price = ["what do you want for it", "what would two of them cost me", "is it dear", "what is your charge", "cost?",
         "what will it cost", "tell me the cost", "what do you charge"]
delivery = ["when will it arrive", "where is my parcel", "did you ship it", "has it left", "how long until it comes",
            "track my parcel", "is it on its way", "when does it get here"]
none = ["good morning", "my dog ate it", "are you a robot", "lovely weather", "we won the match", "happy birthday",
        "see you in spring", "what a day"]
"""
RULE = """
[[rule]]
name = "cost"
intent = "price"
sure = 0.5
reply = "prices"
[plugin.intent]
examples = "intents"
precision = 0.6
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    found = Shop(tmp_path)
    text = found.config.read_text().replace("hook_deadline = 0.5", "hook_deadline = 20")
    found.config.write_text(text + RULE)
    (tmp_path / "intents").mkdir()
    (tmp_path / "intents" / "shop.toml").write_text(EXAMPLES)
    environ = found.environ()
    monkeypatch.setattr(found, "environ", lambda: {**environ, "DRAGOMAN_PLUGINS": "post,intent"})
    for name, value in found.environ().items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(str(found.site))
    yield found
    found.close()


def decisions(shop: Shop) -> str:
    """What the hub decided so far."""
    db = open_reader(place_of(shop.data))
    try:
        return "\n".join(because for (because,) in db.rows("SELECT because FROM decisions ORDER BY id"))
    finally:
        db.close()


def test_what_no_keyword_catches_is_answered_by_its_intent_and_strange_talk_is_not(shop: Shop) -> None:
    done = CliRunner().invoke(build(), ["intents", "train", "--config", str(shop.config)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    shop.alone()
    assert shop.say(1, "zubrowka zamovar", "+447700900101") == 200
    assert shop.say(2, "what would it cost me", "+447700900102") == 200
    assert shop.until(lambda: [said for said in shop.said if said["to"] == "+447700900102"])
    assert [(said["to"], said["text"]) for said in shop.said] == [("+447700900102", "It costs a penny.")]
    assert shop.until(lambda: "the message means no idea" in decisions(shop))
    assert "the message means price" in decisions(shop)
