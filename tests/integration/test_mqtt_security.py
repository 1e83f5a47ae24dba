"""TLS, certificates on both sides and websockets, against a real mosquitto; and what is said when they do not fit."""

import asyncio
import dataclasses
import json
import shutil
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from bridge.cli import main
from bridge.io.mqtt import Account, BrokerTls
from integration.programs import Mosquitto, free_port, wait_for_port
from integration.recorder import Recorder, linked
from support.bridge_process import BridgeProcess
from support.certificates import Authority

HOST = "127.0.0.1"
BASE = "presence-bridge"


class House(NamedTuple):
    """A broker with a port for each way to reach it, and the files that fit, or do not."""

    broker: Mosquitto
    ports: dict[str, int]
    folder: Path

    def file(self, name: str) -> Path:
        return self.folder / f"{name}.pem"

    def account(self, way: str, **tls: object) -> Account:
        """How the broker is reached by one of `ports`; without keys of TLS, with those that fit."""
        by_tls = way in ("tls", "newest", "mutual", "wss", "expired", "named") or bool(tls)
        files = {name: self._path(value) for name, value in tls.items()} if tls else self.fitting(way)
        return Account(
            HOST,
            self.ports[way],
            tls=BrokerTls(**files) if by_tls else None,
            websocket_path="/mqtt" if way in ("ws", "wss") else None,
        )

    def fitting(self, way: str) -> dict[str, object]:
        ours = {"certificate": self.file("ours"), "key": self.folder / "ours.key"} if way == "mutual" else {}
        name = {"server_name": "broker.example"} if way == "named" else {}
        return {"ca": self.file("ca"), **ours, **name}

    def _path(self, value: object) -> object:
        if not isinstance(value, str) or "." in value:
            return value
        return self.folder / value.replace(":", ".") if ":" in value else self.file(value)

    def config(self, way: str, account: Account | None = None) -> Path:
        """A configuration file that says the same as the account."""
        one = account or self.account(way)
        lines = ["[mqtt]", f"port = {one.port}"]
        if one.websocket_path:
            lines.append('transport = "websockets"')
        if one.tls is not None:
            keys = {name: value for name, value in dataclasses.asdict(one.tls).items() if value is not None}
            lines += ["[mqtt.tls]", *(f"{name} = {_toml(value)}" for name, value in keys.items())]
        path = self.folder / f"{way}.toml"
        path.write_text("\n".join([*lines, '[[hints]]\nextension = "2000"\nhint = ",CustomPresence:2000"\n']))
        return path


def _toml(value: object) -> str:
    return json.dumps(value if isinstance(value, bool) else str(value))


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("broker")
    authority, stranger = Authority(folder), Authority(folder, "stranger")
    server = authority.issue("server")
    named = authority.issue("named", "DNS:broker.example")
    expired = authority.issue_expired("expired")
    authority.issue("ours")
    stranger.issue("theirs")
    broker = Mosquitto(folder)
    ports = {way: free_port() for way in ("tls", "newest", "mutual", "ws", "wss", "expired", "named")}

    def listener(way: str, pair, *more: str) -> list[str]:
        tls = [f"certfile {pair.certificate}", f"keyfile {pair.key}"] if pair else []
        return [f"listener {ports[way]} {HOST}", *tls, *more]

    mutual = (f"cafile {authority.pair.certificate}", "require_certificate true")
    broker.start(
        "allow_anonymous true",
        *listener("tls", server, "tls_version tlsv1.2"),
        *listener("newest", server, "tls_version tlsv1.3"),
        *listener("mutual", server, *mutual),
        *listener("ws", None, "protocol websockets"),
        *listener("wss", server, "protocol websockets"),
        *listener("expired", expired),
        *listener("named", named),
    )
    for port in ports.values():
        wait_for_port(port)
    yield House(broker, ports | {"plain": broker.port}, folder)
    broker.close()


WAYS = ["plain", "tls", "newest", "mutual", "ws", "wss", "named"]


def link_of(house: House, account: Account, recorder: Recorder, **options: object):
    return linked(account.port, recorder, host=HOST, tls=account.tls, **options, **_websockets(account))


