"""A process that stands still in the middle of a transaction holds up the others for a while only."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.store import StoreTrouble
from hub.store.dialects.database import Database
from hub.testing.stores import place_of

HALF = "SELECT count(*) FROM cursors WHERE name='half'"


def stand_still(kind: str, frozen: Database, other: Database) -> None:
    """One is in a transaction of this kind while the other wants one."""
    with getattr(frozen, kind)():
        frozen.run("INSERT INTO cursors (name, value, at) VALUES ('half', '', 0)")
        with other.transaction():  # waits until the server ends the one in which nothing happens
            assert other.rows(HALF) == [(0,)]


@pytest.mark.usefixtures("postgres")
@pytest.mark.parametrize("pooled", [False, True])
@pytest.mark.parametrize("kind", ["transaction", "beside"])
def test_who_stands_still_is_put_out(pooled: bool, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hub.store.dialects import postgres as engine  # its driver is an extra

    monkeypatch.setattr(engine, "STALLED", 200)
    place = place_of(tmp_path, "postgres")
    frozen, other = (engine.Postgres(place.dsn, pooled=pooled) for _ in range(2))
    try:
        with pytest.raises(StoreTrouble):
            stand_still(kind, frozen, other)
        assert frozen.rows(HALF) == [(0,)]
    finally:
        frozen.close()
        other.close()
