import os
import stat
import subprocess
import sys

import pytest

from bridge.cli import main
from bridge.commands import install_files

CONFIG = "etc/presence-bridge/config.toml"
UNITS = "etc/systemd/system"
SHARE = "usr/local/share/presence-bridge"


@pytest.fixture(autouse=True)
def _umask():
    """The command sets it for its process, which is here that of the tests."""
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Run the command of a program in /usr/local/bin; its exit status."""
    monkeypatch.setattr(sys, "argv", ["/usr/local/bin/presence-bridge"])
    monkeypatch.setattr(install_files, "_systemd_version", lambda: 252)
    return lambda *arguments: main(["install-files", "--dir", str(tmp_path), *arguments])


def written(root):
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_what_is_written(install, tmp_path, capsys):
    assert install() == 0
    assert written(tmp_path) == [
        CONFIG,
        f"{UNITS}/presence-bridge-tcp.socket",
        f"{UNITS}/presence-bridge-udp.socket",
        f"{UNITS}/presence-bridge.service",
        f"{SHARE}/config.example.toml",
        f"{SHARE}/docs/config.schema.json",
        f"{SHARE}/grafana/presence-bridge.json",
        f"{SHARE}/grafana/prometheus/rules.yml",
        f"{SHARE}/systemd/drop-in/systemd-254.conf",
    ]
    said = capsys.readouterr()
    assert said.err == ""
    for path in written(tmp_path):
        assert f"wrote     {tmp_path}/{path}\n" in said.out
    assert "systemctl enable --now presence-bridge-tcp.socket presence-bridge-udp.socket" in said.out


def test_all_can_read_it(install, tmp_path):
    install()
    for path in tmp_path.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o755 if path.is_dir() else 0o644)


def test_the_unit_starts_this_program(install, tmp_path):
    install()
    unit = (tmp_path / UNITS / "presence-bridge.service").read_text()
    assert "ExecStart=/usr/local/bin/presence-bridge run --config /etc/presence-bridge/config.toml\n" in unit
    assert "/usr/bin/presence-bridge" not in unit


def test_the_configuration_checks(install, tmp_path):
    install()
    assert main(["check", "--config", str(tmp_path / CONFIG)]) == 0


def test_a_second_time_nothing_is_written(install, tmp_path, capsys):
    install()
    capsys.readouterr()
    assert install() == 0
    assert capsys.readouterr().out.count("unchanged ") == len(written(tmp_path))


def test_a_changed_configuration_is_kept(install, tmp_path, capsys):
    install()
    (tmp_path / CONFIG).write_text("[mqtt]\n")
    assert install() == 0
    assert (
        f"kept      {tmp_path / CONFIG} (it has been changed; --force replaces it)" in capsys.readouterr().out
    )
    assert (tmp_path / CONFIG).read_text() == "[mqtt]\n"


def test_unless_that_is_wanted(install, tmp_path):
    install()
    shipped = (tmp_path / CONFIG).read_text()
    (tmp_path / CONFIG).write_text("[mqtt]\n")
    assert install("--force") == 0
    assert (tmp_path / CONFIG).read_text() == shipped


def test_a_unit_is_replaced_by_the_newer_one(install, tmp_path):
    install()
    unit = tmp_path / UNITS / "presence-bridge.service"
    shipped = unit.read_text()
    unit.write_text("[Unit]\n")
    assert install() == 0
    assert unit.read_text() == shipped


def test_a_newer_systemd_gets_its_drop_in(install, tmp_path, monkeypatch):
    monkeypatch.setattr(install_files, "_systemd_version", lambda: 254)
    install()
    assert f"{UNITS}/presence-bridge.service.d/systemd-254.conf" in written(tmp_path)


@pytest.mark.parametrize(
    ("said", "version"), [("systemd 252 (252.39-1~deb12u1)\n+PAM", 252), ("", 0), ("something else", 0)]
)
def test_the_version_of_systemd(monkeypatch, said, version):
    done = subprocess.CompletedProcess([], 0, stdout=said)
    monkeypatch.setattr(subprocess, "run", lambda *_args, **_kwargs: done)
    assert install_files._systemd_version() == version


@pytest.mark.parametrize("error", [FileNotFoundError(), subprocess.CalledProcessError(1, "systemctl")])
def test_a_machine_without_systemd(monkeypatch, error):
    def fail(*_args, **_kwargs):
        raise error

    monkeypatch.setattr(subprocess, "run", fail)
    assert install_files._systemd_version() == 0


def test_a_program_that_the_service_would_not_see_is_warned_of(install, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["/home/me/.local/bin/presence-bridge"])
    assert install() == 0
    assert "cannot start /home/me/.local/bin/presence-bridge" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_to(install, tmp_path, capsys):
    (tmp_path / "etc").write_text("")
    assert install() == 1
    assert str(tmp_path / "etc") in capsys.readouterr().err