def _websockets(account: Account) -> dict[str, object]:
    return {"websocket_path": account.websocket_path} if account.websocket_path else {}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("mqtt5", [True, False])
def test_messages_come_and_go_every_way(house: House, way: str, mqtt5: bool):
    async def scenario():
        recorder = Recorder()
        topic = f"b/{way}/{mqtt5}"
        large = b"x" * 100_000
        async with link_of(house, house.account(way), recorder, mqtt5=mqtt5) as link:
            await recorder.until(lambda: link.connected)
            link.subscribe([f"{topic}/#"])
            for number in range(300):
                link.publish(f"{topic}/{number}", b"away", retain=True, qos=1)
            link.publish(f"{topic}/large", large, retain=False, qos=1)
            await recorder.until(lambda: len(recorder.messages) == 301, within=30)
            await link.stop((f"{topic}/state", b"offline"))
        assert recorder.messages[300] == (f"{topic}/large", large, False)
        assert recorder.losses == []

    asyncio.run(scenario())


@pytest.mark.parametrize("way", WAYS)
def test_commands_go_every_way(house: House, way: str, capsys):
    config = str(house.config(way))
    assert main(["set", "2000", f"away,{way}", "--config", config]) == 0
    capsys.readouterr()
    assert main(["get", "--config", config]) == 0
    assert way in capsys.readouterr().out


MISFITS = {
    "no CA of ours": (
        "tls",
        {"minimum_version": "1.2"},
        (
            "the certificate of {at} is not accepted: unable to get local issuer certificate."
            " No CA that this machine knows signed it: look at ca of [mqtt.tls]"
        ),
    ),
    "a wrong CA": (
        "tls",
        {"ca": "stranger"},
        (
            "the certificate of {at} is not accepted: unable to get local issuer certificate."
            " {folder}/stranger.pem does not hold the CA that signed it: look at ca of [mqtt.tls]"
        ),
    ),
    "an expired certificate": (
        "expired",
        {"ca": "ca"},
        "the certificate of {at} has expired: the broker needs a new one, or the clock of this machine is wrong",
    ),
    "a wrong name": (
        "named",
        {"ca": "ca"},
        (
            "the certificate of {at} is not for 127.0.0.1: write a name that stands in it as host of [mqtt],"
            " or as server_name of [mqtt.tls]"
        ),
    ),
    "another wrong name": (
        "tls",
        {"ca": "ca", "server_name": "other.example"},
        (
            "the certificate of {at} is not for other.example: write a name that stands in it as host of [mqtt],"
            " or as server_name of [mqtt.tls]"
        ),
    ),
    "no certificate of ours": (
        "mutual",
        {"ca": "ca"},
        (
            "{at} refused us by TLS: certificate required."
            " It wants a certificate of ours: name certificate and key in [mqtt.tls]"
        ),
    ),
    "a certificate of ours that the broker does not know": (
        "mutual",
        {"ca": "ca", "certificate": "theirs", "key": "theirs:key"},
        (
            "{at} refused us by TLS: unknown ca."
            " Look at certificate of [mqtt.tls], which is {folder}/theirs.pem"
        ),
    ),
    "a file that is not there": (
        "tls",
        {"ca": "nothing"},
        "[mqtt.tls] ca {folder}/nothing.pem cannot be read: No such file or directory",
    ),
    "TLS where there is none": (
        "plain",
        {"ca": "ca"},
        "{at} broke off: does it speak TLS on this port? Without, take [mqtt.tls] away",
    ),
}


@pytest.mark.parametrize("what", MISFITS)
def test_what_does_not_fit_is_told_with_the_setting_to_look_at(house: House, what: str, capsys):
    way, tls, template = MISFITS[what]
    account = house.account(way, **tls)
    words = template.format(at=f"{HOST}:{account.port}", folder=house.folder)

    async def scenario():
        recorder = Recorder()
        async with link_of(house, account, recorder):
            # The reset that follows a broker's last word can overtake it.
            await recorder.until(lambda: words in recorder.losses)

    asyncio.run(scenario())
    config = str(house.config(f"misfit-{way}", account))
    said = []
    while words not in said and len(said) < 20:
        assert main(["get", "--config", config]) == 1
        said.append(capsys.readouterr().err.strip())
    assert said[-1] == words


