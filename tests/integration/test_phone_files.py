"""The files of phones by HTTP: from the route alone, and from a bridge that runs."""

import asyncio
import http.client
import re
import subprocess
import sys
from contextlib import contextmanager
from ipaddress import ip_network

import pytest
from starlette.requests import Request

from bridge.effects import PhoneFileAnswered
from bridge.events import Address
from bridge.io.http import HttpServer
from bridge.io.phone_files import Served, phone_files_route
from support.bridge_process import ROOT, BridgeProcess
from support.phone_files import read

NAME = "000fd3aabbcc.cfg"
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1"))


class Answer:
    """Of one request."""

    def __init__(self, address: Address, path: str, method: str = "GET", **headers: str) -> None:
        connection = http.client.HTTPConnection(address.host, address.port, timeout=5)
        try:
            # As it stands: urllib would tidy the path up.
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name.replace("_", "-"), value)
            connection.endheaders()
            response = connection.getresponse()
            self.status, self.headers, self.body = response.status, response.headers, response.read()
        finally:
            connection.close()


@contextmanager
def serving(files, networks=LOOPBACK, host="127.0.0.1"):
    """A server with these files; what it has observed is the second."""
    seen: list[PhoneFileAnswered] = []
    server = HttpServer(
        Address(host, 0), [phone_files_route("/phones/", lambda: Served(files, networks), seen.append)]
    )
    try:
        yield server.start(), seen
    finally:
        server.stop()


def test_a_file_is_given_by_its_name():
    with serving({NAME: b"<config />"}) as (address, seen):
        answer = Answer(address, f"/phones/{NAME}?v=0123", user_agent="Digium D65 2_9_19")
    assert (answer.status, answer.body) == (200, b"<config />")
    assert answer.headers["content-type"] == "application/xml"
    assert answer.headers["cache-control"] == "no-store"
    assert seen == [PhoneFileAnswered(NAME, "127.0.0.1", "Digium D65 2_9_19", 200)]


@pytest.mark.parametrize(
    "spelling", ["000FD3AABBCC.cfg", "00-0f-d3-aa-bb-cc.cfg", "00%3A0f%3Ad3%3Aaa%3Abb%3Acc.CFG"]
)
def test_the_address_may_be_spelled_otherwise(spelling):
    with serving({NAME: b"<config />"}) as (address, _):
        assert Answer(address, f"/phones/{spelling}").status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/phones/000fd3aabbdd.cfg",
        "/phones/000fd3aabbcc-contacts.xml",
        "/phones/",
        "/phones/../config.toml",
        "/phones/..%2f..%2fetc%2fpasswd",
        "/phones/%2e%2e/000fd3aabbcc.cfg",
        "/phones//000fd3aabbcc.cfg",
        "/phones/x/000fd3aabbcc.cfg",
        "/phones/000fd3aabbcc.cfg%00.xml",
        "/phones/000fd3aabbcc.cfg/",
        "/000fd3aabbcc.cfg",
    ],
)
def test_nothing_else_can_be_had(path):
    with serving({NAME: b"<config />"}) as (address, _):
        answer = Answer(address, path)
    assert answer.status in (404, 307)
    assert b"config" not in answer.body


def test_an_unknown_phone_is_observed():
    with serving({NAME: b"<config />"}) as (address, seen):
        Answer(address, "/phones/000fd3aabbdd.cfg")
    assert seen == [PhoneFileAnswered("000fd3aabbdd.cfg", "127.0.0.1", "", 404)]


def test_files_are_only_read():
    with serving({NAME: b"<config />"}) as (address, _):
        assert Answer(address, f"/phones/{NAME}", "POST").status == 405
        assert Answer(address, f"/phones/{NAME}", "HEAD").body == b""


