import pytest
from pydantic import ValidationError

from bridge.config.mqtt import MqttSettings, MqttTlsSettings


@pytest.mark.parametrize(
    ("written", "port"),
    [({}, 1883), ({"tls": None}, 1883), ({"tls": {}}, 8883), ({"tls": {}, "port": 1883}, 1883)],
)
def test_the_port_is_that_of_tls_where_none_is_written(written, port):
    assert MqttSettings.model_validate(written).port == port


def test_what_is_empty_is_absent():
    empty = {"ca": "", "certificate": "", "key": "", "server_name": ""}
    assert MqttTlsSettings.model_validate(empty) == MqttTlsSettings()


@pytest.mark.parametrize(
    ("section", "written", "words"),
    [
        (MqttTlsSettings, {"certificate": "c.pem"}, "is required with certificate"),
        (MqttTlsSettings, {"key": "k.pem"}, "needs certificate beside it"),
        (MqttTlsSettings, {"minimum_version": "1.1"}, "'1.2' or '1.3'"),
        (MqttTlsSettings, {"server_name": "a:1"}, "the port has its own key"),
        (MqttSettings, {"host": "mqtts://broker"}, "write host = 'broker', [mqtt.tls]"),
        (
            MqttSettings,
            {"host": "ws://a:b@broker:9001/mqtt"},
            "write host = 'broker', port = 9001, username and password, transport = 'websockets'",
        ),
        (MqttSettings, {"transport": "ws"}, "'tcp' or 'websockets'"),
        (MqttSettings, {"websocket_path": "mqtt"}, "must begin with a slash"),
        (MqttSettings, {"websocket_path": "/a b"}, "must begin with a slash"),
    ],
)
def test_refused(section, written, words):
    with pytest.raises(ValidationError) as caught:
        section.model_validate(written)
    assert caught.value.error_count() == 1
    assert words in str(caught.value)
