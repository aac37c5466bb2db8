"""Attachments in HubSpot's files."""

from __future__ import annotations

import pytest

from hub.contracts.crm import KeepsFiles
from hub.contracts.errors import AuthFailed, RateLimited, Rejected, Unavailable
from hub.model.records import FileWrite
from hub.wire.multipart import safe_name
from hub_hubspot import files

UPLOAD = "files/v3/files"


def stored(tmp_path, data: bytes = b"%PDF\r\n--x\x00\xff", **more) -> FileWrite:
    path = tmp_path / "blob"
    path.write_bytes(data)
    usual = {"outbox": 1, "key": "blob-7", "path": str(path), "name": "Invoice 3.pdf", "mime": "application/pdf"}
    return FileWrite(**{**usual, "size": len(data), **more})


def test_a_file_is_stored_private_and_whole(portal, tmp_path):
    async def scenario(sim, do, crm):
        assert isinstance(crm, KeepsFiles)
        data = bytes(range(256)) * 1_000
        record = await do(crm.attach, stored(tmp_path, data))
        assert sim.beside.uploads == {record: data}
        values = sim.portal.things["files"][record].values
        assert values["path"] == "/dragoman/Invoice 3-blob-7.pdf"
        assert values["access"] == "PRIVATE"
        assert sim.calls == {UPLOAD: 1}

    portal(scenario)


def test_an_upload_after_a_lost_answer_replaces_itself(portal, tmp_path):
    async def scenario(sim, do, crm):
        sim.faults.lose_after = 1.0
        sim.observers.append(lambda *_: setattr(sim.faults, "lose_after", 1.0 if sim.swallowed == 0 else 0.0))
        record = await do(crm.attach, stored(tmp_path))
        assert sim.swallowed == 1
        assert await do(crm.attach, stored(tmp_path)) == record
        assert len(sim.portal.things["files"]) == 1
        other = await do(crm.attach, stored(tmp_path, b"other", key="blob-8"))
        assert other != record
        assert len(sim.portal.things["files"]) == 2

    portal(scenario)


def test_limits_and_outages_are_waited_out_or_told(portal, tmp_path):
    async def scenario(sim, do, crm):
        sim.faults.throttle = 1.0
        sim.observers.append(lambda *_: setattr(sim.faults, "throttle", 1.0 if sim.calls[UPLOAD] < 2 else 0.0))
        assert await do(crm.attach, stored(tmp_path))
        assert crm.slept == [1.0]
        sim.observers.pop()
        sim.faults.throttle = 1.0
        with pytest.raises(RateLimited):
            await do(crm.attach, stored(tmp_path))
        sim.faults.throttle, sim.faults.error = 0.0, 1.0
        with pytest.raises(Unavailable):
            await do(crm.attach, stored(tmp_path))

    portal(scenario)


def test_what_hubspot_does_not_take(portal, tmp_path):
    async def scenario(sim, do, crm):
        sim.largest_file = 10
        with pytest.raises(Rejected):
            await do(crm.attach, stored(tmp_path, b"x" * 11))
        sim.granted.discard("files")
        with pytest.raises(Rejected, match="files"):  # conversations are logged without their files
            await do(crm.attach, stored(tmp_path, b"x"))
        sim.token = "pat-renewed"
        with pytest.raises(AuthFailed):
            await do(crm.attach, stored(tmp_path, b"x"))
        sim.calls.clear()
        with pytest.raises(Rejected, match="is empty"):
            await do(crm.attach, stored(tmp_path, b""))
        with pytest.raises(Rejected, match="not stored"):
            await do(crm.attach, stored(tmp_path, path=str(tmp_path / "gone")))
        assert sim.calls == {}

    portal(scenario)


def test_a_file_too_large_is_not_sent(portal, tmp_path):
    async def scenario(sim, do, crm):
        file = stored(tmp_path)
        with (tmp_path / "blob").open("r+b") as hole:
            hole.truncate(files.LIMIT + 1)
        with pytest.raises(Rejected, match="too large"):
            await do(crm.attach, file)
        await do(crm.describe)
        assert UPLOAD not in sim.calls

    portal(scenario)


@pytest.mark.parametrize(
    ("name", "key", "safe"),
    [
        ("Rechnung März.PDF", "k1", "Rechnung März-k1.PDF"),
        ("../../etc/passwd", "k1", "passwd-k1"),
        ("C:\\temp\\a.doc", "k1", "a-k1.doc"),
        ('a"\r\nX: y.png', "k1", "a_X_ y-k1.png"),
        ("", "k1", "file-k1"),
        (".htaccess", "k1", "htaccess-k1"),
        ("x" * 300 + ".jpg", "k1", "x" * 80 + "-k1.jpg"),
    ],
)
def test_names_are_made_safe(name, key, safe):
    assert safe_name(name, key) == safe


def test_keys_that_are_no_names_are_hashed():
    made = safe_name("a.txt", "conv/7\r\n:1")
    assert made == safe_name("a.txt", "conv/7\r\n:1")
    assert "/" not in made
    assert made != safe_name("a.txt", "conv/7\r\n:2")
