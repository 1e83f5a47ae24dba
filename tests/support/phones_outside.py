"""Thousands of phones on a few UDP sockets, that behave as PJSIP does and put all they see into a `Record`.

They repeat requests by Timer E (RFC 3261 section 17.1.2.2), refresh before the end of the interval, refuse a
CSeq that has not grown (500), and subscribe anew half a second after 481 or `terminated`.
"""

import asyncio
import contextlib
import itertools
import random
import re
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable, Iterator

from support.record import Answered, Asked, Dialog, Left, Notified, Record, Replied, Shown

Address = tuple[str, int]

_COPIED = re.compile(rb"^(?:Via|From|To|Call-ID|CSeq): .*\r\n", re.MULTILINE)
_HEAD = {
    name: re.compile(rb"^%b: (.*)\r\n" % name, re.MULTILINE)
    for name in (b"Via", b"From", b"To", b"Call-ID", b"CSeq", b"Subscription-State", b"Expires")
}
_TAG = re.compile(rb";tag=([^;>\s]+)")
_BRANCH = re.compile(rb"branch=([^;\s]+)")
_SHOWN = re.compile(rb'<digium_presence type="([^"]*)"(?: subtype="([^"]*)")?(?: />|>([^<]*)<)')
_REMAINING = re.compile(rb"expires=(\d+)")

# Past the limit of rmem_max, where we are allowed to; and the moment at which the kernel took a datagram, as two
# numbers of 8 octets, seconds and nanoseconds (neither is named in the socket module).
_SO_RCVBUFFORCE = 33
_SO_TIMESTAMPNS = 35
_STAMP = struct.Struct("=qq")

_AGAIN = 0.5
_TIMER_F = 32.0
_KEPT_ANSWERS = 4


