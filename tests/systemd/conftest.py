"""Fixtures: a Debian 12 whose systemd runs the bridge, as the package installs it; and a place for what is measured."""

import json
import shutil
from pathlib import Path

import pytest

from packages import debian
from systemd.machine import SERVICE, SETTINGS, SOCKETS, Machine

DIST = Path(__file__).parents[2] / "dist"
FIGURES = Path(__file__).parents[2] / "build/systemd.json"

BROKER = """
listener 1883 127.0.0.1
password_file /etc/mosquitto/passwords
"""


@pytest.fixture(scope="session")
def debian_with_service(tmp_path_factory):
    """Booted, with the package of `make deb`, a broker that asks for a password, and the password as a credential."""
    folder = tmp_path_factory.mktemp("systemd")
    root = debian.clean(folder / "root", "python3", "mosquitto", "mosquitto-clients")
    [deb] = DIST.glob("*.deb")
    shutil.copy(deb, root.path("/root/it.deb"))
    root.path("/etc/mosquitto/conf.d/test.conf").write_text(BROKER)
    root.run("mosquitto_passwd", "-b", "-c", "/etc/mosquitto/passwords", "bridge", "secret")
    root.run("chown", "mosquitto", "/etc/mosquitto/passwords")
    credentials = root.path("/etc/credstore")
    credentials.mkdir(mode=0o700, exist_ok=True)
    (credentials / "presence-bridge.mqtt.password").write_text("secret")
    with root.booted() as booted:
        machine = Machine(booted, folder)
        machine.must("dpkg --install it.deb")
        yield machine


@pytest.fixture
def machine(debian_with_service):
    """With the service running by the configuration that all tests begin with, and no drop-in."""
    machine = debian_with_service
    machine.must("rm -rf /etc/systemd/system/presence-bridge*.d")
    machine.configure(SETTINGS)
    machine.must(f"systemctl daemon-reload && systemctl stop {SERVICE} {SOCKETS}")
    machine.must(f"systemctl start {SOCKETS} {SERVICE}")
    machine.until_ready()
    return machine


@pytest.fixture(scope="session")
def figures():
    """What is measured, by its name; it is kept in build/, and shown at the end."""
    found = {}
    yield found
    FIGURES.parent.mkdir(exist_ok=True)
    FIGURES.write_text(json.dumps(found, indent=2) + "\n")


def pytest_terminal_summary(terminalreporter):
    """Show what was measured."""
    if FIGURES.exists():
        for name, values in json.loads(FIGURES.read_text()).items():
            pairs = ", ".join(f"{key} {value}" for key, value in values.items())
            terminalreporter.write_line(f"{name}: {pairs}")
