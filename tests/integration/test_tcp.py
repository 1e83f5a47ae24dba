"""The TCP shell on real sockets of the loopback."""

import asyncio
import errno
import os
import resource
import socket
import struct

import pytest

from bridge.effects import MessageDropped, Warned
from bridge.events import Address, Flow
from bridge.io.tcp import TcpListener
from bridge.io.udp import UdpListener
from integration.stream_server import closed, phone, serving
from support.sip_messages import request

MESSAGE = request("Content-Length: 4", body=b"body")
LONG = request("Content-Length: 1000", body=b"x" * 1000)
ANSWER = b"SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"


# --- what comes in -------------------------------------------------------------------------------


@pytest.mark.requirement("T1", "T9", "T4")
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_messages_come_in_by_a_flow_of_their_own_and_answers_go_back_by_it(host):
    async def scenario():
        async with serving(host) as server:
            server.answer = ANSWER
            for number in (1, 2):
                reader, writer = await server.connect()
                for segment in (MESSAGE[:40], MESSAGE[40:] + MESSAGE, b"\r\n" + MESSAGE):
                    writer.write(segment)
                    await asyncio.sleep(0.01)
                assert await reader.readexactly(3 * len(ANSWER)) == 3 * ANSWER
                remote = Address(*writer.get_extra_info("sockname")[:2])
                assert server.received == [MESSAGE] * 3 * number
                assert set(server.flows[-3:]) == {Flow("tcp", server.address, remote, number)}

    asyncio.run(scenario())


@pytest.mark.requirement("T1")
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::1", "::"])
def test_udp_and_tcp_on_one_port(host):
    async def scenario():
        async with serving(host) as server:
            udp = UdpListener(server.address, print)
            assert udp.address == server.address
            udp.close()

    asyncio.run(scenario())


@pytest.mark.requirement("T1")
def test_a_wildcard_tells_the_address_that_was_called():
    async def scenario():
        async with serving("0.0.0.0") as server:
            _, writer = await server.connect("127.0.0.7")
            writer.write(MESSAGE)
            await server.until(lambda: server.events)
            local = server.flows[0].local
            assert local == Address("127.0.0.7", server.address.port)
            assert server.listener.serves(local)
            assert not server.listener.serves(Address("::1", local.port))

    asyncio.run(scenario())


@pytest.mark.requirement("T10")
def test_a_double_crlf_is_answered_by_a_single_one_and_a_single_one_by_nothing():
    async def scenario():
        async with serving() as server:
            reader, writer = await server.connect()
            for segment in (b"\r\n", MESSAGE, b"\r\n", b"\r\n" + MESSAGE, b"\r\n\r\n", MESSAGE):
                writer.write(segment)
                await asyncio.sleep(0.01)
            writer.write_eof()
            assert await closed(reader) == b"\r\n\r\n"
            assert server.received == [MESSAGE] * 3

    asyncio.run(scenario())


@pytest.mark.requirement("M7")
@pytest.mark.parametrize("behind", [b"", b"body", b"x" * 1_000_000], ids=["nothing", "a body", "a megabyte"])
def test_a_fault_of_framing_is_handed_out_answered_and_ends_the_connection(behind):
    async def scenario():
        async with serving() as server:
            server.answer = ANSWER
            reader, writer = await server.connect()
            writer.write(MESSAGE + request("Content-Length: x") + behind)
            # Not reset, though much of what was sent has not been read.
            assert await closed(reader) == ANSWER * 2
            writer.close()
            await server.until(lambda: server.failures)
            assert server.received == [MESSAGE, request("Content-Length: x")]
            assert server.failures == [(server.flows[0], "the end of a message could not be known")]

    asyncio.run(scenario())


def test_a_peer_that_does_not_close_after_a_fault_is_closed():
    async def scenario():
        async with serving(linger=0.05) as server:
            _, writer = await server.connect()
            writer.write(request("Content-Length: x"))
            await server.until(lambda: server.failures)
            assert server.failures == [(server.flows[0], "the end of a message could not be known")]

    asyncio.run(scenario())


# --- the end of a connection ---------------------------------------------------------------------


@pytest.mark.requirement("T12")
@pytest.mark.parametrize(
    ("begun", "reason"), [(b"", "closed by the peer"), (MESSAGE[:-1], "closed by the peer within a message")]
)
def test_a_connection_that_the_peer_closes_is_told_once(begun, reason):
    async def scenario():
        async with serving() as server:
            _, writer = await server.connect()
            writer.write(MESSAGE + begun)
            writer.close()
            await server.until(lambda: server.failures)
            assert server.failures == [(server.flows[0], reason)]

    asyncio.run(scenario())


