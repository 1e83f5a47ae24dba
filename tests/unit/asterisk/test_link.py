"""The link as a whole: what is read at a connect, devices both ways, and how it says that it is."""

from bridge.model.device import DeviceState
from bridge.pbx import AsteriskChanged, AsteriskHeard
from support.asterisk.manager import Faults, User
from support.asterisk.pbx import Pbx
from support.beside import Beside
from support.house import BASE


def count(world, kind):
    return sum(isinstance(effect, kind) for effect in world.bridge.effects)


def warnings(world):
    return [effect.text for effect in world.bridge.effects if type(effect).__name__ == "Warned"]


# --- devices --------------------------------------------------------------------------------------


def test_at_a_connect_all_devices_are_read_and_then_each_change():
    world = Beside()
    world.pbx.device("PJSIP/2000", "NOT_INUSE")
    world.pbx.device("SIP/2001", "UNAVAILABLE")
    world.start()
    assert world.retained == {
        f"{BASE}/device/PJSIP/2000": b"NOT_INUSE",
        f"{BASE}/device/SIP/2001": b"UNAVAILABLE",
    }
    world.pbx.device("PJSIP/2000", "RINGING")
    world.pbx.device("PJSIP/2000", "INUSE")
    world.settle()
    assert world.retained[f"{BASE}/device/PJSIP/2000"] == b"INUSE"
    assert count(world, AsteriskHeard) == 2


def test_what_changed_while_the_link_was_down_is_told():
    world = Beside().start()
    world.pbx.device("PJSIP/2000", "NOT_INUSE")
    world.settle()
    world.break_link()
    world.pbx.device("PJSIP/2000", "INUSE")
    world.link()
    world.settle()
    assert world.retained[f"{BASE}/device/PJSIP/2000"] == b"INUSE"


def test_custom_devices_of_the_prefix_go_both_ways():
    world = Beside(custom_prefixes=("mqtt-",))
    world.retained[f"{BASE}/device/Custom/mqtt-door"] = b"INUSE"
    world.start()
    assert world.pbx.device_state("Custom:mqtt-door") is DeviceState.INUSE
    world.pbx.set_function("DEVICE_STATE(Custom:MQTT-door)", "NOT_INUSE")
    world.settle()
    assert world.retained[f"{BASE}/device/Custom/mqtt-door"] == b"NOT_INUSE"
    world.publish(f"{BASE}/device/Custom/mqtt-bell/set", b"RINGING")
    world.settle()
    assert world.pbx.device_state("Custom:mqtt-bell") is DeviceState.RINGING
    assert world.bridge.link.is_connected


def test_other_custom_devices_are_those_of_asterisk():
    world = Beside(custom_prefixes=("mqtt-",)).start()
    world.publish(f"{BASE}/device/Custom/lamp", b"INUSE", retain=True)
    world.settle()
    assert world.pbx.customs == {}
    world.pbx.set_function("DEVICE_STATE(Custom:DND2000)", "INUSE")
    world.settle()
    assert world.retained[f"{BASE}/device/Custom/DND2000"] == b"INUSE"


def test_a_custom_device_that_is_cleared_on_mqtt_stays_in_asterisk():
    world = Beside(custom_prefixes=("",))
    world.retained[f"{BASE}/device/Custom/lamp"] = b"INUSE"
    world.start()
    world.publish(f"{BASE}/device/Custom/lamp", b"", retain=True)
    world.settle()
    assert world.pbx.device_state("Custom:lamp") is DeviceState.INUSE


# --- names ----------------------------------------------------------------------------------------


def test_names_that_mean_something_else_to_asterisk_are_left_alone_and_named_once():
    world = Beside().start()
    for name in ("a,b", "x&CustomPresence:y"):
        for word in (b"away", b"dnd"):
            world.publish(f"{BASE}/presence/{name}", word, retain=True)
            world.settle()
    world.pbx.set("plus+", "away")
    world.settle()
    assert set(world.pbx.presences) == {"plus+"}
    assert len(warnings(world)) == 3
    assert f"{BASE}/presence/plus+" not in world.retained


def test_other_providers_are_not_ours():
    world = Beside().start()
    event = "Event: PresenceStateChange\r\nPresentity: SIP/2000\r\nStatus: away\r\n\r\n"
    world.bridge.from_pbx.append(event.encode())
    world.settle()
    assert world.retained == {}


# --- health ---------------------------------------------------------------------------------------


def test_before_and_behind_a_connection_the_reason_is_told():
    world = Beside()
    assert world.bridge.link.health == (False, "not connected yet")
    world.start()
    assert world.bridge.link.health == (True, "connected, manager interface 9.0.0")
    world.unlink("Connection reset by peer")
    assert world.bridge.link.health == (False, "Connection reset by peer")
    told = [effect for effect in world.bridge.effects if isinstance(effect, AsteriskChanged)]
    assert told == [AsteriskChanged(True, ""), AsteriskChanged(False, "Connection reset by peer")]


def test_a_wrong_secret_is_told():
    world = Beside(secret="hash").start()
    ok, why = world.bridge.link.health
    assert not ok
    assert "look at [bridge] in manager.conf" in why


def test_a_missing_right_to_read_is_told():
    world = Beside(user=User("hush", write=("system",))).start()
    ok, why = world.bridge.link.health
    assert not ok
    assert "may not use DeviceStateList: add reporting to `write =` of [bridge] in manager.conf" in why
    assert world.bridge.link.is_connected


def test_an_old_asterisk_takes_presences_and_the_rest_is_told():
    world = Beside(pbx=Pbx(version=11))
    world.retained[f"{BASE}/presence/2000"] = b"away"
    world.start()
    assert "does not know PresenceStateList: that needs Asterisk 13" in world.bridge.link.health[1]


def test_a_refused_list_is_told_in_the_words_of_asterisk():
    world = Beside(faults=Faults(errors={"DeviceStateList": "Something odd"})).start()
    assert "Asterisk refused DeviceStateList: Something odd" in world.bridge.link.health[1]


def test_a_trouble_is_told_once_in_a_connection():
    world = Beside(faults=Faults(errors={"DeviceStateList": "Odd"})).start()
    world.unlink()
    world.link()
    world.settle()
    told = [effect for effect in world.bridge.effects if isinstance(effect, AsteriskChanged)]
    assert [effect.connected for effect in told] == [True, False, True]
    assert told[0].trouble == told[2].trouble == "Asterisk refused DeviceStateList: Odd"


def test_an_asterisk_that_tells_of_nothing_is_told():
    world = Beside(user=User("hush", read=("system",)))
    world.retained[f"{BASE}/presence/2000"] = b"away"
    world.start()
    assert world.bridge.link.health[0]
    world.advance(6)
    ok, why = world.bridge.link.health
    assert not ok
    assert "no events come from Asterisk: add call to `read =` of [bridge] in manager.conf" in why


def test_one_event_is_enough_to_know_that_they_come():
    world = Beside().start()
    world.publish(f"{BASE}/presence/2000", b"away", retain=True)
    world.settle()
    world.advance(6)
    assert world.bridge.link.health[0]
