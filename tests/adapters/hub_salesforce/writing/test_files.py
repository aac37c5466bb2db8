"""Attachments in Salesforce's files."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from hub import LogEntry
from hub.contracts.crm import KeepsFiles
from hub.contracts.errors import Rejected, Uncertain
from hub.model.records import FileWrite
from hub.wire.multipart import safe_name
from hub_salesforce import files


def stored(tmp_path, data: bytes = b"%PDF\r\n--x\x00\xff", **more) -> FileWrite:
    path = tmp_path / "blob"
    path.write_bytes(data)
    usual = {"outbox": 1, "key": "blob-7", "path": str(path), "name": "Invoice 3.pdf", "mime": "application/pdf"}
    return FileWrite(**{**usual, "size": len(data), **more})


def test_a_file_is_stored_whole_and_shown_nowhere(organisation, tmp_path):
    async def scenario(sim, do, crm):
        assert isinstance(crm, KeepsFiles)
        data = bytes(range(256)) * 1_000
        document = await do(crm.attach, stored(tmp_path, data))
        (version,) = sim.org.rows["ContentVersion"].values()
        assert version.values["ContentDocumentId"] == document
        assert base64.b64decode(version.values["VersionData"]) == data
        assert version.values["PathOnClient"] == "Invoice 3-blob-7.pdf"
        assert not sim.org.rows["ContentDocumentLink"]
        assert sum(sim.calls.values()) == 2

    organisation(scenario)


def test_a_lost_answer_leaves_a_file_that_nobody_sees(organisation, tmp_path):
    async def scenario(sim, do, crm):
        sim.faults.lose_after = 1.0
        with pytest.raises(Uncertain):
            await do(crm.attach, stored(tmp_path))
        assert sim.swallowed == 1, "the upload is not sent again by itself"
        sim.faults.lose_after = 0.0
        document = await do(crm.attach, stored(tmp_path))
        assert document in sim.org.rows["ContentDocument"]
        assert not sim.org.rows["ContentDocumentLink"]

    organisation(scenario)


def test_what_is_not_uploaded(organisation, tmp_path, monkeypatch):
    async def scenario(sim, do, crm):
        monkeypatch.setattr(files, "LIMIT", 10)
        nothing = {"path": str(tmp_path / "nothing")}
        for data, more, told in ((b"x" * 11, {}, "too large"), (b"", {}, "empty"), (b"x", nothing, "not stored")):
            with pytest.raises(Rejected, match=told):
                await do(crm.attach, stored(tmp_path, data, **more))
        assert not sim.calls

    organisation(scenario)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/pass\r\nwd", "pass_wd-k1"),
        ('a"b;c.PDF', "a_b_c-k1.PDF"),
        ("", "file-k1"),
        ("x" * 300 + ".jpeg", "x" * 80 + "-k1.jpeg"),
        ("résumé final.docx", "résumé final-k1.docx"),
    ],
)
def test_names_are_safe(name, kept):
    assert safe_name(name, "k1") == kept
    assert safe_name(name, 'k"\r\n') != kept


def test_a_file_that_became_shorter_is_not_sent_as_whole(tmp_path):
    path = tmp_path / "blob"
    path.write_bytes(b"short")
    upload = files.Upload(b"<", path, 10, b">")
    assert len(upload) == 12
    with pytest.raises(OSError, match="shorter"):
        list(upload)


def entries(record: str, count: int) -> list[LogEntry]:
    usual = {
        "record": record,
        "direction": "in",
        "channel": "whatsapp",
        "author": "Ana",
        "text": "hi",
        "at": 1_750_000_000_000,
    }
    return [LogEntry(outbox=n, message=f"m-{n}", sequence=n, **usual) for n in range(1, count + 1)]


def test_files_stand_beside_their_message_once(organisation, tmp_path):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        (tmp_path / "blob").write_bytes(b"a file")
        file = FileWrite(outbox=1, key="f-1", path=str(tmp_path / "blob"), name="a.txt", mime="text/plain", size=6)
        kept, other = [await do(crm.attach, replace(file, key=key)) for key in ("f-1", "f-2")]
        sim.calls.clear()
        batch = [replace(e, files=(kept,)) for e in entries(ana, 2)]
        written = await do(crm.log, batch)
        assert sum(sim.calls.values()) == 2, "one call for the tasks, one for their files"
        stands = replace(batch[0], logged=written[0].record, files=(kept, other))
        await do(crm.log, [stands])
        assert links(sim) == {(written[0].record, kept), (written[0].record, other), (written[1].record, kept)}
        await do(crm.log, [replace(stands, files=(), deleted=True, text="")])
        assert links(sim) == {(written[1].record, kept)}

    organisation(scenario)


def test_a_file_that_is_gone_is_told_and_the_message_stands(organisation):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        (written,) = await do(crm.log, [replace(e, files=("069000000000000AAA",)) for e in entries(ana, 1)])
        assert (written.error, list(written.left_out)) == (None, ["file 069000000000000AAA"])
        assert len(sim.logged()) == 1

    organisation(scenario)


def links(sim):
    rows = (row for row in sim.org.rows["ContentDocumentLink"].values() if not row.deleted)
    found = [(row.values["LinkedEntityId"], row.values["ContentDocumentId"]) for row in rows]
    return set(found)