@pytest.mark.requirement("T12")
def test_a_reset_is_told():
    async def scenario():
        async with serving() as server:
            _, writer = await server.connect()
            writer.write(MESSAGE)
            await server.until(lambda: server.events)
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            await server.until(lambda: server.failures)
            assert server.failures == [(server.flows[0], "Connection reset by peer")]

    asyncio.run(scenario())


def test_of_a_connection_without_a_message_nobody_is_told():
    async def scenario():
        async with serving() as server:
            for said in (b"", b"\r\n\r\n", MESSAGE[:50]):
                _, writer = await server.connect()
                writer.write(said)
                await server.until(lambda: len(server.streams) == 1)
                writer.close()
                await server.until(lambda: not len(server.streams))
            assert server.events == []

    asyncio.run(scenario())


@pytest.mark.requirement("T4")
def test_what_is_sent_to_a_connection_that_is_gone_fails_later():
    async def scenario():
        async with serving() as server:
            _, writer = await server.connect()
            writer.write(MESSAGE)
            await server.until(lambda: server.events)
            writer.close()
            await server.until(lambda: server.failures)
            flow = server.flows[0]
            server.listener.send(flow, ANSWER)
            assert len(server.failures) == 1
            await server.until(lambda: len(server.failures) == 2)
            assert server.failures[1] == (flow, "the connection is gone")

    asyncio.run(scenario())


def test_a_peer_that_has_said_all_still_gets_its_answer():
    async def scenario():
        async with serving() as server:
            server.answer = ANSWER
            reader, writer = await server.connect()
            writer.write(MESSAGE)
            writer.write_eof()
            assert await closed(reader) == ANSWER

    asyncio.run(scenario())


# --- limits --------------------------------------------------------------------------------------


def bytewise(data):
    return [data[i : i + 1] for i in range(len(data))]


def limited(server, reason):
    return [e.reason for e in server.observed if e == MessageDropped(e.flow, "limit", reason)] == [reason]


@pytest.mark.requirement("T14")
@pytest.mark.parametrize(
    ("limits", "segments", "reason"),
    [
        ({"head": 0.1}, bytewise(MESSAGE[:-10]), "did not finish a message for 0.1 seconds"),
        (
            {"message": 0.1},
            [LONG[:-1000], *bytewise(LONG[-1000:-1])],
            "did not finish a message for 0.1 seconds",
        ),
        ({"first_message": 0.1}, [], "sent no message for 0.1 seconds"),
        ({"first_message": 0.1}, [b"\r\n\r\n"] * 100, "sent no message for 0.1 seconds"),
    ],
    ids=["head", "body", "silence", "pings"],
)
def test_a_slow_peer_is_cut_off_however_often_it_says_a_little(limits, segments, reason):
    async def scenario():
        async with serving(**limits) as server:
            _, writer = await server.connect()
            for segment in segments:
                writer.write(segment)
                if server.observed:
                    break
                await asyncio.sleep(0.005)
            await server.until(lambda: server.observed)
            assert limited(server, reason)
            assert server.events == []

    asyncio.run(scenario())


@pytest.mark.requirement("T14")
def test_an_idle_connection_is_closed_and_one_that_is_used_is_not():
    async def scenario():
        async with serving(idle=0.15) as server:
            (_, busy), (reader, idle) = await server.connect(), await server.connect()
            for writer in (busy, idle):
                writer.write(MESSAGE)
            await server.until(lambda: len(server.events) == 2)
            flow = next(f for f in server.flows if f.remote.port == idle.get_extra_info("sockname")[1])
            while not server.failures:
                busy.write(b"\r\n\r\n")
                await asyncio.sleep(0.02)
            assert server.failures == [(flow, "was idle for 0.15 seconds")]
            assert await closed(reader) == b""
            assert len(server.streams) == 1

    asyncio.run(scenario())


