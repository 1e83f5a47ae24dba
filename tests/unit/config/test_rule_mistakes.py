from pathlib import Path

import pytest

from bridge.config import ConfigError, load

SENSORS = """\
[[hints]]
extension = "2000"
hint = "SIP/2000,CustomPresence:2000"
[sensors.door]
topic = "z/{room}"
map = { on = "open", off = "closed" }
[sensors.text]
topic = "t"
"""


@pytest.fixture
def problems(tmp_path: Path, monkeypatch):
    """What is wrong with a file of these sensors and some rules: line and words."""
    monkeypatch.chdir(tmp_path)

    def found(rules: str, sensors: str = SENSORS) -> list[str]:
        Path("c.toml").write_text(sensors + rules, encoding="utf-8")
        try:
            load(Path("c.toml"), {})
        except ConfigError as error:
            return [str(problem).partition("\n")[0].removeprefix("c.toml:") for problem in error.problems]
        return []

    return found


def rule(conditions: str = "", sets: str = "'dnd'", output: str = "presence = '2000'") -> str:
    """Lines 9 to 12 of the file, if it is the first."""
    return f"[[rules]]\n{output}\n{conditions}\nset = {sets}\n"


@pytest.mark.parametrize(
    "conditions",
    [
        "when = { door = 'open' }",
        "when = { door = ['OPEN', 'closed', 'Unknown'], text = 'whatever' }",
        "when = { text = [1, true] }",
    ],
)
def test_nothing_is_wrong(problems, conditions):
    assert problems(rule(conditions)) == []


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        (
            "when = { dor = 'open' }",
            "11:10: rules[0].when.dor is no sensor: known are door, text (did you mean door?)",
        ),
        ("any = { x = 1 }", "11:9: rules[0].any.x is no sensor: known are door, text"),
        ("none = { x = 1 }", "11:10: rules[0].none.x is no sensor: known are door, text"),
        (
            "count = { of = { x = 1 }, at_least = 1 }",
            "11:18: rules[0].count.of.x is no sensor: known are door, text",
        ),
        (
            "when = { door = 'opn' }",
            "11:10: rules[0].when.door can never be 'opn': it is closed, open, unknown (did you mean open?)",
        ),
        (
            "when = { door = ['open', 5] }",
            "11:26: rules[0].when.door[1] can never be '5': it is closed, open, unknown",
        ),
    ],
)
def test_names_and_values_that_there_are_not(problems, conditions, expected):
    assert problems(rule(conditions)) == [expected]


def test_they_are_told_together_with_all_else(problems):
    rules = rule("when = { dor = 'open', door = 'opn' }\nlyer = 1", "'bored'")
    assert problems(rules, SENSORS.replace('topic = "t"', 'topic = "t/+"')) == [
        "8:1: sensors.text.topic cannot be 't/+': level '+' of topic filter 't/+' must be text, {name} or {name+}",
        "11:10: rules[0].when.dor is no sensor: known are door, text (did you mean door?)",
        "11:24: rules[0].when.door can never be 'opn': it is closed, open, unknown (did you mean open?)",
        "12:1: rules[0].lyer is not a setting (did you mean 'layer'?)",
    ]


def test_a_sensor_that_is_wrong_is_not_told_again(problems):
    sensors = SENSORS.replace('topic = "t"', 'topic = "t/+"')
    assert len(problems(rule("when = { text = 'x' }", "'dnd,,{nam}'"), sensors)) == 1


def test_without_any_sensor(problems):
    assert problems(rule("when = { door = 1 }"), "") == [
        "3:10: rules[0].when.door is no sensor: there is no [sensors] section"
    ]


def test_many_sensors_are_not_all_listed(problems):
    sensors = "".join(f"[sensors.s{number}]\ntopic = 't'\n" for number in range(40))
    (found,) = problems(rule("when = { s99 = 1 }"), sensors)
    assert found.endswith("rules[0].when.s99 is no sensor (did you mean s9?)")


