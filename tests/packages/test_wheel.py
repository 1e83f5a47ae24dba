"""The wheel, installed as a stranger would: into a virtual environment that has nothing else."""

import subprocess
import sys

import pytest

from bridge import __version__


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A new virtual environment with the wheel and what it asks for; a function that runs its program."""
    venv = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", venv], check=True, timeout=120)
    pip = [venv / "bin/python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, f"{wheel}[embedded]"], check=True, timeout=600)

    def run(*arguments):
        command = [venv / "bin/presence-bridge", *map(str, arguments)]
        return subprocess.run(command, cwd=venv, capture_output=True, text=True, timeout=60, check=False)

    run.program = venv / "bin/presence-bridge"
    return run


def test_it_knows_its_version(installed):
    assert installed("--version").stdout == f"presence-bridge {__version__}\n"


def test_it_installs_a_service_that_starts_it(installed, tmp_path):
    done = installed("install-files", "--dir", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    unit = (tmp_path / "etc/systemd/system/presence-bridge.service").read_text()
    assert f"ExecStart={installed.program} run " in unit


def test_what_it_installs_checks(installed, tmp_path):
    installed("install-files", "--dir", tmp_path)
    done = installed("check", "--config", tmp_path / "etc/presence-bridge/config.toml")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "usr/local/share/presence-bridge/grafana/presence-bridge.json").is_file()
