"""Device states of Asterisk, on their way to MQTT."""

from bridge.asterisk.devices import Devices
from bridge.model.device import DeviceState

IN_USE, IDLE, RINGING = DeviceState.INUSE, DeviceState.NOT_INUSE, DeviceState.RINGING


class Told:
    """A truth that is told."""

    def __init__(self, **known):
        self.known = known
        self.reports = []

    def device(self, device):
        return self.known.get(device, DeviceState.UNKNOWN)

    def report(self, device, state, now):
        self.known[device] = state
        self.reports.append((device, state))


def devices(*wanted):
    truth, unsuited = Told(), []
    part = Devices(truth, wanted or ("*",), lambda device, _why: unsuited.append(device))
    return part, truth, unsuited


def test_every_change_is_told_in_order_and_what_is_known_is_not():
    part, truth, _ = devices()
    part.synchronised(0.0)
    for state in (IN_USE, IN_USE, IDLE, RINGING):
        part.heard("PJSIP/2000", state, 0.0)
    assert truth.reports == [("PJSIP/2000", IN_USE), ("PJSIP/2000", IDLE), ("PJSIP/2000", RINGING)]


def test_all_technologies_have_a_topic():
    part, truth, _ = devices()
    part.synchronised(0.0)
    for device in ("SIP/2000", "Custom:lamp", "Queue:sales", "Local/2000@from-queue", "DAHDI/i1/5"):
        part.heard(device, IN_USE, 0.0)
    assert [path for path, _ in truth.reports] == [
        "SIP/2000",
        "Custom/lamp",
        "Queue/sales",
        "Local/2000@from-queue",
        "DAHDI/i1/5",
    ]


def test_without_a_broker_the_newest_waits():
    part, truth, _ = devices()
    part.heard("SIP/1", IN_USE, 0.0)
    part.heard("SIP/1", IDLE, 0.0)
    part.synchronised(0.0)
    part.disconnected()
    part.heard("SIP/1", RINGING, 0.0)
    assert truth.reports == [("SIP/1", IDLE)]
    part.synchronised(0.0)
    assert truth.reports[1:] == [("SIP/1", RINGING)]


def test_a_list_tells_what_is_other():
    part, truth, _ = devices()
    part.synchronised(0.0)
    part.heard("SIP/1", IN_USE, 0.0)
    part.lost()
    assert len(part) == 0
    part.listed({"SIP/1": IN_USE, "SIP/2": IDLE}, 0.0)
    assert truth.reports == [("SIP/1", IN_USE), ("SIP/2", IDLE)]
    assert len(part) == 2


def test_only_what_is_wanted_is_told():
    part, truth, _ = devices("pjsip/*", "Custom:DND*")
    part.synchronised(0.0)
    for device in ("PJSIP/1", "SIP/1", "Custom:dnd2000", "Custom:lamp"):
        part.heard(device, IN_USE, 0.0)
    assert [path for path, _ in truth.reports] == ["PJSIP/1", "Custom/dnd2000"]


def test_what_cannot_be_a_topic_is_told_once():
    part, truth, unsuited = devices()
    part.synchronised(0.0)
    for device in ("SIP/+49", "SIP/a/set", "SIP/+49", "nonsense", "SIP/", ""):
        part.heard(device, IN_USE, 0.0)
    assert truth.reports == []
    assert unsuited == ["SIP/+49", "SIP/a/set", ""]