@pytest.mark.parametrize(
    ("sets", "place"),
    [
        ("{ state = 'dnd', message = 'Door {rom}' }", "12:24: rules[0].set.message"),
        ("{ state = 'dnd', subtype = '{rom}' }", "12:24: rules[0].set.subtype"),
        ("'dnd,,Door {rom}'", "12:1: rules[0].set"),
    ],
)
def test_places_that_nothing_fills_in(problems, sets, place):
    assert problems(rule("when = { door = 'open' }", sets)) == [
        (
            f"{place} has {{rom}}, which nothing fills in: known here are {{room}}, {{sensor}}, {{time}},"
            " {value} (did you mean room?)"
        )
    ]


def test_what_none_says_fills_nothing_in(problems):
    (found,) = problems(rule("none = { door = 'open' }", "'dnd,,{room}'"))
    assert found.endswith("which nothing fills in: known here are {time}")


def test_two_rules_of_one_name(problems):
    named = "name = 'x'"
    assert problems(rule(named) + rule(named, output="presence = '2001'") + rule(named)) == [
        "19:1: rules[2].name is that of rules[0] again, which sets the same"
    ]


@pytest.mark.parametrize(
    "topic",
    [
        "presence-bridge/presence/2000",
        "presence-bridge/presence/2000/event",
        "presence-bridge/hint/2000",
        "presence-bridge/homeassistant/presence/2000",
        "presence-bridge/{x+}",
    ],
)
def test_a_rule_that_is_fed_by_its_own_output(problems, topic):
    (found,) = problems(rule("when = { text = 'x' }"), SENSORS.replace('topic = "t"', f'topic = "{topic}"'))
    read = topic if "{" not in topic else "presence-bridge/presence/2000"
    assert found == (
        "9:3: rules[0] is part of a loop: 'rule 1' sets CustomPresence:2000;"
        f" by sensor text, which reads {read}, 'rule 1' sets CustomPresence:2000 again"
    )


def test_a_loop_over_two_rules_and_a_device(problems):
    sensors = SENSORS.replace('topic = "t"', 'topic = "presence-bridge/device/Custom/lamp"')
    rules = rule("when = { text = 'INUSE' }", output="device = 'Custom:other'", sets="'INUSE'") + rule(
        "device_state = { 'Custom/other' = 'INUSE' }", output="device = 'Custom:lamp'", sets="'INUSE'"
    )
    (found,) = problems(rules, sensors)
    assert found == (
        "9:3: rules[0] is part of a loop: 'rule 1' sets Custom:other; by that device 'rule 2' sets Custom:lamp;"
        " by sensor text, which reads presence-bridge/device/Custom/lamp, 'rule 1' sets Custom:other again"
    )


@pytest.mark.parametrize(
    "topic", ["presence-bridge/presence/2001", "presence-bridge/hint/2001", "zigbee2mqtt/{x}"]
)
def test_other_topics_make_no_loop(problems, topic):
    sensors = SENSORS.replace('topic = "t"', f'topic = "{topic}"')
    assert problems(rule("when = { text = 'x' }"), sensors) == []


def test_a_loop_is_told_beside_names_and_values_that_there_are_not(problems):
    sensors = SENSORS.replace('topic = "t"', 'topic = "presence-bridge/presence/2000"')
    found = problems(rule("when = { nothing = 'x' }") + rule("when = { text = 'x' }"), sensors)
    assert [words.split(" ")[1] for words in found] == ["rules[0].when.nothing", "rules[1]"]


@pytest.mark.parametrize(("path", "loop"), [("presence", False), ("device_state", True), ("", True)])
def test_of_the_document_of_a_hint_only_what_depends_on_the_device_makes_a_loop(problems, path, loop):
    topic = 'topic = "presence-bridge/hint/2000"'
    sensors = SENSORS.replace('topic = "t"', f'{topic}\npath = "{path}"')
    sensors = sensors.replace("SIP/2000,", "Custom:lamp,")
    found = problems(rule("when = { text = 'x' }", output="device = 'Custom:lamp'", sets="'INUSE'"), sensors)
    assert bool(found) is loop