class OutsidePhone:
    """One phone that watches one extension. `status` is what it answers to a NOTIFY, None for silence."""

    def __init__(self, phones: "PhonesOutside", number: int, extension: str, wire: "_Wire") -> None:
        self.phones = phones
        self.extension = extension
        self.status: int | None = 200
        self.delay = 0.0
        self.expires = 3600
        # Without a NOTIFY after so many seconds, the subscription has failed (Timer N, RFC 6665 section 4.1.2.4).
        self.patience = 32.0
        self.shown: Shown | None = None
        self.statuses: Counter[int] = Counter()
        self.replies: Counter[int] = Counter()
        self.call_id = ""
        self.remote_tag = ""
        self.is_confirmed = False
        self.last_cseq = 0
        self._number = number
        self._wire = wire
        self._calls = 0
        self._cseq = 0
        self._waiting: dict[int, asyncio.TimerHandle] = {}
        self._given: dict[bytes, bytes] = {}
        self._ignored: set[bytes] = set()
        self._refresh: asyncio.TimerHandle | None = None
        self._return: asyncio.TimerHandle | None = None
        self._timer_n: asyncio.TimerHandle | None = None

    @property
    def dialog(self) -> Dialog:
        """As the record names it."""
        return self.call_id, self.remote_tag

    @property
    def is_waiting(self) -> bool:
        """Whether a SUBSCRIBE has no final answer yet."""
        return bool(self._waiting)

    def subscribe(self) -> None:
        """Begin a new dialog; one that there was is given up."""
        self._leave()
        self._forget()
        self._calls += 1
        self._cseq = 0
        self.call_id = f"p{self._number}.{self._calls}"
        self.remote_tag, self.is_confirmed, self.last_cseq, self.shown = "", False, 0, None
        self.phones.dialogs[self.call_id] = self
        self._request(self.expires)

    def refresh(self) -> None:
        """SUBSCRIBE in the dialog."""
        self._request(self.expires)

    def unsubscribe(self) -> None:
        """End it."""
        self._leave()
        self._request(0)

    def reboot(self) -> None:
        """Forget everything, and come back with the same name and address."""
        self.subscribe()

    def stop(self) -> None:
        """Do nothing more by itself."""
        for timer in (*self._waiting.values(), self._refresh, self._return, self._timer_n):
            if timer is not None:
                timer.cancel()
        self._waiting.clear()

    # --- SUBSCRIBE -------------------------------------------------------------------------------

    def _leave(self) -> None:
        if self.remote_tag:
            self.phones.record.add(Left(self.phones.now, self.dialog))

    def _forget(self) -> None:
        self.stop()
        self.phones.dialogs.pop(self.call_id, None)

    def _request(self, expires: int) -> None:
        self._cseq += 1
        tag = f";tag={self.remote_tag}" if self.remote_tag else ""
        user = f"u{self._number}"
        branch = f"z9hG4bK{self.call_id}.{self._cseq}"
        data = (
            f"SUBSCRIBE sip:{self.extension}@127.0.0.1 SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {self._wire.contact};rport;branch={branch}\r\nMax-Forwards: 70\r\n"
            f"From: <sip:{user}@127.0.0.1>;tag=t{self._number}\r\n"
            f"To: <sip:{self.extension}@127.0.0.1>{tag}\r\n"
            f"Call-ID: {self.call_id}\r\nCSeq: {self._cseq} SUBSCRIBE\r\n"
            f"Contact: <sip:{user}@{self._wire.contact}>\r\n"
            f"Event: presence\r\nAccept: application/pidf+xml\r\nExpires: {expires}\r\n"
            "User-Agent: Digium D40 1_4_0_0_57389\r\nContent-Length: 0\r\n\r\n"
        ).encode()
        phones = self.phones
        phones.count["subscribes"] += 1
        phones.record.add(Asked(phones.now, self.call_id, self.dialog if self.remote_tag else None))
        self._transmit(data, self._cseq, _AGAIN, phones.now + _TIMER_F)

    def _transmit(self, data: bytes, cseq: int, wait: float, until: float) -> None:
        self._wire.send(data)
        if self.phones.now + wait < until:
            again = (self._transmit, data, cseq, min(wait * 2, 4.0), until)
            self._waiting[cseq] = self.phones.loop.call_later(wait, *again)
            return
        del self._waiting[cseq]
        # Nobody there: PJSIP would wait longer.
        self._come_back(_AGAIN)

    def answered(self, data: bytes, status: int, cseq: int) -> None:
        """A response to a SUBSCRIBE has come."""
        timer = self._waiting.pop(cseq, None)
        if timer is None or status < 200:
            if timer is not None:
                self._waiting[cseq] = timer
            return
        timer.cancel()
        self.statuses[status] += 1
        tag = _tag(data, b"To")
        record, now = self.phones.record, self.phones.now
        is_refresh = cseq > 1
        expires = float(_value(data, b"Expires") or 0)
        dialog = self.dialog if is_refresh else (self.call_id, tag)
        if status < 300 and tag != self.remote_tag:
            # The bridge had begun another dialog before it was killed: it made two of one SUBSCRIBE.
            self._leave()
            self.remote_tag, self.last_cseq = tag, 0
        if status < 300 and not self.is_confirmed:
            self.is_confirmed = True
            self._timer_n = self.phones.loop.call_later(self.patience, self._give_up)
        record.add(Answered(now, dialog, self.extension, status, expires, is_refresh))
        if status < 300 and expires:
            self._refresh_before(expires)
        elif status >= 300:
            self._come_back(_AGAIN)

    def _give_up(self) -> None:
        if self.status is not None and not self.last_cseq:
            self.reboot()

    def _refresh_before(self, expires: float) -> None:
        if self._refresh is not None:
            self._refresh.cancel()
        early = expires - 5 - self.phones.chance.uniform(1, 10)
        self._refresh = self.phones.loop.call_later(max(early, expires / 2), self._request, self.expires)

    def _come_back(self, wait: float) -> None:
        if self._return is not None:
            self._return.cancel()
        self._return = self.phones.loop.call_later(wait, self.subscribe)

    # --- NOTIFY ----------------------------------------------------------------------------------

    def notified(self, data: bytes, tag: str, at: float) -> None:
        """A NOTIFY with our Call-ID has come at this moment, however late it is read."""
        branch = _BRANCH.search(data)
        key = branch[1] if branch else b""
        cseq = int(_value(data, b"CSeq").split()[0])
        state, record = _value(data, b"Subscription-State"), self.phones.record
        if not self.remote_tag and not self.is_confirmed:
            # It came before the answer to the SUBSCRIBE, and makes the dialog (RFC 6665 section 4.4.1).
            self.remote_tag = tag
        if tag != self.remote_tag:
            self._wire.send(_response(data, 481))
            return
        is_copy = key in self._given
        word = state.partition(";")[0]
        record.add(Notified(at, self.dialog, self.extension, cseq, _shown(data), word, is_copy))
        if is_copy and (given := self._given[key]):
            self._wire.send(given)
        if is_copy and key not in self._ignored:
            return
        if not is_copy and len(self._given) >= _KEPT_ANSWERS:
            del self._given[next(iter(self._given))]
        self._given.setdefault(key, b"")
        if self.status is None:
            self._ignored.add(key)
            return
        self._ignored.discard(key)
        if self.delay:
            self.phones.loop.call_later(self.delay, self._reply, data, key, cseq, word)
        else:
            self._reply(data, key, cseq, word)

    def _reply(self, data: bytes, key: bytes, cseq: int, word: str) -> None:
        status = self.status
        if status is None:
            return
        if cseq <= self.last_cseq:
            status = 500
        elif status < 300:
            self.last_cseq, self.shown = cseq, _shown(data)
        self._given[key] = response = _response(data, status)
        self.replies[status] += 1
        self.phones.record.add(Replied(self.phones.now, self.dialog, cseq, status))
        self._wire.send(response)
        if word == "terminated":
            self._come_back(_AGAIN)
        elif remaining := _REMAINING.search(data):
            self._refresh_before(float(remaining[1]))


