"""Lists as PostgreSQL reads them: every value comes back as it went in."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.store.dialects.arrays import literal
from hub.store.dialects.postgres import Postgres
from hub.testing.postgres import PostgresServer

TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8), max_size=20)
AWKWARD = st.lists(st.sampled_from(["", "NULL", "null", "{", "}", ",", '"', "\\", "\x1f", " a ", "é\n", "a\x1fb"]))


def back(store: Postgres, values: list[object], kind: str) -> list[object]:
    return [row[0] for row in store.rows(f"SELECT v FROM unnest(CAST(? AS {kind}[])) AS v", (literal(values),))]


def test_whatever_goes_in_comes_back(postgres: PostgresServer) -> None:
    store = Postgres(postgres.database("arrays"))

    @settings(max_examples=200, deadline=None)
    @given(TEXTS | AWKWARD)
    def texts(values: list[str]) -> None:
        assert back(store, list(values), "text") == values

    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=20), st.lists(st.binary(max_size=9), max_size=20))
    def others(numbers: list[int], blobs: list[bytes]) -> None:
        assert back(store, list(numbers), "bigint") == numbers
        assert back(store, list(blobs), "bytea") == blobs

    texts()
    others()
    store.close()
