"""A port that systemd holds open, and that nobody serves, is as good as closed."""

import asyncio
import socket

import pytest

from bridge.io.systemd.refusal import refuse_calls, refuse_no_more


def test_who_calls_is_refused_and_not_left_waiting():
    async def main():
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.setblocking(False)
            refuse_calls(server)
            for _ in range(2):
                with socket.create_connection(server.getsockname()) as caller:
                    caller.setblocking(False)
                    async with asyncio.timeout(10):
                        with pytest.raises(ConnectionResetError):
                            await asyncio.get_running_loop().sock_recv(caller, 1)
            refuse_no_more(server)

    asyncio.run(main())


def test_later_they_wait_for_the_next_run():
    async def main():
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.setblocking(False)
            refuse_calls(server)
            refuse_no_more(server)
            with socket.create_connection(server.getsockname()) as caller:
                await asyncio.sleep(0)
                accepted, source = server.accept()
                assert source == caller.getsockname()
                accepted.close()

    asyncio.run(main())


def test_datagrams_are_nobody_s_calls():
    async def main():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            refuse_calls(sock)
            assert not asyncio.get_running_loop().remove_reader(sock)

    asyncio.run(main())