@pytest.mark.requirement("T14")
def test_a_peer_that_does_not_read_is_dropped_before_it_costs_memory():
    async def scenario():
        async with serving(unsent=200_000) as server:
            _, writer = await server.connect(limit=1)
            writer.transport.pause_reading()
            writer.write(MESSAGE)
            await server.until(lambda: server.events)
            flow, sent = server.flows[0], 0
            while not server.failures:
                server.listener.send(flow, b"x" * 10_000)
                sent += 1
                await asyncio.sleep(0)
            # The kernel's buffers take some megabytes.
            assert sent < 2000
            await server.until(lambda: server.observed)
            (dropped,) = server.observed
            assert (dropped.flow, dropped.kind) == (flow, "limit")
            assert dropped.reason.startswith("left 2")
            assert dropped.reason.endswith(" bytes unread")

    asyncio.run(scenario())


@pytest.mark.requirement("T14")
def test_whoever_does_not_read_is_not_read_from_and_in_the_end_dropped():
    async def scenario():
        async with serving(unread=0.2) as server:
            server.answer = b"x" * 100_000
            _, writer = await server.connect(limit=1)
            writer.transport.pause_reading()
            writer.write(MESSAGE * 2000)
            await server.until(lambda: server.failures)
            assert limited(server, "did not read for 0.2 seconds")
            assert len(server.received) < 200

    asyncio.run(scenario())


def test_a_slow_reader_gets_everything():
    async def scenario():
        async with serving() as server:
            server.answer = b"x" * 50_000
            reader, writer = await server.connect(limit=1000)
            writer.write(MESSAGE * 200)
            got = 0
            while got < 200 * 50_000:
                got += len(await reader.read(65_536))
            assert (len(server.received), server.observed) == (200, [])

    asyncio.run(scenario())


@pytest.mark.requirement("T14")
def test_connections_above_the_limit_are_closed_at_once_and_told_once():
    async def scenario():
        async with serving(most=8) as server:
            peers = [await server.connect(local_addr=(f"127.0.0.{1 + i}", 0)) for i in range(8)]
            await server.until(lambda: len(server.capacity) == 8)
            for _ in range(3):
                reader, _ = await server.connect()
                assert await closed(reader) == b""
            assert [e.reason for e in server.observed if isinstance(e, MessageDropped)] == [
                "8 connections are open"
            ] * 3
            (warned,) = [e for e in server.observed if isinstance(e, Warned)]
            assert "as many as [sip] max_connections allows" in warned.text
            peers[0][1].close()
            await server.until(lambda: len(server.capacity) == 7)
            _, writer = await server.connect()
            writer.write(MESSAGE)
            await server.until(lambda: server.received)

    asyncio.run(scenario())


@pytest.mark.requirement("T14")
def test_one_site_takes_no_more_than_its_part():
    async def scenario():
        async with serving(most=8) as server:
            for _ in range(2):
                await server.connect()
            await server.until(lambda: len(server.capacity) == 2)
            reader, _ = await server.connect()
            assert await closed(reader) == b""
            assert [e.reason for e in server.observed] == ["2 connections with 127.0.0.1 are open"]
            await server.connect(local_addr=("127.0.0.2", 0))
            await server.until(lambda: len(server.capacity) == 3)

    asyncio.run(scenario())


@pytest.mark.requirement("T14")
def test_a_shortage_of_files_is_waited_for(monkeypatch):
    monkeypatch.setattr("bridge.io.tcp._PAUSE", 0.1)

    async def scenario():
        async with serving() as server:
            peers = [socket.socket() for _ in range(2)]
            soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (peers[-1].fileno() + 1, hard))
            try:
                for one in peers:
                    one.connect(tuple(server.address))
                    one.send(MESSAGE)
                await server.until(lambda: server.warnings)
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            assert server.warnings[0] == "no connection can be taken for a second: Too many open files"
            await server.until(lambda: len(server.received) == 2)
            for one in peers:
                one.close()

    asyncio.run(scenario())


@pytest.mark.requirement("T14")
def test_what_follows_in_a_segment_is_not_read_when_the_peer_has_been_dropped():
    async def scenario():
        async with serving(unsent=1000) as server:
            server.answer = b"x" * 1001
            _, writer = await server.connect()
            writer.write(MESSAGE * 3)
            await server.until(lambda: len(server.failures) == 2)
            assert server.received == [MESSAGE]
            assert {reason for _, reason in server.failures} == {"left 1001 bytes unread"}

    asyncio.run(scenario())


def test_a_call_that_is_over_before_it_is_taken_is_nothing():
    async def scenario():
        async with serving() as server:
            server.streams.welcome(socket.socket())
            assert (server.events, server.observed, len(server.streams)) == ([], [], 0)

    asyncio.run(scenario())