class PhonesOutside:
    """All phones of a test, and their sockets. `bridge` may be that of a relay."""

    def __init__(self, record: Record, bridge: Address, *, sockets: int = 2, hidden: bool = False) -> None:
        """`hidden`: the Contact is of another network, so that NOTIFYs come back by the relay."""
        self.record = record
        self.loop = asyncio.get_running_loop()
        self.dialogs: dict[str, OutsidePhone] = {}
        self.all: list[OutsidePhone] = []
        self.count: Counter[str] = Counter()
        self.chance = random.Random(1)
        self._numbers = itertools.count(1)
        self._wires = [_Wire(self, bridge, hidden) for _ in range(sockets)]

    @property
    def now(self) -> float:
        """Monotonic seconds."""
        return self.record.clock()

    def add(self, extension: str) -> OutsidePhone:
        """One more, that has not subscribed yet."""
        number = next(self._numbers)
        phone = OutsidePhone(self, number, extension, self._wires[number % len(self._wires)])
        self.all.append(phone)
        return phone

    def __iter__(self) -> Iterator[OutsidePhone]:
        return iter(self.all)

    def __len__(self) -> int:
        return len(self.all)

    def close(self) -> None:
        """Hang up."""
        for phone in self.all:
            phone.stop()
        for wire in self._wires:
            wire.close()

    async def until(self, condition: Callable[[], object], within: float, what: str) -> None:
        """Wait until the condition holds; it fails after so many seconds."""
        deadline = self.now + within
        while not condition():
            assert self.now < deadline, f"in vain for {within:g} s: {what}"
            await asyncio.sleep(0.02)

    def receive(self, wire: "_Wire", data: bytes, at: float) -> None:
        """One datagram, that came at this moment."""
        call_id = _value(data, b"Call-ID")
        phone = self.dialogs.get(call_id)
        if data.startswith(b"SIP/2.0 "):
            cseq, method = _value(data, b"CSeq").split()
            if phone is not None and method == "SUBSCRIBE":
                phone.answered(data, int(data[8:11]), int(cseq))
            return
        if not data.startswith(b"NOTIFY "):
            self.count["foreign"] += 1
            return
        self.count["notifies"] += 1
        if phone is None:
            self.count["unknown"] += 1
            wire.send(_response(data, 481))
            return
        phone.notified(data, _tag(data, b"From"), at)


class _Wire:
    """One socket."""

    def __init__(self, phones: PhonesOutside, bridge: Address, hidden: bool) -> None:
        self._phones = phones
        self._bridge = bridge
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        with contextlib.suppress(PermissionError):
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 16 << 20)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._socket.bind(("127.0.0.1", 0))
        port = self._socket.getsockname()[1]
        self.contact = f"{'192.0.2.1' if hidden else '127.0.0.1'}:{port}"
        phones.loop.add_reader(self._socket, self._readable)

    def send(self, data: bytes) -> None:
        """One datagram; lost where nobody listens."""
        with contextlib.suppress(OSError):
            self._socket.sendto(data, self._bridge)

    def close(self) -> None:
        self._phones.loop.remove_reader(self._socket)
        self._socket.close()

    def _readable(self) -> None:
        for _ in range(256):
            try:
                data, ancillary, _, _ = self._socket.recvmsg(65_535, socket.CMSG_SPACE(_STAMP.size))
            except BlockingIOError:
                return
            except ConnectionError:
                continue
            ((_, _, stamp),) = ancillary
            seconds, nanoseconds = _STAMP.unpack(stamp)
            self._phones.receive(self, data, self._phones.now - (time.time() - seconds - nanoseconds / 1e9))


def _value(data: bytes, name: bytes) -> str:
    found = _HEAD[name].search(data)
    return found[1].decode() if found else ""


def _tag(data: bytes, name: bytes) -> str:
    found = _HEAD[name].search(data)
    tag = _TAG.search(found[1]) if found else None
    return tag[1].decode() if tag else ""


def _shown(data: bytes) -> Shown | None:
    found = _SHOWN.search(data)
    if found is None:
        return None
    word, subtype, message = ((part or b"").decode() for part in found.groups())
    return word, subtype, message


def _response(request: bytes, status: int) -> bytes:
    head = b"".join(_COPIED.findall(request))
    return b"SIP/2.0 %d Whatever\r\n%bContent-Length: 0\r\n\r\n" % (status, head)
