"""`presence-bridge init` in a folder, with a terminal and without, against real brokers."""

import os
import pty
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bridge.cli import main
from bridge.config import load
from integration.programs import Mosquitto, free_port

ROOT = Path(__file__).parents[2]


@pytest.fixture
def init(tmp_path, monkeypatch, capsys):
    """Run it in an empty folder: exit status, output, errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", open(os.devnull))  # noqa: PTH123, SIM115 - lives as long as the test

    def run(*arguments: str) -> tuple[int, str, str]:
        status = main(["init", *arguments])
        said = capsys.readouterr()
        return status, said.out, said.err

    yield run
    sys.stdin.close()


def test_what_it_writes_checks(init, mosquitto: Mosquitto, capsys):
    broker = f"127.0.0.1:{mosquitto.port}"
    status, out, _ = init("--broker", broker, "--extensions", "2000 Front desk, 2001 Alice")
    assert status == 0
    assert f"The broker was tried: {broker} lets the bridge in." in out
    assert "presence-bridge set 2000 away" in out
    assert main(["check"]) == 0
    assert "Front desk" in capsys.readouterr().out
    assert main(["set", "2001", "away"]) == 0
    assert stat.S_IMODE(Path("config.toml").stat().st_mode) == 0o644
    assert [path.name for path in Path().iterdir() if path.name.startswith(".")] == []


def test_a_broker_that_is_not_there_is_said_and_the_file_is_written(init):
    port = free_port()
    status, out, _ = init("--broker", f"127.0.0.1:{port}", "--config", "new.toml")
    assert status == 0
    assert f"it did not work: connection refused by 127.0.0.1:{port}: nothing listens there." in out
    assert "presence-bridge run --config new.toml" in out
    assert load(Path("new.toml"), {}).homeassistant.discovery == "single"


def test_an_account_by_a_file(init, broker: Mosquitto, tmp_path):
    broker.start("allow_anonymous false")
    Path("secret").write_text("geheim\n")
    where = f"127.0.0.1:{broker.port}"
    status, out, _ = init("--broker", where, "--username", "bridge", "--password-file", "secret")
    assert status == 0
    assert "it did not work: the broker refused user bridge" in out
    text = Path("config.toml").read_text()
    assert f'password_file = "{tmp_path}/secret"' in text
    assert "geheim" not in text + out


def test_it_never_writes_over_a_file_unasked(init):
    Path("config.toml").write_text("# mine")
    status, _, err = init("--broker", "inside")
    assert (status, Path("config.toml").read_text()) == (1, "# mine")
    assert "config.toml is there already: --force writes over it" in err
    assert init("--broker", "inside", "--force")[0] == 0
    assert "[[hints]]" in Path("config.toml").read_text()


def test_without_a_terminal_nothing_is_asked_and_nobody_trusted(init):
    status, out, _ = init("--no-try", "--broker", "inside")
    assert status == 0
    assert load(Path("config.toml"), {}).sip.trusted_networks == ("127.0.0.0/8", "::1/128")
    assert "Phones on other machines are refused until their network is named" in out


def test_wrong_flags(init, capsys):
    for flags, words in (
        (["--network", "192.168.1.7/24"], "has bits set outside its mask"),
        (["--broker", "a b"], "needs a name or an address"),
        (["--extensions", "2000, 2000"], "has 2000 twice"),
        (["--password-file", "/nothing"], "No such file or directory"),
    ):
        with pytest.raises(SystemExit) as caught:
            init(*flags)
        assert caught.value.code == 2
        assert words in capsys.readouterr().err
    assert not Path("config.toml").exists()
    assert init("--broker", "inside", "--config", "/nothing/c.toml")[0] == 1


def test_five_questions_at_a_terminal(tmp_path, mosquitto: Mosquitto):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "bridge", "init"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "dumb"}
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environ, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    answers = {
        "broker [": f"127.0.0.1:{mosquitto.port}",
        "user name:": "bridge",
        "password (not shown):": "geheim",
        "network [": "none",
        "extensions [": "2000 Front desk",
        "yes or no [": "no",
    }
    seen = ""
    killer = threading.Timer(60, process.kill)
    killer.start()
    try:
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:  # the other side is closed (EIO)
                break
            if not piece:
                break
            seen += piece.decode()
            for question in [one for one in answers if one in seen]:
                os.write(ours, f"{answers.pop(question)}\n".encode())
        assert process.wait(60) == 0, seen
    finally:
        killer.cancel()
        os.close(ours)
    assert answers == {}
    assert "geheim" not in seen
    assert "readable for you alone: a password is in it" in seen
    assert "lets the bridge in" in seen
    path = tmp_path / "config.toml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    settings = load(path, {})
    assert settings.mqtt is not None
    assert settings.mqtt.password is not None
    assert settings.mqtt.password.get_secret_value() == "geheim"
    assert settings.homeassistant.discovery == "off"
