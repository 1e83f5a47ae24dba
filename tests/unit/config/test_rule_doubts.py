from pathlib import Path

import pytest

from bridge.config import doubts, load

FILE = """\
[[hints]]
extension = "2000"
hint = "SIP/2000,CustomPresence:2000"
[sensors.door]
topic = "z"
map = { on = "open", off = "closed" }
"""


@pytest.fixture
def doubted(tmp_path: Path, monkeypatch):
    """The doubts about a file with these rules behind its sensor."""
    monkeypatch.chdir(tmp_path)

    def found(rules: str) -> list[str]:
        Path("c.toml").write_text(FILE + rules, encoding="utf-8")
        settings = load(Path("c.toml"), {})
        return [str(doubt).partition("\n")[0] for doubt in doubts(settings, Path("c.toml"), {})]

    return found


def rule(
    conditions: str = "when = { door = 'open' }", output: str = "presence = '2000'", to: str = "dnd"
) -> str:
    return f"[[rules]]\n{output}\n{conditions}\nset = '{to}'\n"


def test_nothing_is_doubtful(doubted):
    assert doubted(rule() + rule("")) == []


def test_a_sensor_that_no_rule_reads(doubted):
    assert doubted("") == ["c.toml:4:10: sensors.door is read by no rule"]


def test_what_no_hint_has_is_told_once(doubted):
    device = "device_state = { 'SIP/200' = 'INUSE' }\nwhen = { door = 'open' }"
    rules = rule(output="presence = '200'") + rule(device, output="presence = '200'")
    assert doubted(rules + rule(output="device = 'Custom:lamp'", to="INUSE")) == [
        "c.toml:8:1: rules[0].presence sets CustomPresence:200, which no hint has (did you mean 2000?)",
        "c.toml:13:18: rules[1].device_state.SIP/200 is a device that no hint has (did you mean SIP/2000?)",
        "c.toml:17:1: rules[2].device sets Custom:lamp, which no hint has",
    ]


def test_beside_an_asterisk_only_what_is_nearly_in_a_hint_is_told(doubted):
    asterisk = "[asterisk]\nusername = 'bridge'\nsecret = 'x'\n"
    device = "device_state = { 'PJSIP/77' = 'INUSE' }"
    rules = rule(output="device = 'Custom:mqtt-door'", to="INUSE") + rule(device, output="presence = '200'")
    assert doubted(rules + asterisk) == [
        "c.toml:12:1: rules[1].presence sets CustomPresence:200, which no hint has (did you mean 2000?)"
    ]


def test_a_window_that_is_a_whole_day(doubted):
    assert doubted(rule("when = { door = 'open' }\nfrom = '8:00'\nto = '8:00'")) == [
        "c.toml:11:1: rules[0].to is the same as from, which makes it a whole day"
    ]


def test_rules_that_never_decide(doubted):
    rules = rule("when = { door = 'open' }\nnone = { door = 'open' }") + rule("") + rule("", to="away")
    assert doubted(rules) == [
        (
            "c.toml:7:3: rules[0] (rule 1) can never decide: its condition contradicts itself:"
            " door is open and none of: door is open"
        ),
        (
            "c.toml:16:3: rules[2] (rule 3) can never decide: whenever it is true, 'rule 2' at c.toml:12:3"
            " decides before it, or is not known, which ends the search"
        ),
    ]


def test_several_rules_may_leave_nothing_to_another(doubted):
    rules = rule() + rule("when = { door = ['closed', 'unknown'] }") + rule("")
    assert doubted(rules) == [
        (
            "c.toml:15:3: rules[2] (rule 3) can never decide: whenever it is true, a rule before it decides,"
            " or is not known, which ends the search"
        ),
    ]
