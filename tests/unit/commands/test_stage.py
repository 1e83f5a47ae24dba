import shlex
import socket

import pytest

from bridge.commands.stage import HOST, build_stage, free_port
from bridge.config import load
from bridge.events import Address
from bridge.topics.route import FactRead, Routes


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_the_usual_port_is_taken_unless_it_is_in_use(kind):
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind((HOST, 0))
        if kind is socket.SOCK_STREAM:
            other.listen()
        usual = other.getsockname()[1]
        assert free_port(usual, kind) not in (0, usual)
    assert free_port(usual, kind) == usual


def test_without_any_free_port_there_is_no_demo(monkeypatch):
    def refuse(self, address):
        raise OSError

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(OSError, match="no port"):
        free_port(1883, socket.SOCK_STREAM)


def test_the_file_is_a_configuration_for_the_ports(tmp_path):
    stage = build_stage(tmp_path)
    settings = load(stage.config, {})
    assert settings.mqtt is not None
    assert (settings.mqtt.host, settings.mqtt.port) == (HOST, stage.mqtt)
    assert settings.sip.listeners == (("udp", HOST, stage.sip),)
    assert settings.http.address == Address(HOST, stage.http)
    assert [hint.extension for hint in settings.parsed_hints] == ["2000", "2001"]


def test_every_line_that_a_person_will_copy_is_right(tmp_path):
    stage = build_stage(tmp_path)
    routes = Routes("presence-bridge")
    keys = {key for hint in load(stage.config, {}).parsed_hints for key in hint.keys}
    lines = [shlex.split(line) for line in stage.introduction.splitlines() if line.startswith("  ")]
    published = [line for line in lines if line[0] == "mosquitto_pub"]
    assert len(published) == 4
    for program in published:
        port, topic, payload = (program[program.index(option) + 1] for option in ("-p", "-t", "-m"))
        assert port == str(stage.mqtt)
        assert "-r" in program
        reading = routes.read(topic, payload.encode(), retained=False)
        assert isinstance(reading, FactRead)
        assert reading.key in keys
    own = {line[1]: line[2:4] for line in lines if line[0] == "presence-bridge"}
    assert own == {"set": ["--config", str(stage.config)], "watch": ["--config", str(stage.config)]}
