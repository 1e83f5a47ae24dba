"""A bridge beside an Asterisk: MQTT on one side, a manager connection on the other, both as slow as a test likes.

Answers come in order, as Asterisk gives them; events may be held back, repeated and delivered in any order.
"""

import json
from base64 import b64encode
from collections import deque

from bridge.asterisk.link import AsteriskLink, AsteriskOptions
from bridge.asterisk.session import Account
from bridge.effects import Remember
from bridge.events import AsteriskConnected, AsteriskDisconnected, AsteriskReceived, MessageReceived
from bridge.memory.memory import Memory
from bridge.pbx import DropAsterisk, SendToAsterisk
from bridge.walltime import format_utc
from support.asterisk.manager import Conversation, Faults, User
from support.asterisk.pbx import Pbx
from support.context import pretended_context, wall
from support.house import Bridge, Broker

USERNAME, SECRET = "bridge", "hush"


class BesideBridge(Bridge):
    """A bridge with a link. What it sends to Asterisk waits in `to_pbx`, what comes from there in `from_pbx`."""

    def __init__(self, clock, **options):
        super().__init__(clock, sensors=(), rules=())
        self.to_pbx = deque()
        self.from_pbx = deque()
        self.dropped = []
        context = pretended_context(self.state, self.emit, self.timers)
        account = Account(USERNAME, options.pop("secret", SECRET))
        self.rows = {}
        self.memory = Memory(self.timers, self.emit, context.wall, on=True)
        self.imported = []
        self.link = AsteriskLink(
            context,
            AsteriskOptions(account=account, **options),
            self.truth,
            self.memory,
            lambda hints, _now: self.imported.append(hints),
        )

    def emit(self, effect):
        super().emit(effect)
        if isinstance(effect, SendToAsterisk):
            self.to_pbx.append(effect.data)
        elif isinstance(effect, DropAsterisk):
            self.dropped.append(effect)
        elif isinstance(effect, Remember) and effect.document is None:
            self.rows.pop(effect.key, None)
        elif isinstance(effect, Remember):
            self.rows[effect.key] = effect.document

    def hear(self, event):
        """Take one event of the manager connection, as the engine does."""
        self.tick()
        self.link.handlers[type(event)](event, self.now)

    def read(self, topic, payload, *, retained=False):
        self.tick()
        message = MessageReceived(topic, payload, retained, self.now)
        change = self.truth.received(message, self.now) if self.truth.takes(topic) else None
        if change is not None:
            self.link.changed(change, self.now)

    def synchronise(self):
        super().synchronise()
        self.link.synchronised(self.now)

    def lose(self):
        super().lose()
        self.link.disconnected()


class Beside(Broker):
    """One bridge between a broker and a PBX."""

    def __init__(self, pbx=None, user=None, faults=None, **options):
        super().__init__(0)
        self.pbx = pbx or Pbx()
        self.users = {USERNAME: user or User(SECRET)}
        self.faults = faults or Faults()
        self.options = options
        self.conversation = None
        self.bridge = BesideBridge(self, **options)
        self.bridges = [self.bridge]

    # --- the manager connection -------------------------------------------------------------------

    @property
    def is_linked(self):
        return self.conversation is not None

    def link(self):
        """The connection is established."""
        self.bridge.hear(AsteriskConnected())
        self.conversation = Conversation(
            self.pbx, self.users, self.faults, self.bridge.from_pbx.append, self.unlink
        )
        self.pbx.listeners[:] = [self.conversation.event]

    def unlink(self, reason="Asterisk closed the connection"):
        """It is lost, with all that is under way."""
        if self.conversation is not None:
            self.conversation = None
            self.pbx.listeners.clear()
            while self.bridge.from_pbx:
                self.bring()
            self.bridge.to_pbx.clear()
            self.bridge.hear(AsteriskDisconnected(reason))

    def break_link(self):
        """The same, and what Asterisk has said last does not arrive."""
        self.bridge.from_pbx.clear()
        self.unlink("Connection reset by peer")

    def ask(self):
        """Bring Asterisk one action; false if there is none."""
        if not self.bridge.to_pbx or self.conversation is None:
            return False
        self.conversation.feed(self.bridge.to_pbx.popleft())
        return True

    def bring(self):
        """Bring the bridge one message of Asterisk; false if there is none."""
        if not self.bridge.from_pbx:
            return False
        self.bridge.hear(AsteriskReceived(self.bridge.from_pbx.popleft()))
        return True

    def hold_back(self, *, repeat):
        """The next event comes behind all others, perhaps once more; answers keep their order."""
        waiting = self.bridge.from_pbx
        found = next((data for data in waiting if data.startswith(b"Event: Pres")), None)
        if found is not None and b"ActionID" not in found:
            if not repeat:
                waiting.remove(found)
            waiting.append(found)

    # --- both -------------------------------------------------------------------------------------

    def start(self):
        """Everything is connected, and has settled."""
        self.connect(self.bridge)
        self.link()
        self.settle()
        return self

    def settle(self):
        for _ in range(20_000):
            moved = [move(self.bridge) for move in (self.deliver, self.take)]
            moved += [self.ask(), self.bring()]
            if not any(moved):
                return
            self.now += 0.0001
        raise AssertionError("the sides go on for ever")

    def restart(self, *, store=True):
        """Another process of the bridge, which knows of before what the store has."""
        if self.is_linked:
            self.break_link()
        self.bridge.memory.flush(self.now)
        rows = self.bridge.rows if store else {}
        self.bridge = BesideBridge(self, **self.options)
        self.bridge.rows = dict(rows)
        self.resumed = self.bridge.link.resume(rows)
        self.bridges = [self.bridge]

    def says(self, provider):
        """What both sides say: MQTT, and Asterisk."""
        presence = self.bridge.state.facts.presence(provider)
        held = self.pbx.presence(provider)
        mine = (presence.state.value, presence.subtype, presence.message)
        return mine, (held.state, held.subtype, held.message)

    # --- payloads -----------------------------------------------------------------------------------

    def bridge_payload(self, state, message):
        """JSON, as somebody publishes it."""
        return json.dumps({"state": state, "message": message})

    def line(self, state, message):
        """The line of a presence with a text that may hold anything."""
        return f"{state},,{b64encode(message.encode()).decode()},e"

    def signed(self, state, seconds):
        """A truth that tells when it was said: so many seconds from now."""
        since = format_utc(wall(self.now + seconds))
        return json.dumps({"state": state, "since": since, "by": "command", "rule": ""}).encode()
