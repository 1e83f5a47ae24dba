"""A bridge without sockets for the micro benches: every pure part, the counters, a store that is always quick.

What a message costs here is what the bridge itself adds to it; `bench/run.py` measures it with sockets, broker
and disk.
"""

import itertools
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from bridge.composition.core import Core, Outside  # noqa: E402 - found by now
from bridge.config import Settings  # noqa: E402
from bridge.effects import Effect, Publish, Remember, Send  # noqa: E402
from bridge.events import (  # noqa: E402
    Address,
    BrokerConnected,
    BytesReceived,
    Flow,
    MessageReceived,
    Remembered,
    Wake,
)
from bridge.metrics import Observer  # noqa: E402

LOCAL: Final = Address("192.0.2.10", 5060)

SUBSCRIBE: Final = """\
SUBSCRIBE sip:{extension}@192.0.2.10:5060 SIP/2.0
Via: SIP/2.0/UDP {host}:5060;rport;branch=z9hG4bKPj{number:024x}{cseq:08x}
Max-Forwards: 70
From: "Front desk" <sip:200@192.0.2.10>;tag={number:032x}
To: <sip:{extension}@192.0.2.10>{to_tag}
Contact: "Front desk" <sip:200@{host}:5060;ob>
Call-ID: {number:032x}
CSeq: {cseq} SUBSCRIBE
Event: presence
Expires: 3600
Supported: replaces, 100rel, timer, norefersub
Accept: application/pidf+xml, application/xpidf+xml
Allow-Events: presence, message-summary, refer
User-Agent: Digium D40 1_4_0_0_57389
Content-Length: 0

"""


class House:
    """`extensions` from 1000 on. Time stands still but for what `advance` adds."""

    def __init__(self, extensions: int = 1, *, store: bool = True) -> None:
        self.now = 1000.0
        self.sent: list[Send] = []
        self._unsafe = 0
        self._echoes: list[MessageReceived] = []
        self._numbers = itertools.count()
        tokens = itertools.count(0x1234_5678_9ABC_0000)
        self._counter = Observer(clock=lambda: self.now)
        outside = Outside(
            self._emit,
            lambda: f"{next(tokens):016x}",
            lambda now: 1_795_000_000.0 + now,
            lambda _flow: None,
            store=store,
        )
        hints = [
            {"extension": str(number), "hint": f"SIP/{number},CustomPresence:{number}"}
            for number in range(1000, 1000 + extensions)
        ]
        settings = {
            "hints": hints,
            "sip": {"trusted_networks": ["198.51.0.0/16"], "notify_min_interval_seconds": 0.0},
        }
        self.core = Core(Settings.model_validate(settings), outside)
        self.handle = self.core.engine.handle
        self.handle(BrokerConnected(), self.now)
        for echo in self._echoes:
            self.handle(echo, self.now)

    def _emit(self, effect: Effect) -> None:
        kind = type(effect)
        if kind is Send:
            self.sent.append(effect)
        elif kind is Remember:
            self._unsafe = effect.number
        elif kind is Publish:
            if "/bridge/sync/" in effect.topic:
                # The broker gives back what marks the end of all that it retains, which is nothing.
                self._echoes.append(MessageReceived(effect.topic, effect.payload, False, self.now))
        else:
            self._counter.observe(effect)

    def subscribes(self, count: int, extension: int = 1000) -> list[BytesReceived]:
        """So many first SUBSCRIBEs, each of another phone."""
        return [self._subscribe(next(self._numbers), extension) for _ in range(count)]

    def _subscribe(self, number: int, extension: int, cseq: int = 1, to_tag: str = "") -> BytesReceived:
        host = f"198.51.{number // 250 % 12}.{number % 250 + 1}"
        text = SUBSCRIBE.format(extension=extension, number=number, host=host, cseq=cseq, to_tag=to_tag)
        data = text.replace("\n", "\r\n").encode()
        return BytesReceived(Flow("udp", LOCAL, Address(host, 5060)), data)

    def refreshes(self, cseq: int, extension: int = 1000) -> list[BytesReceived]:
        """One refresh of each subscription that there is."""
        return [
            self._subscribe(
                int(one.dialog.id.call_id, 16), extension, cseq, f";tag={one.dialog.id.local_tag}"
            )
            for one in self.core.notifier.subscriptions
        ]

    def take(self, received: list[BytesReceived]) -> None:
        """Each request with all that follows it: the commit, the answer, the NOTIFY and its 200."""
        for event in received:
            self.handle(event, self.now)
            self.commit()
            self.answer()

    def commit(self) -> None:
        """The disk has written all that it was given."""
        if self._unsafe:
            number, self._unsafe = self._unsafe, 0
            self.handle(Remembered(number, 0.0005), self.now)

    def answer(self) -> None:
        """The phones answer 200 to each NOTIFY that was sent."""
        while self.sent:
            sent, self.sent = self.sent, []
            for one in sent:
                if one.data.startswith(b"NOTIFY "):
                    self.handle(BytesReceived(one.flow, answer_to(one.data)), self.now)

    def change(self, message: str, extension: int = 1000) -> None:
        """Somebody publishes a presence."""
        payload = f'{{"state":"away","subtype":"","message":"{message}"}}'.encode()
        topic = f"presence-bridge/presence/{extension}"
        self.handle(MessageReceived(topic, payload, False, self.now), self.now)

    def work(self) -> None:
        """Everything that waits for its turn."""
        while (deadline := self.core.engine.deadline()) is not None and deadline <= self.now:
            self.handle(Wake(), self.now)
            self.answer()

    def advance(self, seconds: float) -> None:
        """Let time pass, and do what is due then."""
        self.now += seconds
        self.handle(Wake(), self.now)
        self.commit()
        self.work()


def answer_to(notify: bytes) -> bytes:
    """A phone's 200, as presload and most phones write it."""
    lines = notify[: notify.index(b"\r\n\r\n")].split(b"\r\n")
    kept = [line for line in lines if line.startswith((b"Via:", b"From:", b"To:", b"Call-ID:", b"CSeq:"))]
    return b"SIP/2.0 200 OK\r\n%b\r\nUser-Agent: Digium D40\r\nContent-Length: 0\r\n\r\n" % b"\r\n".join(kept)
