"""All listeners together: on real sockets, lost and opened again, with what operators are told."""

import asyncio
import os
import socket
import time

import pytest

from bridge.commands.phone import Phone
from bridge.composition import Bridge, StartError
from bridge.config import (
    HintSettings,
    HttpSettings,
    Listener,
    MqttSettings,
    Settings,
    SipSettings,
    TlsSettings,
)
from bridge.effects import Warned
from bridge.events import Address, BytesReceived, Flow
from bridge.io.connection import StreamLimits
from bridge.io.listeners import ListenerOptions, ListenError, Listeners
from bridge.io.reopening import keep_open
from bridge.io.tls import Pinned, TlsFiles
from bridge.subscriber.reports import Seen, Unsubscribed
from integration.programs import free_port
from support.certificates import Authority
from support.sip_messages import request

OPTIONS = request("Content-Length: 0", start="OPTIONS sip:127.0.0.1 SIP/2.0", CSeq="1 OPTIONS")


class Told:
    """Everything that was fed, observed and noted."""

    def __init__(self):
        self.events, self.observed = [], []

    @property
    def warnings(self):
        return [seen.text for seen in self.observed if isinstance(seen, Warned)]

    async def until(self, condition):
        async with asyncio.timeout(5):
            while not condition():
                await asyncio.sleep(0.005)


def run(scenario, *, most=2000, tls=None):
    async def main():
        told = Told()
        options = ListenerOptions(most, StreamLimits(), tls)
        listeners = Listeners(options, told.events.append, told.observed.append)
        try:
            await scenario(listeners, told)
        finally:
            await listeners.stop()

    asyncio.run(main())


@pytest.mark.requirement("T1")
@pytest.mark.parametrize(
    ("host", "phone"), [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("0.0.0.0", "127.0.0.1")]
)
def test_one_port_for_udp_and_tcp(host, phone):
    async def scenario(listeners, told):
        tcp = listeners.open("tcp", Address(host, 0))
        udp = listeners.open("udp", tcp.address)
        assert (len(listeners), udp.address, listeners.troubles) == (2, tcp.address, ())
        family = socket.AF_INET6 if ":" in phone else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as one, socket.socket(family) as other:
            for sock in (one, other):
                sock.connect((phone, udp.address.port))
                sock.send(OPTIONS)
            await told.until(lambda: len(told.events) == 2)
        assert {event.flow.transport for event in told.events} == {"udp", "tcp"}

    run(scenario)


@pytest.mark.requirement("T16")
def test_streams_do_not_call_one_another():
    async def scenario(listeners, told):
        one, other = (listeners.open("tcp", Address("127.0.0.1", 0)) for _ in range(2))
        for remote in (one.address, other.address):
            one.send(Flow("tcp", one.address, remote), OPTIONS)
        await told.until(lambda: len(told.events) == 2)
        assert {event.reason for event in told.events} == {"that is this bridge itself"}

    run(scenario)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_an_address_that_cannot_be_listened_on_is_told_in_words(transport):
    async def scenario(listeners, _told):
        taken = listeners.open(transport, Address("127.0.0.1", 0)).address
        with pytest.raises(ListenError) as caught:
            listeners.open(transport, taken)
        where = f"{transport}://127.0.0.1:{taken.port}"
        assert str(caught.value) == f"SIP cannot listen on {where}: Address already in use"
        assert len(listeners) == 1

    run(scenario)


def test_tls_needs_files(tmp_path):
    async def without(listeners, _told):
        with pytest.raises(ListenError, match=r"needs \[sip\.tls\]"):
            listeners.open("tls", Address("127.0.0.1", 0))

    async def missing(listeners, _told):
        with pytest.raises(ListenError, match=r"\[sip\.tls\] certificate .* cannot be read"):
            listeners.open("tls", Address("127.0.0.1", 0))

    run(without)
    run(missing, tls=TlsFiles(tmp_path / "c.pem", tmp_path / "k.pem"))


def test_renewed_certificates_are_taken_when_asked_for(tmp_path):
    authority = Authority(tmp_path)
    current, renewed = authority.issue("current"), authority.issue("renewed")

    async def scenario(listeners, told):
        listeners.refresh()
        listeners.open("tls", Address("127.0.0.1", 0))
        listeners.open("tls", Address("127.0.0.1", 0))
        current.replace(renewed)
        listeners.refresh()
        assert told.warnings == []
        current.key.unlink()
        listeners.refresh()
        assert told.warnings == [
            f"the certificate in use is kept: [sip.tls] key {current.key} cannot be read: No such file or directory"
        ]

    run(scenario, tls=TlsFiles(*current))


