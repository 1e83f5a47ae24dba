"""Home Assistant as a process of its own, in a virtual environment of its own, on loopback."""

import json
import re
import signal
import subprocess
from pathlib import Path
from typing import Final

from homeassistant.client import Client, create_owner
from integration.programs import free_port, wait_for_port
from support.bridge_process import ROOT
from support.waiting import eventually

HASS: Final = ROOT / ".venv-homeassistant" / "bin" / "hass"

_HERE: Final = Path(__file__).parent

# What it complains about in itself at each start: its age, and that it must not install anything.
_OWN_COMPLAINTS: Final = ("Skipping pip installation", "Support for the running Python version")

_START: Final = 120.0


class Home:
    """A house with `configuration.yaml` of this folder, and the MQTT broker at `mqtt_port`.

    It is told to install nothing, and of its integrations only those run that the configuration needs:
    none of them looks for anything outside of this machine.
    """

    def __init__(self, folder: Path, mqtt_port: int) -> None:
        self._port = free_port()
        self._folder = folder
        self._log = folder / "home-assistant-output.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._forgiven: list[str] = []
        self._token = ""
        self._client: Client | None = None
        configuration = (_HERE / "configuration.yaml").read_text()
        (folder / "configuration.yaml").write_text(configuration.replace("{port}", str(self._port)))
        (folder / ".storage").mkdir()
        (folder / ".storage" / "core.config_entries").write_text(_mqtt_entry(mqtt_port))
        self._log.touch()

    @property
    def api(self) -> Client:
        """A user who is logged in."""
        assert self._client is not None
        return self._client

    def start(self) -> None:
        """Start, and return when everything is set up and it listens to discovery."""
        assert HASS.exists(), "Home Assistant is not installed: use `make test-homeassistant`"
        before = len(self.log())
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [HASS, "--config", self._folder, "--skip-pip", "--verbose", "--log-no-color"],
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
                env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(_HERE / "without_frontend")},
            )
        eventually(lambda: "Home Assistant initialized" in self.log()[before:], self.log, _START)
        wait_for_port(self._port)
        self._token = self._token or create_owner(self._port)
        self._client = Client(self._port, self._token)
        eventually(lambda: self.api.ask("get_config")["state"] == "RUNNING", self.log)

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        process, self._process = self._process, None
        if process is None:
            return
        if self._client is not None:
            self._client.close()
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        finally:
            process.kill()

    def shows(self, entity: str, state: str | None, within: float = 30.0) -> None:
        """Wait until an entity has this state; None: until there is no such entity."""

        def seen() -> str:
            return f"{entity} is {self.api.state(entity)!r}, not {state!r}; {self.complaints()}"

        eventually(lambda: self.api.state(entity) == state, seen, within)

    def discovered(self) -> set[str]:
        """The ids of all entities that a device has told of by MQTT, and that are there."""
        ours = {entity for entity, entry in self.api.entities().items() if entry["device_id"] is not None}
        return ours & self.api.states().keys()

    def log(self) -> str:
        """What it has written so far."""
        return self._log.read_text()

    def complaints(self) -> list[str]:
        """The lines of WARNING and worse that are not about itself, and that are not forgiven."""
        lines = re.findall(r"^\S+ \S+ (?:WARNING|ERROR|CRITICAL) .*$", self.log(), re.MULTILINE)
        return [
            line for line in lines if not any(known in line for known in (*_OWN_COMPLAINTS, *self._forgiven))
        ]

    def forgive(self, *complaints: str) -> None:
        """Pass over complaints so far: all lines in which one of these texts stands."""
        self._forgiven += [line for line in self.complaints() if any(text in line for text in complaints)]


def _mqtt_entry(port: int) -> str:
    """What the dialogue "Add integration: MQTT" leaves behind."""
    entry = {
        "entry_id": "mqtt",
        "version": 1,
        "minor_version": 1,
        "domain": "mqtt",
        "title": "mqtt",
        "data": {"broker": "127.0.0.1", "port": port},
        "options": {},
        "pref_disable_new_entities": False,
        "pref_disable_polling": False,
        "source": "user",
        "unique_id": None,
        "disabled_by": None,
    }
    document = {"version": 1, "minor_version": 1, "key": "core.config_entries", "data": {"entries": [entry]}}
    return json.dumps(document)
