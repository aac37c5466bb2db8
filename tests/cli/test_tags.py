"""`tag`, `consent`, `tags`, `segments` and `campaign`, beside a hub that does not run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.cli.app import build
from hub.engine.campaigns import Campaigns
from hub.model.by_hand import PersonEdited
from hub.store import open_store
from hub.testing.stores import environ, place_of
from hub.testing.tabletop import HUB_TOML, Tabletop

Run = Callable[..., tuple[int, str, str]]
DAY = 86_400_000

TOML = (
    HUB_TOML
    + """
[tag.vip]
dimension = "value"

[tag.quotation-sent]
group = "status"
expires = "7d"
remind = "6d"

[tag.sample-sent]
group = "status"
closed_by_hand = true
review = "15d"

[tag.large]
dimension = "attribute"
derive = { where = { company_size = "> 200" } }

[segment.large-vip]
tags = ["vip"]
where = { company_size = "> 200" }

[segment.vips]
tags = ["vip"]

[campaign.spring]
segment = "vips"
text = { en = "New prices, {{ person.name }}", de = "Neue Preise, {{ person.name }}" }
"""
)


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Tabletop]:
    hub = Tabletop(tmp_path, TOML)
    for number, name in ((1, "Ana"), (2, "Ben"), (3, "Cleo")):
        stamp = str(hub.now // 1000)
        who = f"4477009001{number:02}"
        message = {"from": who, "id": f"wamid.{number}", "timestamp": stamp, "type": "text", "text": {"body": "hello"}}
        value: dict[str, Any] = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "447700900000", "phone_number_id": "1001"},
            "contacts": [{"profile": {"name": name}, "wa_id": who}],
            "messages": [message],
        }
        change = {"field": "messages", "value": value}
        body = {"object": "whatsapp_business_account", "entry": [{"id": "9", "changes": [change]}]}
        hub.post("meta", json.dumps(body).encode())
        hub.step()
    yield hub
    hub.close()


@pytest.fixture
def run(table: Tabletop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command while the store is closed, and step what it left: exit code, stdout, stderr."""

    def run_(*args: str) -> tuple[int, str, str]:
        table.store.close()
        monkeypatch.setattr("hub.cli.people.fresh", lambda: (f"k{table.now}", table.now))
        words = [*args, "--config", str(tmp_path / "hub.toml")]
        found = CliRunner().invoke(build(), words, env=environ(place_of(tmp_path / "data")), catch_exceptions=False)
        table.store = open_store(place_of(tmp_path / "data"))
        table.now += 1
        table.step()
        return found.exit_code, found.stdout, found.stderr

    return run_


def tags(table: Tabletop) -> list[tuple[int, str]]:
    return table.rows("SELECT person, tag FROM person_tags ORDER BY person, tag")  # type: ignore[return-value]


def test_tags_are_put_on_and_taken_off_by_sign(table, run):
    assert run("tag", "p1", "+vip", "+quotation-sent", "--agent", "Eve")[0] == 0
    assert tags(table) == [(1, "quotation-sent"), (1, "vip")]
    assert run("tag", "+447700900101", "-vip", "+sample-sent")[0] == 0
    assert tags(table) == [(1, "sample-sent")]
    assert table.rows("SELECT DISTINCT by_whom FROM tag_history ORDER BY by_whom") == [
        ("Eve",),
        ("agent",),
        ("replaced",),
    ]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("p1", "+vlp"), "there is no tag 'vlp' (did you mean 'vip'?)"),
        (("p1", "vip"), "does not say whether the tag comes or goes (write +vip)"),
        (("p77", "+vip"), "nobody is known as p77"),
    ],
)
def test_a_wrong_tag_is_one_sentence(run, words: tuple[str, ...], says: str):
    code, _, told = run("tag", *words)
    assert code == 2
    assert says in told


def test_consent_is_recorded_from_the_command_line(table, run):
    assert run("consent", "p1", "market", "yes", "--evidence", "form of May", "--agent", "Eve")[0] == 0
    assert table.rows("SELECT person, purpose, given, evidence, by_whom FROM consents") == [
        (1, "market", 1, "form of May", "Eve")
    ]


def test_the_list_says_what_each_tag_means_and_who_has_it(table, run):
    run("tag", "p1", "+vip")
    code, told, _ = run("tags", "list")
    assert code == 0
    assert [word in told for word in ("quotation-sent", "status", "6 d", "7 d", "by hand", "company_size > 200")] == [
        True
    ] * 6
    assert "Note: the dimension 'value' has 1 tag: 5 to 8 are told apart best." in told
    found = {row["tag"]: row for row in json.loads(run("tags", "list", "--json")[1])["tags"]}
    assert found["vip"]["people"] == 1
    assert found["quotation-sent"]["remind_ms"] == 6 * DAY
    assert found["sample-sent"]["closed_by_hand"] is True


