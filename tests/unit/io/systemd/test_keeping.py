"""What is put into systemd's store, and taken out."""

import asyncio
import os
import socket

from bridge.io.systemd.channel import Channel
from bridge.io.systemd.keeping import Keeping, is_rest, rest_name, stream_name


def keeping(systemd, scenario):
    async def main():
        channel = Channel(systemd.address, print)
        scenario(Keeping(channel))
        await channel.close()

    asyncio.run(main())
    return systemd.all()


def test_a_connection_has_one_name_in_all_processes(systemd):
    one, other = socket.socketpair()
    names = []
    (said,) = keeping(systemd, lambda kept: names.append(kept.keep(one.fileno())))
    assert said.lines == {"FDSTORE": "1", "FDNAME": names[0]}
    assert (
        names[0]
        == stream_name(said.descriptors[0])
        == stream_name(one.fileno())
        != stream_name(other.fileno())
    )
    assert not is_rest(names[0])
    one.close()
    other.close()


def test_the_beginning_of_a_message_is_kept_beside_its_connection(systemd):
    (said,) = keeping(systemd, lambda kept: kept.leave("stream-7", b"SUBSCRIBE sip:"))
    assert said.lines == {"FDSTORE": "1", "FDNAME": rest_name("stream-7")}
    assert is_rest(said.lines["FDNAME"])
    assert os.pread(said.descriptors[0], 100, 0) == b"SUBSCRIBE sip:"


def test_where_nothing_has_begun_nothing_is_kept(systemd):
    assert keeping(systemd, lambda kept: kept.leave("stream-7", b"")) == []


def test_what_is_forgotten_is_taken_out(systemd):
    said = keeping(systemd, lambda kept: kept.forget(["stream-7", "rest-7"]))
    assert [each.lines for each in said] == [
        {"FDSTOREREMOVE": "1", "FDNAME": "stream-7"},
        {"FDSTOREREMOVE": "1", "FDNAME": "rest-7"},
    ]
