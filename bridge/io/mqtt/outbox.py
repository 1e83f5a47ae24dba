"""What waits to be published: the newest value of each retained topic, and a bounded number of the rest."""

from collections import OrderedDict

from bridge.effects import Publish

# Messages that are not retained (events, answers) and wait at the same time. A broker that
# acknowledges nothing must not cost memory without end; ten thousand of them are a few megabytes.
_MOST_WAITING = 10_000


class Outbox:
    """First in, first out; a retained message takes the place of an older one to its topic, unless that is to be
    told whatever follows (`Publish.every`).

    Whoever subscribes later would see the newest value only, so that the broker need not be told of
    values that were overtaken while it was slow. The number of retained topics is bounded by the
    configuration.
    """

    def __init__(self) -> None:
        self._waiting: OrderedDict[str | int, Publish] = OrderedDict()
        self._serial = 0
        self._fleeting = 0

    def put(self, message: Publish) -> bool:
        """Keep `message` for `take`; false if it was dropped, because too many wait already.

        A retained one is not dropped: where too many wait, the newest of its topic is enough.
        """
        if message.retain and (not message.every or self._fleeting >= _MOST_WAITING):
            self._waiting[message.topic] = message
            if message.every:
                # Others of its topic that wait are older.
                self._waiting.move_to_end(message.topic)
            return True
        if self._fleeting >= _MOST_WAITING:
            return False
        self._fleeting += 1
        self._serial += 1
        self._waiting[self._serial] = message
        return True

    def take(self) -> Publish | None:
        """The message whose turn it is, or None."""
        if not self._waiting:
            return None
        key, message = self._waiting.popitem(last=False)
        self._fleeting -= isinstance(key, int)
        return message

    def __len__(self) -> int:
        return len(self._waiting)