def test_the_report_tells_use_answers_and_freshness(table, run):
    run("tag", "p1", "+vip", "+quotation-sent")
    run("tag", "p2", "+vip")
    plain = json.loads(run("tags", "report", "--json")[1])
    found = {row["tag"]: row for row in plain["tags"]}
    assert (found["vip"]["people"], found["vip"]["share"], found["vip"]["added"]) == (2, 1.0, 2)
    assert found["vip"]["marks"] == ["so many have it that it says little: divide it"]
    assert found["large"]["marks"] == ["hardly used: delete it, or merge it into another"]
    assert found["vip"]["response"] is None
    assert plain["freshness"] == {"people": 2, "fresh": 2, "share": 1.0, "enough": True}
    assert "Fresh: tags of 2 of 2 people (100%) followed within 24 h, enough." in run("tags", "report")[1]


def test_who_was_spoken_to_with_a_tag_and_did_not_answer_is_counted(table, run):
    run("tag", "p1", "+vip")
    run("reply", "p1", "how are you?", "--agent", "Eve")
    (leased,) = table.lease()
    table.sent(leased, "wamid.out")
    row = {row["tag"]: row for row in json.loads(run("tags", "report", "--json")[1])["tags"]}["vip"]
    assert (row["asked"], row["answered"], row["response"]) == (1, 0, 0.0)
    assert "few answer: speak to them in another way" in row["marks"]


def test_segments_are_counted_and_shown(table, run):
    run("tag", "p1", "+vip")
    run("tag", "p2", "+vip")
    table.happen(PersonEdited(key="size", at=table.now, person="p1", values={"company_size": "1,000"}))
    table.step()
    assert tags(table) == [(1, "large"), (1, "vip"), (2, "vip")]
    rows = json.loads(run("segments", "list", "--json")[1])["segments"]
    assert [(row["segment"], row["people"]) for row in rows] == [("large-vip", 1), ("vips", 2)]
    code, told, _ = run("segments", "show", "large-vip", "--people")
    assert code == 0
    assert told.startswith("1 person is in large-vip: tag vip, company_size > 200.")
    assert "Ana" in told
    table.now += 8 * DAY
    plain = json.loads(run("segments", "show", "vips", "--people", "--json")[1])
    assert [(one["person"], one["tags"], one["overdue"]) for one in plain["members"]] == [
        (1, ["large", "vip"], True),
        (2, ["vip"], True),
    ]
    assert " !" in run("segments", "show", "vips", "--people")[1]


def test_an_unknown_segment_is_one_sentence(run):
    code, _, told = run("segments", "show", "vip")
    assert code == 2
    assert "there is no segment 'vip': did you mean 'vips'?" in told


def test_a_campaign_is_previewed_started_watched_and_stopped(table, run):
    for person in ("p1", "p2", "p3"):
        run("tag", person, "+vip")
    run("consent", "p1", "market", "yes", "--evidence", "form")
    run("consent", "p2", "market", "no", "--evidence", "call")
    plain = json.loads(run("campaign", "preview", "spring", "--json")[1])
    assert (plain["people"], plain["looked_at"], plain["would_go"]) == (3, 3, 1)
    assert sum(plain["refused"].values()) == 2
    assert all("consent" in why.lower() for why in plain["refused"])
    assert plain["samples"] == [{"person": "p1", "name": "Ana", "inbox": "sales", "says": "New prices, Ana"}]
    assert "1 would be told, 2 would not" in run("campaign", "preview", "spring")[1]

    assert "never started" in run("campaign", "status", "spring")[1]
    assert run("campaign", "start", "spring", "--agent", "Eve")[0] == 0
    duty = Campaigns(table.line, None)  # type: ignore[arg-type]
    for _ in range(2):
        table.now += 1000
        duty.turn(table.store, table.now)
        table.step()
    status = json.loads(run("campaign", "status", "spring", "--json")[1])
    assert (status["run"]["state"], status["run"]["people"], status["waiting"]) == ("running", 3, 2)
    assert status["messages"] == {"queued": 1}
    assert run("campaign", "stop", "spring")[0] == 0
    assert "spring is stopped" in run("campaign", "status", "spring")[1]


def test_a_campaign_whose_window_is_closed_has_no_way_without_a_template(table, run):
    run("tag", "p1", "+vip")
    run("consent", "p1", "market", "yes", "--evidence", "form")
    table.now += 2 * DAY
    plain = json.loads(run("campaign", "preview", "spring", "--json")[1])
    assert plain["would_go"] == 0
    (why,) = plain["refused"]
    assert "window" in why


def test_an_unknown_campaign_is_not_started(table, run):
    code, _, told = run("campaign", "start", "autumn")
    assert code == 2
    assert "there is no campaign 'autumn'" in told
    assert table.rows("SELECT count(*) FROM campaign_runs") == [(0,)]