@pytest.mark.parametrize(
    ("networks", "status"),
    [
        ((ip_network("192.168.1.0/24"),), 403),
        ((ip_network("::/0"),), 403),
        ((), 403),
        ((ip_network("127.0.0.1"),), 200),
    ],
)
def test_who_is_not_trusted_gets_no_file(networks, status):
    with serving({NAME: b"<config />"}, networks) as (address, seen):
        answer = Answer(address, f"/phones/{NAME}")
    assert (answer.status, b"config" in answer.body) == (status, status == 200)
    assert seen[0].status == status


def test_who_is_not_trusted_does_not_learn_which_phones_there_are():
    with serving({NAME: b"<config />"}, ()) as (address, _):
        known, unknown = Answer(address, f"/phones/{NAME}"), Answer(address, "/phones/000fd3aabbdd.cfg")
    assert (known.status, known.body) == (unknown.status, unknown.body)


def test_a_source_without_an_address_is_not_trusted():
    route = phone_files_route("/phones/", lambda: Served({NAME: b"<config />"}, LOOPBACK), lambda _seen: None)
    request = Request({"type": "http", "headers": [], "client": None, "path_params": {"name": NAME}})
    assert asyncio.run(route.endpoint(request)).status_code == 403


def test_ipv6():
    with serving({NAME: b"<config />"}, host="::1") as (address, _):
        assert Answer(address, f"/phones/{NAME}").status == 200


# --- a bridge that runs --------------------------------------------------------------------------

SIP = 'users = [{ name = "200", password = "bridge-secret" }]'
PHONES = """
[provisioning]
bridge_address = "127.0.0.1"
http = true

[[phones]]
mac = "00:0f:d3:aa:bb:cc"
model = "D65"
user = "200"
"""


def http_address(bridge: BridgeProcess) -> Address:
    port = re.search(r"metrics are at http://127\.0\.0\.1:(\d+)/", bridge.log())[1]
    return Address("127.0.0.1", int(port))


@pytest.fixture
def run(tmp_path, mosquitto):
    bridges = []

    def start(extra):
        bridges.append(BridgeProcess(tmp_path, mosquitto.port, ["2000 = SIP/2000"], sip=SIP, extra=extra))
        bridges[-1].start()
        return bridges[-1]

    yield start
    for bridge in bridges:
        bridge.stop()


def test_a_phone_follows_its_files(run):
    bridge = run(PHONES.replace("http = true", 'http = true\nurl = "http://127.0.0.1/phones"'))
    address = http_address(bridge)
    main = read(Answer(address, "/phones/000fd3aabbcc.cfg", user_agent="Digium D65 2_9_19").body)
    assert main.find("accounts/account").get("password") == "bridge-secret"
    for element in (main.find("contacts"), main.find("smart_blf/blf_items")):
        path = element.get("url").removeprefix("http://127.0.0.1")
        assert b'"2000"' in Answer(address, path).body
    log = bridge.log()
    assert (
        'phone_file file=000fd3aabbcc.cfg status=200 source=127.0.0.1 user_agent="Digium D65 2_9_19"' in log
    )
    assert "served without encryption: the passwords in them can be read" in log
    assert "bridge-secret" not in log


def test_without_http_there_are_no_files(run):
    bridge = run(PHONES.replace("http = true", "http = false"))
    assert Answer(http_address(bridge), "/phones/000fd3aabbcc.cfg").status == 404
    assert "without encryption" not in bridge.log()


def test_a_bridge_without_a_password_to_give_does_not_start(tmp_path, mosquitto):
    pbx = 'pbx = { server = "127.0.0.1", user = "1", password_file = "/nothing/here" }'
    bridge = BridgeProcess(tmp_path, mosquitto.port, [], sip=SIP, extra=PHONES + pbx)
    result = subprocess.run(
        [sys.executable, "-m", "bridge", "run", "--config", bridge.config],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert result.returncode == 78
    words = "phones[0].pbx.password cannot be read: /nothing/here: No such file or directory"
    assert words in result.stderr
