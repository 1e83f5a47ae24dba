"""The commands of README and docs/install.md, typed as they stand there into a clean Debian 12 whose systemd runs."""

import re
import shutil
import subprocess

import pytest

from packages import debian

FETCHES = ("apt-get", "pipx", "uv tool", "make deb")
READY = "http://127.0.0.1:9464/-/ready"


def commands(page, *ways):
    """The commands of the blocks for these ways to install it, in their order."""
    text = (debian.CHECKOUT / page).read_text()
    found = re.findall(r"<!-- install: ([^\n]*) -->\n```sh\n(.*?)```", text, re.DOTALL)
    typed = [line for way, block in found if way in ways for line in block.splitlines()]
    assert typed, f"{page} says nothing of {ways}"
    return typed


@pytest.fixture
def machine(tmp_path):
    """A clean Debian 12, running, with the checkout in /root/presence-bridge."""
    root = debian.clean(tmp_path / "root")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=debian.CHECKOUT, capture_output=True, check=True, text=True,
    )  # fmt: skip
    for name in listed.stdout.splitlines():
        target = root.path("/root/presence-bridge") / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(debian.CHECKOUT / name, target)
    with root.booted() as booted:
        yield booted


def follow(machine, typed):
    """Type them one after the other into one directory; each must succeed."""
    return [
        machine.must(
            command, folder="/root/presence-bridge", fetches=any(word in command for word in FETCHES)
        )
        for command in typed
    ]


def serves_a_phone(machine):
    assert "200" in machine.eventually(
        f"python3 -c 'import urllib.request as r; print(r.urlopen(\"{READY}\").status)'"
    )
    assert machine.must("systemctl is-active presence-bridge.service") == "active\n"
    with machine.phone("2000") as phone:
        assert phone.told() == "200"
        assert phone.told().startswith("open")
        machine.must("presence-bridge set 2000 away --message installed")
        assert phone.told() == "open away installed"


def test_readme(machine):
    said = follow(machine, commands("README.md", "README"))
    assert "Ready" in said[-1]
    serves_a_phone(machine)


def test_the_debian_package_is_installed_as_readme_says():
    assert commands("docs/install.md", "Debian package") == commands("README.md", "README")[:4]


def test_pipx_and_its_upgrade(machine, wheel):
    shutil.copy(wheel, machine.path(debian.WHEELS))
    follow(machine, commands("docs/install.md", "pipx", "all"))
    serves_a_phone(machine)


def test_uv(machine, wheel):
    shutil.copy(wheel, machine.path(debian.WHEELS))
    machine.must("apt-get update --quiet && apt-get install --yes --quiet python3-venv", fetches=True)
    machine.must("python3 -m venv /opt/tool && /opt/tool/bin/pip install --quiet uv", fetches=True)
    machine.must("ln -s /opt/tool/bin/uv /usr/local/bin/uv")
    follow(machine, commands("docs/install.md", "uv", "all"))
    serves_a_phone(machine)
