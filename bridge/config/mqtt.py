"""The broker to use, and how it is reached: `[mqtt]` and `[mqtt.tls]`."""

import re
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator, model_validator

from bridge.config.addresses import parse_host
from bridge.config.findings import own_words
from bridge.config.section import Section
from bridge.config.tls import PemFile
from bridge.config.topic import TopicName
from bridge.config.values import EMPTY_IS_NONE, Seconds, Whole

# What brokers listen on with TLS, where no port is written.
TLS_PORT: Final = 8883

_PATH: Final = re.compile(r"/[!-~]*")
_URL: Final = re.compile(
    r"(?:mqtt|tcp|ws|(mqtts|ssl|wss))://(.*@)?([A-Za-z0-9_.-]+)(?::([0-9]+))?", re.IGNORECASE
)


def _is_host(text: str) -> str:
    if url := _URL.match(text):
        secure, account, host, port = url.groups()
        parts = [f"host = '{host}'", *([f"port = {port}"] if port else [])]
        parts += ["username and password"] if account else []
        parts += ["transport = 'websockets'"] if text.lower().startswith("ws") else []
        parts += ["[mqtt.tls]"] if secure else []
        raise ValueError(f"each part of a URL has a key of its own: write {', '.join(parts)}")
    return parse_host(text)


def _is_path(text: str) -> str:
    if not _PATH.fullmatch(text):
        raise ValueError("must begin with a slash, and have no spaces in it, such as /mqtt")
    return text


_Host = Annotated[str, AfterValidator(_is_host)]
_Pem = Annotated[PemFile | None, EMPTY_IS_NONE]


class MqttTlsSettings(Section):
    """How the broker is known, and how it knows the bridge. With this section, even an empty one, TLS is spoken."""

    ca: _Pem = Field(
        default=None,
        description="Certificate of the CA that has signed the broker's (PEM); empty: one that this machine knows.",
    )
    certificate: _Pem = Field(
        default=None,
        description="Certificate of the bridge (PEM, with its chain), for a broker that wants one.",
    )
    key: _Pem = Field(
        default=None, validate_default=True, description="Key of that certificate, without passphrase."
    )
    server_name: Annotated[_Host | None, EMPTY_IS_NONE] = Field(
        default=None,
        description="Name in the broker's certificate, where it is another than host; also sent (SNI).",
    )
    minimum_version: Literal["1.2", "1.3"] = Field(
        default="1.2", description="The oldest version of TLS that is spoken."
    )
    verify: bool = Field(
        default=True, description="Whether the broker's certificate is looked at. `false` is insecure."
    )

    @field_validator("key")
    @classmethod
    def _is_half_of_a_pair(cls, key: str | None, info: ValidationInfo) -> str | None:
        if "certificate" in info.data and (info.data["certificate"] is None) != (key is None):
            raise own_words(
                "needs certificate beside it: the one that it is the key of"
                if key
                else "is required with certificate: the file of its private key"
            )
        return key


class MqttSettings(Section):
    """The broker to use."""

    host: _Host = Field(default="127.0.0.1", description="Name or address of the broker.")
    port: Annotated[Whole, Field(ge=1, le=65535)] = Field(
        default=1883, description="Port of the broker. With `[mqtt.tls]` and no port here, 8883."
    )
    base_topic: TopicName = Field(
        default="presence-bridge",
        description="The first level, or levels, of every topic that the bridge reads and writes.",
    )
    username: Annotated[str | None, EMPTY_IS_NONE] = Field(
        default=None, description="Account at the broker; empty for none."
    )
    password: Annotated[SecretStr | None, EMPTY_IS_NONE] = Field(
        default=None, description="Password of the account."
    )
    client_id: str = Field(
        default="",
        description="Name of the connection; empty: made from the name of this machine. No other client may use it.",
    )
    keepalive_seconds: Annotated[Whole, Field(ge=0, le=65535)] = Field(
        default=30, description="A broker that is silent for so long is asked whether it lives."
    )
    transport: Literal["tcp", "websockets"] = Field(
        default="tcp", description="How MQTT is carried: by TCP, or by websockets."
    )
    websocket_path: Annotated[str, AfterValidator(_is_path)] = Field(
        default="/mqtt", description="Path of the broker's websockets."
    )
    health_interval_seconds: Annotated[Seconds, Field(ge=1)] = Field(
        default=60,
        description="How often `<base_topic>/bridge/health` is published; at once when SIP is lost.",
    )
    publish_phones: bool = Field(
        default=True,
        description="Whether each phone that watches, up to 500, has a topic: `<base_topic>/phone/<id>`.",
    )
    tls: MqttTlsSettings | None = Field(
        default=None, description="TLS with the broker. Even an empty section switches it on."
    )

    @model_validator(mode="before")
    @classmethod
    def _port_of_tls(cls, written: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
        if isinstance(written, dict) and "port" not in written and written.get("tls") is not None:
            return {**written, "port": TLS_PORT}
        return written
