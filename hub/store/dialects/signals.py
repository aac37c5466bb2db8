"""What processes on one PostgreSQL tell each other: a few words, to whoever listens (postgresql.org, "NOTIFY").

Nothing hangs on them: what was said while nobody listened is found by looking.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator

from hub.store.dialects.database import Database, StoreTrouble

CHANNEL = "dragoman"
LONGEST = 7_500
"""Bytes of one message; the server takes 8,000."""


def tell(db: Database, text: str) -> None:
    """Say it to all who listen. Its commit waits for no disk: it changes nothing."""
    db.rows("SELECT set_config('synchronous_commit', 'off', true), pg_notify(?, ?)", (CHANNEL, text))


async def listen(dsn: str) -> AsyncGenerator[str, None]:
    """What is said from now on: first "" once it listens, then each text. Raises StoreTrouble when the connection is
    lost."""
    import psycopg  # an extra

    try:
        link = await psycopg.AsyncConnection.connect(dsn, autocommit=True, connect_timeout=5)
        async with link:
            await link.execute(f"LISTEN {CHANNEL}".encode())
            yield ""
            async for said in link.notifies():
                yield said.payload
    except psycopg.Error as error:
        raise StoreTrouble(" ".join(str(error).split())) from error
