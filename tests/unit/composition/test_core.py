"""Another configuration for the whole of the pure parts, while they are at work."""

import json

import pytest

from bridge.effects import Publish, RuleDecided, SubscriptionEnded
from support.disk import Disk
from support.whole import BASE, Whole

HINTS = [
    {"extension": "2000", "hint": "SIP/2000,CustomPresence:2000"},
    {"extension": "2001", "hint": "SIP/2001,CustomPresence:2001"},
]
DOOR = {"topic": "house/door"}
SHUT = {
    "name": "shut",
    "presence": "2000",
    "when": {"door": "closed"},
    "for_seconds": 30,
    "set": {"state": "dnd", "message": "Door closed"},
}
HOUSE = {"hints": HINTS, "sensors": {"door": DOOR}, "rules": [SHUT], "rule_options": {"time_zone": "UTC"}}


def decided(whole):
    return [(effect.rule, effect.value) for effect in whole.of(RuleDecided)]


# --- hints ----------------------------------------------------------------------------------------


def test_a_hint_that_is_new_can_be_watched_at_once():
    whole = Whole({"hints": HINTS[:1]}, {f"{BASE}/presence/2001": "away"})
    phone = whole.phone()
    assert phone.subscribe("2001").status == 404
    assert whole.reload({"hints": HINTS}).applied == ("hints: 2001 added",)
    assert whole.held("hint/2001")["presence"] == "away"
    assert phone.subscribe("2001").status == 200
    assert phone.notified().presence == ("away", "", "")
    whole.advance(5)
    assert "homeassistant/select/presence-bridge/presence_2001_state/config" in whole.retained


def test_the_watchers_of_a_hint_that_is_gone_are_told_so_and_its_topics_go():
    whole = Whole({"hints": HINTS})
    phone, other = whole.phone(), whole.phone()
    for one, extension in ((phone, "2000"), (other, "2001")):
        one.subscribe(extension)
        one.notified()
    whole.advance(10)
    whole.reload({"hints": HINTS[:1]})
    last = other.notified()
    assert (last.state, last.request.body) == ("terminated;reason=noresource", b"")
    assert other.subscribe("2001").status == 481
    assert len(phone.notifies()) == 1
    assert [effect.reason for effect in whole.of(SubscriptionEnded)] == ["noresource"]
    whole.advance(20)
    assert whole.held("hint/2000") is not None
    assert [topic for topic in whole.retained if "2001" in topic] == []


def test_a_topic_is_deleted_too_whose_hint_has_gone_without_a_broker():
    whole = Whole({"hints": HINTS})
    whole.advance(10)
    whole.disconnect()
    whole.reload({"hints": HINTS[1:]})
    assert whole.held("hint/2000") is not None
    whole.connect()
    whole.advance(20)
    assert (whole.held("hint/2000"), whole.held("hint/2001")["watchers"]) == (None, 0)


def test_a_hint_that_comes_back_keeps_its_topic():
    whole = Whole({"hints": HINTS})
    whole.advance(10)
    whole.reload({"hints": HINTS[1:]})
    whole.reload({"hints": HINTS})
    whole.advance(20)
    assert whole.held("hint/2000") is not None


def test_of_a_changed_hint_is_told_at_once_who_sees_something_else():
    whole = Whole({"hints": HINTS}, {f"{BASE}/device/SIP/2009": "INUSE"})
    phone = whole.phone()
    phone.subscribe()
    assert phone.notified().lamp[1] == "Ready"
    changed = {"extension": "2000", "hint": "SIP/2000&SIP/2009,CustomPresence:2000", "name": "Front desk"}
    whole.advance(1)
    assert whole.reload({"hints": [changed, HINTS[1]]}).applied == ("hints: 2000 changed",)
    assert phone.notified().lamp[1] == "On the phone"
    assert whole.held("hint/2000")["device_state"] == "INUSE"
    # Its name is shown by no phone.
    whole.advance(1)
    whole.reload({"hints": [{**changed, "name": "Desk"}, HINTS[1]]})
    assert len(phone.notifies()) == 2
    whole.say(f"{BASE}/device/SIP/2009", "NOT_INUSE")
    assert phone.notified().lamp[1] == "Ready"


