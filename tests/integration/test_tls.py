"""The TLS shell: real handshakes on the loopback, with certificates made by openssl."""

import asyncio
import ssl
import subprocess

import pytest

from bridge.effects import MessageDropped
from bridge.events import Address, Flow
from bridge.io.pem import TlsError
from bridge.io.tls import Certificates, Pinned, TlsFiles, server_context
from integration.stream_server import closed, phone, serving
from support.certificates import Authority, encrypted
from support.sip_messages import request

MESSAGE = request("Content-Length: 4", body=b"body")
ANSWER = b"SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def pair(authority):
    return authority.issue("bridge")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("stranger"), "stranger")


@pytest.fixture
def files(authority, pair):
    return TlsFiles(*pair)


def client(authority, pair=None):
    """How a phone calls: it verifies the bridge, and shows a certificate if it has one."""
    context = ssl.create_default_context(cafile=authority.pair.certificate)
    if pair is not None:
        context.load_cert_chain(*pair)
    return context


# --- calls that come in --------------------------------------------------------------------------


@pytest.mark.requirement("T1", "T9", "T10")
def test_messages_come_in_by_a_flow_of_their_own_and_answers_go_back_by_it(authority, files):
    async def scenario():
        async with serving(security=Certificates(files)) as server:
            server.answer = ANSWER
            reader, writer = await server.connect(ssl=client(authority))
            for segment in (MESSAGE[:40], MESSAGE[40:] + MESSAGE, b"\r\n\r\n" + MESSAGE):
                writer.write(segment)
                await asyncio.sleep(0.01)
            expected = 2 * ANSWER + b"\r\n" + ANSWER
            assert await reader.readexactly(len(expected)) == expected
            remote = Address(*writer.get_extra_info("sockname"))
            assert set(server.flows) == {Flow("tls", server.address, remote, 1)}
            writer.close()
            await server.until(lambda: server.failures)
            assert server.failures == [(server.flows[0], "closed by the peer")]

    asyncio.run(scenario())


@pytest.mark.requirement("M7")
def test_a_fault_of_framing_is_answered_and_ends_the_connection(authority, files):
    async def scenario():
        async with serving(security=Certificates(files)) as server:
            server.answer = ANSWER
            reader, writer = await server.connect(ssl=client(authority))
            writer.write(MESSAGE + request("Content-Length: x"))
            assert await closed(reader) == ANSWER * 2
            await server.until(lambda: server.failures)
            assert server.failures == [(server.flows[0], "the end of a message could not be known")]

    asyncio.run(scenario())


def test_much_is_sent_to_a_slow_reader(authority, files):
    async def scenario():
        async with serving(security=Certificates(files)) as server:
            server.answer = b"x" * 50_000
            reader, writer = await server.connect(ssl=client(authority), limit=1000)
            writer.write(MESSAGE * 100)
            got = 0
            while got < 100 * 50_000:
                got += len(await reader.read(65_536))
            assert (len(server.received), server.observed) == (100, [])

    asyncio.run(scenario())


@pytest.mark.requirement("T14")
def test_a_peer_that_does_not_read_is_dropped(authority, files):
    async def scenario():
        async with serving(security=Certificates(files), unsent=200_000) as server:
            _, writer = await server.connect(ssl=client(authority), limit=1)
            writer.transport.pause_reading()
            writer.write(MESSAGE)
            await server.until(lambda: server.events)
            while not server.failures:
                server.listener.send(server.flows[0], b"x" * 10_000)
                await asyncio.sleep(0)
            await server.until(lambda: server.observed)
            assert server.observed[0].reason.endswith("bytes unread")

    asyncio.run(scenario())


