"""What a bridge counts, held against what its phones and its publisher have counted: a real process and broker."""

import platform
import re
import time

import pytest

from bridge import __version__
from integration.counting_phones import CountingPhones
from support.bridge_process import BridgeProcess
from support.metrics import metrics_url, scrape, scrape_until

BASE = "presence-bridge"
HINTS = ["2000 = SIP/2000,CustomPresence:2000", "2001 = SIP/2001,CustomPresence:2001"]
RULES = """
[sensors.door]
topic = "house/door"

[[rules]]
presence = "2001"
when = { door = "closed" }
set = "dnd"
"""


@pytest.fixture
def bridge(mosquitto, tmp_path):
    process = BridgeProcess(tmp_path, mosquitto.port, HINTS, extra=RULES)
    process.start()
    yield process
    process.stop()


@pytest.fixture
def phones(bridge):
    counting = CountingPhones(bridge.port)
    yield counting
    counting.close()


@pytest.fixture
def url(bridge):
    return metrics_url(bridge.log())


def publish(mosquitto, provider, message):
    mosquitto.publish(f"{BASE}/presence/{provider}", f"away,lunch,{message}", "-r")


def test_counters_agree_with_what_phones_and_publisher_have_counted(mosquitto, phones, url):
    first, second, third = (phones.add() for _ in range(3))
    for phone, extension in ((first, "2000"), (second, "2000"), (third, "2001")):
        phone.subscribe(extension)
    phones.until(lambda: phones.total(lambda phone: phone.notifies.total()) == 3)
    before = scrape_until(url, lambda seen: seen["unconverged_subscriptions"] == 0)

    changes = [("2000", "one"), ("2001", "two"), ("2000", "three"), ("2001", "four"), ("2001", "five")]
    for provider, message in changes:
        publish(mosquitto, provider, message)
        watching = (first, second) if provider == "2000" else (third,)
        phones.until(lambda: all(message in phone.messages.values() for phone in watching))  # noqa: B023
    first.subscribe("2000")
    phones.until(lambda: len(first.notifies) == 4)
    notifies = phones.total(lambda phone: len(phone.notifies))
    # A scrape may fall between an answer and its count.
    seen = scrape_until(
        url, lambda seen: seen["unconverged_subscriptions"] == 0 and seen.sum("notifies_total") >= notifies
    )

    # The publisher has counted:
    assert seen.of("presence_changes_total", presence="away") == len(changes)
    assert seen.sum("mqtt_messages_rejected_total") == 0
    # The phones have:
    requests = phones.total(lambda phone: phone.sent["SUBSCRIBE"])
    assert seen.of("sip_requests_received_total", method="SUBSCRIBE", transport="udp") == requests == 4
    outcomes = {
        outcome: seen.of("sip_subscribe_requests_total", outcome=outcome)
        for outcome in ("created", "refreshed")
    }
    assert outcomes == {"created": 3, "refreshed": 1}
    assert (
        seen.sum("sip_responses_sent_total", code="200") - before.sum("sip_responses_sent_total", code="200")
        == 1
    )
    assert seen.sum("notifies_total", outcome="acknowledged") == seen.sum("notifies_total") == notifies
    by_trigger = {trigger: seen.sum("notifies_total", trigger=trigger) for trigger in ("state", "subscribe")}
    assert by_trigger == {"state": 2 * 2 + 3, "subscribe": requests}
    answers = phones.total(lambda phone: phone.answered[200])
    assert seen.of("sip_responses_received_total", code="200") == answers
    repeated = phones.total(lambda phone: phone.notifies.total() - len(phone.notifies))
    assert seen.sum("sip_retransmissions_total") == repeated
    for histogram in ("notify_send_latency_seconds_count", "notify_ack_latency_seconds_count"):
        assert seen[histogram] == by_trigger["state"]
    assert seen["sip_notify_round_trip_seconds_count"] == notifies
    assert 0 < seen["notify_send_latency_seconds_sum"] <= seen["notify_ack_latency_seconds_sum"]
    # And now:
    assert seen.of("sip_subscriptions", transport="udp") == seen.sum("sip_subscriptions") == 3
    assert seen.of("extension_presence_state", extension="2000") == 3
    assert seen.of("extensions", presence="away") == 2
    assert (
        seen["notifies_in_flight"],
        seen["notify_queue_length"],
        seen["presence_changes_coalesced_total"],
    ) == (0, 0, 0)


