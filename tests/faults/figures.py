"""What the tests of faults have measured, in one JSON file: one list of measurements for each fault.

Under `revisions` stands, for each fault, what was measured: `git describe` of the checkout when that began.
"""

import functools
import json
import subprocess
from pathlib import Path


class Figures:
    """Adds to `path`; to nothing when it is empty."""

    def __init__(self, path: str) -> None:
        self._path = Path(path) if path else None

    def add(self, fault: str, **values: float | str) -> None:
        """One measurement of a fault, such as R6."""
        if self._path is None:
            return
        known = json.loads(self._path.read_text()) if self._path.exists() else {}
        rounded = {name: round(v, 3) if isinstance(v, float) else v for name, v in values.items()}
        known.setdefault(fault, []).append(rounded)
        known.setdefault("revisions", {})[fault] = _revision()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(known, indent=1))


@functools.cache
def _revision() -> str:
    """`0aa074d`, with `-dirty` behind it if the checkout had other changes."""
    command = ["git", "describe", "--always", "--dirty", "--exclude", "*"]
    folder = Path(__file__).parent
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()
