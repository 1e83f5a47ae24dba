import re
import tomllib
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from bridge.config import (
    FeatureCodeSettings,
    HintSettings,
    HttpSettings,
    Listener,
    MetricsSettings,
    MqttSettings,
    PbxSettings,
    PhoneSettings,
    ProfileSettings,
    Settings,
    SipSettings,
    TlsSettings,
    UserSettings,
)
from bridge.config.asterisk import AsteriskSettings
from bridge.config.mqtt import MqttTlsSettings
from bridge.config.rule_mistakes import wrong_references, wrong_together
from bridge.config.rules import RuleSettings
from bridge.config.schema import KEYS
from bridge.config.secret_files import referred
from bridge.config.sensors import SensorSettings
from bridge.config.settings import repeated
from bridge.events import Address
from bridge.model.hint import parse_hint
from bridge.notifier.profiles import BY_NAME

EXAMPLE = Path(__file__).parents[3] / "config.example.toml"


def test_defaults():
    settings = Settings()
    assert settings.mqtt is None
    assert settings.base_topic == "presence-bridge"
    assert settings.sip.listeners == (Listener("udp", "127.0.0.1", 5060),)
    assert settings.sip.networks == (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    assert settings.http.address == Address("127.0.0.1", 9464)
    assert settings.parsed_hints == ()


def test_the_environment_is_read_by_load_alone(monkeypatch):
    monkeypatch.setenv("PRESENCE_BRIDGE_MQTT__HOST", "elsewhere")
    assert Settings().mqtt is None


def test_settings_are_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        Settings().sip.min_expires_seconds = 5


def test_hints_are_parsed_in_their_order():
    settings = Settings(
        hints=(
            HintSettings(extension="2001", hint="SIP/2001,CustomPresence:bob", name="Bob"),
            HintSettings(extension="2000", hint=",CustomPresence:2000"),
        )
    )
    assert settings.parsed_hints == (
        parse_hint("2001", "SIP/2001,CustomPresence:bob", "Bob"),
        parse_hint("2000", ",CustomPresence:2000"),
    )


def test_the_password_is_not_printed():
    settings = Settings(mqtt=MqttSettings(password=SecretStr("hunter2")))
    assert "hunter2" not in repr(settings)
    assert settings.mqtt is not None
    assert settings.mqtt.password == SecretStr("hunter2")


def test_an_empty_account_is_none():
    mqtt = MqttSettings.model_validate({"username": "", "password": ""})
    assert (mqtt.username, mqtt.password) == (None, None)


@pytest.mark.parametrize("host", ["broker", "broker.example", "my_broker", "192.0.2.1", "::1"])
def test_hosts(host):
    assert MqttSettings(host=host).host == host


@pytest.mark.parametrize("base_topic", ["presence-bridge", "home/presence bridge", "büro"])
def test_base_topics(base_topic):
    assert Settings(mqtt=MqttSettings(base_topic=base_topic)).base_topic == base_topic


@pytest.mark.parametrize(
    ("section", "values"),
    [
        (MqttSettings, {"host": host})
        for host in ["", "mqtt://broker", "broker:1883", "[::1]", "my broker", "me:secret@broker"]
    ]
    + [
        (MqttSettings, {"base_topic": topic})
        for topic in ["", "/a", "a/", "a//b", "a/+", "#", "a\n", "a\0", "$SYS/a"]
    ]
    + [(MqttSettings, {"port": port}) for port in [0, 65536, -1, "x", 1.5, True, None]]
    + [
        (MqttSettings, {"keepalive_seconds": -1}),
        (MqttSettings, {"keepalive_seconds": 65536}),
        (MqttSettings, {"hots": "x"}),
        (SipSettings, {"listen": []}),
        (SipSettings, {"listen": "udp://127.0.0.1:5060"}),
        (SipSettings, {"listen": ["sctp://127.0.0.1:5060"]}),
        (SipSettings, {"listen": ["udp://127.0.0.1:5060", "tls://127.0.0.1:5061"]}),
        (SipSettings, {"max_connections": 0}),
        (SipSettings, {"trusted_networks": ["192.168.1.1/24"]}),
        (SipSettings, {"notify_min_interval_seconds": -0.1}),
        (SipSettings, {"notify_min_interval_seconds": float("nan")}),
        (SipSettings, {"notify_min_interval_seconds": float("inf")}),
        (SipSettings, {"notify_min_interval_seconds": False}),
        (SipSettings, {"min_expires_seconds": 20, "max_expires_seconds": 10}),
        (SipSettings, {"min_expires_seconds": 3601}),
        (SipSettings, {"max_expires_seconds": 9}),
        (SipSettings, {"max_expires_seconds": 2**32}),
        (HttpSettings, {"listen": "9464"}),
        (MetricsSettings, {"per_extension_limit": -1}),
        (MetricsSettings, {"per_extension_limit": 0.5}),
        (MetricsSettings, {"per_extension_limit": False}),
        (HintSettings, {"extension": "2000"}),
        (HintSettings, {"extension": "2000", "hint": ""}),
        (HintSettings, {"extension": "2000", "hint": "CustomPresence:2000"}),
        (HintSettings, {"extension": "", "hint": "SIP/2000"}),
        (HintSettings, {"extension": "_2XXX", "hint": "SIP/2000"}),
        (HintSettings, {"extension": 2000, "hint": "SIP/2000"}),
    ],
)
def test_refused(section, values):
    with pytest.raises(ValidationError) as caught:
        section.model_validate(values)
    assert caught.value.error_count() == 1


def test_an_extension_has_one_hint():
    hints = [HintSettings(extension="1", hint="SIP/1"), HintSettings(extension="1", hint="SIP/2")]
    with pytest.raises(ValidationError, match="hints 0 and 1 have the same extension"):
        Settings(hints=tuple(hints))


def test_repeated():
    assert repeated("abcab") == [(3, 0), (4, 1)]
    assert repeated("aaa") == [(1, 0), (2, 0)]
    assert repeated("abc") == []


# --- the example file ----------------------------------------------------------------------------


def example(*, with_mqtt: bool) -> dict[str, object]:
    """What the example says, its commented section taken in or not."""
    text = EXAMPLE.read_text(encoding="utf-8")
    if with_mqtt:
        sections = r"\[mqtt(\.tls)?\]$|\[asterisk\]$|\[\[sip\.(users|profiles|feature_codes)\]\]$|\[sip\.tls\]$|\[provisioning\.settings\]$|\[\[phones\]\]$|\[phones\.pbx\]$|\[sensors\.[a-z_.]+\]$|\[\[rules\]\]$"
        text = re.sub(rf"^# (?={sections}|[a-z0-9_]+ = )", "", text, flags=re.MULTILINE)
    return referred(tomllib.loads(text)).values


def flat(values: object, above: str = "") -> Iterator[tuple[str, object]]:
    """Every value with its dotted key, lists as they are."""
    if isinstance(values, dict):
        for key, value in values.items():
            yield from flat(value, f"{above}{key}.")
    else:
        yield above.rstrip("."), values


def defaults(section: BaseModel) -> dict[str, object]:
    """The defaults as a file would write them; what is absent by default is written as empty."""
    return {key: "" if value is None else value for key, value in flat(section.model_dump(mode="json"))}


def hold_every_key_with_its_default(
    sections: list[dict[str, object]],
    model: type[BaseModel],
    parameters: frozenset[str] | set[str] = frozenset(),
) -> None:
    """All sections together have every key, and wherever a key has a default, one of them shows it.

    What is None, a list or a table by default is shown by an example.
    """
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    assert {key for section in sections for key in section} == fields.keys() | parameters
    for key, field in fields.items():
        if isinstance(field.default, str | int | float) and field.default != "":
            assert field.default in [section.get(key) for section in sections], key


def test_the_example_is_valid_and_uses_the_embedded_broker():
    settings = Settings.model_validate(example(with_mqtt=False))
    assert settings.mqtt is None
    assert [(hint.extension, hint.devices, hint.providers, hint.name) for hint in settings.parsed_hints] == [
        ("2000", ("SIP/2000",), ("2000",), "Front desk"),
        ("2001", (), ("2001",), ""),
    ]


def test_the_example_holds_every_key_with_its_default():
    written = example(with_mqtt=True)
    hints, users, tls = written.pop("hints"), written["sip"].pop("users"), written["sip"].pop("tls")
    profiles, codes = written["sip"].pop("profiles"), written["sip"].pop("feature_codes")
    phones, settings = written.pop("phones"), written["provisioning"].pop("settings")
    sensors, rules = written.pop("sensors"), written.pop("rules")
    expected = defaults(Settings(mqtt=MqttSettings(tls=MqttTlsSettings(), port=1883)))
    del expected["hints"], expected["sip.users"], expected["sip.tls"], expected["phones"]
    del expected["rules"], expected["asterisk"]
    beside = written.pop("asterisk")
    del expected["sip.profiles"], expected["sip.feature_codes"]

    assert dict(flat(written)) == expected
    assert {key for user in users for key in user} == set(UserSettings.model_fields)
    assert set(tls) == set(TlsSettings.model_fields)
    assert [set(profile) for profile in profiles] == [set(ProfileSettings.model_fields)]
    default = ProfileSettings(agent="x").rule.apply(BY_NAME["default"])
    assert ProfileSettings.model_validate(profiles[0]).rule.apply(BY_NAME["default"]) == default
    assert {key for code in codes for key in code} == set(FeatureCodeSettings.model_fields)
    optional = FeatureCodeSettings(dial="x", set="dnd").model_dump(exclude={"dial", "set", "toggle"})
    assert {name: codes[0][name] for name in optional} == optional
    assert [set(phone) for phone in phones] == [set(PhoneSettings.model_fields)]
    assert set(phones[0]["pbx"]) == set(PbxSettings.model_fields)
    assert settings
    hold_every_key_with_its_default([beside], AsteriskSettings)
    hold_every_key_with_its_default([*sensors.values()], SensorSettings, parameters={"name"})
    hold_every_key_with_its_default(rules, RuleSettings)
    assert isinstance(hints, list)
    assert {key for hint in hints for key in hint} == set(HintSettings.model_fields)
    optional = {
        name: field.default for name, field in HintSettings.model_fields.items() if not field.is_required()
    }
    assert HintSettings.model_validate(hints[1]).model_dump(include=optional.keys()) == optional
    assert optional.keys() <= hints[1].keys()


def test_the_example_holds_the_files_of_secrets_too():
    text = EXAMPLE.read_text(encoding="utf-8")
    for key in KEYS:
        assert re.search(rf"^(# )?{key.names[-1]} = ", text, re.MULTILINE) or not key.refers, key.names


def test_the_example_with_its_broker_means_the_defaults():
    settings = Settings.model_validate(example(with_mqtt=True))
    assert settings.mqtt == MqttSettings(tls=MqttTlsSettings(), port=1883)
    lists = {"users": (), "profiles": (), "feature_codes": (), "tls": None}
    assert settings.sip.model_copy(update=lists) == SipSettings()
    assert [sensor.name for sensor in settings.parsed_sensors] == ["office_door", "alice", "desk", "calendar"]
    assert [rule.output.name for rule in settings.parsed_rules] == ["2000", "Custom/lamp"]
    assert [*wrong_references(example(with_mqtt=True), settings), *wrong_together(settings)] == []
    assert settings.http == HttpSettings()
    assert settings.metrics == MetricsSettings()
