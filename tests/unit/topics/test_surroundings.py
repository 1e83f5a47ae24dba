"""Where no shell tells anything."""

import pytest

from bridge.topics.surroundings import Surroundings


def test_nothing_is_known_and_nothing_troubles():
    around = Surroundings()
    assert (around.mqtt_protocol(), around.listeners(), around.sip_trouble()) == ("", (), "")
    assert around.log_level() == "info"


def test_a_log_level_cannot_be_set():
    with pytest.raises(ValueError, match="there is no log"):
        Surroundings().set_log_level("debug")