# --- connections that we open --------------------------------------------------------------------


def flow_to(server, remote, local=None):
    return Flow("tcp", local or server.address, remote)


@pytest.mark.requirement("T4", "T11")
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_flow_without_connection_opens_one_and_uses_it_again(host):
    async def scenario():
        async with serving(host) as server:
            with phone(host) as (listening, remote):
                flow = flow_to(server, remote)
                for word in (b"one ", b"two "):
                    server.listener.send(flow, word)
                reader, writer = await server.accept(listening)
                assert await reader.readexactly(8) == b"one two "
                server.listener.send(flow, b"three")
                assert await reader.readexactly(5) == b"three"
                writer.write(MESSAGE)
                await server.until(lambda: server.events)
                assert server.flows == [flow._replace(connection=1)]
                # What comes back by it is answered by it, and both flows end with it.
                server.listener.send(server.flows[0], b"four")
                assert await reader.readexactly(4) == b"four"
                writer.close()
                await server.until(lambda: len(server.failures) == 2)
                assert {flow for flow, _ in server.failures} == {flow, server.flows[0]}

    asyncio.run(scenario())


def test_it_is_opened_from_the_address_that_the_flow_leaves_from():
    async def scenario():
        async with serving("0.0.0.0") as server:
            with phone() as (listening, remote):
                local = Address("127.0.0.3", server.address.port)
                server.listener.send(flow_to(server, remote, local), b"x")
                _, writer = await server.accept(listening)
                assert writer.get_extra_info("peername")[0] == "127.0.0.3"
                server.listener.send(flow_to(server, remote), b"x")
                assert len(server.streams) == 1

    asyncio.run(scenario())


@pytest.mark.requirement("T11")
def test_a_connection_that_the_peer_opened_is_used_for_what_goes_to_its_address():
    async def scenario():
        async with serving() as server:
            reader, writer = await server.connect()
            writer.write(MESSAGE)
            await server.until(lambda: server.events)
            flow = server.flows[0]._replace(connection=0)
            server.listener.send(flow, ANSWER)
            assert await reader.readexactly(len(ANSWER)) == ANSWER
            writer.close()
            await server.until(lambda: len(server.failures) == 2)
            assert {flow for flow, _ in server.failures} == {flow, server.flows[0]}

    asyncio.run(scenario())


@pytest.mark.requirement("T12")
def test_a_connection_that_is_refused_is_a_failure_of_that_flow():
    async def scenario():
        async with serving() as server:
            with phone() as (_, remote):
                pass
            flow = flow_to(server, remote)
            server.listener.send(flow, b"x")
            assert server.events == []
            await server.until(lambda: server.failures)
            assert (flow, "Connection refused") in server.failures
            assert server.received == []
            with phone(port=remote.port) as (listening, _):
                server.listener.send(flow, b"again")
                reader, _ = await server.accept(listening)
                assert await reader.readexactly(5) == b"again"

    asyncio.run(scenario())


@pytest.mark.requirement("T12")
def test_an_address_that_does_not_answer_is_given_up():
    async def scenario():
        async with serving(connect=0.1) as server:
            with phone() as (listening, remote):
                # With its queue full, the kernel lets further calls wait.
                listening.listen(0)
                waiting = [socket.socket() for _ in range(4)]
                for one in waiting:
                    one.setblocking(False)
                    assert one.connect_ex(tuple(remote)) in (0, errno.EINPROGRESS)
                flow = flow_to(server, remote)
                server.listener.send(flow, b"x")
                await server.until(lambda: server.failures)
                assert (flow, "no answer in time") in server.failures
                for one in waiting:
                    one.close()

    asyncio.run(scenario())


@pytest.mark.requirement("T16")
@pytest.mark.parametrize(
    ("remote", "reason"),
    [
        (Address("224.0.1.75", 5060), "a multicast address"),
        (Address("255.255.255.255", 5060), "a broadcast address"),
        (Address("0.0.0.0", 5060), "no address"),
        (Address("phone.example", 5060), "not an IP address"),
        (Address("127.0.0.1", 0), "no port: 0"),
        (Address("127.0.0.1", 99_999), "no port: 99999"),
        (Address("127.0.0.1", 5999), "that is this bridge itself"),
        (Address("127.255.255.255", 5060), "Network is unreachable"),
    ],
)
def test_nobody_is_called_who_is_no_phone(remote, reason):
    async def scenario():
        async with serving(is_ours=lambda address: address.port == 5999) as server:
            flow = flow_to(server, remote)
            server.listener.send(flow, b"x")
            assert server.events == []
            await server.until(lambda: server.failures)
            assert (flow, reason) in server.failures
            assert not len(server.streams)

    asyncio.run(scenario())


