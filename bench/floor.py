"""The floor: the least Python that carries MQTT presence to SIP phones, for the bridge to be measured beside.

    python bench/floor.py SIP_HOST SIP_PORT MQTT_HOST MQTT_PORT

It has what the protocol cannot do without: dialogs, CSeq, tags, expiry, NOTIFY transactions with their
retransmissions. It has no parser worth the name, no store, no users, no metrics, and believes everybody.
"""

import asyncio
import gc
import json
import os
import re
import socket
import sys
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final, cast

T1, T2, TIMER_F = 0.5, 4.0, 32.0
LONGEST: Final = 3600
# Datagrams sent before those that have come in meanwhile are read.
SLICE: Final = 64

ANSWER = re.compile(rb"SIP/2\.0 (\d{3}) [^\r]*\r\n[Vv][^\r]*?branch=(z9hG4bK[0-9a-f]+)").match
HEADERS = re.compile(rb"\r\n([A-Za-z-]+)[ \t]*:[ \t]*([^\r]*)").findall
TAG = re.compile(rb";tag=([^;> ]+)").search
URI = re.compile(rb"<?(sips?:[^>;]+[^>]*)>?").search

BODY = (
    b'<?xml version="1.0" encoding="UTF-8"?>\r\n'
    b'<presence entity="sip:%(ext)b@%(host)b" xmlns="urn:ietf:params:xml:ns:pidf"'
    b' xmlns:pp="urn:ietf:params:xml:ns:pidf:person" xmlns:es="urn:ietf:params:xml:ns:pidf:rpid:status:rpid-status"'
    b' xmlns:ep="urn:ietf:params:xml:ns:pidf:rpid:rpid-person">\r\n <note>Ready</note>\r\n'
    b' <tuple id="%(ext)b">\r\n  <contact priority="1">sip:%(ext)b@%(host)b</contact>\r\n'
    b"  <status>\r\n   <basic>open</basic>\r\n  </status>\r\n </tuple>\r\n"
    b' <tuple id="digium-presence">\r\n  <status>\r\n'
    b'   <digium_presence type="%(state)b" subtype="%(subtype)b">%(message)b</digium_presence>\r\n'
    b"  </status>\r\n </tuple>\r\n"
    b" <pp:person>\r\n  <status>\r\n   <ep:activities/>\r\n  </status>\r\n </pp:person>\r\n</presence>\r\n"
)


class Subscription:
    """One dialog: what stays the same in its NOTIFYs, and what does not."""

    __slots__ = ("address", "call_id", "cseq", "expires", "ext", "head", "middle", "remote_cseq", "tag")

    def __init__(self, call_id: bytes, ext: bytes, address: tuple[str, int]) -> None:
        self.call_id, self.ext, self.address = call_id, ext, address
        self.cseq = self.remote_cseq = 0
        self.expires = 0.0
        self.tag = os.urandom(8).hex().encode()
        self.head = self.middle = b""


class Transaction:
    """A NOTIFY that waits for its answer."""

    __slots__ = ("branch", "data", "interval", "since", "subscription")

    def __init__(self, branch: bytes, data: bytes, subscription: Subscription, since: float) -> None:
        self.branch, self.data, self.subscription, self.since = branch, data, subscription, since
        self.interval = T1


