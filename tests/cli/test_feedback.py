"""`feedback` and `ratings`: what came of what the hub said, as figures."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.cli.app import build
from hub.model.by_hand import HumanReplied, InquiryEdited, TagsEdited
from hub.store import open_store
from hub.testing.stores import environ, place_of
from hub.testing.tabletop import HUB_TOML, Tabletop

Run = Callable[..., tuple[int, str]]
HOUR, DAY = 3_600_000, 86_400_000
TOML = (
    HUB_TOML
    + """
[texts.which]
text = "Which quantity do you need?"
purpose = "clarify"

[followup.sales]
at_most = "5h"
texts = { clarify = "which" }
required = ["quantity"]

[tag.quotation-sent]
expires = "7d"
remind = "6d"

[[rule]]
name = "bye"
keywords = ["bye"]
ask = { text = { text = "How was it?" }, choices = { "1" = "rate:price", "5" = "rate:price" } }
"""
)


class Shop(Tabletop):
    """A hub with one WhatsApp number."""

    said = 0

    def says(self, who: int, text: str) -> None:
        """A person writes."""
        self.said += 1
        number = f"4477009001{who:02}"
        message = {"from": number, "id": f"wamid.{self.said}", "timestamp": str(self.now // 1000), "type": "text"}
        value: dict[str, Any] = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "447700900000", "phone_number_id": "1001"},
            "contacts": [{"profile": {"name": f"Person {who}"}, "wa_id": number}],
            "messages": [message | {"text": {"body": text}}],
        }
        change = {"field": "messages", "value": value}
        self.post(
            "meta",
            json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "9", "changes": [change]}]}).encode(),
        )
        self.step()
        self.leaves()

    def leaves(self) -> None:
        """What may leave now leaves, and is taken."""
        while leased := self.lease():
            for one in leased:
                self.sent(one, f"wamid.out{one.outbox}")

    def does(self, event: Any) -> None:
        """A human does something."""
        self.happen(event)
        self.step()
        self.leaves()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    hub = Shop(tmp_path, TOML)
    hub.crm_knows()
    yield hub
    hub.close()


@pytest.fixture
def run(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command while the store is closed: exit code and stdout."""

    def run_(*args: str) -> tuple[int, str]:
        shop.store.close()
        monkeypatch.setattr("hub.cli.people.fresh", lambda: (f"k{shop.now}", shop.now))
        words = [*args, "--config", str(tmp_path / "hub.toml")]
        found = CliRunner().invoke(build(), words, env=environ(place_of(tmp_path / "data")), catch_exceptions=False)
        shop.store = open_store(place_of(tmp_path / "data"))
        return found.exit_code, found.stdout

    return run_


def figures(run: Run, *more: str) -> dict[str, Any]:
    code, told = run("feedback", "--json", *more)
    assert code == 0
    found: dict[str, Any] = json.loads(told)
    return found


def test_hand_offs_and_silences_are_told_for_each_rule(shop, run):
    for who in (1, 2, 3):
        shop.says(who, "what is the price?")
    shop.now += HOUR
    shop.says(1, "HUMAN")
    shop.says(2, "human customer service")
    shop.tick(2 * DAY)

    (row,) = [row for row in figures(run)["rules"] if row["rule"] == "price"]
    assert (row["replies"], row["people"], row["handed_over"], row["silent"]) == (3, 3, 0.6667, 0.3333)
    assert row["marks"] == ["many need a human afterwards: it does not say enough"]
    assert figures(run)["people"] == {"wrote": 3, "automatic": 0.3333, "human": 0.0}
    told = run("feedback")[1]
    assert "many need a human afterwards" in told
    assert "Of 3 people who wrote, 33% were served by the hub alone, 0% by a human too." in told


