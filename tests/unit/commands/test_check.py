import argparse
from pathlib import Path

import pytest
from pydantic import SecretStr

from bridge.commands import check
from bridge.config import HintSettings, MqttSettings, Settings, SipSettings, load

EXAMPLE = Path(__file__).parents[3] / "config.example.toml"


def lines(settings: Settings) -> list[str]:
    return list(check.report(settings))


def line_with(settings: Settings, text: str) -> str:
    (found,) = [line for line in lines(settings) if text in line]
    return found


def test_the_example_is_told_in_full(capsys):
    parser = argparse.ArgumentParser()
    check.add_arguments(parser)
    assert "PRESENCE_BRIDGE_MQTT__HOST" in parser.format_help()
    args = parser.parse_args([])
    args.config = EXAMPLE

    assert check.run(args, load(EXAMPLE, {})) == 0

    name, *rest = capsys.readouterr().out.splitlines()
    assert name.endswith("config.example.toml is valid.")
    assert rest == [
        "",
        "  broker      embedded broker, as there is no [mqtt] section; its retained states end with the bridge",
        "  base topic  presence-bridge",
        "  SIP         udp://127.0.0.1:5060 (this machine only)",
        "  trusted     127.0.0.0/8 (this machine)",
        "              ::1/128 (this machine)",
        "  HTTP        http://127.0.0.1:9464 (this machine only)",
        "",
        "extension  name        watches              MQTT topic                       set by publishing to",
        "2000       Front desk  SIP/2000             presence-bridge/device/SIP/2000",
        "                       CustomPresence:2000  presence-bridge/presence/2000    presence-bridge/presence/2000/set",
        "2001                   CustomPresence:2001  presence-bridge/presence/2001    presence-bridge/presence/2001/set",
    ]


def test_a_broker_is_named_without_its_password():
    mqtt = MqttSettings(host="broker", username="me", password=SecretStr("hunter2"), base_topic="home/phones")
    settings = Settings(mqtt=mqtt)
    assert line_with(settings, "  broker").endswith("mqtt://broker:1883 as me, with a password")
    assert line_with(settings, "  base topic").endswith("home/phones")
    assert "hunter2" not in "\n".join(lines(settings))


def test_a_broker_without_account():
    assert line_with(Settings(mqtt=MqttSettings(host="::1")), "  broker").endswith("mqtt://[::1]:1883")


@pytest.mark.parametrize(
    ("listen", "words"),
    [
        ("udp://0.0.0.0:5060", "udp://0.0.0.0:5060 (every address of this machine)"),
        ("udp://[::]:5060", "udp://[::]:5060 (every address of this machine)"),
        ("udp://192.0.2.1:5060", "udp://192.0.2.1:5060 (one address of this machine)"),
    ],
)
def test_listeners_in_words(listen, words):
    assert line_with(Settings(sip=SipSettings(listen=(listen,))), "  SIP").endswith(words)


@pytest.mark.parametrize(
    ("networks", "words"),
    [
        (["192.168.1.0/24"], "192.168.1.0/24 (192.168.1.0 to 192.168.1.255)"),
        (["192.168.1.7"], "192.168.1.7/32 (one address)"),
        ([], "none"),
    ],
)
def test_networks_in_words(networks, words):
    assert line_with(Settings(sip=SipSettings(trusted_networks=networks)), "  trusted").endswith(words)


def test_a_device_that_mqtt_drives_can_be_set_and_a_phone_cannot():
    settings = Settings(hints=(HintSettings(extension="1", hint="Custom:lamp&SIP/1&PJSIP/2"),))
    (lamp, phone, other) = lines(settings)[-3:]
    assert lamp.split()[2:] == [
        "presence-bridge/device/Custom/lamp",
        "presence-bridge/device/Custom/lamp/set",
    ]
    assert phone.split()[1:] == ["presence-bridge/device/SIP/1"]
    assert other.split()[1:] == ["presence-bridge/device/PJSIP/2"]


def test_a_name_cannot_command_the_terminal():
    settings = Settings(hints=(HintSettings(extension="1", hint="SIP/1", name="\x1b[2J"),))
    assert line_with(settings, "SIP/1").split()[1] == "\\x1b[2J"


def test_warnings_come_last():
    settings = Settings(sip=SipSettings(listen=("udp://0.0.0.0:5060",)))
    *_, first, blank, second = lines(settings)
    assert first.startswith("warning: phones at other addresses will be refused (403)")
    assert blank == ""
    assert second.startswith("warning: there are no [[hints]]")
