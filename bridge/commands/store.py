"""`presence-bridge store`: look at what outlives a restart, also while the bridge runs."""

import argparse
import json
import os
import sqlite3
import sys
from pathlib import Path

from bridge.config import Settings, find
from bridge.io.store import inspect, read_rows

NAME = "store"
HELP = "check what is kept for the next start, or print it as lines of JSON"
NEEDS_CONFIG = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do with it."""
    parser.add_argument("action", choices=("check", "dump"))


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print it; 1 if there is no store, or a damaged one."""
    path = settings.store.file(find(args.config), os.environ)
    if path is None:
        print('nothing is kept: path in [store] is ""', file=sys.stderr)
        return 1
    try:
        return _check(path) if args.action == "check" else _dump(path)
    except OSError as error:
        print(error.strerror or error, file=sys.stderr)
    except sqlite3.Error as error:
        print(f"{path} is no store, or damaged: {error}", file=sys.stderr)
    return 1


def _check(path: Path) -> int:
    found = inspect(path)
    print(f"{path}: {'damaged' if found.faults else 'sound'}")
    print(f"  schema         {found.version}")
    for table, rows in found.rows.items():
        print(f"  {table:<13}  {rows}")
    print(f"  size           {found.octets} bytes")
    for fault in found.faults:
        print(f"  fault          {fault}")
    return 1 if found.faults else 0


def _dump(path: Path) -> int:
    """A line for each row: a subscription or a fact, with the name of its table."""
    for row in read_rows(path):
        try:
            document = json.loads(row.document)
        except ValueError:
            document = {"unreadable": row.document}
        print(json.dumps({"table": row.table, "key": row.key, **document}))
    return 0
