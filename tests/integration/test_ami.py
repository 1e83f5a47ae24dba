"""The shell of the manager connection: real sockets, TLS, and an Asterisk that comes and goes."""

import asyncio
import ssl
from contextlib import asynccontextmanager

import pytest

from bridge.events import AsteriskConnected, AsteriskDisconnected, AsteriskReceived
from bridge.io.ami import AmiLink, AmiOptions
from bridge.io.backoff import Backoff
from bridge.io.tasks import Tasks
from bridge.pbx import DropAsterisk, SendToAsterisk
from support.asterisk.server import AsteriskDouble
from support.certificates import Authority

FAST = {"knocking": Backoff(0.01, 0.02), "refused": Backoff(0.01, 0.02)}
PING = b"Action: Challenge\r\nActionID: 1\r\nAuthType: MD5\r\n\r\n"


class Heard:
    """What the link has fed, and a way to wait for it."""

    def __init__(self):
        self.events = []

    def __call__(self, event):
        self.events.append(event)

    async def until(self, condition):
        async with asyncio.timeout(20):
            while not condition(self.events):
                await asyncio.sleep(0.01)

    @property
    def octets(self):
        return b"".join(event.data for event in self.events if isinstance(event, AsteriskReceived))

    @property
    def reason(self):
        return next(
            event.reason for event in reversed(self.events) if isinstance(event, AsteriskDisconnected)
        )


@asynccontextmanager
async def linked(port, **options):
    heard = Heard()
    link = AmiLink(AmiOptions(host="127.0.0.1", port=port, **options), heard, **FAST)
    tasks = Tasks(lambda _name, error: heard.events.append(error))
    tasks.start("asterisk", link.run())
    try:
        yield link, heard
    finally:
        await tasks.stop()


def run(main):
    asyncio.run(main())


def has(kind, times=1):
    return lambda events: sum(isinstance(event, kind) for event in events) >= times


def test_what_comes_is_fed_and_what_is_to_be_sent_is_sent():
    async def main():
        with AsteriskDouble() as asterisk:
            async with linked(asterisk.port) as (link, heard):
                await heard.until(lambda _: b"Call Manager/9.0.0\r\n" in heard.octets)
                assert isinstance(heard.events[0], AsteriskConnected)
                link.carry_out(SendToAsterisk(PING))
                await heard.until(lambda _: b"Challenge: " in heard.octets)

    run(main)


def test_a_connection_that_is_lost_is_made_again():
    async def main():
        with AsteriskDouble() as asterisk:
            async with linked(asterisk.port) as (_, heard):
                await heard.until(has(AsteriskReceived))
                asterisk.drop()
                await heard.until(has(AsteriskConnected, 2))
                assert has(AsteriskDisconnected)(heard.events)

    run(main)


def test_one_that_is_given_up_is_closed_and_made_again():
    async def main():
        with AsteriskDouble() as asterisk:
            async with linked(asterisk.port) as (link, heard):
                await heard.until(has(AsteriskReceived))
                link.carry_out(DropAsterisk("it says nothing", refused=True))
                await heard.until(has(AsteriskConnected, 2))

    run(main)


def test_nobody_listens_and_then_somebody_does():
    async def main():
        asterisk = AsteriskDouble()
        asterisk.start()
        asterisk.stop()
        async with linked(asterisk.port) as (link, heard):
            await heard.until(has(AsteriskDisconnected, 2))
            assert heard.reason.startswith(f"nobody listens on 127.0.0.1:{asterisk.port}: see enabled = yes")
            link.carry_out(SendToAsterisk(PING))
            asterisk.start()
            await heard.until(has(AsteriskConnected))
            asterisk.stop()

    run(main)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("asterisk"))


def test_by_tls(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("pbx"))
    ca = authority.pair.certificate

    async def main():
        with AsteriskDouble(tls=context) as asterisk:
            async with linked(asterisk.port, tls=True, ca=ca) as (_, heard):
                await heard.until(lambda _: b"Call Manager/9.0.0\r\n" in heard.octets)
            async with linked(asterisk.port, tls=True, verify=False) as (_, heard):
                await heard.until(has(AsteriskConnected))
            async with linked(asterisk.port, tls=True) as (_, heard):
                await heard.until(has(AsteriskDisconnected))
                assert "is not accepted" in heard.reason
                assert "see tls_ca and tls_name" in heard.reason

    run(main)


def test_tls_with_a_port_that_does_not_speak_it():
    async def main():
        with AsteriskDouble() as asterisk:
            async with linked(asterisk.port, tls=True) as (_, heard):
                await heard.until(has(AsteriskDisconnected))
                assert "is it the port of tlsbindaddr in manager.conf?" in heard.reason

    run(main)


def test_a_name_that_is_none():
    async def main():
        heard = Heard()
        link = AmiLink(AmiOptions(host="no-such-host.invalid", port=1), heard, **FAST)
        tasks = Tasks(lambda _name, error: heard.events.append(error))
        tasks.start("asterisk", link.run())
        await heard.until(has(AsteriskDisconnected))
        await tasks.stop()
        assert heard.reason.startswith("no-such-host.invalid:1 is not reached: ")

    run(main)
