import pytest

from bridge.composition.own_words import OwnWords
from bridge.config import Settings

SETTINGS = Settings.model_validate({"rules": [{"device": "Custom:lamp", "set": "INUSE"}]})
DECIDED = '{"state":"dnd","by":"rule","rule":"x"}'


@pytest.mark.parametrize(
    ("topic", "payload", "retained", "ours"),
    [
        ("zigbee2mqtt/door", DECIDED, False, False),
        ("presence-bridge/presence/2000", DECIDED, False, True),
        ("presence-bridge/presence/2000", DECIDED.replace("rule", "command", 1), False, True),
        ("presence-bridge/presence/2000", DECIDED.replace("rule", "phone", 1), False, False),
        ("presence-bridge/presence/2000", DECIDED, True, False),
        ("presence-bridge/presence/2000", "dnd", False, False),
        ("presence-bridge/presence/2000", "nonsense", False, False),
        ("presence-bridge/presence/2000", "", False, False),
        ("presence-bridge/presence/a/b/set", DECIDED, False, False),
        ("presence-bridge/device/Custom/lamp", "INUSE", False, True),
        ("presence-bridge/device/custom/LAMP", "INUSE", False, True),
        ("presence-bridge/device/Custom/lamp", "INUSE", True, False),
        ("presence-bridge/device/Custom/lamp/set", "INUSE", False, False),
        ("presence-bridge/device/SIP/2000", "INUSE", False, False),
        ("presence-bridge/hint/2000", "{}", False, True),
        ("presence-bridge/hint/2000", "{}", True, True),
        ("presence-bridge/bridge/request/explain", "2000", False, True),
    ],
)
def test_whose_word_it_is(topic, payload, retained, ours):
    assert OwnWords(SETTINGS).hold(topic, payload.encode(), retained=retained) is ours
