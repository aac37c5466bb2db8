"""Everything that comes in goes through the hub's step: nothing of it is buried, nothing done twice."""

import json
from pathlib import Path

import pytest

from hub.testing.tabletop import HUB_TOML, Tabletop

FIXTURES = sorted((Path(__file__).parent / "fixtures").glob("*.json"))
INBOXES = """
[inbox.sales]
connection = "meta"
account = "100000000000001"

[inbox.second]
connection = "meta"
account = "100000000000002"
"""


def table(folder):
    start, end = HUB_TOML.index("[inbox.sales]"), HUB_TOML.index("[crm.main]")
    return Tabletop(folder, HUB_TOML[:start] + INBOXES + HUB_TOML[end:])


def post(hub, name):
    body = json.loads((FIXTURES[0].parent / f"{name}.json").read_text())["body"]
    found = hub.post("meta", json.dumps(body).encode())
    hub.step()
    return found


@pytest.mark.parametrize("name", [path.stem for path in FIXTURES])
def test_nothing_that_comes_in_is_buried(tmp_path, name):
    hub = table(tmp_path)
    assert all(post(hub, name))
    assert hub.store.db.rows("SELECT kind, cause FROM dead") == []
    assert hub.store.db.rows("SELECT seq FROM queue") == []
    hub.close()


def test_a_delivery_that_comes_twice_is_worked_off_once(tmp_path):
    hub = table(tmp_path)
    for path in FIXTURES:
        post(hub, path.stem)
    before = hub.store.db.rows("SELECT count(*) FROM messages")
    for path in FIXTURES:
        assert not any(post(hub, path.stem))
    assert hub.store.db.rows("SELECT count(*) FROM messages") == before
    hub.close()


def test_a_file_of_a_message_waits_to_be_fetched(tmp_path):
    hub = table(tmp_path)
    post(hub, "files")
    found = hub.store.db.rows("SELECT kind, ref, mime FROM media ORDER BY id")
    assert [tuple(row) for row in found][:3] == [
        ("image", "300000000000001", "image/jpeg"),
        ("video", "300000000000002", "video/mp4"),
        ("voice", "300000000000003", "audio/ogg; codecs=opus"),
    ]
    hub.close()
