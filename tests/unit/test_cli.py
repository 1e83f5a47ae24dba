import argparse

import pytest

from bridge import __version__
from bridge.cli import main
from bridge.commands import COMMANDS


def test_the_version(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"presence-bridge {__version__}\n"


@pytest.mark.parametrize("argv", [[], ["fly"], ["set"], ["run", "--fast"], ["ru"]])
def test_a_wrong_command_line_is_2(argv, capsys):
    with pytest.raises(SystemExit) as end:
        main(argv)
    assert end.value.code == 2
    assert "usage: presence-bridge" in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.NAME)
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as end:
        main([command.NAME, "--help"])
    assert end.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "--config FILE" in text
    assert command.HELP.split("(")[0].strip()[:30] in text


def test_commands_have_names_of_their_own():
    assert len({command.NAME for command in COMMANDS}) == len(COMMANDS)


def test_an_interrupt_is_130(monkeypatch, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text("")

    def interrupted(_args: argparse.Namespace, _settings: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("bridge.commands.get.run", interrupted)
    assert main(["get", "--config", str(config)]) == 130


def test_a_wrong_configuration_is_an_error_for_the_journal_and_its_end_waits(monkeypatch, capsys, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text("[mqtt]\nport = 'x'\n")
    pauses = []
    monkeypatch.setattr("bridge.cli.is_journal", lambda _environ: True)
    monkeypatch.setattr("bridge.cli.pause_before_failure", lambda *given: pauses.append(given))
    assert main(["run", "--config", str(config)]) == 78
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) > 1
    assert all(line.startswith("<3>") for line in lines)
    assert len(pauses) == 1