def test_who_may_not_watch_a_hint_any_more_is_told_so():
    whole = Whole({"hints": HINTS})
    near, far = whole.phone("127.0.0.1"), whole.phone("127.0.0.9")
    for one in (near, far):
        one.subscribe()
        one.notified()
    whole.reload({"hints": [{**HINTS[0], "watchers": ["127.0.0.1"]}]})
    assert far.notified().state == "terminated;reason=rejected"
    assert len(near.notifies()) == 1


def test_a_hint_that_goes_while_its_watcher_waits_for_the_store_ends_when_it_is_answered():
    disk = Disk(slow=True)
    whole = Whole({"hints": HINTS}, disk=disk)
    phone = whole.phone()
    phone.send(phone.request("SUBSCRIBE", Event="presence", Accept="application/pidf+xml", Expires="600"))
    assert phone.received == []
    whole.reload({"hints": HINTS[1:]})
    whole.feed(disk.commit())
    assert [response.status for response in phone.responses()] == [200]
    assert phone.notified().state == "terminated;reason=noresource"
    whole.feed(disk.commit())
    assert disk.subscriptions == {}


def test_a_hint_that_goes_while_its_watcher_unsubscribes_is_nothing_to_stumble_over():
    whole = Whole({"hints": HINTS})
    phone = whole.phone()
    phone.subscribe()
    first = phone.notifies()[0]
    assert phone.subscribe(expires=0).status == 200
    whole.reload({"hints": []})
    phone.answer(first)
    assert phone.notified().state == "terminated;reason=timeout"


# --- who is let in, and how phones are served -----------------------------------------------------

USER = {"name": "200", "password": "right"}


def test_users_and_networks_hold_for_the_next_request_and_for_subscriptions_that_live():
    strict = {"sip": {"trusted_networks": [], "users": [USER]}}
    whole = Whole({"hints": HINTS, **strict})
    phone = whole.phone(password="right")
    assert phone.subscribe().status == 200
    phone.notified()
    assert whole.reload({"hints": HINTS, "sip": {"users": [USER]}}).applied == ("sip.trusted_networks",)
    stranger = whole.phone()
    assert stranger.subscribe().status == 200
    stranger.notified()
    applied = whole.reload(
        {"hints": HINTS, "sip": {"trusted_networks": [], "users": [{**USER, "name": "b"}]}}
    )
    assert applied.applied == ("sip.trusted_networks", "sip.users: b added, 200 removed")
    assert [one.notified().state for one in (phone, stranger)] == ["terminated;reason=rejected"] * 2


def test_what_a_user_may_watch_can_become_less():
    whole = Whole({"hints": HINTS, "sip": {"trusted_networks": [], "users": [USER]}})
    phone = whole.phone(password="right")
    phone.subscribe()
    phone.notified()
    less = {**USER, "extensions": ["2001"]}
    whole.reload({"hints": HINTS, "sip": {"trusted_networks": [], "users": [less]}})
    assert phone.notified().state == "terminated;reason=rejected"


def test_a_phone_is_sent_what_its_profile_is_now():
    whole = Whole({"hints": HINTS})
    phone = whole.phone()
    phone.subscribe()
    assert phone.notified().presence == ("not_set", "", "")
    whole.advance(1)
    applied = whole.reload({"hints": HINTS, "sip": {"profiles": [{"agent": "Digium", "presence": "none"}]}})
    assert applied.applied == ("sip.profiles: Digium added",)
    assert phone.notified().presence is None
    whole.advance(1)
    whole.reload({"hints": HINTS})
    assert phone.notified().presence == ("not_set", "", "")


