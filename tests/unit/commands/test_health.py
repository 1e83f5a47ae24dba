"""The health document in words."""

import time

import pytest

from bridge.commands.health import in_words

FRESH = {
    "ready": True,
    "parts": {
        "mqtt": {"ok": True, "why": "synchronised"},
        "sip": {"ok": True, "why": "served"},
        "store": {"ok": True, "why": "off"},
    },
    "subscriptions": 0,
    "in_flight": 0,
    "unconverged": 0,
    "unconverged_seconds": 0.0,
    "last_notify": None,
    "notify_latency_ms": None,
    "notify_latency_p50_ms": None,
    "notify_latency_p99_ms": None,
    "uptime_seconds": 5,
    "messages_received": 3,
    "messages_sent": 4,
    "rejected": {},
    "last_broker_loss": None,
}


@pytest.fixture
def utc(monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def words(**changes):
    return [*in_words(FRESH | changes)]


def test_a_bridge_that_has_just_started():
    assert words() == [
        "ready, up for 0:00:05",
        "  MQTT         synchronised",
        "               3 messages received, 4 sent",
        "  SIP          served",
        "  store        off",
        "  phones       0 subscriptions, 0 NOTIFYs under way",
        "  last NOTIFY  none yet",
    ]


def test_one_that_has_seen_something(utc):
    assert words(
        ready=False,
        uptime_seconds=262_800,
        parts={
            "mqtt": {"ok": True, "why": "synchronised"},
            "sip": {"ok": False, "why": "udp://127.0.0.1:5060 is lost"},
            "store": {"ok": True, "why": "ok"},
        },
        rejected={"payload": 2, "topic": 1},
        last_broker_loss={"reason": "connection refused", "at": "2026-11-24T11:05:00.250+00:00"},
        subscriptions=12,
        in_flight=1,
        unconverged=1,
        unconverged_seconds=1.5,
        last_notify="2026-11-24T11:06:00.250+00:00",
        notify_latency_ms=4.25,
        notify_latency_p50_ms=4.0,
        notify_latency_p99_ms=10.5,
    ) == [
        "NOT READY, up for 3 days, 1:00:00",
        "  MQTT         synchronised; last lost at 2026-11-24 11:05:00: connection refused",
        "               3 messages received, 4 sent, 3 not understood",
        "  SIP          udp://127.0.0.1:5060 is lost",
        "  store        ok",
        "  phones       12 subscriptions, 1 NOTIFYs under way, 1 behind for up to 1.5 s",
        (
            "  last NOTIFY  2026-11-24 11:06:00; 4.25 ms from the last MQTT message to a phone's answer"
            " (in the last minute half within 4 ms, 99 % within 10.5 ms)"
        ),
    ]


def test_nothing_from_outside_moves_the_terminal():
    evil = {"ok": False, "why": "\x1b[2J\n"}
    lines = words(parts=dict.fromkeys(("mqtt", "sip", "store"), evil))
    assert all(line.isprintable() for line in lines)
    assert sum("\\x1b[2J\\n" in line for line in lines) == 3


def test_what_is_insecure_is_said_last():
    assert words(insecure=["a door is open"])[-1] == "  INSECURE     a door is open"
