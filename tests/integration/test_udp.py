"""The UDP shell on real sockets of the loopback."""

import asyncio
import errno
import os
import socket
from pathlib import Path

import pytest

from bridge.events import Address, BytesReceived, Flow, TransportFailed
from bridge.io.udp import UdpListener


def run(scenario, host="127.0.0.1"):
    """Run `scenario(listener, events)` with a listener on a free port."""

    async def main():
        events = []
        listener = UdpListener(Address(host, 0), events.append)
        listener.start()
        try:
            await scenario(listener, events)
        finally:
            listener.close()

    asyncio.run(main())


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


def called(calls, function):
    """The function, with its calls counted."""

    def counted():
        calls.append(function)
        function()

    return counted


def peer(host="127.0.0.1"):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    one = socket.socket(family, socket.SOCK_DGRAM)
    one.bind((host, 0))
    one.settimeout(5)
    return one


@pytest.mark.requirement("T1", "T3")
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_datagram_comes_in_with_both_addresses_and_an_answer_goes_out(host):
    async def scenario(listener, events):
        with peer(host) as phone:
            phone.sendto(b"hello", tuple(listener.address))
            await until(lambda: events)
            flow = Flow("udp", listener.address, Address(*phone.getsockname()[:2]))
            assert events == [BytesReceived(flow, b"hello")]
            listener.send(flow, b"answer")
            assert phone.recvfrom(100)[0] == b"answer"

    run(scenario, host)


@pytest.mark.requirement("T15", "T16")
@pytest.mark.parametrize(
    "remote",
    [
        Address("127.0.0.1", 0),
        Address("127.0.0.1", 99_999),
        Address("127.0.0.1", -1),
        Address("255.255.255.255", 5060),
        Address("127.255.255.255", 5060),
        Address("224.0.1.75", 5060),
        Address("0.0.0.0", 5060),
        Address("phone.example", 5060),
        Address("127.0.0.1\0", 5060),
        Address("", 5060),
        Address("::1", 5060),
    ],
)
def test_an_address_that_cannot_be_sent_to_comes_back_as_a_failure_and_the_socket_lives(remote):
    async def scenario(listener, events):
        flow = Flow("udp", listener.address, remote)
        listener.send(flow, b"x")
        assert events == []
        await until(lambda: events)
        assert isinstance(events[0], TransportFailed)
        assert events[0].flow == flow
        with peer() as phone:
            phone.sendto(b"still there?", tuple(listener.address))
            await until(lambda: len(events) == 2)

    run(scenario)


def test_a_datagram_that_is_too_large_to_send_is_a_failure():
    async def scenario(listener, events):
        listener.send(Flow("udp", listener.address, Address("127.0.0.1", 9)), b"x" * 70_000)
        await until(lambda: events)
        assert isinstance(events[0], TransportFailed)

    run(scenario)


@pytest.mark.requirement("T12")
@pytest.mark.parametrize(
    ("host", "gone"), [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("0.0.0.0", "127.0.0.9"), ("::", "::1")]
)
def test_a_port_where_nobody_listens_is_told(host, gone, monkeypatch):
    async def scenario(listener, events):
        with peer(gone) as one:
            remote = Address(*one.getsockname()[:2])
        flow = Flow("udp", Address(gone, listener.address.port), remote)
        calls = []
        monkeypatch.setattr(listener, "_read_errors", called(calls, listener._read_errors))
        listener.send(flow, b"x")
        await until(lambda: events)
        assert events == [TransportFailed(flow, "Connection refused")]
        # And the loop is not kept busy by it.
        calls.clear()
        await asyncio.sleep(0.05)
        assert calls == []
        listener.send(flow, b"x")
        await until(lambda: len(events) == 2)

    run(scenario, host)


@pytest.mark.requirement("T12")
def test_the_error_of_one_datagram_does_not_cost_another_its_way():
    async def scenario(listener, events):
        with peer() as one:
            gone = Address(*one.getsockname())
        with peer() as phone:
            alive = Flow("udp", listener.address, Address(*phone.getsockname()))
            for i in range(50):
                listener.send(Flow("udp", listener.address, gone), b"x")
                listener.send(alive, b"%d" % i)
            assert [phone.recv(10) for _ in range(50)] == [b"%d" % i for i in range(50)]
            await until(lambda: events)
            await asyncio.sleep(0.05)
            assert {event.flow.remote for event in events} == {gone}

    run(scenario)


def test_a_port_where_nobody_listens_does_not_end_the_listener():
    async def scenario(listener, events):
        with peer() as gone:
            address = Address(*gone.getsockname())
        for _ in range(3):
            listener.send(Flow("udp", listener.address, address), b"x")
        with peer() as phone:
            phone.sendto(b"hello", tuple(listener.address))
            await until(lambda: any(isinstance(e, BytesReceived) for e in events))

    run(scenario)