def test_limits_and_intervals_hold_for_the_next_request():
    whole = Whole({"hints": HINTS})
    phone, other = whole.phone(), whole.phone()
    assert phone.subscribe(expires=20).status == 200
    whole.reload({"hints": HINTS, "sip": {"min_expires_seconds": 60, "max_subscriptions": 1}})
    assert phone.subscribe(expires=20).status == 423
    assert phone.subscribe(expires=60).status == 200
    assert other.subscribe().status == 503


def test_methods_come_and_go():
    whole = Whole({"hints": HINTS})
    phone = whole.phone()

    def status(method, user):
        phone.send(phone.request(method, user))
        return phone.responses()[-1].status

    assert (status("INVITE", "*78"), status("REGISTER", "200")) == (405, 200)
    codes = [{"dial": "*78", "provider": "2000", "set": "dnd"}]
    whole.reload({"hints": HINTS, "sip": {"feature_codes": codes, "accept_register": False}})
    assert (status("INVITE", "*78"), status("REGISTER", "200")) == (603, 405)
    assert whole.core.state.facts.presence("2000").state.value == "dnd"
    whole.reload({"hints": HINTS})
    assert (status("INVITE", "*78"), status("REGISTER", "200")) == (405, 200)


def test_softphones_speak_for_hints_that_are_new():
    whole = Whole({"hints": HINTS[:1]})
    phone = whole.phone(user="2001")
    headers = {
        "Event": "presence",
        "From": "<sip:2001@127.0.0.1>;tag=p",
        "Content_Type": "application/pidf+xml",
    }
    body = (
        '<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:2001@h">'
        '<tuple id="a"><status><basic>closed</basic></status></tuple></presence>'
    )
    phone.send(phone.request("PUBLISH", "2001", body=body, **headers))
    assert phone.responses()[-1].status == 404
    whole.reload({"hints": HINTS})
    phone.send(phone.request("PUBLISH", "2001", body=body, **headers))
    assert phone.responses()[-1].status == 200
    assert whole.core.state.facts.presence("2001").state.value == "unavailable"


# --- sensors and rules ----------------------------------------------------------------------------


def test_a_rule_that_waits_goes_on_waiting_whatever_becomes_of_others():
    whole = Whole(HOUSE, {"house/door": "open"})
    whole.say("house/door", "closed")
    whole.advance(20)
    lamp = {"device": "Custom:lamp", "when": {"door": "closed"}, "set": "INUSE"}
    # Its message is another, and one stands before it now.
    told = {**SHUT, "set": {"state": "dnd", "message": "Shut"}}
    whole.reload({**HOUSE, "rules": [lamp, told]})
    assert decided(whole) == [("rule 1", "INUSE")]
    whole.advance(9)
    assert len(decided(whole)) == 1
    whole.advance(2)
    assert decided(whole)[-1] == ("shut", "dnd,,Shut")


@pytest.mark.parametrize(("seconds", "left"), [(60, 40), (25, 5), (10, 0), (0, 0)])
def test_a_rule_that_waits_waits_for_as_long_as_it_says_now(seconds, left):
    whole = Whole(HOUSE, {"house/door": "open"})
    whole.say("house/door", "closed")
    whole.advance(20)
    whole.reload({**HOUSE, "rules": [{**SHUT, "for_seconds": seconds}]})
    whole.advance(max(left - 1, 0))
    assert bool(decided(whole)) is (left == 0)
    whole.advance(1.5)
    assert decided(whole) == [("shut", "dnd,,Door closed")]


