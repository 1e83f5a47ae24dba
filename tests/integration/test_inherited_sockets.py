"""Runs that hand their sockets on: what systemd holds is used, and nothing that comes in between two runs is lost."""

import asyncio
import contextlib
import os
import socket

import pytest

from bridge.effects import Warned
from bridge.events import Address, BytesReceived, TransportFailed
from bridge.io.connection import StreamLimits
from bridge.io.listeners import ListenerOptions, ListenError, Listeners
from bridge.io.systemd.channel import Channel
from bridge.io.systemd.descriptors import Descriptor
from bridge.io.systemd.inheritance import Inheritance
from bridge.io.systemd.keeping import Keeping
from bridge.io.udp import UdpListener
from support.notify_socket import NotifySocket
from support.sip_messages import request

MESSAGE = request("Content-Length: 4", body=b"body")
BOTH = ("udp", "tcp")


class Machine:
    """systemd, as far as it holds sockets: those of units, and its store."""

    def __init__(self, folder):
        self.ear = NotifySocket(folder / "notify")
        self.sockets, self.store = [], {}

    def bind(self, transport, host="127.0.0.1", port=0):
        """A socket of a unit; its address."""
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind)
        if sock.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        self.sockets.append(sock)
        sock.bind((host, port))
        if transport != "udp":
            sock.listen()
        return Address(*sock.getsockname()[:2])

    def listen(self):
        """Take in what the service has said."""
        for said in self.ear.all():
            name = said.lines.get("FDNAME", "")
            if "FDSTORE" in said.lines:
                self.store.setdefault(name, []).extend(said.descriptors)
            if "FDSTOREREMOVE" in said.lines:
                for number in self.store.pop(name, []):
                    self.ear.drop(number)

    def descriptors(self):
        """What a run is handed over."""
        self.listen()
        stored = [(name, number) for name, numbers in self.store.items() for number in numbers]
        units = [("sip", sock.fileno()) for sock in self.sockets]
        return [Descriptor(name, os.dup(number)) for name, number in units + stored]

    def close(self):
        for sock in self.sockets:
            sock.close()
        self.ear.close()


class Run:
    """The listeners of one run, and what they fed and observed."""

    def __init__(self, machine, *, keeps=True):
        self.events, self.observed, self.answer = [], [], None
        self.channel = Channel(machine.ear.address if keeps else "", print)
        self.listeners = Listeners(
            ListenerOptions(100, StreamLimits()),
            self._feed,
            self.observed.append,
            Inheritance(machine.descriptors(), lambda text: self.observed.append(Warned(text))),
            Keeping(self.channel) if keeps else None,
        )

    def _feed(self, event):
        self.events.append(event)
        if self.answer is not None and isinstance(event, BytesReceived):
            for one in self.listeners._open:
                if one.transport == event.flow.transport and one.serves(event.flow.local):
                    one.send(event.flow, self.answer)

    @property
    def messages(self):
        return [event.data for event in self.events if isinstance(event, BytesReceived)]

    @property
    def flows(self):
        return [event.flow for event in self.events if isinstance(event, BytesReceived)]

    @property
    def warnings(self):
        return [seen.text for seen in self.observed if isinstance(seen, Warned)]

    async def until(self, condition):
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.005)

    async def stop(self):
        await self.listeners.stop()
        await self.channel.close()


def play(tmp_path, scenario):
    """`scenario(machine, start)`: `start(**options)` begins another run; all of them end with the scenario."""

    async def main():
        machine, runs = Machine(tmp_path), []

        def start(**options):
            runs.append(Run(machine, **options))
            return runs[-1]

        try:
            await scenario(machine, start)
        finally:
            for run in runs:
                await run.stop()
            machine.close()

    asyncio.run(main())


def client(transport, address, host=None):
    """A connected socket."""
    kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
    sock = socket.socket(socket.AF_INET6 if ":" in address.host else socket.AF_INET, kind)
    sock.settimeout(10)
    sock.connect((host or address.host, address.port))
    return sock


async def heard(sock, size=65_536):
    """What comes at a socket of a peer."""
    sock.setblocking(False)
    async with asyncio.timeout(10):
        return await asyncio.get_running_loop().sock_recv(sock, size)


