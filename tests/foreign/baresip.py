"""baresip 1.0 as a process: a softphone with a SIP stack of its own (libre)."""

import json
import re
import signal
import socket
import subprocess
from pathlib import Path
from typing import BinaryIO

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


class Baresip:
    """Headless, alice, not registered unless `regint` is given; asked by its control port (netstrings of JSON).

    `account` are further parameters of its account, such as ";auth_user=alice"; `config` are further
    lines of its configuration.
    """

    def __init__(
        self,
        folder: Path,
        server: str,
        extensions: tuple[str, ...] = (),
        account: str = "",
        *,
        regint: int = 0,
        transport: str = "udp",
        config: str = "",
    ) -> None:
        (folder / "accounts").write_text(
            f'"Alice" <sip:alice@{server};transport={transport}>;regint={regint};mwi=no{account}\n'
        )
        parameters = "" if transport == "udp" else f";transport={transport}"
        contacts = (
            f'"{extension}" <sip:{extension}@{server}{parameters}>;presence=p2p\n' for extension in extensions
        )
        (folder / "contacts").write_text("".join(contacts))
        self._log = (folder / "log").open("wb")
        # A port that was free when it was looked for can be taken when it is wanted.
        while not self._start(folder, config):
            assert self._starts < 3, self.log()

    _starts = 0

    def _start(self, folder: Path, config: str) -> bool:
        self._starts += 1
        self._control_port = free_port()
        base = CONFIG.format(sip_port=free_udp_port(), control_port=self._control_port)
        (folder / "config").write_text(base + config)
        self._process = subprocess.Popen(
            ["baresip", "-f", folder, "-4", "-v"], stdout=self._log, stderr=subprocess.STDOUT
        )
        try:
            wait_for_port(self._control_port, within=5.0)
        except AssertionError:
            self._process.kill()
            self._process.wait()
            return False
        return True

    def statuses(self) -> dict[str, str]:
        """What it shows for each contact: Online, Busy, Offline or Unknown."""
        text = re.sub(r"\x1b\[[0-9;]*m", "", self.command("contacts"))
        return {extension: status for status, extension in re.findall(r"(\w+)\s.*<sip:(\w+)@", text)}

    def command(self, name: str, params: str = "") -> str:
        """Have a command carried out, such as presence_offline; what it prints."""
        with socket.create_connection(("127.0.0.1", self._control_port), timeout=5) as control:
            command = json.dumps({"command": name, "params": params, "token": "t"})
            control.sendall(f"{len(command)}:{command},".encode())
            with control.makefile("rb") as answers:
                # What happens meanwhile (calls, registrations) is told as well.
                while not (answer := read_netstring(answers)).get("response"):
                    pass
        return answer["data"]

    def log(self) -> str:
        """What it has printed so far, registrations included."""
        return Path(self._log.name).read_text(errors="replace")

    def close(self) -> None:
        """Unsubscribe, take back what was published, and end."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(10)
        finally:
            self._process.kill()
            self._process.wait()
            self._log.close()


def read_netstring(stream: BinaryIO) -> dict:
    """The next `LENGTH:JSON,` of a stream."""
    length = b""
    while (character := stream.read(1)) != b":":
        length += character
    return json.loads(stream.read(int(length) + 1)[:-1])