def test_words_that_no_rule_replies_to_are_proposed_as_keywords(shop, run):
    for who in (1, 2):
        shop.says(who, "how to pay?")
    shop.says(3, "what is the price?")
    found = figures(run)
    assert found["words"] == [{"phrase": "how to pay", "people": 2, "near": ""}]
    assert found["answered"] == 0.3333
    assert "No rule replies to 'how to pay': 2 people." in run("feedback")[1]


def test_follow_ups_are_told_by_purpose_with_what_each_revived(shop, run):
    for who in (1, 2):
        shop.says(who, "hello, I want parts")
        shop.does(
            HumanReplied(key=f"h{who}", at=shop.now, person=f"p{who}", text="Which ones do you want?", agent="Eve")
        )
    for _ in range(20):
        shop.tick(HOUR)
        shop.leaves()
    shop.says(1, "100 of them")
    shop.tick(8 * DAY)
    found = figures(run)
    assert found["unasked"] == {"clarify": {"sent": 2, "judged": 2, "revived": 0.5}}
    assert found["sends"]["now"]["unasked"] == 2
    assert found["sends"]["rises"] is False


def test_messages_for_closed_inquiries_and_abandoned_ones_are_told(shop, run):
    shop.says(1, "what is the price?")
    shop.says(2, "what is the price?")
    shop.now += HOUR
    shop.does(InquiryEdited(key="c", at=shop.now, person="p1", state="closed", reason="sold", agent="Eve"))
    shop.tick(8 * DAY)
    found = figures(run)
    assert found["per_closed_inquiry"] == {"now": 1.0, "before": 0.0, "rises": False}
    assert found["abandoned"] == {"inquiries": 1, "of": 1, "share": 1.0}
    assert "Abandoned for more than 7 days: 1 of 1 inquiries (100%)." in run("feedback")[1]


def test_tags_with_a_reminder_tell_how_many_people_were_written_to_in_time(shop, run):
    for who in (1, 2):
        shop.says(who, "hello")
        shop.does(TagsEdited(key=f"t{who}", at=shop.now, person=f"p{who}", add=("quotation-sent",), agent="Eve"))
    shop.tick(HOUR)
    shop.does(HumanReplied(key="h", at=shop.now, person="p1", text="Any questions?", agent="Eve"))
    shop.tick(8 * DAY)
    assert figures(run)["tags_in_time"] == {"quotation-sent": {"put_on": 2, "in_time": 1, "share": 0.5}}


def test_an_answer_that_less_than_60_percent_found_good_is_to_be_written_anew(shop, run):
    answers = {1: "1", 2: "5"}
    for who, answer in answers.items():
        shop.says(who, "bye")
        shop.says(who, answer)
    (row,) = json.loads(run("ratings", "--json")[1])
    assert (row["about"], row["ratings"], row["good"], row["rewrite"]) == ("price", 2, 0.5, True)
    assert "rewrite" in run("ratings")[1]
    shop.says(3, "bye")
    shop.says(3, "5")
    (row,) = json.loads(run("ratings", "--json")[1])
    assert (row["good"], row["rewrite"]) == (0.667, False)


def test_nothing_was_said_so_far(run):
    code, told = run("feedback")
    assert code == 0
    assert "Said to each person: 0 messages, before 0." in told


def test_tags_that_do_not_follow_within_24_h_for_more_than_95_percent_of_people_are_told(shop, run):
    for who in (1, 2):
        shop.says(who, "hello")
        shop.does(TagsEdited(key=f"t{who}", at=shop.now, person=f"p{who}", add=("quotation-sent",), agent="Eve"))
    assert json.loads(run("tags", "report", "--json")[1])["freshness"]["share"] == 1.0
    shop.now += 24 * HOUR + 2000
    shop.says(2, "hello again")
    assert json.loads(run("tags", "report", "--json")[1])["freshness"] == {
        "people": 2,
        "fresh": 1,
        "share": 0.5,
        "enough": False,
    }
    assert "below 95%" in run("tags", "report")[1]
