"""The only room with SQL. One writer owns the file; readers open it read-only."""

from hub.store.database import StoreTrouble
from hub.store.store import Store, open_reader, open_store

__all__ = ["Store", "StoreTrouble", "open_reader", "open_store"]
