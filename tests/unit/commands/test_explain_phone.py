from pathlib import Path

import pytest
from lxml import etree

from bridge.cli import main
from bridge.config import find

RULES = """\
[[sip.profiles]]
agent = "T46S"
profile = "digium"

[[sip.profiles]]
agent = "/^Acme [23]/"
udp_limit_bytes = 1400
"""


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """A folder without a configuration, on a machine without one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bridge.commands.explain.find", lambda path: find(path, (Path("config.toml"),)))
    return tmp_path


def explain(capsys, *arguments):
    status = main(["explain", *arguments])
    out, err = capsys.readouterr()
    return status, out, err


def test_which_profile_and_why(capsys):
    status, out, err = explain(capsys, "--agent", "Yealink SIP-T46S")
    assert (status, err) == (0, "")
    assert out.startswith(
        "A phone that calls itself 'Yealink SIP-T46S' gets the profile yealink:\n"
        "  the built-in table finds 'yealink' in it\n"
    )
    assert "  Event: presence   application/pidf+xml, in the layout of the RFCs\n" in out
    assert "  Event: dialog     application/dialog-info+xml, of the line alone\n" in out
    assert "above 1300 bytes by TCP" in out
    assert "4000 bytes at most" in out


def test_a_phone_that_nobody_knows(capsys):
    _, out, _ = explain(capsys)
    assert out.startswith(
        "A phone without User-Agent gets the profile default:\n  no pattern of the built-in table finds it\n"
    )


def test_the_examples_are_what_would_be_sent(capsys):
    _, out, _ = explain(
        capsys, "--agent", "Digium D40", "--event", "presence", "--presence", "dnd,door,<closed>"
    )
    assert "Event: presence, when the device is NOT_INUSE and the presence dnd, door, <closed>:\n" in out
    document = etree.fromstring(out.partition(":\n\n")[2].strip().encode())
    element = document.find(".//{*}digium_presence")
    assert (dict(element.attrib), element.text) == ({"type": "dnd", "subtype": "door"}, "<closed>")


def test_the_example_of_a_lamp_key(capsys):
    _, out, _ = explain(capsys, "--event", "dialog", "--device", "ringing")
    document = etree.fromstring(out.partition(":\n\n")[2].strip().encode())
    assert document.findtext(".//{*}state") == "early"
    assert document.get("version") == "0"


def test_accept_decides_as_well(capsys):
    _, out, _ = explain(capsys, "--accept", "application/xpidf+xml", "--event", "presence")
    assert "  Event: presence   application/xpidf+xml\n" in out
    _, out, _ = explain(
        capsys, "--agent", "PolycomVVX", "--accept", "application/pidf+xml", "--event", "presence"
    )
    assert "application/xpidf+xml, also where it asks for application/pidf+xml\n" in out


def test_a_phone_that_would_be_refused(capsys):
    status, out, _ = explain(capsys, "--accept", "text/plain")
    assert status == 1
    assert "  Event: dialog     refused (406), as Accept names none of application/dialog-info+xml," in out
    assert "<?xml" not in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--device", "ASLEEP"), "unknown device state 'ASLEEP'"),
        (("--presence", "bored"), "unknown presence state 'bored'"),
        (("--accept", "x"), "no media type"),
    ],
)
def test_what_it_does_not_understand(capsys, arguments, words):
    status, out, err = explain(capsys, *arguments)
    assert (status, out) == (2, "")
    assert words in err


def test_entries_of_the_configuration_come_first(capsys, nowhere):
    file = nowhere / "bridge.toml"
    file.write_text(RULES)
    _, out, _ = explain(capsys, "--config", str(file), "--agent", "Yealink SIP-T46S")
    assert out.startswith(
        "A phone that calls itself 'Yealink SIP-T46S' gets the profile digium:\n"
        "  the entry with agent = 'T46S' in [[sip.profiles]] finds it: profile = 'digium'\n\n"
    )
    assert "in the layout of Asterisk" in out
    _, out, _ = explain(capsys, "--config", str(file), "--agent", "Acme 3")
    assert (
        "  the entry with agent = '/^Acme [23]/' in [[sip.profiles]] finds it: udp_limit_bytes = 1400\n"
        "  beyond it, no pattern of the built-in table finds it\n" in out
    )
    assert "1400 bytes at most" in out


def test_what_a_terminal_would_obey_is_not_printed(capsys):
    _, out, _ = explain(capsys, "--agent", "Yealink\x1b[2J", "--presence", "away,\x1b]0;x\x07")
    assert "\x1b" not in out
