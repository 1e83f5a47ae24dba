"""Conversations: phones of every kind watch one extension, and each is told what it can show."""

import pytest

from bridge.events import Flow
from bridge.notifier.profiles import Profiles, Rule
from support.playbook import Playbook

HINT = "2000 = SIP/2000,CustomPresence:2000"
DIALOG_INFO = "application/dialog-info+xml"

PHONES = {
    "digium": {"agent": "Digium D40 1_4_0_0_57389"},
    "baresip": {"agent": "baresip v1.0.0 (x86_64/linux)"},
    "yealink": {"agent": "Yealink SIP-T46S 66.85.0.5"},
    "polycom": {"agent": "PolycomSoundPointIP-SPIP_550-UA/3.2.3"},
}
SUBSCRIBES = {
    "digium": {"Accept": "application/pidf+xml, application/xpidf+xml"},
    "baresip": {"Accept": None},
    "yealink": {"Event": "dialog", "Accept": DIALOG_INFO},
    "polycom": {"Accept": "application/pidf+xml"},
}


def words(notify):
    """What a phone can tell one state from another by."""
    tree = notify.tree
    found = []
    for element in tree.iter():
        tag = element.tag.rpartition("}")[2]
        if tag in ("basic", "note", "state"):
            found.append(element.text)
        elif tag in ("on-the-phone", "away", "busy"):
            found.append(f"<{tag}>")
        elif tag in ("status", "msnsubstatus", "digium_presence"):
            found += [value for name, value in element.items() if name in ("status", "substatus", "type")]
        elif tag == "param":
            found.append(f"{element.get('pname')}={element.get('pvalue')}")
    return " ".join(found)


# What happens, and what each of them is told then; None: nothing.
HAPPENS = [
    ("device/SIP/2000", "RINGING"),
    ("device/SIP/2000", "INUSE"),
    ("device/SIP/2000", "ONHOLD"),
    ("device/SIP/2000", "NOT_INUSE"),
    ("presence/2000", "away"),
    ("presence/2000", "dnd"),
    ("presence/2000", "unavailable"),
    ("presence/2000", "not_set"),
    ("device/SIP/2000", "UNAVAILABLE"),
]
TOLD = {
    "digium": [
        "Ready open not_set",
        "Ringing open not_set <on-the-phone>",
        "On the phone open not_set <on-the-phone>",
        "On hold open not_set <on-the-phone>",
        "Ready open not_set",
        "Ready open away",
        "Ready open dnd",
        "Ready open unavailable",
        "Ready open not_set",
        "Unavailable closed not_set",
    ],
    "baresip": [
        "open Ready",
        "open Ringing <on-the-phone>",
        "open On the phone <on-the-phone>",
        "open On hold <on-the-phone>",
        "open Ready",
        "open Away <away>",
        "open Do not disturb <busy>",
        "closed Unavailable",
        "open Ready",
        "closed Unavailable",
    ],
    "yealink": [
        "terminated",
        "early",
        "confirmed",
        "confirmed +sip.rendering=no",
        "terminated",
        None,
        None,
        None,
        None,
        # The same document as for an idle line, and so no NOTIFY.
        None,
    ],
    "polycom": [
        "open online",
        "inuse onthephone",
        None,
        None,
        "open online",
        "open away",
        "inuse busy",
        "closed offline",
        "open online",
        "closed offline",
    ],
}
TYPES = {
    "digium": "application/pidf+xml",
    "baresip": "application/pidf+xml",
    "yealink": DIALOG_INFO,
    "polycom": "application/xpidf+xml",
}


@pytest.mark.parametrize("kind", PHONES)
@pytest.mark.requirement("S22", "S27")
def test_each_kind_is_told_what_it_can_show_and_nothing_twice(kind):
    play = Playbook(HINT)
    phone = play.phone(**PHONES[kind])
    phone.subscribe(**SUBSCRIBES[kind])
    told = [words(phone.notified())]
    for topic, payload in HAPPENS:
        before = len(phone.notifies())
        play.mqtt(topic, payload)
        told.append(words(phone.notified()) if len(phone.notifies()) > before else None)
    assert told == TOLD[kind]
    assert {notify.request.get("content-type") for notify in phone.notifies()} == {TYPES[kind]}


@pytest.mark.requirement("S27", "B4")
def test_a_lamp_key_hears_nothing_of_presence_and_its_versions_have_no_gap():
    play = Playbook(HINT)
    phone = play.phone(agent="snom870/8.7.5")
    phone.subscribe(Event="dialog", Accept=None)
    versions = [phone.notified().tree.get("version")]
    for payload in ("away", "dnd,,x", "not_set"):
        play.mqtt("presence/2000", payload)
    for payload in ("INUSE", "NOT_INUSE"):
        play.mqtt("device/SIP/2000", payload)
        versions.append(phone.notified().tree.get("version"))
    phone.subscribe(Event="dialog", Accept=None)
    versions.append(phone.notified().tree.get("version"))
    phone.subscribe(Event="dialog", Accept=None, expires=0)
    versions.append(phone.notified().tree.get("version"))
    assert versions == ["0", "1", "2", "3", "4"]
    assert {notify.request.get("event") for notify in phone.notifies()} == {"dialog"}
    assert {notify.tree.get("state") for notify in phone.notifies()} == {"full"}


