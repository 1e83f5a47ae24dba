"""The broker to use, and how it is reached: `[mqtt]` and `[mqtt.tls]`."""

import re
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from bridge.config.addresses import parse_host
from bridge.config.findings import Finding, refuse
from bridge.config.section import Section
from bridge.config.tls import PemFile
from bridge.config.topic import TopicName
from bridge.config.values import EMPTY_IS_NONE, Seconds, Whole

# What brokers listen on with TLS, where no port is written.
TLS_PORT: Final = 8883

_PATH: Final = re.compile(r"/[!-~]*")
_URL: Final = re.compile(r"(mqtts?|tcp|ssl|wss?)://", re.IGNORECASE)


def _is_host(text: str) -> str:
    if _URL.match(text):
        raise ValueError(
            "needs the name or the address alone: port, [mqtt.tls] and transport say the rest of a URL"
        )
    return parse_host(text)


def _is_path(text: str) -> str:
    if not _PATH.fullmatch(text):
        raise ValueError("must begin with a slash, and have no spaces in it, such as /mqtt")
    return text


_Host = Annotated[str, AfterValidator(_is_host)]
_Pem = Annotated[PemFile | None, EMPTY_IS_NONE]


class MqttTlsSettings(Section):
    """How the broker is known, and how it knows the bridge. With this section, even an empty one, TLS is spoken."""

    ca: _Pem = None
    certificate: _Pem = None
    key: _Pem = None
    server_name: Annotated[_Host | None, EMPTY_IS_NONE] = None
    minimum_version: Literal["1.2", "1.3"] = "1.2"
    verify: bool = True

    @model_validator(mode="after")
    def _has_both_of_a_pair(self) -> Self:
        if self.certificate and not self.key:
            refuse([Finding(("certificate",), "needs key beside it: the private key of that certificate")])
        if self.key and not self.certificate:
            refuse([Finding(("key",), "needs certificate beside it: the one that it is the key of")])
        return self


class MqttSettings(Section):
    """The broker to use."""

    host: _Host = "127.0.0.1"
    port: Annotated[Whole, Field(ge=1, le=65535)] = 1883
    base_topic: TopicName = "presence-bridge"
    username: Annotated[str | None, EMPTY_IS_NONE] = None
    password: Annotated[SecretStr | None, EMPTY_IS_NONE] = None
    client_id: str = ""
    keepalive_seconds: Annotated[Whole, Field(ge=0, le=65535)] = 30
    transport: Literal["tcp", "websockets"] = "tcp"
    websocket_path: Annotated[str, AfterValidator(_is_path)] = "/mqtt"
    health_interval_seconds: Annotated[Seconds, Field(ge=1)] = 60
    publish_phones: bool = True
    tls: MqttTlsSettings | None = None

    @model_validator(mode="before")
    @classmethod
    def _port_of_tls(cls, written: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
        if isinstance(written, dict) and "port" not in written and written.get("tls") is not None:
            return {**written, "port": TLS_PORT}
        return written
