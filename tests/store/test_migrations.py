"""A later schema: brought in whole or not at all, by one of many, under the feet of a hub of the version before."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from hub.contracts.errors import ConfigError
from hub.store import Place, open_reader, open_store
from hub.store.dialects import sqlite
from hub.store.dialects.tables import migrations, tables
from hub.testing.postgres import PostgresServer
from hub.testing.stores import ENGINES
from hub.testing.tabletop import Tabletop

NEXT = "CREATE TABLE badges (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL);\n" + "".join(
    f"ALTER TABLE {name} ADD COLUMN later TEXT NOT NULL DEFAULT 'as before';\n" for name in tables()
)
"""What a later version may do: every table has a column more, with a default, and there is a new table."""
BROKEN = "ALTER TABLE people ADD COLUMN later TEXT NOT NULL DEFAULT '';\nCREATE INDEX wrong ON nowhere (name);"


@pytest.fixture(params=ENGINES)
def place(tmp_path: Path, request: pytest.FixtureRequest) -> Place:
    if request.param == "sqlite":
        return Place(tmp_path / "data")
    server: PostgresServer = request.getfixturevalue("postgres")
    return Place(tmp_path / "data", server.database("migrations"))


def posted(**value: object) -> bytes:
    """WhatsApp posts this."""
    metadata = {"display_phone_number": "447700900000", "phone_number_id": "1001"}
    change = {"field": "messages", "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "9", "changes": [change]}]}).encode()


def said(number: int, who: str) -> bytes:
    """Somebody asks for the price."""
    message = {"from": who, "id": f"wamid.in{number}", "timestamp": "1800000000", "type": "text"}
    person = {"wa_id": who, "profile": {"name": "Ana"}}
    return posted(contacts=[person], messages=[message | {"text": {"body": "price please"}}])


def read(message: str) -> bytes:
    """Somebody read the answer."""
    return posted(statuses=[{"id": message, "status": "read", "timestamp": "1800000005"}])


Later = Callable[[str], None]


@pytest.fixture
def later(place: Place, monkeypatch: pytest.MonkeyPatch) -> Later:
    """A hub of a later version, whose second schema file says this, opens the store and ends."""
    ours = migrations()

    def opens(script: str) -> None:
        with monkeypatch.context() as patch:
            for module in (sqlite, *_postgres(place)):
                patch.setattr(module, "migrations", lambda: [*ours, (len(ours) + 1, script)])
            open_store(place).close()

    return opens


def _postgres(place: Place) -> list[object]:
    if not place.dsn:
        return []
    from hub.store.dialects import postgres

    return [postgres]


def version(place: Place) -> int:
    sql = "SELECT max(version) FROM schema_version" if place.dsn else "PRAGMA user_version"
    with closing(open_reader(place)) as db:
        return int(db.rows(sql)[0][0])


def test_a_hub_of_the_version_before_goes_on_with_the_new_schema(place: Place, later: Later, tmp_path: Path) -> None:
    table = Tabletop(tmp_path, place=place)
    table.crm_knows()
    table.step()
    table.post("meta", said(1, "447700900101"))
    table.step()
    if not place.dsn:
        table.store.close()  # one process at a time has it
    later(NEXT)
    if not place.dsn:
        table.store = open_store(place)  # back to the version before

    (leased,) = table.lease()
    table.sent(leased, "wamid.out")
    table.post("meta", read("wamid.out"))
    table.post("meta", said(2, "447700900102"))
    table.step()
    (leased,) = table.lease()
    table.sent(leased, "wamid.out2")
    table.step()
    table.tick(60)

    assert table.rows("SELECT DISTINCT later FROM messages") == [("as before",)]
    assert table.rows("SELECT direction, count(*) FROM messages GROUP BY direction ORDER BY 1") == [
        ("in", 2),
        ("out", 2),
    ]
    assert table.rows("SELECT status FROM messages WHERE provider_id='wamid.out'") == [("read",)]
    assert table.rows("SELECT count(*) FROM outbox WHERE kind='send' AND state='done' AND later='as before'") == [(2,)]
    assert table.rows("SELECT count(*) FROM queue") == [(0,)]
    table.close()
    assert version(place) == len(migrations()) + 1
    open_store(place).close()  # a restart of the version before changes nothing
    assert version(place) == len(migrations()) + 1


def test_a_schema_file_that_fails_leaves_nothing_and_the_old_version_goes_on(place: Place, later: Later) -> None:
    open_store(place).close()
    with pytest.raises(ConfigError, match="nowhere"):
        later(BROKEN)
    assert version(place) == len(migrations())
    with closing(open_store(place)) as store:
        store.db.insert("people", [(1, "Ana", "", "", "", "", 0, 0, 0, 0, "", 0, "", "")])
        assert len(store.db.rows("SELECT * FROM people")[0]) == len(tables()["people"].columns)


def test_a_schema_waits_for_a_long_reader_for_a_while_and_holds_up_nobody(
    postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hub.store.dialects import postgres as module

    place, ours = Place(tmp_path / "data", postgres.database("migrations")), migrations()
    open_store(place).close()
    monkeypatch.setattr(module, "BLOCKED", 50)
    with closing(open_reader(place)) as reader:
        with reader.apart():
            reader.rows("SELECT count(*) FROM people")
            with monkeypatch.context() as patch:
                patch.setattr(module, "migrations", lambda: [*ours, (len(ours) + 1, NEXT)])
                with pytest.raises(ConfigError, match="is held by somebody for long"):
                    open_store(place)
        assert version(place) == len(ours)


def test_of_many_that_start_at_once_one_brings_in_the_schema(postgres: PostgresServer, tmp_path: Path) -> None:
    place = Place(tmp_path / "data", postgres.database("migrations"))

    def start(_: int) -> None:
        open_store(place).close()

    with ThreadPoolExecutor(6) as many:
        list(many.map(start, range(6)))
    with closing(open_reader(place)) as db:
        found = db.rows("SELECT version FROM schema_version ORDER BY version")
    assert found == [(number,) for number, _ in migrations()]


def test_every_schema_file_after_the_first_only_adds_with_a_default() -> None:
    numbers = [number for number, _ in migrations()]
    assert numbers == list(range(1, len(numbers) + 1))
    for _, script in migrations()[1:]:
        assert "DROP " not in script.upper()
        for line in script.splitlines():
            if "ADD COLUMN" in line.upper():
                assert " DEFAULT " in line.upper(), line