# --- sockets that listen -------------------------------------------------------------------------


@pytest.mark.parametrize("transport", BOTH)
@pytest.mark.parametrize(
    ("host", "phone"), [("127.0.0.1",) * 2, ("::1",) * 2, ("0.0.0.0", "127.0.0.1"), ("::", "::1")]
)
def test_what_systemd_holds_is_used(tmp_path, transport, host, phone):
    async def scenario(machine, start):
        address = machine.bind(transport, host)
        run = start()
        run.answer = b"answer"
        assert run.listeners.open(transport, address).address == address
        run.listeners.take_over()
        with client(transport, address, phone) as peer:
            peer.send(MESSAGE)
            assert await heard(peer) == b"answer"
        assert run.flows[0].local == address._replace(host=phone)
        assert run.warnings == []

    play(tmp_path, scenario)


@pytest.mark.parametrize("transport", BOTH)
def test_of_a_socket_on_all_addresses_one_can_be_served_alone(tmp_path, transport):
    async def scenario(machine, start):
        port = machine.bind(transport, "0.0.0.0").port
        run = start()
        run.answer = b"answer"
        here, elsewhere = Address("127.0.0.1", port), Address("127.0.0.2", port)
        listener = run.listeners.open(transport, here)
        assert listener.address == here
        assert not listener.serves(elsewhere)
        with client(transport, elsewhere) as stranger, client(transport, here) as peer:
            with contextlib.suppress(ConnectionError):
                stranger.send(MESSAGE)
            peer.send(MESSAGE)
            assert await heard(peer) == b"answer"
            if transport == "tcp":
                with contextlib.suppress(ConnectionResetError):
                    assert await heard(stranger) == b""
        assert {flow.local for flow in run.flows} == {here}

    play(tmp_path, scenario)


@pytest.mark.parametrize("transport", BOTH)
def test_a_socket_that_was_lost_is_had_again_from_systemd(tmp_path, transport):
    async def scenario(machine, start):
        address = machine.bind(transport)
        run = start()
        listener = run.listeners.open(transport, address)
        os.close(listener._socket.fileno())
        assert listener.trouble == "its socket was closed"
        listener.reopen()
        assert listener.trouble is None
        with client(transport, address) as peer:
            peer.send(MESSAGE)
            await run.until(lambda: run.messages == [MESSAGE])

    play(tmp_path, scenario)


def test_a_buffer_that_systemd_has_made_large_stays_so(tmp_path):
    async def scenario(machine, start):
        address = machine.bind("udp")
        (sock,) = machine.sockets
        # As ReceiveBuffer= does; where that takes a privilege that the tests lack, there is nothing to lose.
        with contextlib.suppress(PermissionError):
            sock.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)
        before = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        start().listeners.open("udp", address)
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) >= before

    play(tmp_path, scenario)


def test_what_systemd_does_not_hold_is_bound_and_said(tmp_path):
    async def scenario(machine, start):
        address = machine.bind("udp")
        run = start()
        run.listeners.open("udp", address)
        run.listeners.open("tcp", address)
        run.listeners.take_over()
        (warning,) = run.warnings
        assert warning == (
            f"systemd does not hold tcp://127.0.0.1:{address.port}: what phones send there while the bridge restarts"
            " is lost. Write it into the socket unit (systemctl edit), then stop service and sockets, and start them"
        )
        with client("tcp", address) as peer:
            peer.send(MESSAGE)
            await run.until(lambda: run.messages == [MESSAGE])

    play(tmp_path, scenario)


def test_what_only_systemd_has_is_said_and_refused(tmp_path):
    async def scenario(machine, start):
        address = machine.bind("udp")
        other = machine.bind("tcp")
        run = start()
        run.listeners.open("udp", address)
        run.listeners.take_over()
        (warning,) = run.warnings
        assert warning == (
            f"systemd holds tcp://127.0.0.1:{other.port}, which [sip] listen does not have: it is not served. Write it"
            " into listen, or take it out of the socket unit (systemctl edit, or disable --now)"
        )
        with client("tcp", other) as peer, pytest.raises(ConnectionResetError):
            await heard(peer)

    play(tmp_path, scenario)


