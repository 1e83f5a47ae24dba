"""The UDP shell on real sockets of the loopback."""

import asyncio
import socket

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


def peer(host="127.0.0.1"):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    one = socket.socket(family, socket.SOCK_DGRAM)
    one.bind((host, 0))
    one.settimeout(5)
    return one


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


@pytest.mark.parametrize("remote", [Address("127.0.0.1", 0), Address("127.0.0.1", 99_999), Address("255.255.255.255", 5060)])
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


def test_a_port_that_is_taken_is_an_error_at_once():
    async def scenario(listener, events):
        with pytest.raises(OSError, match="Address already in use"):
            UdpListener(listener.address, events.append)

    run(scenario)
