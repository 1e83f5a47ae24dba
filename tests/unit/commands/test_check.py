import argparse
from pathlib import Path

import pytest
from pydantic import SecretStr

from bridge.cli import main
from bridge.commands import check
from bridge.config import (
    HintSettings,
    MqttSettings,
    ProfileSettings,
    Settings,
    SipSettings,
    TlsSettings,
    load,
)
from support.certificates import Authority

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
        f"  store       {EXAMPLE.with_suffix('.db')}",
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


def test_the_certificate_is_told_and_tried(tmp_path):
    ca = Authority(tmp_path)
    pair = ca.issue("bridge")
    files = {"certificate": str(pair.certificate), "key": str(pair.key)}
    listen = ("tls://127.0.0.1:5061",)
    alone = Settings(sip=SipSettings(listen=listen, tls=TlsSettings(**files)))
    assert line_with(alone, "  TLS").endswith(f"certificate {pair.certificate}; phones show none")
    assert not any("[sip.tls]" in line for line in lines(alone))
    client_ca = str(ca.pair.certificate)
    both = Settings(sip=SipSettings(listen=listen, tls=TlsSettings(client_ca=client_ca, **files)))
    assert line_with(both, "  TLS").endswith(f"phones show one of {client_ca}")
    pair.key.unlink()
    assert line_with(alone, "warning: [sip.tls]").endswith(
        f"key {pair.key} cannot be read: No such file or directory"
    )


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


@pytest.mark.parametrize(
    ("off", "words"),
    [
        (["accept_register"], "REGISTER (405)"),
        (["accept_publish"], "PUBLISH (403)"),
        (["accept_register", "accept_publish"], "REGISTER (405), PUBLISH (403)"),
    ],
)
def test_what_is_turned_off_is_said(off, words):
    settings = Settings(sip=SipSettings(**dict.fromkeys(off, False)))
    assert line_with(settings, "  refused").endswith(f"refused     {words}")
    assert not any("refused" in line for line in lines(Settings()))


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


@pytest.mark.requirement("A7")
def test_users_are_told_and_their_secrets_are_not():
    users = [
        {"name": "a", "password": "hunter2"},
        {"name": "b", "ha1": ["0" * 32, "1" * 64], "extensions": ["2001", "2000"]},
        {"name": "c", "password": "hunter2", "extensions": []},
    ]
    shown = lines(Settings(sip=SipSettings.model_validate({"users": users})))
    rows = [line.strip() for line in shown if "set; may watch" in line or "digest" in line]
    assert rows == [
        "users       a (password set; may watch every extension)",
        "b (MD5 and SHA-256 hash set; may watch extension 2000, 2001)",
        "c (password set; may watch nothing)",
        "digest      realm presence-bridge; SHA-256, MD5; MD5 alone to baresip, digium, sangoma, sipp",
    ]
    assert not any(secret in line for line in shown for secret in ("hunter2", "0000", "1111"))


def test_warnings_come_last():
    settings = Settings(sip=SipSettings(listen=("udp://0.0.0.0:5060",)))
    *_, first, blank, second = lines(settings)
    assert first.startswith("warning: phones at other addresses will be refused (403)")
    assert blank == ""
    assert second.startswith("warning: there are no [[hints]]")


def test_phones_are_told_with_their_accounts_and_without_their_passwords(tmp_path):
    config = tmp_path / "config.toml"
    config.write_text(
        """
        [[hints]]
        extension = "2000"
        hint = "SIP/2000"
        [[sip.users]]
        name = "200"
        password = "hunter2"
        [provisioning]
        bridge_address = "192.0.2.1"
        [[phones]]
        mac = "00:0F:D3:AA:BB:CC"
        model = "d65"
        name = "Kitchen"
        user = "200"
        pbx = { server = "192.0.2.2", user = "300", password = "hunter3" }
        """
    )
    settings = load(config, {})
    found = line_with(settings, "  phones")
    assert found.endswith(
        "000fd3aabbcc D65 Kitchen (account 300 at 192.0.2.2:5060 and 200 here; contacts: 1)"
    )
    assert line_with(settings, "  their files").endswith(
        "http://192.0.2.1:9464/phones/ (to be written by presence-bridge provision)"
    )
    assert "hunter" not in "\n".join(lines(settings))
    served = settings.model_copy(
        update={"provisioning": settings.provisioning.model_copy(update={"http": True})}
    )
    assert line_with(served, "  their files").endswith("(served by the bridge)")
    assert any("without encryption" in line for line in lines(served))


