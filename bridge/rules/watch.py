"""One sensor at work: what its topics say becomes the values of its devices."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple

from bridge.model.words import quoted
from bridge.rules.availability import ITSELF, Availability
from bridge.rules.instance import Instance, InstanceKey, Pending
from bridge.rules.reader import AVAILABLE, UNAVAILABLE
from bridge.rules.sensor import KEEP, Sensor, fold
from bridge.rules.template import speakable
from bridge.timers import Timers

# Devices of one kind in a large building. Whoever may publish on a wildcard's topics could else fill
# the memory; the names in a topic are bounded for the same reason.
MAX_INSTANCES: Final = 10_000
_LONGEST_KEY: Final = 1_024


class Shift(NamedTuple):
    """The value of a device has changed; or, with twice None, there is a new one that is not known yet.

    `counts`: it is news, that ends a manual word which lasts until a change: another value than the last
    known one, whatever lay between; not the first level that is heard of a device.
    """

    sensor: str
    instance: Instance
    old: str | None
    new: str | None
    counts: bool


Report = Callable[[Sequence[Shift], float], None]
"""Told of what time has changed: a value has lasted, or silence has."""


class Watch:
    """The devices of one sensor.

    Of a sensor without free captures there is one device, from the beginning; of others there are those
    that have been heard, at most `MAX_INSTANCES`.
    """

    __slots__ = (
        "_availability",
        "_by_value",
        "_expire_to",
        "_holds",
        "_keeps",
        "_policy",
        "_refused",
        "_report",
        "_timers",
        "_warn",
        "instances",
        "listening",
        "sensor",
    )

    def __init__(self, sensor: Sensor, timers: Timers, report: Report, warn: Callable[[str], None]) -> None:
        self.sensor = sensor
        self.instances: dict[InstanceKey, Instance] = {}
        self.listening = False
        self._timers = timers
        self._report = report
        self._warn = warn
        self._refused = False
        self._availability = Availability(sensor, MAX_INSTANCES)
        self._by_value: dict[str | None, dict[InstanceKey, Instance]] = {}
        self._holds = {fold(value): seconds for value, seconds in sensor.for_seconds.items()}
        self._keeps = sensor.on_unavailable == KEEP
        self._policy = None if self._keeps else _value(sensor.on_unavailable)
        self._expire_to = _value(sensor.expire_to)
        if not sensor.captures:
            self._add((), {})

    # --- what is asked ---------------------------------------------------------------------------

    def having(self, value: str | None) -> int:
        """How many devices have a value (as by `fold`)."""
        return len(self._by_value.get(value, ()))

    def newest(self, value: str | None) -> Instance | None:
        """The device that was the last to take a value, of those that have it."""
        having = self._by_value.get(value)
        return None if having is None else having[next(reversed(having))]

    @property
    def known(self) -> bool:
        """Whether the value of any device is known."""
        return len(self.instances) > self.having(None)

    # --- what happens ----------------------------------------------------------------------------

    def received(
        self, voice: int, names: Mapping[str, str], text: str, now: float, *, level: bool
    ) -> Sequence[Shift]:
        """Take in what the reader of a voice has read, of the device with these captures.

        `level`: it is the replay of a stored message. One that says what was said before changes nothing.
        """
        if text in (AVAILABLE, UNAVAILABLE):
            return self._told(voice, names, text == AVAILABLE, now, level=level)
        if voice != ITSELF:
            return ()
        key = self._availability.scope(ITSELF, names)
        instance = self.instances.get(key)
        if instance is None:
            instance = self._add(key, names)
            if instance is None:
                return ()
            instance.available = self._availability.of(key)
            shifts = self._read(instance, text, now, level=level) or (self._came(instance),)
        else:
            shifts = self._read(instance, text, now, level=level)
        if self._availability.withdrawn(key):
            return (*shifts, *self._told(ITSELF, names, True, now, level=level))
        return shifts

    def listen(self, now: float) -> None:
        """We are connected, and know what is stored: silence is counted from now."""
        self.listening = True
        for instance in self.instances.values() if self.sensor.expire_seconds is not None else ():
            if instance.expires_at is not None:
                self._put_off_expiry(instance, now)

    def stop(self) -> None:
        """The sensor is gone: nothing waits for anything any more."""
        for instance in self.instances.values():
            instance.drop_pending()
            if instance.expiry is not None:
                instance.expiry.cancel()
                instance.expiry = None

    def _told(
        self, voice: int, names: Mapping[str, str], available: bool, now: float, *, level: bool
    ) -> Sequence[Shift]:
        scope = self._availability.scope(voice, names)
        if _is_long(scope) or not self._availability.hear(voice, scope, available, level=level):
            return ()
        shifts: list[Shift] = []
        if voice == ITSELF and scope not in self.instances:
            added = self._add(scope, names)
            shifts += () if added is None else (self._came(added),)
        for instance in self._concerned(voice, scope):
            came, instance.available = instance.available, self._availability.of(instance.key)
            if came != instance.available:
                restored = instance.available and instance.proven
                shifts += self._aim(instance, now, level=level, at_once=restored)
        return shifts

    def _concerned(self, voice: int, scope: InstanceKey) -> Sequence[Instance]:
        if self._availability.is_exact(voice):
            instance = self.instances.get(scope)
            return () if instance is None else (instance,)
        return [i for i in self.instances.values() if self._availability.concerns(voice, scope, i.key)]

    def _read(self, instance: Instance, text: str, now: float, *, level: bool) -> Sequence[Shift]:
        if level and instance.reading is not None and fold(text) == fold(instance.reading):
            return ()
        self._put_off_expiry(instance, now)
        instance.reading = text
        if text != instance.known:
            known = _value(text)
            if fold(known) != fold(instance.known):
                instance.known, instance.proven = known, False
        return self._aim(instance, now, level=level)

    def _aim(self, instance: Instance, now: float, *, level: bool, at_once: bool = False) -> Sequence[Shift]:
        """Bring the value to where it belongs: now, or when it has lasted."""
        by_reading = self._keeps or instance.available
        target = instance.known if by_reading else self._policy
        aimed = fold(target)
        if target is instance.value or aimed == fold(instance.value):
            instance.drop_pending()
            instance.proven = instance.proven or by_reading
            return ()
        pending = instance.pending
        at_once = at_once or level
        if pending is not None and not at_once and fold(pending.value) == aimed:
            return ()
        instance.drop_pending()
        seconds = 0.0 if at_once else self._holds.get(aimed, 0.0)
        if seconds > 0:
            timer = self._timers.call_at(now + seconds, partial(self._lasted, instance, by_reading))
            instance.pending = Pending(target, timer)
            return ()
        instance.proven = instance.proven or by_reading
        return (self._settle(instance, target, now, level=level),)

    def _lasted(self, instance: Instance, by_reading: bool, now: float) -> None:
        if instance.pending is None:
            raise AssertionError("a value that is dropped takes its timer with it")
        value, instance.pending = instance.pending.value, None
        instance.proven = instance.proven or by_reading
        self._report((self._settle(instance, value, now, level=False),), now)

    def _settle(self, instance: Instance, value: str | None, now: float, *, level: bool) -> Shift:
        old, before = instance.value, instance.before
        self._leave(instance)
        instance.value, instance.since = value, now
        self._by_value.setdefault(fold(value), {})[instance.key] = instance
        if value is None:
            return Shift(self.sensor.name, instance, old, value, counts=False)
        instance.before = value
        counts = fold(value) != fold(before) and not (level and before is None)
        return Shift(self.sensor.name, instance, old, value, counts)

    def _put_off_expiry(self, instance: Instance, now: float) -> None:
        # A sensor may speak often: its timer is not moved each time, but looks when it runs.
        if self.sensor.expire_seconds is None:
            return
        instance.expires_at = now + self.sensor.expire_seconds
        if instance.expiry is None:
            instance.expiry = self._timers.call_at(instance.expires_at, partial(self._silent, instance))

    def _silent(self, instance: Instance, now: float) -> None:
        instance.expiry = None
        # While we hear nothing silence says nothing; `listen` counts anew.
        if instance.expires_at is None or not self.listening:
            return
        if instance.expires_at > now:
            instance.expiry = self._timers.call_at(instance.expires_at, partial(self._silent, instance))
            return
        instance.expires_at = None
        instance.known, instance.proven = self._expire_to, True
        self._report(self._aim(instance, now, level=False, at_once=True), now)

    # --- the devices -----------------------------------------------------------------------------

    def _add(self, key: InstanceKey, names: Mapping[str, str]) -> Instance | None:
        if len(self.instances) >= MAX_INSTANCES or _is_long(key):
            self._refuse(key)
            return None
        given = {name: speakable(text) for name, text in {**self.sensor.names, **names}.items()}
        instance = Instance(key, given)
        self.instances[key] = instance
        self._by_value.setdefault(None, {})[key] = instance
        return instance

    def _came(self, instance: Instance) -> Shift:
        return Shift(self.sensor.name, instance, None, None, counts=False)

    def _refuse(self, key: InstanceKey) -> None:
        if self._refused:
            return
        self._refused = True
        self._warn(
            f"sensor {self.sensor.name} does not read {quoted('/'.join(key))}: it has room for {MAX_INSTANCES} devices, "
            f"with names of {_LONGEST_KEY} characters; of others that it does not read nothing is said"
        )

    def _leave(self, instance: Instance) -> None:
        value = fold(instance.value)
        having = self._by_value[value]
        del having[instance.key]
        # Values are many where a sensor tells numbers.
        if not having:
            del self._by_value[value]


def _is_long(key: InstanceKey) -> bool:
    return sum(map(len, key)) > _LONGEST_KEY


def _value(text: str | None) -> str | None:
    """A text as a value in the spelling that it has: only "unknown" becomes None."""
    return None if fold(text) is None else text
