"""The units of systemd, judged by systemd's own tools: without a fault, and as closed as was promised."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[2] / "systemd"
SERVICE = "presence-bridge.service"
SOCKETS = ["presence-bridge-tcp.socket", "presence-bridge-udp.socket"]
PROGRAM = "/usr/bin/presence-bridge"


def analyze(*arguments):
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def installed(tmp_path):
    """The units, as they are where the program is."""
    for name in (SERVICE, *SOCKETS):
        text = (UNITS / name).read_text()
        (tmp_path / name).write_text(text.replace(PROGRAM, shutil.which("true")))
    return tmp_path


def values(unit, key):
    """All values of a key, in their order."""
    return re.findall(rf"^{key}=(.*)$", (UNITS / unit).read_text(), re.MULTILINE)


def test_there_are_one_service_and_two_sockets():
    assert sorted(path.name for path in UNITS.iterdir() if path.is_file()) == sorted([*SOCKETS, SERVICE])


def test_verify_has_nothing_to_say(installed):
    found = analyze("verify", *(str(installed / name) for name in (SERVICE, *SOCKETS)))
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


def test_the_exposure_is_no_more_than_one_of_ten():
    found = analyze("security", "--offline=true", "--threshold=10", str(UNITS / SERVICE))
    assert found.returncode == 0, found.stdout


def test_what_older_ones_do_not_know_stands_in_the_drop_in_alone(installed):
    folder = installed / f"{SERVICE}.d"
    folder.mkdir()
    drop_in = shutil.copy(UNITS / "drop-in/systemd-254.conf", folder)
    found = analyze("verify", str(installed / SERVICE))
    assert found.returncode == 0, found.stderr
    unknown = re.sub(
        r"^.*: Unknown key.*'(\w+)' in section \[Service\], ignoring\.\n",
        "",
        found.stderr,
        flags=re.MULTILINE,
    )
    assert unknown == "", f"{drop_in} has another fault"


@pytest.mark.parametrize("unit", SOCKETS)
def test_the_sockets_are_the_service_s_and_as_closed_as_it_is(unit):
    assert values(unit, "Service") == [SERVICE]
    assert unit in values(SERVICE, "Sockets")[0].split()
    for key in ("IPAddressDeny", "IPAddressAllow"):
        assert values(unit, key) == values(SERVICE, key)


def test_a_bad_configuration_is_refused_before_the_service_is_told_to_read_it():
    start = values(SERVICE, "ExecStart")
    check, hang_up = values(SERVICE, "ExecReload")
    assert start == [f"{PROGRAM} run --config /etc/presence-bridge/config.toml"]
    assert check == start[0].replace(" run ", " check ")
    assert hang_up == "/bin/kill -HUP $MAINPID"