def test_what_a_phone_was_not_told_and_what_it_was_told_twice(mosquitto, phones, url):
    quick, slow = phones.add(), phones.add()
    for phone in phones:
        phone.subscribe("2000")
    phones.until(lambda: phones.total(lambda phone: len(phone.notifies)) == 2)
    scrape_until(url, lambda seen: seen["unconverged_subscriptions"] == 0)
    slow.status = None
    publish(mosquitto, "2000", "0")
    phones.until(lambda: "0" in slow.messages.values() and "0" in quick.messages.values())
    changes = [str(number) for number in range(1, 13)]
    for message in changes:
        publish(mosquitto, "2000", message)
    phones.until(lambda: quick.messages[max(quick.messages)] == changes[-1])
    behind = scrape_until(
        url, lambda seen: (seen["unconverged_subscriptions"], seen["notifies_in_flight"]) == (1, 1)
    )
    assert 0 < behind["unconverged_oldest_seconds"] < 10
    phones.until(lambda: slow.notifies[max(slow.notifies)] >= 2)
    slow.status = 200
    slow.answer(200)
    phones.until(lambda: slow.messages[max(slow.messages)] == changes[-1])
    seen = scrape_until(url, lambda seen: seen["unconverged_subscriptions"] == 0)

    # Each change reached each phone, or gave way to a later one.
    published = len(changes) + 1
    assert seen.of("presence_changes_total", presence="away") == published
    missed = phones.total(lambda phone: published - (len(phone.notifies) - 1))
    assert missed >= len(changes) - 1
    assert seen["presence_changes_coalesced_total"] == missed
    repeated = phones.total(lambda phone: phone.notifies.total() - len(phone.notifies))
    assert seen.of("sip_retransmissions_total", method="NOTIFY") == repeated > 0
    assert seen["unconverged_oldest_seconds"] == 0


def test_what_is_refused_damaged_and_ended(mosquitto, phones, url):
    leaving, gone, stranger = (phones.add() for _ in range(3))
    for phone in (leaving, gone):
        phone.subscribe("2000")
    stranger.subscribe("2999")
    for text in ("nonsense\r\n\r\n", "OPTIONS sip:a SIP/2.0\r\n\r\n", "SIP/2.0 200"):
        stranger.send(text)
    phones.until(lambda: phones.total(lambda phone: len(phone.notifies)) == 2 and stranger.statuses[404] == 1)
    scrape_until(url, lambda seen: seen["unconverged_subscriptions"] == 0)
    gone.status = 481
    leaving.subscribe("2000", expires=0)
    phones.until(lambda: len(leaving.notifies) == 2)
    publish(mosquitto, "2000", "for nobody")
    phones.until(lambda: gone.answered[481] == 1)
    for payload in ("bored", "{"):
        mosquitto.publish(f"{BASE}/presence/2000", payload)
    seen = scrape_until(url, lambda seen: seen.of("mqtt_messages_rejected_total", reason="payload") == 2)

    assert seen.of("sip_subscribe_requests_total", outcome="rejected") == stranger.sent["SUBSCRIBE"] == 1
    assert seen.of("sip_responses_sent_total", code="404") == stranger.statuses[404]
    assert seen.of("sip_subscribe_requests_total", outcome="ended") == 1
    assert seen.of("sip_subscriptions_ended_total", reason="unsubscribed") == 1
    assert seen.of("sip_subscriptions_ended_total", reason="notify_rejected") == 1
    assert seen.of("notifies_total", trigger="state", outcome="rejected") == gone.answered[481]
    assert seen.of("notifies_total", trigger="terminate", outcome="acknowledged") == 1
    assert seen.of("sip_responses_received_total", code="481") == 1
    assert seen.of("sip_parse_errors_total", transport="udp") == 3
    assert seen.of("sip_messages_dropped_total", reason="malformed") == 3
    assert seen.sum("sip_subscriptions") == 0
    # Who has left does not count as one that is behind.
    assert seen["unconverged_subscriptions"] == 0