@pytest.mark.requirement("T14")
def test_calls_count_and_wait_for_their_turn(monkeypatch):
    monkeypatch.setattr("bridge.io.streams._CALLS", 2)

    async def scenario():
        async with serving(most=80) as server:
            with phone() as (listening, _):
                port = listening.getsockname()[1]
            for i in range(22):
                server.listener.send(flow_to(server, Address("127.0.0.1", 1 + i)), b"x")
            await server.until(lambda: len(server.failures) >= 22 + 20)
            reasons = [reason for _, reason in server.failures]
            assert reasons.count("20 connections with 127.0.0.1 are open") == 2
            assert not len(server.capacity)
            with phone(port=port) as (listening, remote):
                server.listener.send(flow_to(server, remote), b"x" * 9)
                reader, _ = await server.accept(listening)
                assert await reader.readexactly(9) == b"x" * 9

    asyncio.run(scenario())


def test_what_waits_for_a_connection_is_bounded():
    async def scenario():
        async with serving(unsent=1000) as server:
            with phone() as (listening, remote):
                flow = flow_to(server, remote)
                for _ in range(3):
                    server.listener.send(flow, b"x" * 400)
                await server.until(lambda: server.failures)
                assert server.failures == [(flow, "left 1200 bytes unread")]
                reader, _ = await server.accept(listening)
                assert await reader.readexactly(800) == b"x" * 800

    asyncio.run(scenario())


# --- the listener itself -------------------------------------------------------------------------


@pytest.mark.requirement("T15")
def test_a_listening_socket_that_was_closed_is_noticed_and_opened_again_while_connections_live_on():
    async def scenario():
        async with serving() as server:
            reader, writer = await server.connect()
            writer.write(MESSAGE)
            await server.until(lambda: server.events)
            assert server.listener.trouble is None
            os.close(server.listener._socket.fileno())
            assert server.listener.trouble == "its socket was closed"
            server.listener.reopen()
            assert server.listener.trouble is None
            _, other = await server.connect()
            other.write(MESSAGE)
            await server.until(lambda: len(server.received) == 2)
            server.listener.send(server.flows[0], ANSWER)
            assert await reader.readexactly(len(ANSWER)) == ANSWER

    asyncio.run(scenario())


@pytest.mark.requirement("T15")
def test_a_socket_that_takes_no_more_connections_is_noticed():
    async def scenario():
        async with serving() as server:
            server.listener._socket.shutdown(socket.SHUT_RDWR)
            await server.until(lambda: server.listener.trouble)
            assert server.listener.trouble == "Invalid argument"
            server.listener.reopen()
            _, writer = await server.connect()
            writer.write(MESSAGE)
            await server.until(lambda: server.received)

    asyncio.run(scenario())


def test_a_port_that_is_taken_is_an_error_at_once():
    async def scenario():
        async with serving() as server:
            with pytest.raises(OSError, match="Address already in use"):
                TcpListener(server.address, server.streams, print)

    asyncio.run(scenario())


def test_a_stop_sends_what_is_unsent_and_tells_nobody():
    async def scenario():
        async with serving() as server:
            reader, writer = await server.connect()
            writer.write(MESSAGE)
            await server.until(lambda: server.events)
            size = 2_000_000
            server.listener.send(server.flows[0], b"x" * size)
            stopping = asyncio.gather(server.listener.stop(), closed(reader))
            assert len((await stopping)[1]) == size
            assert server.failures == []

    asyncio.run(scenario())


def test_a_stop_does_not_wait_for_a_peer_that_does_not_read():
    async def scenario():
        async with serving() as server:
            _, writer = await server.connect(limit=1)
            writer.transport.pause_reading()
            writer.write(MESSAGE)
            await server.until(lambda: server.events)
            for _ in range(100):
                server.listener.send(server.flows[0], b"x" * 100_000)
                await asyncio.sleep(0)
            async with asyncio.timeout(5):
                await server.listener.stop()
            writer.transport.abort()

    asyncio.run(scenario())