class Floor:
    """The server, on one socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._host = b"%b:%d" % (sock.getsockname()[0].encode(), sock.getsockname()[1])
        self._by_call_id: dict[bytes, Subscription] = {}
        self._by_ext: dict[bytes, dict[bytes, Subscription]] = defaultdict(dict)
        self._tails: dict[bytes, bytes] = {}
        self._transactions: dict[bytes, Transaction] = {}
        self._due: deque[tuple[float, Transaction]] = deque()
        self._branches = 0
        self._contact = (
            b" NOTIFY\r\nContact: <sip:%b>\r\nMax-Forwards: 70\r\nEvent: presence\r\nUser-Agent: floor\r\n"
            b"Subscription-State: " % self._host
        )

    def change(self, ext: bytes, state: bytes, subtype: bytes, message: bytes) -> None:
        """Tell everybody who watches an extension; the body is made once."""
        tail = self._tails[ext] = self._render(ext, state, subtype, message)
        now = time.monotonic()
        for number, subscription in enumerate([*self._by_ext[ext].values()], 1):
            self._notify(subscription, now, tail)
            if not number % SLICE:
                self.drain()

    def drain(self) -> None:
        """Read all datagrams that are there."""
        try:
            while True:
                data, address = self._sock.recvfrom(8192)
                if data.startswith(b"SIP/2.0 "):
                    self._answered(data)
                else:
                    self._asked(data, address)
        except BlockingIOError:
            pass

    def tick(self) -> None:
        """Send again what nobody has answered."""
        now = time.monotonic()
        for _ in range(len(self._due)):
            at, transaction = self._due.popleft()
            if transaction.branch not in self._transactions:
                continue
            if at > now:
                self._due.append((at, transaction))
            elif now - transaction.since >= TIMER_F:
                del self._transactions[transaction.branch]
                self._drop(transaction.subscription)
            else:
                transaction.interval = min(2 * transaction.interval, T2)
                self._send(transaction.data, transaction.subscription.address)
                self._due.append((now + transaction.interval, transaction))

    def _render(self, ext: bytes, state: bytes, subtype: bytes, message: bytes) -> bytes:
        words = {b"ext": ext, b"host": self._host, b"state": state, b"subtype": subtype, b"message": message}
        body = BODY % words
        return b"\r\nContent-Type: application/pidf+xml\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)

    def _notify(self, subscription: Subscription, now: float, tail: bytes) -> None:
        subscription.cseq += 1
        self._branches += 1
        branch = b"z9hG4bK%x" % self._branches
        left = subscription.expires - now
        state = b"active;expires=%d" % left if left > 0 else b"terminated;reason=timeout"
        data = b"%b%b%b%d%b%b%b" % (
            subscription.head,
            branch,
            subscription.middle,
            subscription.cseq,
            self._contact,
            state,
            tail,
        )
        transaction = self._transactions[branch] = Transaction(branch, data, subscription, now)
        self._due.append((now + T1, transaction))
        self._send(data, subscription.address)

    def _answered(self, data: bytes) -> None:
        found = ANSWER(data)
        transaction = self._transactions.pop(found[2], None) if found else None
        if found and transaction is not None and found[1] in (b"481", b"404"):
            self._drop(transaction.subscription)

    def _asked(self, data: bytes, address: tuple[str, int]) -> None:
        line = data[: data.find(b"\r\n")].split(b" ")
        vias, headers = [], {}
        for name, value in HEADERS(data, len(line), data.find(b"\r\n\r\n")):
            if name.lower() in (b"via", b"v"):
                vias.append(value)
            else:
                headers.setdefault(name.lower(), value)
        if line[0] == b"SUBSCRIBE":
            self._subscribe(line[1], vias, headers, address)
        elif line[0] != b"ACK":
            self._reply(b"405 Method Not Allowed", vias, headers, b"", address)

    def _subscribe(
        self, uri: bytes, vias: list[bytes], headers: dict[bytes, bytes], address: tuple[str, int]
    ) -> None:
        now, call_id = time.monotonic(), headers[b"call-id"]
        expires = min(int(headers.get(b"expires", LONGEST)), LONGEST)
        tag = TAG(headers[b"to"])
        subscription = self._by_call_id.get(call_id)
        if tag and (subscription is None or tag[1] != subscription.tag):
            self._reply(b"481 Subscription Does Not Exist", vias, headers, b"", address)
            return
        if subscription is None:
            subscription = self._create(uri[4:].split(b"@", 1)[0], headers, address)
        subscription.expires = now + expires
        if not tag:
            headers[b"to"] += b";tag=" + subscription.tag
        extra = b"Contact: <sip:%b>\r\nExpires: %d\r\n" % (self._host, expires)
        self._reply(b"200 OK", vias, headers, extra, address)
        tail = self._tails.get(subscription.ext) or self._render(subscription.ext, b"available", b"", b"")
        self._notify(subscription, now, tail)
        if not expires:
            self._drop(subscription)

    def _create(self, ext: bytes, headers: dict[bytes, bytes], address: tuple[str, int]) -> Subscription:
        subscription = Subscription(headers[b"call-id"], ext, address)
        contact = URI(headers[b"contact"])
        subscription.head = b"NOTIFY %b SIP/2.0\r\nVia: SIP/2.0/UDP %b;rport;branch=" % (
            contact[1] if contact else b"",
            self._host,
        )
        subscription.middle = b"\r\nFrom: %b;tag=%b\r\nTo: %b\r\nCall-ID: %b\r\nCSeq: " % (
            headers[b"to"],
            subscription.tag,
            headers[b"from"],
            subscription.call_id,
        )
        self._by_call_id[subscription.call_id] = subscription
        self._by_ext[ext][subscription.call_id] = subscription
        return subscription

    def _drop(self, subscription: Subscription) -> None:
        self._by_call_id.pop(subscription.call_id, None)
        self._by_ext[subscription.ext].pop(subscription.call_id, None)

    def _reply(
        self,
        status: bytes,
        vias: list[bytes],
        headers: dict[bytes, bytes],
        extra: bytes,
        address: tuple[str, int],
    ) -> None:
        lines = b"".join(b"Via: %b\r\n" % via for via in vias)
        for name in (b"From", b"To", b"Call-ID", b"CSeq"):
            lines += b"%b: %b\r\n" % (name, headers[name.lower()])
        self._send(b"SIP/2.0 %b\r\n%b%bContent-Length: 0\r\n\r\n" % (status, lines, extra), address)

    def _send(self, data: bytes, address: tuple[str, int]) -> None:
        # A full buffer: it is sent again, as after any loss.
        with suppress(OSError):
            self._sock.sendto(data, address)


class Broker(asyncio.Protocol):
    """MQTT 3.1.1, as much as a subscriber with QoS 1 needs."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._buffer = b""
        self._write: Callable[[bytes], None] = bytes

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say who we are."""
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._write = cast("asyncio.Transport", transport).write
        self._write(_packet(0x10, b"\0\4MQTT\4\2\0\0\0\5floor"))

    def data_received(self, data: bytes) -> None:
        """Take the packets that are whole."""
        self._buffer += data
        for kind, packet in self._packets():
            if kind >> 4 == 2:
                topic = b"presence-bridge/presence/#"
                self._write(_packet(0x82, b"\0\1" + len(topic).to_bytes(2, "big") + topic + b"\1"))
            elif kind >> 4 == 3:
                self._published(kind, packet)

    def _published(self, kind: int, packet: bytes) -> None:
        end = 2 + int.from_bytes(packet[:2], "big")
        topic, payload = packet[2:end], packet[end:]
        if kind & 6:
            self._write(b"\x40\2" + payload[:2])
            payload = payload[2:]
        document = json.loads(payload)
        words = (document[name].encode() for name in ("state", "subtype", "message"))
        self._floor.change(topic.rsplit(b"/", 1)[1], *words)

    def _packets(self) -> Iterator[tuple[int, bytes]]:
        while len(self._buffer) > 1:
            length, at = 0, 1
            while at < len(self._buffer):
                length |= (self._buffer[at] & 127) << 7 * (at - 1)
                at += 1
                if self._buffer[at - 1] < 128:
                    break
            else:
                return
            if at + length > len(self._buffer):
                return
            kind, packet = self._buffer[0], self._buffer[at : at + length]
            self._buffer = self._buffer[at + length :]
            yield kind, packet


def _packet(kind: int, content: bytes) -> bytes:
    return bytes((kind, len(content))) + content


async def serve(sip: tuple[str, int], broker: tuple[str, int]) -> None:
    """Serve until the process is ended."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    sock.bind(sip)
    floor = Floor(sock)
    loop = asyncio.get_running_loop()
    loop.add_reader(sock.fileno(), floor.drain)
    await loop.create_connection(lambda: Broker(floor), *broker)
    print("ready", flush=True)
    gc.collect()
    gc.freeze()
    while True:
        await asyncio.sleep(0.1)
        floor.tick()


if __name__ == "__main__":
    asyncio.run(serve((sys.argv[1], int(sys.argv[2])), (sys.argv[3], int(sys.argv[4]))))
