"""The store: what must outlive the process, in one SQLite file."""

from bridge.io.store.inspection import count_rows, inspect, read_rows
from bridge.io.store.lock import StoreInUse
from bridge.io.store.store import Content, Store

__all__ = ["Content", "Store", "StoreInUse", "count_rows", "inspect", "read_rows"]
