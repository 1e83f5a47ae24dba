from ipaddress import ip_network

import pytest
from pydantic import ValidationError

from bridge.config import ConfigError, HintSettings, load
from bridge.config.hints import unknown_watchers
from bridge.model.watchers import EVERYBODY, Watchers


def hint(**values: object) -> HintSettings:
    return HintSettings.model_validate({"extension": "2000", "hint": ",CustomPresence:2000"} | values)


def test_a_hint_without_options():
    parsed = hint(name="Alice").parsed
    assert (parsed.extension, parsed.text, parsed.name) == ("2000", ",CustomPresence:2000", "Alice")
    assert (parsed.dnd_is_busy, parsed.deviceless, parsed.watchers) == (False, "presence", EVERYBODY)


def test_options():
    watchers = ["alice", "10.0.0.7", "192.168.1.0/24", "2001:db8::/32", "200"]
    parsed = hint(dnd_is_busy=True, deviceless="asterisk", watchers=watchers).parsed
    networks = tuple(map(ip_network, ("10.0.0.7", "192.168.1.0/24", "2001:db8::/32")))
    assert parsed.watchers == Watchers(frozenset({"alice", "200"}), networks)
    assert (parsed.dnd_is_busy, parsed.deviceless) == (True, "asterisk")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"extension": "a/b"}, "one level of a topic"),
        ({"hint": "CustomPresence:2000"}, "needs a comma before it"),
        ({"deviceless": "asterix"}, "'presence' or 'asterisk'"),
        ({"dnd_is_busy": "often"}, "valid boolean"),
        ({"watchers": ["192.168.1.7/24"]}, "did you mean 192.168.1.0/24"),
        ({"watchers": ["sales/alice"]}, "needs a network"),
    ],
)
def test_refused(values, words):
    with pytest.raises(ValidationError, match=words) as caught:
        hint(**values)
    assert caught.value.error_count() == 1


def test_watchers_that_nobody_knows():
    hints = [hint(watchers=["alice", "10.0.0.7"]), hint(watchers=["200", "alcie"])]
    found = list(unknown_watchers(hints, ["alice", "200"]))
    words = "names an unknown user 'alcie': known are alice, 200 (did you mean alice?)"
    assert found == [(("hints", 1, "watchers", 1), words)]
    assert [words for _, words in unknown_watchers(hints, [])] == ["needs a network, or [[sip.users]]"] * 3


def test_an_unknown_watcher_is_shown_where_it_stands(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text('[[hints]]\nextension = "2000"\nhint = "SIP/2000"\nwatchers = ["::1", "alice"]\n')
    with pytest.raises(ConfigError) as caught:
        load(file, {})
    (problem,) = caught.value.problems
    assert (problem.where, problem.key) == (f"{file}:4:20", "hints[0].watchers[1]")
