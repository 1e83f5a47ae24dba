"""What the tests of faults have measured, in one JSON file: one list of measurements for each fault."""

import json
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
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(known, indent=1))
