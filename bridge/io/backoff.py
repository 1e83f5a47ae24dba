"""How long to wait before the next try: a pause that grows, with jitter, so that nobody comes back in step."""

import random
from collections.abc import Callable


class Backoff:
    """Pauses in seconds. Each is drawn evenly between `first` and a ceiling that doubles up to `last`.

    Drawing from the whole range ("full jitter") spreads the clients of a broker that restarted best:
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/. The floor keeps a broker
    that refuses at once from being asked all the time.
    """

    def __init__(
        self, first: float = 0.5, last: float = 30.0, draw: Callable[[float, float], float] = random.uniform
    ) -> None:
        self._first = first
        self._last = last
        self._draw = draw
        self._ceiling = first

    def pause(self) -> float:
        """The pause before the next try; the one after it may be longer."""
        self._ceiling = min(self._last, self._ceiling * 2)
        return self._draw(self._first, self._ceiling)

    def reset(self) -> None:
        """The last try went well: begin again with the shortest pauses."""
        self._ceiling = self._first