def test_a_manual_word_stays():
    whole = Whole(HOUSE, {"house/door": "closed"})
    assert whole.held("presence/2000")["by"] == "rule"
    whole.say(f"{BASE}/presence/2000/set", json.dumps({"state": "away", "until": 3600}))
    whole.reload({**HOUSE, "rules": [{**SHUT, "set": "xa"}, {"presence": "2000", "set": "chat"}]})
    whole.advance(5)
    assert whole.held("presence/2000")["state"] == "away"
    assert whole.ask("explain", name="2000")["data"]["outputs"][0]["decides"] == "manual"
    whole.advance(3600)
    assert whole.held("presence/2000")["state"] == "xa"


def test_a_rule_for_what_a_person_has_said_before_does_not_overrule_him():
    whole = Whole({"hints": HINTS}, {"house/door": "closed", f"{BASE}/presence/2000": "away"})
    whole.reload(HOUSE)
    whole.advance(60)
    assert whole.retained[f"{BASE}/presence/2000"] == b"away"
    whole.say(f"{BASE}/presence/2000/set", '{"state": null}')
    assert whole.held("presence/2000")["message"] == "Door closed"


def test_what_no_rule_sets_any_more_stays_as_it_is_and_is_peoples():
    whole = Whole(HOUSE, {"house/door": "closed"})
    whole.reload({**HOUSE, "rules": []})
    whole.say("house/door", "open")
    assert whole.held("presence/2000")["state"] == "dnd"
    assert "house/door" in whole.filters
    whole.reload({"hints": HINTS})
    assert "house/door" not in whole.filters
    whole.say(f"{BASE}/presence/2000/set", "chat")
    assert whole.held("presence/2000")["state"] == "chat"
    assert whole.ask("explain", name="2000")["data"]["outputs"] == []


def test_a_new_sensor_reads_what_is_retained_and_is_asked():
    whole = Whole({"hints": HINTS}, {"house/door": "closed"})
    before = len(whole.effects)
    whole.reload({**HOUSE, "sensors": {"door": {**DOOR, "request": {"topic": "house/ask", "payload": "?"}}}})
    # A level: nobody asks for how long it has been so.
    assert decided(whole) == [("shut", "dnd,,Door closed")]
    asked = [one for one in whole.effects[before:] if isinstance(one, Publish) and one.topic == "house/ask"]
    assert asked == [Publish("house/ask", b"?", retain=False)]


def test_a_sensor_that_is_what_it_was_keeps_its_value_and_another_begins_anew():
    window = {"topic": "house/window"}
    config = {**HOUSE, "sensors": {"door": DOOR, "window": window}}
    whole = Whole(config, {"house/window": "open"})
    whole.say("house/door", "closed")
    assert whole.ask("explain", name="door")["data"]["sensor"]["instances"][0]["value"] == "closed"
    changed = {"door": DOOR, "window": {**window, "map": {"open": "ajar"}}}
    assert whole.reload({**config, "sensors": changed}).applied == ("sensors: window changed",)

    def value(name):
        return whole.ask("explain", name=name)["data"]["sensor"]["instances"][0]["value"]

    assert (value("door"), value("window")) == ("closed", "ajar")
    whole.reload({**config, "sensors": {"door": {**DOOR, "expire_seconds": 600}}})
    assert value("door") == "unknown"
    assert whole.ask("explain", name="window")["status"] == "error"


def test_a_sensor_that_is_to_fall_silent_falls_silent_when_it_would_have():
    config = {**HOUSE, "sensors": {"door": {**DOOR, "expire_seconds": 100, "for_seconds": {"open": 50}}}}
    whole = Whole(config)
    whole.say("house/door", "closed")
    whole.advance(60)
    whole.reload({**config, "rules": []})
    whole.advance(39)

    def instance():
        return whole.ask("explain", name="door")["data"]["sensor"]["instances"][0]

    assert (instance()["value"], instance()["expires_in_seconds"]) == ("closed", 1.0)
    whole.advance(2)
    assert instance()["value"] == "unknown"
    whole.say("house/door", "closed")
    whole.say("house/door", "open")
    whole.advance(40)
    whole.reload(config)
    assert instance()["pending"]["seconds_left"] == 10.0
    whole.advance(11)
    assert instance()["value"] == "open"


