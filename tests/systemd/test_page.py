"""docs/service.md, done as it says: its commands are typed, and systemd takes its drop-ins."""

import pytest

from pages.blocks import blocks
from systemd.machine import SERVICE, SOCKETS

PAGE = "docs/service.md"
BLOCKS = [*blocks(PAGE)]
DROP_INS = [block for block in BLOCKS if block.marked("drop-in")]
TYPED = [block for block in BLOCKS if block.marked("service") is not None]


def test_every_command_is_typed_but_the_one_that_opens_an_editor():
    left_out = [block.text for block in BLOCKS if block.is_commands and block not in TYPED]
    assert left_out == [f"sudo systemctl edit {SERVICE}\n"]


@pytest.mark.parametrize("block", TYPED, ids=str)
def test_a_command_succeeds_and_the_service_runs_afterwards(machine, block):
    for command, _ in block.commands:
        machine.must(command)
    machine.until_ready()


@pytest.mark.parametrize("block", DROP_INS, ids=str)
def test_systemd_takes_a_drop_in_and_all_units_run_with_it(machine, block):
    unit = block.marked("drop-in")
    since = machine.mark()
    machine.drop_in(block.text, unit)
    machine.must(f"systemctl stop {SERVICE} {SOCKETS} && systemctl start {SOCKETS} {SERVICE}")
    machine.until_ready()
    assert machine.must(f"systemctl is-active {SOCKETS}").split() == ["active"] * 2
    assert "test.conf" not in machine.must(f"journalctl --sync; journalctl --no-pager --since={since} _PID=1")
    for key, _, value in (line.partition("=") for line in block.text.splitlines()[1:]):
        if key.startswith("Listen") and value:
            assert value in machine.shown("Listen", unit)


@pytest.mark.parametrize(
    "broken",
    ["[Service]\nLoadCredentials=presence-bridge.http.token\n", "[Socket]\nListenDatagram=0.0.0.0:x\n"],
)
def test_a_drop_in_that_systemd_does_not_understand_is_seen(machine, broken):
    since = machine.mark()
    machine.drop_in(broken, SERVICE if "Service" in broken else SOCKETS.split()[0])
    machine.run("systemctl daemon-reload")
    assert "test.conf" in machine.must(f"journalctl --sync; journalctl --no-pager --since={since} _PID=1")