@pytest.mark.requirement("B4")
def test_two_lamp_keys_count_by_themselves():
    play = Playbook(HINT)
    first, second = play.phone(), play.phone()
    first.subscribe(Event="dialog", Accept=DIALOG_INFO)
    first.notified()
    play.mqtt("device/SIP/2000", "INUSE")
    first.notified()
    second.subscribe(Event="dialog", Accept=DIALOG_INFO)
    second.notified()
    play.mqtt("device/SIP/2000", "RINGING")
    assert [phone.notified().tree.get("version") for phone in (first, second)] == ["2", "1"]


def test_an_entry_of_the_configuration_makes_a_phone_a_digium():
    play = Playbook(HINT, profiles=Profiles([Rule("Acme", "digium")]))
    acme, other = play.phone(agent="acme 3000"), play.phone(agent="other")
    play.mqtt("presence/2000", "away,lunch,back at 13:00")
    for phone in (acme, other):
        phone.subscribe()
    assert (acme.notified().lamp, acme.notified().presence) == (
        ("open", "Ready"),
        ("away", "lunch", "back at 13:00"),
    )
    assert (other.notified().lamp, other.notified().presence) == (
        ("open", "Away - lunch: back at 13:00"),
        None,
    )


# --- how large a NOTIFY may be ---

LONG = "presence/2000", '{"state": "away", "subtype": "' + "ß" * 500 + '", "message": "' + "é&" * 500 + '"}'


def with_a_long_head(phone, octets, **headers):
    """Subscribe so that each NOTIFY's head is longer by about this."""
    fields = {"Call-ID": "c" * octets, "Event": "presence", "Accept": None, "Expires": "600"} | headers
    phone.send(phone.request("SUBSCRIBE", **fields))
    return phone.notified()


@pytest.mark.parametrize("agent", ["Digium D40", "baresip"])
@pytest.mark.parametrize("octets", [10, 500, 900, 1500, 2000, 2400])
@pytest.mark.requirement("B7", "B5")
def test_a_datagram_is_never_larger_than_the_phone_can_take(agent, octets):
    play = Playbook(HINT)
    play.mqtt(*LONG)
    phone = play.phone(agent=agent)
    notify = with_a_long_head(phone, octets)
    size = len(phone.received[-1])
    assert size <= 4000
    digium = agent.startswith("Digium")
    text = (
        "".join(notify.presence[1:]) if digium else notify.lamp[1].removeprefix("Away - ").replace(": ", "")
    )
    whole = "ß" * 500 + "é&" * 500
    assert whole.startswith(text)
    if octets >= 1500:
        # As much of it as there is room for, give or take what the room is rounded by.
        assert size > 3800
    if octets == 2400:
        assert "é" not in text


@pytest.mark.requirement("B7")
def test_a_phone_that_takes_less_is_sent_less():
    play = Playbook(HINT, profiles=Profiles([Rule("Acme", None, {"udp_limit_bytes": 1400})]))
    play.mqtt("presence/2000", "away,lunch," + "x" * 900)
    acme, other = play.phone(agent="Acme"), play.phone(agent="other")
    for phone in (acme, other):
        phone.subscribe(Accept=None)
        phone.notified()
    assert 1300 < len(acme.received[-1]) <= 1400 < len(other.received[-1])
    assert acme.notified().lamp[1].startswith("Away - lunch: xxx")
    assert len(other.notified().lamp[1]) == len("Away - lunch: ") + 900


@pytest.mark.requirement("B7", "S29")
def test_a_shortened_body_is_told_again_only_when_the_state_changed():
    play = Playbook(HINT)
    play.mqtt(*LONG)
    phone = play.phone()
    notify = with_a_long_head(phone, 2000)
    etag = notify.request.get("sip-etag")
    other = play.phone()
    other.subscribe()
    assert other.notified().request.get("sip-etag") == etag
    assert len(other.notifies()[-1].presence[2]) > len(notify.presence[2])
    before = len(phone.notifies())
    play.mqtt(*LONG)
    assert len(phone.notifies()) == before
    play.mqtt("presence/2000", "dnd")
    assert phone.notified().presence == ("dnd", "", "")


@pytest.mark.requirement("B7")
def test_a_stream_takes_it_whole():
    play = Playbook(HINT)
    play.mqtt(*LONG)
    phone = play.phone(transport="tcp", connection=1)
    notify = with_a_long_head(phone, 2400)
    assert len(phone.received[-1]) > 4000
    assert notify.presence == ("away", "ß" * 500, ("é&" * 500)[: len(notify.presence[2])])
    assert len(notify.presence[2]) > 100


@pytest.mark.parametrize(("tcp_above_bytes", "transport"), [(1000, "tcp"), (3000, "udp")])
@pytest.mark.requirement("T7")
def test_the_profile_says_what_is_large(tcp_above_bytes, transport):
    streams = []

    def stream_to(flow: Flow) -> Flow:
        streams.append(flow._replace(transport="tcp"))
        return streams[-1]

    rule = Rule("Acme", None, {"tcp_above_bytes": tcp_above_bytes})
    play = Playbook(HINT, profiles=Profiles([rule]), stream_to=stream_to)
    phone = play.phone(agent="Acme")
    phone.subscribe(Accept=None)
    phone.notified()
    play.mqtt("presence/2000", "away,lunch," + "x" * 500)
    assert bool(streams) == (transport == "tcp")