@pytest.mark.requirement("T14")
def test_too_few_files_for_all_connections_are_told(monkeypatch):
    monkeypatch.setattr("bridge.io.listeners.allow_descriptors", lambda _: 1024)

    async def scenario(listeners, told):
        for _ in range(2):
            listeners.open("tcp", Address("127.0.0.1", 0))
        (warning,) = told.warnings
        assert warning.startswith("this process may open 1024 files, too few for 2000 connections")

    run(scenario)


# --- listeners that are lost ---------------------------------------------------------------------


@pytest.mark.requirement("T15")
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_lost_listener_is_told_of_and_opened_again(transport):
    async def scenario(listeners, told):
        listener = listeners.open(transport, Address("127.0.0.1", 0))
        place = f"{transport}://127.0.0.1:{listener.address.port}"
        os.close(listener._socket.fileno())
        assert listeners.troubles == (f"{place} its socket was closed",)
        await told.until(lambda: told.warnings and not listeners.troubles)
        assert told.warnings == [f"{place} is lost: its socket was closed; it is being opened again"]
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        with socket.socket(socket.AF_INET, kind) as phone:
            phone.connect(tuple(listener.address))
            phone.send(OPTIONS)
            await told.until(lambda: told.events)
        assert isinstance(told.events[0], BytesReceived)

    run(scenario)


@pytest.mark.requirement("T15")
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_it_is_tried_until_the_port_is_free(transport, monkeypatch):
    monkeypatch.setattr("bridge.io.reopening.Backoff.pause", lambda _: 0.01)

    async def scenario(listeners, told):
        listener = listeners.open(transport, Address("127.0.0.1", 0))
        warnings, notes = [], []
        watch = asyncio.gather(keep_open(listener, warnings.append, notes.append, 0.01))
        os.close(listener._socket.fileno())
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        with socket.socket(socket.AF_INET, kind) as thief:
            thief.bind(tuple(listener.address))
            if transport == "tcp":
                thief.listen()
            await told.until(lambda: len(warnings) == 2)
            await asyncio.sleep(0.1)
        await told.until(lambda: notes)
        place = f"{transport}://127.0.0.1:{listener.address.port}"
        assert warnings[1:] == [
            f"{place} cannot be opened: Address already in use; it is tried again and again"
        ]
        assert notes == [f"{place} is served again"]
        assert listener.trouble is None
        watch.cancel()
        await asyncio.wait([watch])

    run(scenario)


# --- in the bridge -------------------------------------------------------------------------------


def settings(mqtt_port=1, **sip):
    """With no broker, unless one is named."""
    return Settings(
        mqtt=MqttSettings(port=mqtt_port),
        http=HttpSettings(listen="127.0.0.1:0"),
        sip=SipSettings(**sip),
        hints=(HintSettings(extension="2000", hint="SIP/2000"),),
    )


async def is_so(condition):
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


def test_connections_are_counted_by_transport_and_the_certificate_tells_when_it_expires(tmp_path):
    pair = Authority(tmp_path).issue("bridge", days=30)

    async def scenario(listeners, told):
        tcp = listeners.open("tcp", Address("127.0.0.1", 0))
        listeners.open("tls", Address("127.0.0.1", 0))
        listeners.open("udp", tcp.address)
        assert listeners.connections == {"tcp": 0, "tls": 0}
        assert listeners.socket_drops == {"udp": 0}
        assert listeners.certificate_expiry == pytest.approx(time.time() + 30 * 86_400, abs=3600)
        writers = [(await asyncio.open_connection(*tcp.address))[1] for _ in range(3)]
        await told.until(lambda: listeners.connections["tcp"] == 3)
        for writer in writers:
            writer.close()
            await writer.wait_closed()
        await told.until(lambda: listeners.connections == {"tcp": 0, "tls": 0})

    run(scenario, tls=TlsFiles(*pair))


def test_without_tls_there_is_no_certificate():
    async def scenario(listeners, _told):
        listeners.open("udp", Address("127.0.0.1", 0))
        assert (listeners.certificate_expiry, listeners.connections) == (None, {})

    run(scenario)


