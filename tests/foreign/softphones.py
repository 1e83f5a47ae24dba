"""linphone and Twinkle as processes: softphones of a console, with SIP stacks of their own.

Both are told by their input what to do, and write nothing of use: the bridge and the broker show
what they did.
"""

import contextlib
import os
import socket
import subprocess
from pathlib import Path

from support.bridge_process import free_udp_port

LINPHONE = """\
[sip]
sip_port={own}
sip_tcp_port=-1
sip_tls_port=-1
bind_address=127.0.0.1
guess_hostname=0
contact="Carol" <sip:{user}@127.0.0.1:{own}>
use_ipv6=0
ipv6_migration_done=1
default_proxy=0
publish_presence=1
subscribe_expires=600
[proxy_0]
reg_proxy=<sip:127.0.0.1:{server};transport=udp>
reg_identity="Carol" <sip:{user}@127.0.0.1:{server}>
reg_expires=300
reg_sendregister=1
publish=1
[friend_0]
url="Watched" <sip:{watched}@127.0.0.1:{server}>
pol=accept
subscribe=1
"""

TWINKLE = """\
user_name={user}
user_domain=127.0.0.1:{server}
user_display=Dave
registrar=127.0.0.1:{server}
register_at_startup=yes
registration_time=60
pres_publish_startup=yes
pres_publication_time=60
"""
TWINKLE_SYSTEM = """\
sip_port={own}
rtp_port={rtp}
dev_ringtone=oss:/dev/null
dev_speaker=oss:/dev/null
dev_mic=oss:/dev/null
validate_audio_dev=no
log_show_sip=yes
log_show_debug=yes
"""


class Softphone:
    """A program with its own home, which ends when it is told `quit`."""

    def __init__(self, home: Path, *command: str) -> None:
        self._output = (home / "output").open("wb")
        self._process = subprocess.Popen(
            command,
            cwd=home,
            env=os.environ | {"HOME": str(home)},
            stdin=subprocess.PIPE,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )

    def command(self, line: str) -> None:
        """Type a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()

    def log(self) -> str:
        """What it has printed so far."""
        return Path(self._output.name).read_text(errors="replace")

    def close(self) -> None:
        """Quit: unsubscribe, take back what was published, unregister."""
        if self._process.poll() is None:
            self.command("quit")
        try:
            self._process.communicate(timeout=15)
        finally:
            self._process.kill()
            self._process.wait()
            self._output.close()


def linphone(home: Path, user: str, server: int, watched: str) -> Softphone:
    """linphonec with an account at the port `server` of loopback; it publishes once it is registered."""
    # Without these folders it never starts its SIP, and does not say so.
    for folder in (".local/share/linphone", ".config/linphone"):
        (home / folder).mkdir(parents=True)
    own = free_udp_port()
    (home / "rc").write_text(LINPHONE.format(own=own, user=user, server=server, watched=watched))
    return Softphone(home, "linphonec", "-c", str(home / "rc"))


def twinkle(home: Path, user: str, server: int, watched: str) -> Softphone:
    """twinkle-console with an account at the port `server` of loopback."""
    folder = home / ".twinkle"
    folder.mkdir(parents=True)
    (folder / f"{user}.cfg").write_text(TWINKLE.format(user=user, server=server))
    (folder / "twinkle.sys").write_text(TWINKLE_SYSTEM.format(own=_free_port(), rtp=free_udp_port()))
    (folder / f"{user}.bud").write_text(f"Watched|sip:{watched}@127.0.0.1:{server}|y\n")
    return Softphone(home, "twinkle-console", f"{user}.cfg")


def _free_port() -> int:
    """A port that is free for UDP, and for TCP on every address: Twinkle ends when it cannot have both."""
    while True:
        port = free_udp_port()
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("", port))
            return port