def test_kinds_of_phones_are_told_where_any_is_changed():
    acme = ProfileSettings(agent="Acme 3000", profile="digium", udp_limit_bytes=1400)
    settings = Settings(sip=SipSettings(profiles=(acme, ProfileSettings(agent="/^x/", pidf="asterisk"))))
    told = [line for line in lines(settings) if "Acme" in line or "'/^x/'" in line]
    assert [" ".join(line.split()) for line in told] == [
        "profiles 'Acme 3000': profile = 'digium', udp_limit_bytes = 1400",
        "'/^x/': pidf = 'asterisk'",
    ]
    assert not [line for line in lines(Settings()) if "profiles" in line]


def test_feature_codes_are_told():
    codes = [
        {"dial": "*21{time}", "set": "away,,back at {time}"},
        {"dial": "2000", "provider": "Bob", "toggle": ["available", "unavailable"], "status": 486},
    ]
    shown = lines(Settings(sip=SipSettings.model_validate({"feature_codes": codes})))
    start = next(index for index, line in enumerate(shown) if line.startswith("  codes "))
    assert [line.strip() for line in shown[start : start + 2]] == [
        "codes       *21{time} dialled: {user} is set to away,,back at {time} (answered 603)",
        "2000 dialled: Bob goes through available, unavailable (answered 486)",
    ]
    assert not any("codes" in line for line in lines(Settings()))


def test_what_a_hint_does_in_its_own_way_is_told_behind_the_table():
    hints = (
        HintSettings(extension="1", hint="SIP/1", deviceless="asterisk"),
        HintSettings(extension="2", hint=",CustomPresence:2", deviceless="asterisk", dnd_is_busy=True),
        HintSettings(extension="3", hint="SIP/3", watchers=("bob", "10.0.0.0/8", "alice")),
    )
    assert lines(Settings(hints=hints))[-3:] == [
        "",
        "2 is busy while dnd, for phones that show no presence; is always unavailable, as in Asterisk",
        "3 may be watched by alice, bob, 10.0.0.0/8 alone",
    ]


def test_doubts_about_rules_are_told_with_their_place(tmp_path, capsys):
    config = tmp_path / "config.toml"
    config.write_text("[sensors.door]\ntopic = 'd'\n[[hints]]\nextension = '1'\nhint = 'SIP/1'\n")
    assert main(["check", "--config", str(config)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-3:] == [
        f"warning: {config}:1:10: sensors.door is read by no rule",
        "       1 | [sensors.door]",
        "         |          ^",
    ]
    assert "sensor  reads  values" in lines


def test_where_nothing_is_kept_it_says_what_that_means():
    assert line_with(Settings(), "  store").endswith("none: phones are sent away when the bridge stops")


@pytest.mark.parametrize(
    ("mqtt", "expected"),
    [
        ({}, ["broker mqtt://127.0.0.1:1883"]),
        (
            {"tls": {}},
            [
                "broker mqtts://127.0.0.1:8883",
                ("broker's TLS the broker shows one of a known CA; the bridge shows none; TLS 1.2 or newer"),
            ],
        ),
        (
            {"transport": "websockets", "port": 9001, "tls": {"verify": False, "minimum_version": "1.3"}},
            [
                "broker wss://127.0.0.1:9001/mqtt",
                (
                    "broker's TLS NOT VERIFIED: whatever the broker shows is accepted; the bridge shows none;"
                    " TLS 1.3 or newer"
                ),
            ],
        ),
    ],
)
def test_how_the_broker_is_reached(mqtt, expected):
    told = [" ".join(line.split()) for line in lines(Settings.model_validate({"mqtt": mqtt}))]
    assert [line for line in told if line.startswith("broker")] == expected


def test_what_is_insecure_is_told(tmp_path):
    tls = {"verify": False, "ca": str(tmp_path / "nothing")}
    told = lines(Settings.model_validate({"mqtt": {"tls": tls}}))
    assert any(line.startswith("insecure: [mqtt.tls] verify is off") for line in told)
    assert any(line.startswith("warning: [mqtt.tls] ca ") for line in told)