@pytest.mark.requirement("T8")
def test_the_largest_datagram_and_the_empty_one_arrive_whole():
    async def scenario(listener, events):
        with peer() as phone:
            for data in (b"x" * 65_507, b""):
                phone.sendto(data, tuple(listener.address))
            await until(lambda: len(events) == 2)
            assert [len(event.data) for event in events] == [65_507, 0]

    run(scenario)


def test_a_burst_is_read_in_full_and_leaves_the_loop_its_turns():
    async def scenario(listener, events):
        with peer() as phone:
            for i in range(2000):
                phone.sendto(b"%d" % i, tuple(listener.address))
            turns = 0
            while len(events) < 2000:
                await asyncio.sleep(0)
                turns += 1
                assert turns < 100_000
            assert [event.data for event in events] == [b"%d" % i for i in range(2000)]
            assert turns > 5

    run(scenario)


def test_a_wildcard_listener_tells_the_address_that_the_peer_reaches_us_at():
    async def scenario(listener, events):
        with peer("127.0.0.7") as phone:
            phone.sendto(b"hello", ("127.0.0.1", listener.address.port))
            await until(lambda: events)
            local = events[0].flow.local
            assert local.host.startswith("127.")
            assert local.port == listener.address.port
            assert listener.serves(local)
            assert not listener.serves(Address("::1", local.port))

    run(scenario, "0.0.0.0")


@pytest.mark.requirement("T3")
@pytest.mark.parametrize(("wildcard", "host"), [("0.0.0.0", "127.0.0.5"), ("::", "::1")])
def test_an_answer_leaves_from_the_address_that_the_request_was_sent_to(wildcard, host):
    async def scenario(listener, events):
        with peer("127.0.0.1" if wildcard == "0.0.0.0" else "::1") as phone:
            # A connected socket takes datagrams from that one address only.
            phone.connect((host, listener.address.port))
            phone.send(b"hello")
            await until(lambda: events)
            assert events[0].flow.local == Address(host, listener.address.port)
            listener.send(events[0].flow, b"answer")
            assert phone.recv(100) == b"answer"

    run(scenario, wildcard)


def test_an_address_that_is_no_longer_ours_is_a_failure():
    async def scenario(listener, events):
        flow = Flow("udp", Address("192.0.2.1", listener.address.port), Address("127.0.0.1", 9))
        listener.send(flow, b"x")
        await until(lambda: events)
        assert events[0].flow == flow

    run(scenario, "0.0.0.0")


# --- a socket that is lost -----------------------------------------------------------------------


@pytest.mark.requirement("T15")
def test_a_socket_that_was_closed_behind_our_back_is_noticed_and_opened_again():
    async def scenario(listener, events):
        assert listener.trouble is None
        os.close(listener._socket.fileno())
        assert listener.trouble == "its socket was closed"
        listener.send(Flow("udp", listener.address, Address("127.0.0.1", 9)), b"x")
        await until(lambda: events)
        address = listener.address
        listener.reopen()
        assert (listener.trouble, listener.address) == (None, address)
        with peer() as phone:
            phone.sendto(b"hello", tuple(address))
            await until(lambda: isinstance(events[-1], BytesReceived))

    run(scenario)


@pytest.mark.requirement("T15")
def test_a_descriptor_that_has_become_another_s_is_left_alone():
    async def scenario(listener, _events):
        number = listener._socket.fileno()
        with Path("/dev/null").open("rb") as other:
            os.dup2(other.fileno(), number)
        assert listener.trouble == "its socket was closed"
        listener.reopen()
        assert os.read(number, 1) == b""
        os.close(number)
        assert listener.trouble is None

    run(scenario)


@pytest.mark.requirement("T15")
def test_an_error_of_the_socket_itself_is_noticed(monkeypatch):
    async def scenario(listener, events):
        def fail():
            raise OSError(errno.EBADF, "Bad file descriptor")

        monkeypatch.setattr(listener, "_receive", fail)
        with peer() as phone:
            phone.sendto(b"hello", tuple(listener.address))
            await until(lambda: listener.trouble)
            assert listener.trouble == "Bad file descriptor"
            monkeypatch.undo()
            listener.reopen()
            phone.sendto(b"again", tuple(listener.address))
            await until(lambda: events)
            assert [event.data for event in events] == [b"again"]

    run(scenario)


def test_what_the_kernel_drops_is_counted_on_through_a_new_socket():
    async def scenario(listener, events):
        listener._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)

        async def flood(count):
            with peer() as phone:
                for _ in range(count):
                    phone.sendto(b"x" * 500, tuple(listener.address))
            await asyncio.sleep(0.02)

        await flood(300)
        first = listener.drops
        assert first == 300 - len(events) > 0
        listener.reopen()
        assert listener.drops == first
        listener._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        await flood(300)
        assert listener.drops == 600 - len(events) > first
        os.close(listener._socket.fileno())
        before = listener.drops
        listener.reopen()
        assert listener.drops == before

    run(scenario)


def test_a_port_that_is_taken_is_an_error_at_once():
    async def scenario(listener, events):
        with pytest.raises(OSError, match="Address already in use"):
            UdpListener(listener.address, events.append)

    run(scenario)