@pytest.mark.requirement("T12")
@pytest.mark.parametrize(
    ("garbage", "reason"),
    [
        (MESSAGE, "TLS failed: wrong version number"),
        (b"GET / HTTP/1.1\r\n\r\n", "TLS failed: http request"),
        (b"\x16\x03\x01\xff\xff" + b"\0" * 1000, "TLS failed: "),
    ],
)
def test_what_is_no_tls_is_dropped_and_the_listener_lives(authority, files, garbage, reason):
    async def scenario():
        async with serving(security=Certificates(files)) as server:
            reader, writer = await server.connect()
            writer.write(garbage)
            assert await closed(reader) == b""
            (dropped,) = server.observed
            assert (type(dropped), dropped.kind) == (MessageDropped, "malformed")
            assert dropped.reason.startswith(reason)
            assert server.events == []
            _, writer = await server.connect(ssl=client(authority))
            writer.write(MESSAGE)
            await server.until(lambda: server.received)

    asyncio.run(scenario())


@pytest.mark.requirement("T14")
@pytest.mark.parametrize("said", [b"", b"\x16\x03\x01"])
def test_a_handshake_has_its_time(files, said):
    async def scenario():
        async with serving(security=Certificates(files), handshake=0.1) as server:
            reader, writer = await server.connect()
            writer.write(said)
            assert await closed(reader) == b""
            assert [e.kind for e in server.observed] == ["malformed"]

    asyncio.run(scenario())


