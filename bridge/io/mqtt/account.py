"""Where the broker is, how it is reached, and who we are there."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerTls:
    """`ca` is None for the CAs that this machine knows; `server_name` for the host's name.

    `certificate` and `key`, for a broker that wants to know ours, are both given or neither.
    """

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    server_name: str | None = None
    minimum_version: str = "1.2"
    verify: bool = True


@dataclass(frozen=True, slots=True)
class Account:
    """`tls` is None without TLS, `websocket_path` without websockets. The password does not show in `repr`."""

    host: str
    port: int = 1883
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: BrokerTls | None = None
    websocket_path: str | None = None

    @property
    def broker(self) -> str:
        """`host:port`, for messages."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"the broker at {self.broker}"
