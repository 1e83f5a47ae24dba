"""What devices of Asterisk do, to MQTT: one way, every change, in the order in which Asterisk tells it."""

from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase

from bridge.asterisk.truth import Truth
from bridge.model.device import DeviceState
from bridge.model.facts import device_path
from bridge.model.hint import require_topic_name

# Told of a device that cannot have a topic, and why.
Unsuited = Callable[[str, str], None]


class Devices:
    """By the name that Asterisk gives them: `PJSIP/2000`, `Custom:lamp`.

    `wanted` are patterns such as `PJSIP/*`, in any case.
    """

    def __init__(self, truth: Truth, wanted: Iterable[str], unsuited: Unsuited) -> None:
        self._truth = truth
        self._wanted = tuple(pattern.casefold() for pattern in wanted)
        self._unsuited = unsuited
        self._known: dict[str, DeviceState] = {}
        self._paths: dict[str, str | None] = {}
        self._has_truth = False

    def __len__(self) -> int:
        return len(self._known)

    def listed(self, rows: Mapping[str, DeviceState], now: float) -> None:
        """All that Asterisk has just listed. What it does not know any more keeps its topic as it is."""
        self._known = {}
        for device, state in rows.items():
            self.heard(device, state, now)

    def heard(self, device: str, state: DeviceState, now: float) -> None:
        """Asterisk tells what a device does."""
        path = self._path(device)
        if path is not None:
            self._known[path] = state
            self._report(path, state, now)

    def synchronised(self, now: float) -> None:
        """What the broker holds is known: tell it what is other."""
        self._has_truth = True
        for path, state in self._known.items():
            self._report(path, state, now)

    def disconnected(self) -> None:
        """The broker is away."""
        self._has_truth = False

    def lost(self) -> None:
        """Asterisk is away: what it said last stays on MQTT, and is not said again."""
        self._known = {}

    def _report(self, path: str, state: DeviceState, now: float) -> None:
        if self._has_truth and self._truth.device(path) is not state:
            self._truth.report(path, state, now)

    def _path(self, device: str) -> str | None:
        """The name as levels of a topic; None for what is not wanted, or cannot be one."""
        if device not in self._paths:
            self._paths[device] = self._new_path(device) if self._is_wanted(device) else None
        return self._paths[device]

    def _is_wanted(self, device: str) -> bool:
        name = device.casefold()
        return any(fnmatchcase(name, pattern) for pattern in self._wanted)

    def _new_path(self, device: str) -> str | None:
        path = device_path(device)
        technology, slash, name = path.partition("/")
        try:
            require_topic_name("device", path)
        except ValueError as error:
            self._unsuited(device, str(error))
            return None
        return path if technology and slash and name else None