def test_a_broker_that_is_lost_and_comes_back(mosquitto, phones, url):
    seen = scrape_until(url, lambda seen: seen["ready"] == 1)
    assert seen.of("mqtt_connects_total", result="success") == 1
    assert time.time() - seen["mqtt_last_message_timestamp_seconds"] < 60
    mosquitto.kill()
    seen = scrape_until(url, lambda seen: seen.of("mqtt_connects_total", result="refused") > 0)
    assert (seen["mqtt_connected"], seen["ready"]) == (0, 0)
    assert seen.of("mqtt_disconnects_total", reason="network") == seen.sum("mqtt_disconnects_total") == 1
    mosquitto.start()
    seen = scrape_until(url, lambda seen: seen["ready"] == 1, within=40)
    assert (seen.of("mqtt_connects_total", result="success"), seen["mqtt_connected"]) == (2, 1)


def test_rules_store_and_process(mosquitto, phones, url):
    phone = phones.add()
    phone.subscribe("2001")
    phones.until(lambda: len(phone.notifies) == 1)
    started = time.time()
    for value in ("open", "closed"):
        mosquitto.publish("house/door", value)
    phones.until(lambda: len(phone.notifies) == 2)
    seen = scrape_until(url, lambda seen: seen["store_rows"] == 2)
    assert seen.of("sensor_changes_total", sensor="door") == 2
    assert seen.of("rule_decisions_total", kind="presence") == 1
    assert seen.of("presence_changes_total", presence="dnd") == 1
    # One commit carries all that waits when it begins: how many there are is the disk's affair.
    assert seen["store_commit_duration_seconds_count"] >= 1
    assert seen["store_size_bytes"] > 0
    assert (seen["store_errors_total"], seen["store_degraded"]) == (0, 0)
    assert seen["event_loop_lag_seconds_count"] > 5
    assert seen["config_last_reload_successful"] == 1
    assert 0 <= started - seen["config_last_reload_success_timestamp_seconds"] < 60
    assert 0 <= started - seen["process_start_time_seconds"] < 60
    assert seen.of("sip_socket_drops_total", transport="udp") == 0


def test_it_says_which_build_runs(url):
    labels = scrape(url).labels("build_info")
    assert (labels["version"], labels["python"]) == (__version__, platform.python_version())
    assert re.fullmatch("([0-9a-f]{12})?", labels["revision"])


@pytest.mark.parametrize(("limit", "shown"), [(0, 0), (1, 1)])
def test_extensions_and_sensors_have_series_up_to_the_limit(mosquitto, tmp_path, limit, shown):
    extra = f"{RULES}\n[metrics]\nper_extension_limit = {limit}\n"
    process = BridgeProcess(tmp_path, mosquitto.port, HINTS, extra=extra)
    process.start()
    try:
        mosquitto.publish("house/door", "open")
        found = metrics_url(process.log())
        seen = scrape_until(found, lambda seen: seen.sum("sensor_changes_total") == 1)
        assert seen["metrics_extensions_omitted"] == 2 - shown
        assert seen.of("sensor_changes_total", sensor="door" if limit else "other") == 1
        with pytest.raises(KeyError):
            seen.of("extension_presence_state", extension="2001")
    finally:
        process.stop()
