"""`<base>/bridge/info`: which bridge this is, and what it was told to do. Retained JSON."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bridge.effects import Emit
from bridge.topics.document import RetainedDocument
from bridge.topics.surroundings import Surroundings
from bridge.walltime import format_utc


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """What was configured: a hash that is another for another configuration, and how much of what.

    `restart_needed`: the keys of which the file says something else than what is in use.
    """

    fingerprint: str = ""
    counts: Mapping[str, int]
    restart_needed: Sequence[str] = ()


class InfoTopic:
    """Published after each connection, and by `refresh` when something in it may have changed."""

    def __init__(
        self,
        base_topic: str,
        version: str,
        configured: Callable[[], Configured],
        surroundings: Surroundings,
        wall: Callable[[float], float],
        emit: Emit,
    ) -> None:
        self._version = version
        self._configured = configured
        self._surroundings = surroundings
        self._wall = wall
        self._topic = RetainedDocument(f"{base_topic}/bridge/info", emit)
        self._synchronised = False

    def refresh(self) -> None:
        """Publish, if what is published is not so any more."""
        if self._synchronised:
            self._topic.publish(self.document())

    def synchronised(self, _now: float) -> None:
        """Publish: the broker's state is known."""
        self._synchronised = True
        self.refresh()

    def disconnected(self) -> None:
        """Stay silent until the next connection."""
        self._synchronised = False
        self._topic.forget()

    def document(self) -> Mapping[str, object]:
        """What is true now."""
        around, configured = self._surroundings, self._configured()
        return {
            "version": self._version,
            "mqtt_protocol": around.mqtt_protocol(),
            "log_level": around.log_level(),
            "started": format_utc(self._wall(around.started_at)),
            "config": configured.fingerprint,
            "restart_needed": list(configured.restart_needed),
            "counts": dict(configured.counts),
            "listeners": list(around.listeners()),
        }
