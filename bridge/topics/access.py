"""What the broker's access rules (ACL) keep from the bridge, in words for whoever can mend them.

Brokers accept a subscription and deliver nothing, and take a message and drop it. MQTT 5 tells of the
second (section 3.4.2.1), MQTT 3.1.1 of neither. What shows is that a message of ours does not come back.
"""

from typing import Final

from bridge.effects import Emit, Warned

# MQTT 5 section 2.4, reason code 135.
_NOT_AUTHORISED: Final = "not authorized"


class Access:
    """Says each thing once per connection, for each branch of our topics (`<base>/presence/#`)."""

    __slots__ = ("_account", "_base", "_emit", "_heard", "_tells_refusals", "_told")

    def __init__(self, base_topic: str, account: str, emit: Emit) -> None:
        """`account` is who the bridge is to the broker, in words: `user bridge`."""
        self._base = f"{base_topic}/"
        self._account = account
        self._emit = emit
        self._tells_refusals = False
        self._heard: set[str] = set()
        self._told: set[str] = set()

    def connected(self, tells_refusals: bool) -> None:
        """A new connection; whether its broker tells which publications it refuses (MQTT 5)."""
        self._tells_refusals = tells_refusals
        self._heard.clear()
        self._told.clear()

    def heard(self, topic: str) -> None:
        """A message has been delivered."""
        self._heard.add(self._branch(topic))

    def refused(self, topic: str, reason: str) -> None:
        """The broker has refused to take a message, for a reason in its own words."""
        if reason.casefold() == _NOT_AUTHORISED:
            self._tell(topic, "write", f"the broker refused {topic}")
        elif topic not in self._told:
            self._told.add(topic)
            self._emit(Warned(f"the broker refused a message to {topic}: {reason}"))

    def unanswered(self, topic: str, seconds: float) -> None:
        """A message of ours on a topic that we subscribe to has not come back in time."""
        what = f"{topic} did not come back within {seconds:g} s"
        if self._tells_refusals:
            self._tell(topic, "read", what)
        elif self._branch(topic) in self._heard:
            self._tell(topic, "write", f"{what}, though others there did")
        else:
            self._tell(topic, "read or write", what)

    def _tell(self, topic: str, right: str, what: str) -> None:
        branch = self._branch(topic)
        if branch not in self._told:
            self._told.add(branch)
            self._emit(
                Warned(f"{self._account} may not {right} {branch}: {what}. Mend the broker's access rules")
            )

    def _branch(self, topic: str) -> str:
        end = topic.find("/", len(self._base) if topic.startswith(self._base) else 0)
        return topic if end < 0 else f"{topic[:end]}/#"
