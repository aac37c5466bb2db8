"""`why` and `status` tell of a message's files and of what its writer changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli.app import build
from hub.model.events import MediaSettled
from hub.testing.tabletop import Tabletop

ANA = "12025550111"


def posted(table: Tabletop, *messages: dict[str, object]) -> None:
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "12025550100", "phone_number_id": "1001"},
        "contacts": [{"profile": {"name": "Ana"}, "wa_id": ANA}],
        "messages": [{"from": ANA, "timestamp": str(table.now // 1000), **message} for message in messages],
    }
    entry = {"id": "9", "changes": [{"field": "messages", "value": value}]}
    table.post("meta", json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode())
    table.step()


@pytest.fixture
def lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A message with a file that came, one whose file waits, and one that was edited and taken back."""
    monkeypatch.setenv("DRAGOMAN_CONFIG", str(tmp_path / "hub.toml"))
    table = Tabletop(tmp_path)
    invoice = {"id": "4711", "mime_type": "application/pdf", "filename": "invoice.pdf"}
    posted(table, {"id": "wamid.1", "type": "document", "document": invoice})
    posted(table, {"id": "wamid.2", "type": "document", "document": invoice | {"id": "4712"}})
    posted(table, {"id": "wamid.3", "type": "text", "text": {"body": "on Munday"}})
    table.now += 1000
    edit = {"original_message_id": "wamid.3", "message": {"type": "text", "text": {"body": "on Monday"}}}
    posted(table, {"id": "wamid.4", "type": "edit", "edit": edit})
    table.now += 1000
    posted(table, {"id": "wamid.5", "type": "revoke", "revoke": {"original_message_id": "wamid.3"}})
    table.happen(
        MediaSettled(key="1.0.stored", at=table.now, media=1, outcome="stored", blob="ab" * 32, size=12),
        MediaSettled(key="2.0.retry", at=table.now, media=2, outcome="retry", due=table.now + 60_000, reason="not now"),
    )
    table.step()
    table.close()

    def run(*args: str) -> str:
        return CliRunner().invoke(build(), list(args)).stdout

    return run


def test_why_tells_what_became_of_a_file(lines) -> None:
    stored, waiting = lines("why", "wamid.1"), lines("why", "wamid.2")
    assert f"1 document 'invoice.pdf', 12 bytes: stored, kept as {'ab' * 32}" in stored
    assert "2 document 'invoice.pdf': pending, due " in waiting
    assert waiting.count("(not now)") == 1
    (chain,) = json.loads(lines("why", "wamid.2", "--json"))
    assert [(file["state"], file["attempts"], file["reason"]) for file in chain["files"]] == [("pending", 1, "not now")]


def test_why_tells_what_the_writer_changed(lines) -> None:
    told = lines("why", "wamid.3")
    assert "'on Monday'" in told
    assert "this is the new text" in told
    assert "taken back" in told
    assert "edited" not in lines("why", "wamid.1")


def test_status_counts_files_that_wait(lines) -> None:
    assert "1 of inbound messages wait to be fetched" in lines("status")
    assert json.loads(lines("status", "--json"))["files"] == {"pending": 1, "stored": 1}
