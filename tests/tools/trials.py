"""A subscription and a connection to the broker that can be brought into any state, and tried there."""

from bridge.events import BrokerConnected, Stopping
from bridge.topics.session import Link
from support.phone import Notify
from support.playbook import Playbook
from support.whole import BASE, Whole

_EXPIRES = 3600
_HINT = {"extension": "2000", "hint": "SIP/2000,CustomPresence:2000"}


class Watcher:
    """A phone whose subscription is active, and which has acknowledged everything."""

    def __init__(self) -> None:
        self._whole = Whole({"hints": [_HINT]})
        self._phone = self._whole.phone()
        self._phone.subscribe(expires=_EXPIRES)
        self._phone.notified()
        (self._subscription,) = self._whole.core.notifier.subscriptions

    @classmethod
    def ending(cls) -> "Watcher":
        """It has unsubscribed, and not answered the last NOTIFY yet."""
        watcher = cls()
        watcher.unsubscribes()
        return watcher

    @property
    def phase(self) -> str:
        """In which state the subscription is."""
        return self._subscription.phase.value.capitalize()

    def unsubscribes(self) -> None:
        self._phone.subscribe(expires=0)

    def expires(self) -> None:
        self._whole.advance(_EXPIRES + 0.5 if self.phase == "Active" else 0.0)

    def loses_its_hint(self) -> None:
        self._whole.reload({"hints": []})

    def is_shut_out(self) -> None:
        self._whole.reload({"hints": [{**_HINT, "watchers": ["10.0.0.0/8"]}]})

    def sees_the_bridge_stop(self) -> None:
        self._whole.feed(Stopping())

    def knows_nothing(self) -> None:
        self._phone.answer(self._unanswered(), 481)

    def is_gone(self) -> None:
        self._unanswered()
        self._phone.refused()

    def misses_one(self) -> None:
        self._unanswered()
        self._whole.advance(33)

    def is_silent(self) -> None:
        if self.phase == "Active":
            self._unanswered()
            self._whole.advance(600)

    def answers(self) -> None:
        self._phone.answer(self._unanswered())

    def _unanswered(self) -> Notify:
        """A NOTIFY that waits for its answer: about something new, unless there is one."""
        if self.phase == "Active":
            self._whole.say(f"{BASE}/presence/2000", "away", retain=True)
            self._whole.advance(1.0)
        return self._phone.notifies()[-1]


class Session:
    """A connection to the broker that is not there yet."""

    def __init__(self) -> None:
        self._play = Playbook("2000 = SIP/2000,CustomPresence:2000", connected=False)

    @classmethod
    def reading(cls) -> "Session":
        session = cls()
        session.connect()
        return session

    @classmethod
    def synchronised(cls) -> "Session":
        session = cls.reading()
        session.sentinel()
        return session

    @property
    def link(self) -> str:
        """In which state the connection is."""
        return self._play.session.link.value.capitalize()

    def connect(self) -> None:
        if self._play.session.link is Link.DOWN:
            self._play.feed(BrokerConnected())

    def sentinel(self) -> None:
        if self._play.session.link is not Link.DOWN:
            self._play.sync()

    def wait(self) -> None:
        self._play.advance(5.0)

    def lose(self) -> None:
        self._play.disconnect()
