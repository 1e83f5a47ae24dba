from pathlib import Path

from bridge.composition.options import (
    account,
    admission,
    broker_account,
    configured,
    governed_providers,
    home_options,
    interval,
    notifying,
    publishing,
)
from bridge.config import MqttSettings, Settings
from bridge.io.mqtt import Account, BrokerTls

SETTINGS = Settings.model_validate(
    {
        "mqtt": {"username": "bridge", "base_topic": "b"},
        "sip": {
            "min_expires_seconds": 20,
            "max_expires_seconds": 200,
            "max_subscriptions": 3,
            "notify_min_interval_seconds": 2,
            "accept_publish": False,
            "realm": "here",
            "users": [{"name": "200", "password": "p"}],
        },
        "hints": [{"extension": "2000", "hint": "SIP/1,CustomPresence:a&CustomPresence:A"}],
        "sensors": {"door": {"topic": "d"}},
        "rules": [
            {"presence": "Bob", "when": {"door": "open"}, "set": "dnd"},
            {"device": "Custom:lamp", "when": {"door": "open"}, "set": "INUSE"},
        ],
        "homeassistant": {"discovery": "device", "node_id": "n"},
    }
)


def test_who_the_bridge_is_to_the_broker():
    assert account(SETTINGS) == "user bridge"
    assert account(Settings()) == "a client without user name"


def test_what_is_said_of_the_configuration():
    found = configured(SETTINGS, ("mqtt.host",))
    assert found.counts == {"hints": 1, "providers": 1, "sensors": 1, "rules": 2, "users": 1}
    assert (len(found.fingerprint), found.restart_needed) == (12, ("mqtt.host",))


def test_what_the_parts_of_sip_are_told():
    options = notifying(SETTINGS)
    assert (options.min_expires, options.max_expires, options.min_interval) == (20, 200, 2)
    assert (options.limits.subscriptions, options.user_agent[:16]) == (3, "Presence Bridge/")
    assert admission(SETTINGS).realm == "here"
    assert interval(SETTINGS) == (20, 200)
    assert publishing(SETTINGS) == ((20, 200), False)


def test_what_home_assistant_is_told():
    options = home_options(SETTINGS)
    assert (options.base, options.discovery, options.node) == ("b", "device", "n")
    assert governed_providers(SETTINGS) == ("Bob",)


def test_how_the_broker_is_reached():
    tls = {
        "ca": "ca.pem",
        "certificate": "c.pem",
        "key": "k.pem",
        "server_name": "b",
        "minimum_version": "1.3",
    }
    mqtt = {"host": "broker", "username": "a", "password": "geheim", "transport": "websockets", "tls": tls}
    account = broker_account(MqttSettings.model_validate(mqtt))
    assert (account.broker, account.username, account.password) == ("broker:8883", "a", "geheim")
    assert account.websocket_path == "/mqtt"
    assert account.tls == BrokerTls(
        ca=Path("ca.pem"),
        certificate=Path("c.pem"),
        key=Path("k.pem"),
        server_name="b",
        minimum_version="1.3",
    )


def test_without_more_it_is_reached_by_tcp():
    account = broker_account(MqttSettings())
    assert account == Account("127.0.0.1", 1883)
