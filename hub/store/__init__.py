"""The only room with SQL. With SQLite one writer owns the file and readers open it read-only; with PostgreSQL any
number of processes write, beside one another."""

from hub.store.dialects.database import StoreAway, StoreTrouble
from hub.store.store import NoStore, Place, Store, open_reader, open_store

__all__ = ["NoStore", "Place", "Store", "StoreAway", "StoreTrouble", "open_reader", "open_store"]