def test_windows_of_time_open_and_close_by_the_new_rules():
    # The pretended clock shows a Wednesday, 11:23:20 UTC.
    def at(begin, end, state):
        return {"presence": "2000", "from": begin, "to": end, "set": state}

    whole = Whole({**HOUSE, "rules": [at("12:00", "13:00", "away")]})
    assert decided(whole) == []
    whole.reload({**HOUSE, "rules": [at("11:00", "11:30", "dnd"), at("11:30", "12:00", "xa")]})
    assert [value for _, value in decided(whole)] == ["dnd"]
    whole.advance(3600)
    assert [value for _, value in decided(whole)] == ["dnd", "xa"]


def test_before_anything_was_read_nothing_is_decided():
    whole = Whole({"hints": HINTS}, {"house/door": "closed"})
    whole.disconnect()
    whole.reload(HOUSE)
    whole.advance(60)
    assert decided(whole) == []
    whole.connect()
    assert decided(whole) == [("shut", "dnd,,Door closed")]


# --- Home Assistant, and what is said of it -------------------------------------------------------


def test_discovery_moves_and_goes():
    whole = Whole({"hints": HINTS[:1]})
    whole.advance(20)

    def places():
        return {"/".join(topic.split("/")[:2]) for topic in whole.retained if topic.endswith("/config")}

    assert "homeassistant/select" in places()
    whole.reload({"hints": HINTS[:1], "homeassistant": {"discovery": "device"}})
    whole.advance(60)
    assert places() == {"homeassistant/device"}
    whole.reload({"hints": HINTS[:1], "homeassistant": {"discovery": "device", "prefix": "ha"}})
    whole.advance(60)
    assert places() == {"ha/device"}
    whole.reload({"hints": HINTS[:1], "homeassistant": {"discovery": "off", "prefix": "ha"}})
    whole.advance(60)
    assert places() == set()
    assert not [topic for topic in whole.retained if topic.startswith(f"{BASE}/homeassistant/")]


def test_what_needs_a_restart_stays_as_it_is_and_is_named_until_the_file_says_so_no_more():
    whole = Whole({"hints": HINTS})
    fingerprint = whole.held("bridge/info")["config"]
    new = whole.reload(
        {"hints": HINTS[:1], "mqtt": {"base_topic": "other"}, "http": {"listen": "127.0.0.1:1"}}
    )
    assert (new.applied, new.restart_needed) == (("hints: 2001 removed",), ("mqtt", "http.listen"))
    info = whole.held("bridge/info")
    assert (info["restart_needed"], info["counts"]["hints"]) == (["mqtt", "http.listen"], 1)
    assert info["config"] != fingerprint
    whole.reload({"hints": HINTS})
    assert (whole.held("bridge/info")["restart_needed"], whole.held("bridge/info")["config"]) == (
        [],
        fingerprint,
    )


def test_facts_stay():
    whole = Whole({"hints": HINTS})
    whole.say(f"{BASE}/presence/2001", "dnd,,busy")
    whole.reload({"hints": HINTS[:1]})
    whole.reload({"hints": HINTS})
    phone = whole.phone()
    phone.subscribe("2001")
    assert phone.notified().presence == ("dnd", "", "busy")


def test_a_reload_that_changes_nothing_says_nothing():
    whole = Whole(HOUSE, {"house/door": "closed"})
    phone = whole.phone()
    phone.subscribe()
    phone.notified()
    whole.advance(30)
    before = len(whole.effects)
    new = whole.reload(HOUSE)
    whole.advance(3)
    assert (new.applied, new.restart_needed) == ((), ())
    assert whole.effects[before:] == []


def test_a_bridge_without_a_file_says_so():
    answer = Whole({"hints": HINTS}).ask("reload")
    assert answer == {"status": "error", "error": "this bridge was not started from a file"}
