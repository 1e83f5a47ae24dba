"""What the demo plays on: free ports of loopback, a configuration file for them, and the words about both."""

import socket
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

HOST: Final = "127.0.0.1"

_CONFIG: Final = """\
[mqtt]
host = "{host}"
port = {mqtt}

[sip]
listen = ["udp://{host}:{sip}"]

[http]
listen = "{host}:{http}"

[[hints]]
extension = "2000"
hint = "SIP/2000,CustomPresence:2000"

[[hints]]
extension = "2001"
hint = "SIP/2001,CustomPresence:2001"
"""

_INTRODUCTION: Final = """\
Presence Bridge demo: an MQTT broker, the bridge, and two phones that watch the extensions 2000 and 2001.

  broker   {host}:{mqtt}
  phones   a phone or softphone on this machine can watch sip:2000@{host}:{sip} as well
  metrics  http://{host}:{http}/metrics

Change something from another terminal; any MQTT client will do:

  mosquitto_pub -p {mqtt} -r -t presence-bridge/presence/2000 -m 'away,lunch,back at 13:00'
  mosquitto_pub -p {mqtt} -r -t presence-bridge/presence/2000 -m '{{"state": "dnd", "message": "meeting"}}'
  mosquitto_pub -p {mqtt} -r -t presence-bridge/device/SIP/2001 -m RINGING
  mosquitto_pub -p {mqtt} -r -t presence-bridge/device/SIP/2001 -m INUSE

or the bridge's own commands:

  presence-bridge set --config {config} 2001 xa --subtype 'on the road'
  presence-bridge watch --config {config} 2001

Ctrl-C ends the demo.
"""


class Stage(NamedTuple):
    """Ports on HOST, and the file that names them: with it the other commands work on the demo as well."""

    mqtt: int
    sip: int
    http: int
    config: Path

    @property
    def introduction(self) -> str:
        """What there is to see, and the commands to try."""
        return _INTRODUCTION.format(host=HOST, **self._asdict())


def build_stage(folder: Path) -> Stage:
    """Choose ports, and write `demo.toml` into the folder."""
    stage = Stage(
        free_port(1883, socket.SOCK_STREAM),
        free_port(5060, socket.SOCK_DGRAM),
        free_port(9464, socket.SOCK_STREAM),
        folder / "demo.toml",
    )
    stage.config.write_text(_CONFIG.format(host=HOST, **stage._asdict()))
    return stage


def free_port(usual: int, kind: socket.SocketKind) -> int:
    """The usual port, or any other if that is in use."""
    for port in (usual, 0):
        with socket.socket(socket.AF_INET, kind) as probe, suppress(OSError):
            if kind is socket.SOCK_STREAM:
                # As servers do: what is left of old connections is no obstacle.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
            return int(probe.getsockname()[1])
    raise OSError(f"no port of {HOST} is free")
