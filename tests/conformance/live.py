"""A bridge in this process, on a free port of the loopback, and sockets to talk to it as anybody could."""

import asyncio
import contextlib
import random
import socket
import threading
from collections.abc import Iterator
from typing import Self

from bridge.composition import Bridge
from bridge.config.settings import HintSettings, HttpSettings, MqttSettings, Settings, SipSettings

# Nobody listens there: what is tested here needs no broker.
_NO_BROKER = MqttSettings(port=1)

_OPTIONS = (
    "OPTIONS sip:{host}:{port} SIP/2.0\r\n"
    "Via: SIP/2.0/{transport} {own};rport;branch=z9hG4bKalive{number}\r\n"
    "Max-Forwards: 70\r\nFrom: <sip:watch@{own}>;tag=alive\r\nTo: <sip:{host}>\r\n"
    "Call-ID: alive-{number}@{own}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
)


class LiveBridge:
    """Runs in a thread with a loop of its own, so that a test may block on its sockets."""

    def __init__(self, *transports: str, **sip: object) -> None:
        self.host, self.port = "127.0.0.1", free_port()
        listen = tuple(f"{transport}://{self.host}:{self.port}" for transport in transports or ("udp",))
        self.bridge = Bridge(
            Settings(
                mqtt=_NO_BROKER,
                sip=SipSettings(listen=listen, **sip),
                http=HttpSettings(listen="127.0.0.1:0"),
                hints=(HintSettings(extension="2000", hint="SIP/2000,CustomPresence:2000"),),
            )
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="bridge", daemon=True)

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return self.host, self.port

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self._run(self.bridge.start())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        try:
            self._run(self.bridge.stop())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
            self._loop.close()

    def tasks(self) -> set[str]:
        """The names of the tasks that live on its loop."""
        return {task.get_name() for task in asyncio.all_tasks(self._loop)}

    def watchers(self) -> int:
        """How many subscriptions there are."""
        return len(self.bridge._core.notifier.subscriptions)

    def transactions(self) -> int:
        """How many server transactions there are."""
        return self.bridge._core.endpoint.transactions[1]

    def _run(self, coroutine) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(20)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses, for datagrams and for streams."""
    while True:
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as streams,
        ):
            datagrams.bind(("127.0.0.1", 0))
            port: int = datagrams.getsockname()[1]
            with contextlib.suppress(OSError):
                streams.bind(("127.0.0.1", port))
                return port


def loopback_host() -> str:
    """An address of this machine that nobody else is likely to use: the loopback network has 16 million."""
    return ".".join(["127", *(str(random.randint(2, 250)) for _ in range(3))])


@contextlib.contextmanager
def udp(host: str = "127.0.0.1", port: int = 0) -> Iterator[socket.socket]:
    """A phone's socket."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        phone.bind((host, port))
        phone.settimeout(5)
        yield phone


def options(target: tuple[str, int], own: tuple[str, int], transport: str = "UDP") -> tuple[bytes, str]:
    """A plain OPTIONS, and the Call-ID by which its answer is known."""
    number = random.getrandbits(64)
    name = f"{own[0]}:{own[1]}"
    text = _OPTIONS.format(host=target[0], port=target[1], own=name, number=number, transport=transport)
    return text.encode(), f"alive-{number}@{name}"


def receive_until_alive(bridge: LiveBridge, phone: socket.socket) -> list[bytes]:
    """Send an OPTIONS, and return what arrived before its answer: all that was answered by then.

    The bridge handles datagrams in their order, so nothing needs to be waited for.
    """
    return ask(bridge.address, phone)


def ask(target: tuple[str, int], phone: socket.socket) -> list[bytes]:
    """The same of any bridge. The OPTIONS is repeated as a phone would: where buffers are small, the kernel loses some."""
    request, call_id = options(target, phone.getsockname())
    before: list[bytes] = []
    phone.settimeout(0.5)
    for _ in range(10):
        phone.sendto(request, target)
        with contextlib.suppress(TimeoutError):
            while call_id.encode() not in (data := phone.recv(65_535)):
                before.append(data)
            assert data.startswith(b"SIP/2.0 200 "), data
            return before
    raise AssertionError("no answer to an OPTIONS")
