"""One manager connection after the other: greeting, login, actions and their answers, events.

The secret is never sent: Asterisk is asked for a challenge, and gets the MD5 of both (`AuthType: MD5`,
in every version). An event filter keeps away all that is not asked for, above all messages that others
can put lines into; it needs `write = system`, and all goes on without.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from hashlib import md5
from typing import Final, NamedTuple, Protocol

from bridge.asterisk.framer import Framer, ProtocolError
from bridge.asterisk.message import Fields, Message, encode_action
from bridge.asterisk.troubles import login_refused, may_not_filter
from bridge.effects import Emit
from bridge.pbx import DropAsterisk, SendToAsterisk
from bridge.timers import Timer, Timers

# Seconds for an answer. Asterisk does what it is asked on the connection one after the other, in
# milliseconds; a machine that is swapping takes seconds.
PATIENCE: Final = 10.0

# Seconds without a word after which Asterisk is asked whether it lives.
_QUIET: Final = 30.0

# Seconds for `FullyBooted`, which comes with the answer to a login, if `read = system` lets it.
_BOOTING: Final = 1.0

# Actions on their way; others wait for their turn, so that what is urgent is behind few.
_MOST_UNANSWERED: Final = 64

# Rows of one list: every device of the largest PBX.
_MOST_ROWS: Final = 100_000


class Standing(Enum):
    """Where we stand with Asterisk."""

    DOWN = "down"
    GREETING = "greeting"
    LOGIN = "login"
    UP = "up"


@dataclass(frozen=True, slots=True)
class Account:
    """A user of manager.conf."""

    username: str
    secret: str = field(repr=False)


class Answer(NamedTuple):
    """What Asterisk has answered; `rows` are those of a list."""

    message: Message
    rows: tuple[Message, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return self.message.response == "Success"

    @property
    def words(self) -> str:
        """What Asterisk says about it."""
        return self.message.text("Message")


Then = Callable[[Answer, float], None]


class Listener(Protocol):
    """Who uses the connection."""

    def opened(self, now: float) -> None:
        """Logged in: actions are answered, and events come."""
        ...

    def heard(self, event: Message, now: float) -> None:
        """An event."""
        ...

    def closed(self, reason: str, now: float) -> None:
        """The connection is gone, or did not come about. What was asked is not answered any more."""
        ...

    def limited(self, trouble: str, now: float) -> None:
        """Something does not work, in words."""
        ...


@dataclass(slots=True)
class _Asked:
    then: Then
    at: float
    first: Message | None = None
    rows: list[Message] = field(default_factory=list)


class Session:
    """Events of the names in `wanted` are told to `listener`; others are not asked for, and not told."""

    def __init__(
        self,
        account: Account,
        wanted: Iterable[str],
        listener: Listener,
        timers: Timers,
        emit: Emit,
        token: Callable[[], str],
    ) -> None:
        """`token` as in `Context`."""
        self.standing = Standing.DOWN
        self._account = account
        self._wanted = frozenset(wanted)
        self._listener = listener
        self._timers = timers
        self._emit = emit
        self._token = token
        self._framer = Framer()
        self._asked: dict[str, _Asked] = {}
        self._waiting: deque[tuple[bytes, str, Then]] = deque()
        self._heard_at = 0.0
        # Whether it was us who ended the connection.
        self._given_up = False
        self._clock: Timer | None = None
        self._boot: Timer | None = None

    @property
    def version(self) -> str:
        """The version of the manager interface, such as 9.0.0; empty before it is known."""
        return self._framer.version or ""

    def ask(self, action: str, fields: Fields, then: Then, now: float) -> None:
        """Let Asterisk do something, in the order of asking; `UnsendableError` where that cannot be said."""
        action_id = self._token()
        data = encode_action(action, action_id, fields)
        if len(self._asked) < _MOST_UNANSWERED:
            self._send(data, action_id, then, now)
        else:
            self._waiting.append((data, action_id, then))

    # --- what the connection tells ----------------------------------------------------------------

    def connected(self, now: float) -> None:
        """There is one; Asterisk greets first."""
        self._forget()
        self._given_up = False
        self._framer = Framer()
        self.standing = Standing.GREETING
        self._heard_at = now
        self._clock = self._timers.call_at(now + PATIENCE, self._look)

    def received(self, data: bytes, now: float) -> None:
        """Take what has come."""
        if self.standing is Standing.DOWN:
            # What was under way when we gave the connection up.
            return
        self._heard_at = now
        try:
            messages = self._framer.feed(data)
            if self.standing is Standing.GREETING and self._framer.version is not None:
                self.standing = Standing.LOGIN
                self.ask("Challenge", [("AuthType", "MD5")], self._challenged, now)
            for message in messages:
                if self.standing is not Standing.DOWN:
                    self._take(message, now)
        except ProtocolError as error:
            self._fail(f"what comes from Asterisk cannot be read: {error}", now)

    def disconnected(self, reason: str, now: float) -> None:
        """It is gone, or could not be established. What we have ended ourselves is no news."""
        if not self._given_up:
            self._close(reason, now)

    # --- login ------------------------------------------------------------------------------------

    def _challenged(self, answer: Answer, now: float) -> None:
        if not answer.ok:
            self._fail(f"Asterisk gives no challenge for the login: {answer.words}", now, refused=True)
            return
        secret = (answer.message.text("Challenge") + self._account.secret).encode()
        key = md5(secret, usedforsecurity=False).hexdigest()
        fields = [
            ("AuthType", "MD5"),
            ("Username", self._account.username),
            ("Key", key),
            ("Events", "call,system"),
        ]
        self.ask("Login", fields, self._logged_in, now)

    def _logged_in(self, answer: Answer, now: float) -> None:
        if not answer.ok:
            self._fail(login_refused(self._account.username, answer.words), now, refused=True)
            return
        self._boot = self._timers.call_at(now + _BOOTING, self._booted)

    def _booted(self, now: float) -> None:
        if self._boot is not None:
            self._boot.cancel()
            self._boot = None
        pattern = f"^Event: ({'|'.join(sorted(self._wanted))})"
        self.ask("Filter", [("Operation", "Add"), ("Filter", pattern)], self._filtered, now)

    def _filtered(self, answer: Answer, now: float) -> None:
        self.standing = Standing.UP
        self._listener.opened(now)
        if not answer.ok:
            self._listener.limited(may_not_filter(self._account.username, answer.words), now)

    # --- messages ---------------------------------------------------------------------------------

    def _take(self, message: Message, now: float) -> None:
        asked = self._asked.get(message.text("ActionID"))
        if asked is not None:
            self._answered(asked, message, now)
        elif message.event in self._wanted and self.standing is Standing.UP:
            self._listener.heard(message, now)
        elif message.event == "FullyBooted" and self._boot is not None:
            self._booted(now)

    def _answered(self, asked: _Asked, message: Message, now: float) -> None:
        asked.at = now
        if message.response:
            asked.first = message
            if message.text("EventList").lower() != "start":
                self._finish(message, asked, now)
        elif asked.first is not None and message.text("EventList").lower() == "complete":
            self._finish(message, asked, now)
        elif asked.first is not None:
            asked.rows.append(message)
            if len(asked.rows) > _MOST_ROWS:
                raise ProtocolError(f"a list of more than {_MOST_ROWS} rows")

    def _finish(self, message: Message, asked: _Asked, now: float) -> None:
        del self._asked[message.text("ActionID")]
        while self._waiting and len(self._asked) < _MOST_UNANSWERED:
            self._send(*self._waiting.popleft(), now)
        asked.then(Answer(asked.first or message, tuple(asked.rows)), now)

    def _send(self, data: bytes, action_id: str, then: Then, now: float) -> None:
        self._asked[action_id] = _Asked(then, now)
        self._emit(SendToAsterisk(data))

    # --- silence and the end ----------------------------------------------------------------------

    def _look(self, now: float) -> None:
        oldest = min((asked.at for asked in self._asked.values()), default=None)
        silent = self.standing is Standing.GREETING and self._heard_at + PATIENCE <= now
        if silent or (oldest is not None and oldest + PATIENCE <= now):
            self._fail(f"Asterisk has not answered for {PATIENCE:g} s", now)
            return
        if self._heard_at + _QUIET <= now and not self._asked:
            self.ask("Ping", (), lambda _answer, _now: None, now)
        self._clock = self._timers.call_at(now + PATIENCE / 2, self._look)

    def _fail(self, reason: str, now: float, *, refused: bool = False) -> None:
        self._given_up = True
        self._close(reason, now)
        self._emit(DropAsterisk(reason, refused))

    def _close(self, reason: str, now: float) -> None:
        self.standing = Standing.DOWN
        self._forget()
        self._listener.closed(reason, now)

    def _forget(self) -> None:
        self._asked.clear()
        self._waiting.clear()
        for timer in (self._clock, self._boot):
            if timer is not None:
                timer.cancel()
        self._clock = self._boot = None
