import json

import pytest

from bridge.cli import main
from bridge.commands import explain_name
from bridge.io.oneshot import BrokerError

RULE = {
    "rule": "door",
    "layer": "sensor",
    "outcome": "true",
    "text": "true",
    "since": "2026-11-24T11:00:00.000+00:00",
    "for_seconds": 0.0,
    "seconds_left": None,
    "sets": "dnd,,Door closed",
    "conditions": [{"text": "door is closed", "outcome": "true"}],
}
WAITING = {
    **RULE,
    "rule": "late",
    "outcome": "waiting",
    "text": "true, but not long enough: in 12 s",
    "conditions": [],
}
INSTANCE = {
    "captures": {},
    "value": "closed",
    "since": "2026-11-24T11:00:00.000+00:00",
    "available": True,
    "pending": None,
    "expires_in_seconds": None,
}
SENSOR = {"sensor": "door", "more": 0, "instances": [INSTANCE]}
OUTPUT = {
    "output": "2000",
    "kind": "presence",
    "value": "dnd,,Door closed",
    "decides": "rule",
    "rule": "door",
    "why": "rule 'door' is the first that is true: door is closed",
    "manual": None,
    "rules": [RULE, WAITING],
    "sensors": [SENSOR],
    "devices": [{"device": "SIP/2000", "state": "INUSE"}],
}
DATA = {"name": "2000", "extension": None, "sensor": None, "outputs": [OUTPUT], "unruled": []}


@pytest.fixture(autouse=True)
def _utc(monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    __import__("time").tzset()


def words(**changes) -> list[str]:
    return [*explain_name.in_words(DATA | changes)]


def test_an_output():
    assert words() == [
        "CustomPresence:2000 is dnd,,Door closed: rule 'door' is the first that is true: door is closed",
        "> door (sensor): true since 2026-11-24 11:00:00; sets dnd,,Door closed",
        "      true     door is closed",
        "  late (sensor): true, but not long enough: in 12 s; sets dnd,,Door closed",
        "  door is closed since 2026-11-24 11:00:00",
        "  SIP/2000 is INUSE",
    ]


def test_a_manual_word():
    manual = {
        "since": "2026-11-24T12:00:00+01:00",
        "until": None,
        "seconds_left": None,
        "until_change": False,
    }
    output = {
        **OUTPUT,
        "output": "Custom/lamp",
        "kind": "device",
        "manual": manual,
        "rule": None,
        "rules": [],
        "why": "a manual word",
    }
    assert words(outputs=[output])[:3] == [
        "Custom:lamp is dnd,,Door closed: a manual word",
        "  the manual word stands since 2026-11-24 11:00:00",
        "  door is closed since 2026-11-24 11:00:00",
    ]


def test_an_extension_and_what_no_rule_sets():
    extension = {"extension": "2000", "hint": "SIP/2000", "state": "InUse", "presence": "not_set"}
    unruled = [{"name": "SIP/2000", "value": "INUSE"}]
    assert words(extension=extension, unruled=unruled, outputs=[]) == [
        "2000 (SIP/2000) is InUse, with presence not_set",
        "",
        "SIP/2000 is INUSE, as no rule sets it",
    ]


def test_a_sensor():
    assert words(sensor=SENSOR, outputs=[]) == ["sensor door", "  door is closed since 2026-11-24 11:00:00"]


@pytest.mark.parametrize(
    ("sensor", "line"),
    [
        ({**SENSOR, "instances": []}, "  door has heard of no device yet"),
        (
            {**SENSOR, "instances": [{**INSTANCE, "since": None, "captures": {"room": "a", "no": "1"}}]},
            "  door (room a, no 1) is closed",
        ),
        (
            {
                **SENSOR,
                "instances": [
                    {
                        **INSTANCE,
                        "since": None,
                        "available": False,
                        "pending": {"value": "open", "seconds_left": 4.5},
                        "expires_in_seconds": 0.0,
                    }
                ],
            },
            "  door is closed; not available; open if that lasts 4.5 s more; expires in 0 s of silence",
        ),
        ({**SENSOR, "more": 5}, "  door: 5 more"),
    ],
)
def test_what_can_be_said_of_a_sensor(sensor, line):
    assert words(sensor=sensor, outputs=[])[-1] == line


def test_what_a_terminal_would_obey_is_not_printed():
    output = {**OUTPUT, "value": "dnd,\x1b[2J"}
    assert "\x1b" not in "".join(words(outputs=[output]))


# --- the command ---------------------------------------------------------------------------------


@pytest.fixture
def explain(tmp_path, monkeypatch, capsys):
    """Ask a pretended bridge, which gives this answer."""
    config = tmp_path / "config.toml"
    config.write_text("[mqtt]\nbase_topic = 'base'\n")
    asked = []

    def run(answer: object, *options: str):
        def answer_of(settings, command, arguments):
            asked.append((settings.base_topic, command, arguments))
            if isinstance(answer, Exception):
                raise answer
            return answer

        monkeypatch.setattr(explain_name, "answer_of", answer_of)
        status = main(["explain", "2000", "--config", str(config), *options])
        return status, *capsys.readouterr(), asked

    return run


def test_the_bridge_is_asked(explain):
    status, out, err, asked = explain(DATA)
    assert (status, out, err) == (0, "\n".join(words()) + "\n", "")
    assert asked == [("base", "explain", {"name": "2000"})]


def test_its_answer_as_json(explain):
    status, out, _, _ = explain(DATA, "--json")
    assert (status, json.loads(out)) == (0, DATA)


def test_what_it_refuses_is_said_in_its_words(explain):
    assert explain(BrokerError("unknown name"))[:3] == (1, "", "unknown name\n")
