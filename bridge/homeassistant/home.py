"""Home Assistant's side of the bridge, put together: what it is shown, and how it is told."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, NamedTuple

from bridge.events import MessageReceived
from bridge.homeassistant.discovery import Discovery, Documents
from bridge.homeassistant.house import devices, providers
from bridge.homeassistant.mirror import Mirror
from bridge.homeassistant.pace import Step
from bridge.homeassistant.shapes import Place, documents
from bridge.homeassistant.topics import Topics
from bridge.model.facts import Change
from bridge.model.hint import Hint
from bridge.service import Context


@dataclass(frozen=True, slots=True)
class HomeOptions:
    """`base` begins our own topics, `prefix` those of discovery; `node` is the name of the bridge in them."""

    base: str
    version: str
    discovery: Literal["single", "device", "off"] = "single"
    prefix: str = "homeassistant"
    node: str = "presence-bridge"


class Showing(NamedTuple):
    """What Home Assistant is shown: these providers, by these documents."""

    providers: tuple[str, ...]
    documents: Documents
    place: Place


def showing(options: HomeOptions, hints: Sequence[Hint], governed: Iterable[str]) -> Showing:
    """Make all documents, which takes 0.2 ms for each hint; nothing with discovery off."""
    topics = Topics(options.base)
    place = Place(options.prefix, options.node, topics.state)
    if options.discovery == "off":
        return Showing((), Documents({}, {}), place)
    shown = providers(hints, governed)
    house = devices(shown, hints, options.version, topics, place)
    single, device = documents("single", house, place), documents("device", house, place)
    both = Documents(single, device) if options.discovery == "single" else Documents(device, single)
    return Showing(tuple(provider.name for provider in shown), both, place)


class HomeAssistant:
    """A `Service` and a reader of MQTT, both in one; with discovery off, it removes what there was.

    `hints` are shown, and the providers that they and `governed` name: those that rules decide on.
    `repeat` gives steps that publish anew what else Home Assistant reads: hints, info, health. `tidy` are
    those that remove what it has read, done when it does not any more. `unanswered` is told of a topic on
    which the broker has not given back what was published, for so many seconds.
    """

    def __init__(
        self,
        context: Context,
        options: HomeOptions,
        hints: Sequence[Hint],
        governed: Iterable[str] = (),
        repeat: Callable[[], Collection[Step]] = list,
        tidy: Collection[Step] = (),
        unanswered: Callable[[str, float], None] = lambda _topic, _seconds: None,
    ) -> None:
        self._names, wanted, place = showing(options, hints, governed)
        self._others = repeat
        self._mirror = Mirror(self._names, context.state, Topics(options.base), context.emit)
        tidy = (self._mirror.tidy, *tidy)
        self._discovery = Discovery(wanted, place, context, self._repeat, tidy, unanswered)
        self._parts = (self._mirror, self._discovery)

    @property
    def filters(self) -> tuple[str, ...]:
        """The MQTT topic filters whose messages `received` wants."""
        return (*self._mirror.filters, *self._discovery.filters)

    def received(self, message: MessageReceived, now: float) -> bool:
        """Take a message; false if it is for somebody else."""
        return any(part.received(message, now) for part in self._parts)

    def synchronised(self, now: float) -> None:
        """All that the broker retains has been read: publish what differs."""
        for part in self._parts:
            part.synchronised(now)

    def disconnected(self) -> None:
        """Stay silent until the next `synchronised`."""
        for part in self._parts:
            part.disconnected()

    def replace(self, shown: Showing, now: float) -> None:
        """Show this from now on; it is of the same `base` and `version`."""
        self._names, wanted, place = shown
        self._mirror.replace(self._names, now)
        self._discovery.replace(wanted, place, now)

    def changed(self, change: Change, now: float) -> None:
        """A fact has a new value."""
        self._mirror.changed(change, now)

    def _repeat(self) -> list[Step]:
        return [*self._others(), *(partial(self._mirror.repeat, name) for name in self._names)]