@pytest.mark.parametrize("transport", BOTH)
def test_a_socket_that_is_in_the_way_is_named(tmp_path, transport):
    async def scenario(machine, start):
        address = machine.bind(transport)
        with pytest.raises(ListenError) as refused:
            start().listeners.open(transport, Address("0.0.0.0", address.port))
        assert str(refused.value) == (
            f"SIP cannot listen on {transport}://0.0.0.0:{address.port}: systemd holds {transport}://127.0.0.1:"
            f"{address.port}; write this address into the socket unit (systemctl edit), then stop service and sockets, and start them"
        )

    play(tmp_path, scenario)


# --- between two runs ----------------------------------------------------------------------------


def test_datagrams_and_calls_that_come_when_a_run_ends_are_served_by_the_next(tmp_path):
    async def scenario(machine, start):
        udp, tcp = machine.bind("udp"), machine.bind("tcp")
        first = start()
        for transport, address in (("udp", udp), ("tcp", tcp)):
            first.listeners.open(transport, address)
        first.listeners.take_over()
        first.listeners.hold()
        with client("udp", udp) as peer, client("tcp", tcp) as caller:
            peer.send(MESSAGE)
            caller.send(MESSAGE)
            await asyncio.sleep(0.05)
            await first.stop()
            peer.send(MESSAGE)
            assert first.messages == []
            second = start()
            second.answer = b"answer"
            for transport, address in (("udp", udp), ("tcp", tcp)):
                second.listeners.open(transport, address)
            assert (await heard(peer), await heard(peer), await heard(caller)) == (b"answer",) * 3

    play(tmp_path, scenario)


def test_what_nobody_inherits_is_served_until_it_is_closed(tmp_path):
    async def main():
        events = []
        udp = UdpListener(Address("127.0.0.1", 0), events.append)
        udp.start()
        udp.hold()
        with client("udp", udp.address) as peer:
            peer.send(MESSAGE)
            async with asyncio.timeout(10):
                while not events:
                    await asyncio.sleep(0.005)
        udp.close()

    asyncio.run(main())


# --- connections ---------------------------------------------------------------------------------


async def connected(machine, start):
    """A run with a connection that has brought a message, and the peer's end of it."""
    address = machine.bind("tcp")
    run = start()
    run.listeners.open("tcp", address)
    run.listeners.take_over()
    peer = client("tcp", address)
    peer.send(MESSAGE)
    await run.until(lambda: run.messages == [MESSAGE])
    return run, peer, address


def went_on(machine, start, address):
    """The next run."""
    run = start()
    run.listeners.open("tcp", address)
    run.listeners.take_over()
    return run


def test_a_connection_outlives_the_run(tmp_path):
    async def scenario(machine, start):
        first, peer, address = await connected(machine, start)
        before = first.flows[0]
        first.listeners.hold()
        await first.stop()
        peer.send(MESSAGE)
        second = went_on(machine, start, address)
        now = second.listeners.kept(before._replace(connection=0))
        assert now._replace(connection=0) == before._replace(connection=0)
        assert second.listeners.kept(now._replace(remote=Address("127.0.0.1", 9))) is None
        (listener,) = second.listeners._open
        listener.send(now, b"said by the second")
        assert await heard(peer) == b"said by the second"
        await second.until(lambda: second.messages == [MESSAGE])
        assert second.flows == [now]
        assert TransportFailed not in map(type, (*first.events[:1], *second.events))
        peer.close()
        await second.until(lambda: TransportFailed(now, "closed by the peer") in second.events)
        await second.channel.close()
        machine.listen()
        assert machine.store == {}

    play(tmp_path, scenario)


