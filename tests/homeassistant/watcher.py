"""A phone that watches an extension: the command `watch`, as a person runs it."""

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from support.bridge_process import ROOT
from support.waiting import eventually


class Watcher:
    """Runs from `start` to `stop`; `seen` is what the phone was told, in the order of the NOTIFYs."""

    def __init__(self, extension: str, config: Path) -> None:
        self.seen: list[dict[str, Any]] = []
        command = [sys.executable, "-W", "error", "-m", "bridge", "watch", extension, "--json"]
        self._process = subprocess.Popen(
            [*command, "--config", config], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def stop(self) -> None:
        """Hang up."""
        self._process.terminate()
        self._process.wait(10)
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def sees(self, presence: str, subtype: str = "", message: str = "") -> None:
        """Wait until the newest NOTIFY says this in its `digium_presence`."""

        def newest() -> tuple[str, str, str]:
            last = self.seen[-1] if self.seen else dict.fromkeys(("presence", "subtype", "message"), "")
            return last["presence"], last["subtype"], last["message"]

        eventually(lambda: newest() == (presence, subtype, message), lambda: self.seen)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.seen.append(json.loads(line))