@pytest.mark.requirement("T15")
def test_the_bridge_is_not_ready_while_a_listener_is_lost(mosquitto):
    port = free_port()

    async def scenario():
        listen = (f"udp://127.0.0.1:{port}", f"tcp://127.0.0.1:{port}")
        bridge = Bridge(settings(mosquitto.port, listen=listen))
        try:
            await bridge.start()
            await is_so(lambda: bridge._ready().ok)
            udp = bridge._listeners._open[0]
            os.close(udp._socket.fileno())
            assert not bridge._ready().ok
            lost = {"ok": False, "why": f"udp://127.0.0.1:{port} its socket was closed"}
            assert bridge._ready().document["parts"]["sip"] == lost
            await is_so(lambda: bridge._ready().ok)
            assert bridge._ready().document["parts"]["sip"] == {"ok": True, "why": "served"}
        finally:
            await bridge.stop()

    asyncio.run(scenario())


@pytest.mark.requirement("T1", "T11")
@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_phone_watches_by_each_transport(tmp_path, transport, host):
    pair = Authority(tmp_path).issue("bridge")
    tls = TlsSettings(certificate=str(pair.certificate), key=str(pair.key))
    place = f"[{host}]" if ":" in host else host

    async def scenario():
        reports = []
        bridge = Bridge(settings(listen=(f"{transport}://{place}:0",), tls=tls))
        try:
            await bridge.start()
            address = bridge._listeners._open[0].address
            security = Pinned(pair.certificate) if transport == "tls" else None
            phone = Phone("2000", "200", Listener(transport, *address), reports.append, security=security)
            phone.start()
            await is_so(lambda: reports)
            # The NOTIFY came by the connection of the SUBSCRIBE, and so did its answer.
            await is_so(lambda: bridge._core.endpoint.transactions[0] == 0)
            await phone.stop()
        finally:
            await bridge.stop()
        assert [type(report) for report in reports] == [Seen, Seen, Unsubscribed]
        assert reports[0].picture.note == "Ready"

    asyncio.run(scenario())


def test_a_bridge_without_its_certificate_does_not_start(tmp_path):
    async def scenario():
        tls = TlsSettings(certificate=str(tmp_path / "c.pem"), key=str(tmp_path / "k.pem"))
        bridge = Bridge(settings(listen=("tls://127.0.0.1:0",), tls=tls))
        try:
            with pytest.raises(StartError, match=r"certificate .*c\.pem cannot be read: No such file"):
                await bridge.start()
        finally:
            await bridge.stop()

    asyncio.run(scenario())


def test_a_flow_of_an_earlier_run_finds_a_home():
    async def scenario(listeners, told):
        first = listeners.open("udp", Address("127.0.0.1", 0))
        every = listeners.open("udp", Address("0.0.0.0", 0))
        phone = Address("127.0.0.9", 40_000)

        def home(transport, host, port, remote=phone):
            return listeners.home(Flow(transport, Address(host, port), remote))

        known = Flow("udp", first.address, phone)
        assert listeners.home(known) == known
        assert home("udp", "192.0.2.1", every.address.port).local == Address("192.0.2.1", every.address.port)
        assert home("udp", "192.0.2.1", 1).local == first.address
        assert home("tcp", "127.0.0.1", first.address.port) is None
        assert home("udp", "::1", 5060, Address("::1", 40_000)) is None

    run(scenario)


def test_behind_every_address_the_one_that_the_phone_knows_is_kept():
    async def scenario(listeners, told):
        every = listeners.open("udp", Address("0.0.0.0", 0))
        flow = Flow("udp", Address("127.0.0.5", 1), Address("127.0.0.9", 40_000))
        assert listeners.home(flow) == flow._replace(local=Address("127.0.0.5", every.address.port))

    run(scenario)


def test_how_long_streams_may_be_silent_can_be_changed_for_those_that_are_open():
    async def scenario(listeners, told):
        tcp = listeners.open("tcp", Address("127.0.0.1", 0))
        reader, writer = await asyncio.open_connection(*tcp.address)
        writer.write(b"OPTIONS sip:bridge SIP/2.0\r\nContent-Length: 0\r\n\r\n")
        await told.until(lambda: told.events)
        listeners.allow_idle(0.5)
        await told.until(lambda: listeners.connections["tcp"] == 0)
        assert await reader.read() == b""
        writer.close()

    run(scenario)
