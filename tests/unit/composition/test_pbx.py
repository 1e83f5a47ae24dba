"""The whole of the pure parts beside a pretended Asterisk: hints that come from there, and what is configured."""

from collections import deque
from pathlib import Path

from bridge.composition.pbx import beside, reached
from bridge.config import Settings
from bridge.config.asterisk import AsteriskSettings
from bridge.effects import Publish, SubscriptionEnded
from bridge.events import AsteriskConnected, AsteriskDisconnected, AsteriskReceived
from bridge.pbx import SendToAsterisk
from support.asterisk.manager import Conversation, Faults, User
from support.asterisk.pbx import Pbx
from support.disk import Disk
from support.whole import BASE, Whole

ACCOUNT = {"username": "bridge", "secret": "hush"}
CONFIG = {
    "hints": [{"extension": "2000", "hint": "SIP/2000,CustomPresence:2000", "name": "Own"}],
    "asterisk": {**ACCOUNT, "import_hints": True, "import_contexts": ["from-internal"]},
}


class Neighbours(Whole):
    """A bridge and its Asterisk, of which each hears the other at once."""

    def __init__(self, pbx, config=CONFIG, **options):
        self.pbx = pbx
        self.conversation = None
        self.from_pbx = deque()
        super().__init__(config, **options)

    def link(self):
        self.feed(AsteriskConnected())
        users = {"bridge": User("hush")}
        self.conversation = Conversation(self.pbx, users, Faults(), self.from_pbx.append, lambda: None)
        self.pbx.listeners[:] = [self.conversation.event]
        self.settle()
        return self

    def unlink(self):
        self.conversation = None
        self.pbx.listeners.clear()
        self.feed(AsteriskDisconnected("gone"))

    def settle(self):
        super().settle()
        while self.from_pbx:
            self.core.engine.handle(AsteriskReceived(self.from_pbx.popleft()), self.now)
            super().settle()

    def _emit(self, effect):
        super()._emit(effect)
        if isinstance(effect, SendToAsterisk) and self.conversation is not None:
            self.conversation.feed(effect.data)


def pbx():
    found = Pbx()
    found.hint("2000", "PJSIP/2000")
    found.hint("2001", "PJSIP/2001&Custom:DND2001,CustomPresence:2001")
    found.hint("9000", "PJSIP/9000", "elsewhere")
    found.device("PJSIP/2001", "INUSE")
    return found


def test_what_is_configured_is_what_the_link_is_told():
    settings = AsteriskSettings(
        **ACCOUNT,
        host="pbx",
        port=5039,
        tls=True,
        tls_ca="/ca.pem",
        tls_name="pbx.example",
        devices=("SIP/*",),
        custom_prefixes=("m-",),
        presence="off",
        import_hints=True,
        import_contexts=("a",),
    )
    options, address = beside(settings), reached(settings)
    assert (options.account.username, options.account.secret) == ("bridge", "hush")
    assert (options.devices, options.custom_prefixes, options.presence) == (("SIP/*",), ("m-",), "off")
    assert (options.import_hints, options.import_contexts) == (True, ("a",))
    assert (address.host, address.port, address.tls, address.verify) == ("pbx", 5039, True, True)
    assert (address.ca, address.tls_name) == (Path("/ca.pem"), "pbx.example")
    assert Settings().asterisk is None


def test_hints_of_asterisk_can_be_watched_beside_those_of_the_file_which_go_before():
    whole = Neighbours(pbx()).link()
    assert [(hint.extension, hint.text) for hint in whole.core.state] == [
        ("2000", "SIP/2000,CustomPresence:2000"),
        ("2001", "PJSIP/2001&Custom:DND2001,CustomPresence:2001"),
    ]
    phone = whole.phone()
    assert phone.subscribe("2001").status == 200
    assert whole.phone().subscribe("9000").status == 404
    assert whole.held("hint/2001")["extension_state"] == "InUse"
    whole.advance(5)
    assert "homeassistant/select/presence-bridge/presence_2001_state/config" in whole.retained


def test_a_hint_that_comes_or_goes_in_asterisk_comes_or_goes_here():
    whole = Neighbours(pbx()).link()
    phone = whole.phone()
    phone.subscribe("2001")
    phone.notified()
    whole.pbx.hint("2002", "PJSIP/2002")
    whole.pbx.remove_hint("2001")
    whole.settle()
    whole.advance(2)
    assert [hint.extension for hint in whole.core.state] == ["2000", "2002"]
    assert phone.notified().state == "terminated;reason=noresource"
    assert f"{BASE}/hint/2002" in whole.retained


def test_a_reload_keeps_the_hints_of_asterisk():
    whole = Neighbours(pbx()).link()
    own = {"extension": "2005", "hint": "SIP/2005"}
    whole.reload({**CONFIG, "hints": [own]})
    assert [hint.extension for hint in whole.core.state] == ["2005", "2000", "2001"]
    whole.advance(5)
    assert any("2001" in topic for topic in whole.retained if topic.startswith("homeassistant/"))


def test_the_next_run_serves_them_before_asterisk_is_there():
    disk = Disk()
    whole = Neighbours(pbx(), disk=disk).link()
    phone = whole.phone()
    phone.subscribe("2001")
    phone.notified()
    whole.advance(5)
    later = Neighbours(pbx(), disk=disk)
    later.core.resume(disk.content, lambda flow: flow, later.now)
    later.settle()
    assert [hint.extension for hint in later.core.state] == ["2000", "2001"]
    assert later.of(SubscriptionEnded) == []
    assert len(later.core.notifier.subscriptions) == 1
    later.link()
    assert later.of(SubscriptionEnded) == []


def test_readiness_tells_of_asterisk_and_does_not_depend_on_it():
    whole = Neighbours(pbx())
    readiness = whole.core.readiness()
    assert readiness.asterisk == (False, "not connected yet")
    assert readiness.ready == (readiness.mqtt.ok and readiness.sip.ok)
    whole.link()
    assert whole.core.readiness().document()["parts"]["asterisk"]["ok"] is True
    whole.unlink()
    assert whole.core.readiness().asterisk.why == "gone"
    assert "asterisk" not in Whole({}).core.readiness().document()["parts"]


def test_a_change_in_asterisk_reaches_a_phone():
    whole = Neighbours(pbx()).link()
    phone = whole.phone()
    phone.subscribe("2001")
    phone.notified()
    whole.pbx.set("2001", "away,lunch,back at 13:00")
    whole.settle()
    whole.advance(1)
    assert phone.notified().presence == ("away", "lunch", "back at 13:00")
    events = [effect for effect in whole.of(Publish) if effect.topic == f"{BASE}/presence/2001/event"]
    assert len(events) == 1