@pytest.mark.parametrize("cut", [1, 30, len(MESSAGE) - 4, len(MESSAGE) - 1])
def test_a_message_that_comes_during_a_restart_is_one(tmp_path, cut):
    async def scenario(machine, start):
        first, peer, address = await connected(machine, start)
        peer.send(MESSAGE + MESSAGE[:cut])
        await first.until(lambda: len(first.messages) == 2)
        (connection,) = first.listeners._open[0]._streams._connections.values()
        await first.until(lambda: connection.rest == MESSAGE[:cut])
        first.listeners.hold()
        peer.send(MESSAGE[cut : cut + 1])
        await first.stop()
        peer.send(MESSAGE[cut + 1 :] + MESSAGE)
        second = went_on(machine, start, address)
        await second.until(lambda: len(second.messages) == 2)
        assert second.messages == [MESSAGE, MESSAGE]
        machine.listen()
        assert [name for name in machine.store if name.startswith("rest-")] == []
        peer.close()

    play(tmp_path, scenario)


def test_what_is_unsent_is_sent_before_a_connection_is_handed_on(tmp_path):
    async def scenario(machine, start):
        first, peer, address = await connected(machine, start)
        much = b"x" * 3_000_000
        (listener,) = first.listeners._open
        listener.send(first.flows[0], much)
        first.listeners.hold()
        ending = asyncio.get_running_loop().create_task(first.stop())
        got = b""
        while len(got) < len(much):
            got += await heard(peer, 1 << 20)
        await ending
        second = went_on(machine, start, address)
        second.listeners._open[0].send(second.listeners.kept(first.flows[0]), b"next")
        assert await heard(peer) == b"next"
        peer.close()

    play(tmp_path, scenario)


def test_a_peer_that_does_not_read_the_end_of_a_message_is_cut_off(tmp_path):
    async def scenario(machine, start):
        first, peer, address = await connected(machine, start)
        (listener,) = first.listeners._open
        listener.send(first.flows[0], b"x" * 4_000_000)
        first.listeners.hold()
        await first.stop()
        second = went_on(machine, start, address)
        assert second.listeners.kept(first.flows[0]) is None
        assert machine.store == {}
        with contextlib.suppress(ConnectionResetError):
            while await heard(peer, 1 << 20):
                pass
        peer.close()

    play(tmp_path, scenario)


def test_a_connection_that_ended_between_two_runs_is_told_and_forgotten(tmp_path):
    async def scenario(machine, start):
        first, peer, address = await connected(machine, start)
        first.listeners.hold()
        await first.stop()
        peer.close()
        second = went_on(machine, start, address)
        await second.until(lambda: TransportFailed in map(type, second.events))
        await second.channel.close()
        machine.listen()
        assert machine.store == {}

    play(tmp_path, scenario)


def test_one_that_was_reset_between_two_runs_is_forgotten(tmp_path):
    async def scenario(machine, start):
        first, peer, address = await connected(machine, start)
        first.listeners.hold()
        await first.stop()
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        peer.close()
        second = went_on(machine, start, address)
        assert second.listeners.kept(first.flows[0]) is None
        await second.channel.close()
        machine.listen()
        assert machine.store == {}

    play(tmp_path, scenario)


def test_without_a_listener_for_it_a_connection_ends(tmp_path):
    async def scenario(machine, start):
        first, peer, _ = await connected(machine, start)
        first.listeners.hold()
        await first.stop()
        second = start()
        second.listeners.take_over()
        assert second.listeners.kept(first.flows[0]) is None
        await second.channel.close()
        machine.listen()
        assert machine.store == {}
        assert await heard(peer) == b""
        peer.close()

    play(tmp_path, scenario)


def test_without_a_store_connections_end_with_the_run(tmp_path):
    async def scenario(machine, start):
        address = machine.bind("tcp")
        run = start(keeps=False)
        run.listeners.open("tcp", address)
        run.listeners.take_over()
        with client("tcp", address) as peer:
            peer.send(MESSAGE)
            await run.until(lambda: run.messages == [MESSAGE])
            run.listeners.hold()
            await run.stop()
            assert await heard(peer) == b""

    play(tmp_path, scenario)


def test_who_has_said_nothing_is_not_kept_while_the_bridge_runs(tmp_path):
    async def scenario(machine, start):
        first, peer, address = await connected(machine, start)
        with client("tcp", address):
            await first.until(lambda: first.listeners.connections["tcp"] == 2)
            machine.listen()
            assert len(machine.store) == 1
        peer.close()

    play(tmp_path, scenario)