@pytest.mark.parametrize(
    ("way", "websockets", "words"),
    [
        (
            "tls",
            False,
            (
                "{at} closed the connection without an answer to CONNECT:"
                " it may want TLS ([mqtt.tls]) or websockets (transport of [mqtt]) on this port"
            ),
        ),
        (
            "plain",
            True,
            "{at} does not speak websockets at /mqtt: look at port, transport and websocket_path of [mqtt]",
        ),
    ],
)
def test_what_speaks_something_else_is_told(house: House, way: str, websockets: bool, words: str):
    account = Account(HOST, house.ports[way], websocket_path="/mqtt" if websockets else None)

    async def scenario():
        recorder = Recorder()
        async with link_of(house, account, recorder, mqtt5=False):
            await recorder.until(lambda: recorder.losses)
        assert recorder.losses[0] == words.format(at=f"{HOST}:{account.port}")

    asyncio.run(scenario())


def test_without_verification_anything_is_accepted_and_that_is_said(house: House, tmp_path, capsys):
    bridge = BridgeProcess(
        tmp_path, house.ports["expired"], ["2000 = SIP/2000"], extra="[mqtt.tls]\nverify = false"
    )
    bridge.start()
    try:
        assert "insecure: [mqtt.tls] verify is off" in bridge.log()
        assert main(["health", "--config", str(bridge.config)]) == 0
        assert "INSECURE     [mqtt.tls] verify is off" in capsys.readouterr().out
    finally:
        bridge.stop()


def test_the_bridge_and_what_asks_it_use_the_same_settings(house: House, tmp_path, capsys):
    fitting = house.fitting("mutual")
    tls = "\n".join(f"{name} = {_toml(value)}" for name, value in fitting.items())
    bridge = BridgeProcess(tmp_path, house.ports["mutual"], ["2000 = SIP/2000"], extra=f"[mqtt.tls]\n{tls}")
    bridge.start()
    try:
        assert "insecure" not in bridge.log()
        config = ["--config", str(bridge.config)]
        assert main(["reload", *config]) == 0
        assert main(["trace", "--extension", "2000", "--seconds", "0.2", *config]) == 0
        assert main(["health", *config]) == 0
        assert "synchronised" in capsys.readouterr().out
    finally:
        bridge.stop()


def test_renewed_files_are_taken_by_the_next_connection(house: House, tmp_path):
    for name in ("ours.pem", "ours.key", "theirs.pem", "theirs.key"):
        shutil.copy(house.folder / name, tmp_path / name)
    certificate, key = tmp_path / "used.pem", tmp_path / "used.key"

    def use(name: str) -> None:
        shutil.copy(tmp_path / f"{name}.pem", certificate)
        shutil.copy(tmp_path / f"{name}.key", key)

    async def scenario():
        recorder = Recorder()
        use("theirs")
        tls = BrokerTls(ca=house.file("ca"), certificate=certificate, key=key)
        async with link_of(house, Account(HOST, house.ports["mutual"], tls=tls), recorder) as link:
            await recorder.until(lambda: recorder.losses)
            use("ours")
            await recorder.until(lambda: link.connected)

    asyncio.run(scenario())


def test_a_broker_with_an_older_version_of_tls_is_told(house: House, capsys):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(house.file("server"), house.folder / "server.key")

    def serve(listener: socket.socket) -> None:
        with listener.accept()[0] as plain, suppress(OSError):
            context.wrap_socket(plain, server_side=True)

    with socket.create_server((HOST, 0)) as listener, ThreadPoolExecutor(1) as pool:
        served = pool.submit(serve, listener)
        tls = BrokerTls(ca=house.file("ca"), minimum_version="1.3")
        account = Account(HOST, listener.getsockname()[1], tls=tls)
        assert main(["get", "--config", str(house.config("older", account))]) == 1
        served.result(10)
    words = f"{account.broker} refused us by TLS: protocol version. Look at minimum_version of [mqtt.tls]"
    assert capsys.readouterr().err.strip() == words
