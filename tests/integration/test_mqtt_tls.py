"""The link over TLS, against a real mosquitto with a certificate of our own."""

import asyncio
import itertools
import socket
import ssl
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from bridge.io.mqtt import BrokerTls
from bridge.io.mqtt.driver import Driver
from integration.programs import Mosquitto
from integration.recorder import Recorder, linked


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed certificate for localhost; its key lies beside it."""
    certificate = tmp_path / "broker.crt"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += [
        "-keyout",
        tmp_path / "broker.key",
        "-out",
        certificate,
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    command += ["-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(command, check=True, capture_output=True, timeout=30)
    return certificate


@pytest.fixture
def tls_broker(broker: Mosquitto, certificate: Path) -> Mosquitto:
    key = certificate.with_suffix(".key")
    broker.start("allow_anonymous true", f"certfile {certificate}", f"keyfile {key}")
    return broker


def test_messages_come_and_go_over_tls(tls_broker: Mosquitto, certificate: Path):
    async def scenario():
        recorder = Recorder()
        tls = BrokerTls(ca=certificate)
        async with linked(tls_broker.port, recorder, host="localhost", tls=tls) as link:
            await recorder.until(lambda: link.connected)
            link.subscribe(["b/#"])
            for number in range(3000):
                link.publish(f"b/{number}", b"away", retain=True, qos=1)
            await recorder.until(lambda: len(recorder.messages) == 3000)
            link.subscribe(["b/#"])
            await recorder.until(lambda: len(recorder.messages) == 6000)
            await link.stop(("b/bridge/state", b"offline"))
        assert recorder.losses == []

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("host", "trusted", "words"),
    [
        ("localhost", False, "the certificate of localhost:{port} is not accepted: self-signed certificate"),
        (
            "127.0.0.1",
            True,
            "the certificate of 127.0.0.1:{port} is not for 127.0.0.1: write a name that stands in it",
        ),
    ],
)
def test_a_certificate_that_does_not_fit_is_told(
    tls_broker: Mosquitto, certificate: Path, host: str, trusted: bool, words: str
):
    async def scenario():
        recorder = Recorder()
        tls = BrokerTls(ca=certificate if trusted else None)
        async with linked(tls_broker.port, recorder, host=host, tls=tls):
            await recorder.until(lambda: recorder.losses)
        assert recorder.losses[0].startswith(words.format(port=tls_broker.port))

    asyncio.run(scenario())


def test_a_broker_without_tls_is_told(mosquitto: Mosquitto):
    async def scenario():
        recorder = Recorder()
        async with linked(mosquitto.port, recorder, tls=BrokerTls()):
            await recorder.until(lambda: recorder.losses)
        assert recorder.losses[0].startswith(
            f"127.0.0.1:{mosquitto.port} broke off: does it speak TLS on this port?"
        )

    asyncio.run(scenario())


def test_what_is_decrypted_already_is_read_without_the_kernel(certificate: Path):
    class OneByOne:
        """In paho's place: each octet is a message, which takes a while."""

        def __init__(self, sock: ssl.SSLSocket) -> None:
            self.read = 0
            self._socket = sock

        def socket(self) -> ssl.SSLSocket:
            return self._socket

        def loop_read(self) -> None:
            with suppress(ssl.SSLWantReadError):
                self._socket.recv(1)
                self.read += 1

    def serve(listener: socket.socket) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_suffix(".key"))
        with listener.accept()[0] as plain, context.wrap_socket(plain, server_side=True) as peer:
            peer.sendall(b"x" * 100)
            peer.recv(1)

    async def scenario():
        with socket.create_server(("127.0.0.1", 0)) as listener:
            served = asyncio.get_running_loop().run_in_executor(None, serve, listener)
            plain = socket.create_connection(listener.getsockname())
            tls = ssl.create_default_context(cafile=certificate)
            client = OneByOne(await asyncio.to_thread(tls.wrap_socket, plain, server_hostname="localhost"))
            client.socket().setblocking(False)
            # A clock that runs a second at each look: one message, and the loop has its turn.
            driver = Driver(client, lambda: client.read, lambda _: None, itertools.count().__next__)
            driver.attach()
            await Recorder().until(lambda: client.read == 100)
            driver.close()
            await asyncio.wait({served})

    asyncio.run(scenario())
