"""What a connection to an MQTT broker needs to know."""

import ssl
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttOptions:
    """`tls` makes the connection a TLS one, with the host's name checked against the certificate.

    `mqtt5` is false for a broker that is known to speak MQTT 3.1.1 only, such as the embedded one.

    The last will, retained and with QoS 1, is what others read when the process is gone. The password
    does not show in `repr`.
    """

    host: str
    port: int = 1883
    client_id: str
    will_topic: str
    will_payload: bytes = b"offline"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    keepalive_seconds: int = 30
    tls: ssl.SSLContext | None = None
    mqtt5: bool = True
