"""The Debian package in clean Debians: as apt installs it, and with a systemd that runs, through its whole life."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from bridge import __version__
from packages import debian

CONFIG = "/etc/presence-bridge/config.toml"
UNITS = "presence-bridge-udp.socket presence-bridge-tcp.socket presence-bridge.service"
READY = "python3 -c 'import urllib.request as r; print(r.urlopen(\"http://127.0.0.1:9464/-/ready\").status)'"


def test_lintian_finds_nothing_to_warn_of(deb):
    done = subprocess.run(
        ["lintian", "--allow-root", "--fail-on", "error,warning", deb],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_two_builds_are_equal(deb, wheel, tmp_path):
    built = subprocess.run(
        ["dpkg-deb", "--field", deb, "Version"], capture_output=True, text=True, check=True
    )
    assert built.stdout.strip() == f"{__version__}-1"
    epoch = subprocess.run(["git", "log", "-1", "--format=%ct"], capture_output=True, text=True, check=True)
    subprocess.run(
        [debian.CHECKOUT / "systemd/debian/build.sh", wheel, sys.executable, tmp_path],
        env={**os.environ, "SOURCE_DATE_EPOCH": epoch.stdout.strip(), "TMPDIR": str(tmp_path)},
        check=True, timeout=600,
    )  # fmt: skip
    assert (tmp_path / deb.name).read_bytes() == deb.read_bytes()


def test_apt_installs_it_in_a_clean_debian(deb, tmp_path):
    root = debian.clean(tmp_path / "root")
    shutil.copy(deb, root.path("/root"))
    root.run(
        "sh", "-c", "apt-get update --quiet && apt-get install --yes --no-install-recommends /root/*.deb"
    )
    assert root.run("presence-bridge", "--version").stdout == f"presence-bridge {__version__}\n"
    assert "2000" in root.run("presence-bridge", "check").stdout


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """A Debian 12 whose systemd runs, with Python."""
    root = debian.clean(tmp_path_factory.mktemp("debian") / "root", "python3")
    with root.booted() as booted:
        yield booted


@pytest.fixture(scope="module")
def newer(deb, tmp_path_factory):
    """The same package as the next version."""
    folder = tmp_path_factory.mktemp("newer")
    subprocess.run(["dpkg-deb", "--raw-extract", deb, folder / "content"], check=True)
    control = folder / "content/DEBIAN/control"
    control.write_text(re.sub(r"(?m)^Version: .*$", r"\g<0>+next", control.read_text()))
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Zgzip", "--build", folder / "content", folder / "newer.deb"],
        check=True,
    )
    return folder / "newer.deb"


@pytest.fixture
def installed(machine, deb, newer):
    """The machine with the package just installed, and nothing of an earlier one."""
    machine.run("dpkg --purge presence-bridge")
    shutil.copy(deb, machine.path("/root/it.deb"))
    shutil.copy(newer, machine.path("/root/newer.deb"))
    machine.must("dpkg --install it.deb")
    return machine


def pid(machine):
    return machine.must("systemctl show --property=MainPID --value presence-bridge.service").strip()


def change(machine, old, new):
    path = machine.path(CONFIG)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_the_service_runs_and_serves_a_phone(installed):
    assert installed.must(f"systemctl is-active {UNITS}").split() == ["active"] * 3
    assert installed.must(f"systemctl is-enabled {UNITS}").split() == ["enabled"] * 3
    assert installed.eventually(READY) == "200\n"
    with installed.phone("2000") as phone:
        assert phone.told() == "200"
        assert phone.told() == "open not_set"
        installed.must("presence-bridge set 2000 away --message lunch")
        assert phone.told() == "open away lunch"


def test_an_upgrade_keeps_configuration_state_and_subscriptions(installed):
    change(installed, 'name = "Front desk"', 'name = "Reception"')
    sockets = installed.must(
        "systemctl show --property=ActiveEnterTimestampMonotonic presence-bridge-udp.socket"
    )
    before = pid(installed)
    with installed.phone("2000") as phone:
        assert phone.told() == "200"
        phone.told()
        installed.must("dpkg --install newer.deb")
        assert pid(installed) not in {before, "0"}
        assert installed.eventually(READY) == "200\n"
        installed.must("presence-bridge set 2000 xa --message upgraded")
        while (told := phone.told()) != "open xa upgraded":
            assert told.startswith("open")
    assert sockets == installed.must(
        "systemctl show --property=ActiveEnterTimestampMonotonic presence-bridge-udp.socket"
    )
    assert "Reception" in installed.path(CONFIG).read_text()


def test_a_configuration_with_a_mistake_does_not_break_the_upgrade(installed):
    change(installed, 'level = "info"', 'level = "loud"')
    done = installed.run("dpkg --install newer.deb")
    assert done.returncode == 0
    assert "presence-bridge check --config /etc/presence-bridge/config.toml" in done.stderr
    assert (
        installed.must("dpkg-query --show --showformat='${Status}' presence-bridge") == "install ok installed"
    )
    change(installed, 'level = "loud"', 'level = "info"')
    installed.must("systemctl restart presence-bridge")
    assert installed.eventually(READY) == "200\n"


def test_what_the_administrator_has_disabled_stays_so(installed):
    installed.must(f"systemctl disable --now {UNITS}")
    installed.must("dpkg --install newer.deb")
    assert installed.run(f"systemctl is-enabled {UNITS}").stdout.split() == ["disabled"] * 3
    assert installed.run(f"systemctl is-active {UNITS}").stdout.split() == ["inactive"] * 3


def test_removed_and_installed_again_it_is_as_before(installed):
    change(installed, 'name = "Front desk"', 'name = "Reception"')
    installed.must("dpkg --remove presence-bridge")
    assert installed.run(f"systemctl is-active {UNITS}").stdout.split() == ["inactive"] * 3
    assert not installed.path("/usr/lib/presence-bridge").exists()
    assert "Reception" in installed.path(CONFIG).read_text()
    assert list(installed.path("/var/lib/private/presence-bridge").iterdir())
    installed.must("dpkg --install it.deb")
    assert installed.must(f"systemctl is-active {UNITS}").split() == ["active"] * 3
    assert "Reception" in installed.path(CONFIG).read_text()


def test_a_purge_leaves_nothing(installed):
    for folder in ("/etc/credstore", "/etc/systemd/system/presence-bridge.service.d"):
        installed.path(folder).mkdir(exist_ok=True)
    installed.path("/etc/credstore/presence-bridge.mqtt.password").write_text("secret")
    installed.path("/etc/systemd/system/presence-bridge.service.d/override.conf").write_text("[Service]\n")
    installed.must("dpkg --purge presence-bridge")
    left = installed.must(
        "find / -xdev -name '*presence?bridge*' -not -path '/proc/*' -not -path '/var/log/*'"
    )
    assert left == ""
    assert installed.run("getent passwd presence-bridge").stdout == ""
    assert installed.run("systemctl list-unit-files 'presence-bridge*' --no-legend").stdout == ""
    assert installed.run("systemctl list-units --all --failed --no-legend").stdout == ""
