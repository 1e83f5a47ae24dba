from pathlib import Path

import pytest

from bridge.cli import main
from bridge.config import find

RULES = """\
[[sip.profiles]]
agent = "T46S"
profile = "digium"
"""


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """A folder without a configuration, on a machine without one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bridge.commands.explain.find", lambda path: find(path, (Path("config.toml"),)))
    return tmp_path


@pytest.fixture
def asked(monkeypatch):
    """The names that the bridge was asked about, with the base topic and the form of the answer."""
    found = []

    def explain_name(name, settings, *, as_json):
        found.append((name, settings.base_topic, as_json))
        return 5

    monkeypatch.setattr("bridge.commands.explain.explain_name", explain_name)
    return found


def explain(capsys, *arguments):
    status = main(["explain", *arguments])
    out, err = capsys.readouterr()
    return status, out, err


def test_without_a_name_it_is_about_phones(capsys, asked):
    status, out, _ = explain(capsys)
    assert (status, asked) == (0, [])
    assert out.startswith("A phone without User-Agent gets the profile default:")


def test_a_name_is_asked_of_the_bridge(capsys, nowhere, asked):
    assert explain(capsys, "2000")[0] == 5
    (nowhere / "config.toml").write_text("[mqtt]\nbase_topic = 'base'\n")
    assert explain(capsys, "2000", "--json")[0] == 5
    assert asked == [("2000", "presence-bridge", False), ("2000", "base", True)]


def test_the_configuration_that_run_would_read_counts(capsys, nowhere):
    (nowhere / "config.toml").write_text(RULES)
    _, out, _ = explain(capsys, "--agent", "Yealink SIP-T46S")
    assert "gets the profile digium" in out
    (nowhere / "config.toml").write_text("[sip\n")
    status, out, err = explain(capsys, "--agent", "Yealink SIP-T46S")
    assert (status, out) == (78, "")
    assert "config.toml" in err