@pytest.mark.requirement("T13")
def test_nothing_older_than_tls_1_2_is_spoken(files):
    async def scenario():
        async with serving(security=Certificates(files)) as server:
            for version, accepted in (("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)):
                address = f"{server.address.host}:{server.address.port}"
                command = [
                    "openssl",
                    "s_client",
                    "-cipher",
                    "DEFAULT@SECLEVEL=0",
                    version,
                    "-connect",
                    address,
                ]
                run = asyncio.to_thread(
                    subprocess.run,
                    command,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    check=False,
                    timeout=10,
                )
                assert ((await run).returncode == 0) == accepted

    asyncio.run(scenario())


async def is_refused(reader, writer):
    writer.write(MESSAGE)
    try:
        return await closed(reader) == b""
    except (ConnectionError, ssl.SSLError):
        return True


@pytest.mark.requirement("T13")
def test_with_a_client_ca_only_its_phones_get_in(authority, stranger, files):
    async def scenario():
        security = Certificates(files._replace(client_ca=authority.pair.certificate))
        async with serving(security=security) as server:
            for shown in (None, stranger.issue("phone")):
                reader, writer = await server.connect(ssl=client(authority, shown))
                # By TLS 1.3 the phone has shaken hands before the bridge has looked at its certificate.
                assert await is_refused(reader, writer)
            await server.until(lambda: len(server.observed) == 2)
            missing, foreign = (e.reason for e in server.observed)
            assert missing == "TLS failed: peer did not return a certificate"
            assert foreign.startswith("its certificate is not accepted: ")
            assert server.events == []
            _, writer = await server.connect(ssl=client(authority, authority.issue("phone")))
            writer.write(MESSAGE)
            await server.until(lambda: server.received)

    asyncio.run(scenario())


# --- calls that we make --------------------------------------------------------------------------


async def called(server, pair, context=None):
    """What comes of a call to a phone that shows this certificate: (what it reads, failures)."""
    with phone() as (listening, remote):
        flow = Flow("tls", server.address, remote)
        server.listener.send(flow, MESSAGE)
        if context is None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*pair)
        sock, _ = await asyncio.wait_for(asyncio.get_running_loop().sock_accept(listening), 5)
        try:
            reader, writer = await server.accept_tls(sock, context)
        except (OSError, ssl.SSLError):
            await server.until(lambda: server.failures)
            return b"", dict(server.failures)[flow]
        data = await reader.readexactly(len(MESSAGE))
        writer.write(MESSAGE)
        await server.until(lambda: server.received)
        assert server.flows == [flow._replace(connection=1)]
        return data, None


@pytest.mark.requirement("T13", "T4")
def test_a_phone_that_we_call_is_verified(authority, files):
    async def scenario():
        security = Certificates(files._replace(client_ca=authority.pair.certificate))
        async with serving(security=security) as server:
            assert await called(server, authority.issue("phone")) == (MESSAGE, None)

    asyncio.run(scenario())


@pytest.mark.requirement("T13")
@pytest.mark.parametrize(
    ("issuer", "name", "reason"),
    [
        ("authority", "IP:127.0.0.2", "its certificate is not accepted: IP address mismatch"),
        ("authority", "DNS:phone.example", "its certificate is not accepted: IP address mismatch"),
        (
            "stranger",
            "IP:127.0.0.1",
            "its certificate is not accepted: unable to get local issuer certificate",
        ),
    ],
)
def test_one_that_is_not_who_we_call_is_refused(request, authority, files, issuer, name, reason):
    async def scenario():
        security = Certificates(files._replace(client_ca=authority.pair.certificate))
        async with serving(security=security) as server:
            other = request.getfixturevalue(issuer).issue("other", name)
            data, failure = await called(server, other)
            assert data == b""
            assert failure.startswith(reason)

    asyncio.run(scenario())


@pytest.mark.requirement("T13")
def test_nobody_is_called_who_cannot_be_verified(files):
    async def scenario():
        async with serving(security=Certificates(files)) as server:
            with phone() as (listening, remote):
                flow = Flow("tls", server.address, remote)
                server.listener.send(flow, MESSAGE)
                await server.until(lambda: server.failures)
                assert server.failures == [(flow, "[sip.tls] names no client_ca to verify it by")]
                with pytest.raises(BlockingIOError):
                    listening.accept()

    asyncio.run(scenario())


@pytest.mark.requirement("T13")
def test_a_connection_of_a_phone_that_was_not_verified_is_not_used_for_others(authority, files):
    async def scenario():
        async with serving(security=Certificates(files)) as server:
            _, writer = await server.connect(ssl=client(authority))
            writer.write(MESSAGE)
            await server.until(lambda: server.received)
            server.listener.send(server.flows[0]._replace(connection=0), ANSWER)
            await server.until(lambda: server.failures)
            assert len(server.streams) == 1

    asyncio.run(scenario())


@pytest.mark.requirement("T13")
def test_a_phone_without_tls_is_not_spoken_to(authority, files):
    async def scenario():
        security = Certificates(files._replace(client_ca=authority.pair.certificate))
        async with serving(security=security) as server:
            with phone() as (listening, remote):
                flow = Flow("tls", server.address, remote)
                server.listener.send(flow, MESSAGE)
                reader, writer = await server.accept(listening)
                hello = await reader.read(1000)
                assert b"SUBSCRIBE" not in hello
                writer.write(ANSWER)
                await server.until(lambda: server.failures)
                assert dict(server.failures)[flow] == "TLS failed: wrong version number"

    asyncio.run(scenario())


def test_a_pinned_certificate_is_accepted_at_any_address_and_no_other(authority, stranger, pair):
    async def scenario():
        elsewhere = authority.issue("elsewhere", "DNS:elsewhere.example")
        for shown, accepted in ((elsewhere, True), (pair, False), (stranger.issue("x"), False)):
            async with serving(security=Certificates(TlsFiles(*shown))) as server:
                if accepted:
                    await server.connect(ssl=Pinned(elsewhere.certificate).client)
                else:
                    with pytest.raises(ssl.SSLCertVerificationError):
                        await server.connect(ssl=Pinned(elsewhere.certificate).client)

    asyncio.run(scenario())


# --- renewal -------------------------------------------------------------------------------------


def serial(writer):
    return writer.get_extra_info("peercert")["serialNumber"]


def test_renewed_files_are_taken_for_new_connections_and_old_ones_live(authority):
    async def scenario():
        current, renewed = authority.issue("current"), authority.issue("renewed")
        warnings, notes = [], []
        security = Certificates(TlsFiles(*current))
        async with serving(security=security) as server:
            watch = asyncio.gather(security.watch(warnings.append, notes.append, 0.02))
            reader, old = await server.connect(ssl=client(authority))
            current.replace(renewed)
            await server.until(lambda: notes)
            _, new = await server.connect(ssl=client(authority))
            assert serial(new) != serial(old)
            server.answer = ANSWER
            old.write(MESSAGE)
            assert await reader.readexactly(len(ANSWER)) == ANSWER
            assert warnings == []
            watch.cancel()
            await asyncio.wait([watch])

    asyncio.run(scenario())


def test_bad_new_files_change_nothing_and_are_told_once(authority):
    async def scenario():
        current, renewed = authority.issue("current"), authority.issue("renewed")
        warnings, notes = [], []
        security = Certificates(TlsFiles(*current))
        async with serving(security=security) as server:
            _, old = await server.connect(ssl=client(authority))
            watch = asyncio.gather(security.watch(warnings.append, notes.append, 0.01))
            current.certificate.write_bytes(renewed.certificate.read_bytes())
            await server.until(lambda: warnings)
            mismatch = f"[sip.tls] key {current.key} is not that of certificate {current.certificate}"
            assert warnings == [f"the certificate in use is kept: {mismatch}"]
            await asyncio.sleep(0.1)
            assert len(warnings) == 1
            _, new = await server.connect(ssl=client(authority))
            assert serial(new) == serial(old)
            current.key.write_bytes(renewed.key.read_bytes())
            await server.until(lambda: notes)
            watch.cancel()
            await asyncio.wait([watch])

    asyncio.run(scenario())


def test_a_certificate_that_is_about_to_expire_is_told_until_it_is_renewed(authority):
    async def scenario():
        current, renewed = authority.issue("current", days=5), authority.issue("renewed", days=100)
        warnings, notes = [], []
        security = Certificates(TlsFiles(*current))
        watch = asyncio.gather(security.watch(warnings.append, notes.append, 0.01))
        async with asyncio.timeout(5):
            while not warnings:
                await asyncio.sleep(0.01)
            assert warnings == [f"[sip.tls] certificate {current.certificate} expires in 4 days"]
            before = security.expires_at
            current.replace(renewed)
            while not notes:
                await asyncio.sleep(0.01)
        assert security.expires_at - before == pytest.approx(95 * 86_400, abs=60)
        assert len(warnings) == 1
        watch.cancel()
        await asyncio.wait([watch])

    asyncio.run(scenario())


def test_files_that_are_being_written_are_let_come_to_rest(authority):
    current = authority.issue("current")
    security = Certificates(TlsFiles(*current))
    assert not security.have_changed()
    for _ in range(3):
        with current.certificate.open("ab") as file:
            file.write(b"\n")
        assert not security.have_changed()
    assert security.have_changed()
    security.reload()
    assert not security.have_changed()


# --- files that cannot be used -------------------------------------------------------------------


def words(files):
    with pytest.raises(TlsError) as caught:
        server_context(files)
    return str(caught.value)


def test_what_is_wrong_with_the_files_is_said_in_words(authority, pair, tmp_path):
    files = TlsFiles(*pair)
    missing, text = tmp_path / "missing.pem", tmp_path / "text.pem"
    text.write_text("no PEM at all")
    broken = tmp_path / "broken.pem"
    broken.write_bytes(pair.certificate.read_bytes().replace(b"M", b"!"))
    other, locked = authority.issue("other"), encrypted(pair)

    cannot = "cannot be read: No such file or directory"
    assert words(files._replace(certificate=missing)) == f"[sip.tls] certificate {missing} {cannot}"
    assert words(files._replace(key=missing)) == f"[sip.tls] key {missing} {cannot}"
    assert words(files._replace(client_ca=missing)) == f"[sip.tls] client_ca {missing} {cannot}"
    assert words(files._replace(key=tmp_path)).endswith("cannot be read: Is a directory")
    assert words(files._replace(certificate=text)).endswith("text.pem holds no certificate in PEM format")
    assert words(files._replace(key=pair.certificate)).endswith("holds no private key in PEM format")
    assert words(files._replace(client_ca=pair.key)).endswith("holds no certificate in PEM format")
    assert words(files._replace(key=other.key)) == (
        f"[sip.tls] key {other.key} is not that of certificate {pair.certificate}"
    )
    assert words(files._replace(key=locked)).startswith(
        f"[sip.tls] key {locked} is protected by a passphrase"
    )
    assert words(files._replace(certificate=broken)).startswith(
        f"[sip.tls] certificate {broken} and key {pair.key} cannot be used: "
    )
    assert words(files._replace(client_ca=broken)).startswith(
        f"[sip.tls] client_ca {broken} cannot be used: "
    )
    with pytest.raises(TlsError, match="cannot be used"):
        Pinned(broken)
