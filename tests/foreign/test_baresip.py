"""baresip (its own SIP stack, libre) watches two extensions: what it makes of the documents decides."""

import json
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from integration.programs import free_port, wait_for_port
from support.bridge_process import free_udp_port

CONFIG = """\
sip_listen 127.0.0.1:{sip_port}
net_interface 127.0.0.1
audio_player aufile
audio_source ausine
module_path /usr/lib/baresip/modules
module g711.so
module_app account.so
module_app contact.so
module_app debug_cmd.so
module_app menu.so
module_app presence.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control_port}
"""

LAMPS = (("INUSE", "Busy"), ("NOT_INUSE", "Online"), ("UNAVAILABLE", "Offline"), ("NOT_INUSE", "Online"))


class Baresip:
    """Headless, without an account at a registrar; asked by its control port (netstrings of JSON)."""

    def __init__(self, folder: Path, server: str, extensions: tuple[str, ...]) -> None:
        self._control_port = free_port()
        config = CONFIG.format(sip_port=free_udp_port(), control_port=self._control_port)
        (folder / "config").write_text(config)
        (folder / "accounts").write_text(f'"Alice" <sip:alice@{server};transport=udp>;regint=0;mwi=no\n')
        contacts = (f'"{extension}" <sip:{extension}@{server}>;presence=p2p\n' for extension in extensions)
        (folder / "contacts").write_text("".join(contacts))
        self._log = (folder / "log").open("wb")
        self._process = subprocess.Popen(
            ["baresip", "-f", folder, "-4", "-v"], stdout=self._log, stderr=subprocess.STDOUT
        )
        wait_for_port(self._control_port)

    def statuses(self) -> dict[str, str]:
        """What it shows for each contact: Online, Busy, Offline or Unknown."""
        with socket.create_connection(("127.0.0.1", self._control_port), timeout=5) as control:
            command = json.dumps({"command": "contacts", "token": "t"})
            control.sendall(f"{len(command)}:{command},".encode())
            answer = b""
            while not (match := re.match(rb"(\d+):", answer)) or len(answer) <= match.end() + int(match[1]):
                answer += control.recv(65535)
        text = re.sub(r"\x1b\[[0-9;]*m", "", json.loads(answer[match.end() : -1])["data"])
        return {extension: status for status, extension in re.findall(r"(\w+)\s.*<sip:(\w+)@", text)}

    def close(self) -> None:
        """Unsubscribe and end."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(10)
        finally:
            self._process.kill()
            self._log.close()


@pytest.fixture
def baresip(run_bridge, tmp_path):
    bridge = run_bridge("2000 = SIP/2000,CustomPresence:2000", "2001 = SIP/2001")
    folder = tmp_path / "baresip"
    folder.mkdir()
    phone = Baresip(folder, f"127.0.0.1:{bridge.port}", ("2000", "2001"))
    yield phone
    phone.close()


def becomes(baresip, expected):
    until = time.monotonic() + 10
    while (statuses := baresip.statuses()) != expected:
        assert time.monotonic() < until, statuses
        time.sleep(0.05)


def test_its_contacts_follow_the_devices(mosquitto, baresip):
    becomes(baresip, {"2000": "Online", "2001": "Online"})
    for state, status in LAMPS:
        mosquitto.publish("presence-bridge/device/SIP/2000", state, "-r")
        becomes(baresip, {"2000": status, "2001": "Online"})
    mosquitto.publish("presence-bridge/device/SIP/2001", "RINGING", "-r")
    becomes(baresip, {"2000": "Online", "2001": "Busy"})
