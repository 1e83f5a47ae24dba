"""The service under a real systemd: started, reloaded, hung, killed, upgraded, and no phone sees any of it."""

import json
import re
import time

import pytest

from systemd.machine import SERVICE, SETTINGS, SOCKETS

# --- how it runs ---------------------------------------------------------------------------------


def test_it_runs_as_nobody_in_particular_and_says_how_it_is(machine):
    assert machine.shown("StatusText") == "Ready; 0 subscriptions"
    assert machine.shown("NRestarts") == "0"
    assert machine.must(f"systemctl is-active {SOCKETS}").split() == ["active"] * 2
    status = machine.must(f"cat /proc/{machine.pid}/status")
    facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert 61184 <= int(facts["Uid"].split()[0]) <= 65519, "of those that systemd gives away"
    assert (facts["CapEff"], facts["NoNewPrivs"], facts["Seccomp"]) == ("0000000000000000", "1", "2")
    assert "systemd does not hold" not in machine.journal()


def test_the_password_is_a_credential_that_nobody_else_reads(machine):
    environment = machine.must(f"tr '\\0' '\\n' </proc/{machine.pid}/environ")
    folder = re.search(r"^CREDENTIALS_DIRECTORY=(.*)$", environment, re.MULTILINE)[1]
    assert machine.must(f"stat --format='%a' {folder}/presence-bridge.mqtt.password") == "400\n"
    # The broker takes nobody without it: it was ready, so it has been used.
    assert "secret" not in environment + machine.journal()


def test_the_journal_has_levels(machine):
    since = machine.mark()
    machine.must("mosquitto_pub -u bridge -P secret -q 1 -t presence-bridge/presence/2000 -m 'no such state'")
    machine.until(lambda: "no such state" in machine.journal(since))
    machine.until(lambda: "no such state" in machine.journal(since, "--priority=warning"))
    machine.set("available")
    machine.until(lambda: "presence_changed" in machine.journal(since))
    assert "presence_changed" not in machine.journal(since, "--priority=warning")
    texts = [json.loads(line)["MESSAGE"] for line in machine.journal(since, "--output=json").splitlines()]
    assert texts
    assert not [text for text in texts if text.startswith("<")]


@pytest.mark.parametrize(("host", "is_served"), [("10.1.2.3", True), ("203.0.113.7", False)])
def test_networks_that_are_not_private_do_not_reach_the_sockets(machine, host, is_served):
    machine.must(f"ip address replace {host}/32 dev lo")
    with machine.phone("udp", host=host) as phone:
        phone.socket.settimeout(10 if is_served else 1)
        phone.send(phone.request("OPTIONS"))
        if is_served:
            assert phone.hear().status == 200
        else:
            with pytest.raises(TimeoutError):
                phone.hear()


# --- reload --------------------------------------------------------------------------------------


def test_a_reload_takes_what_is_new(machine):
    pid = machine.pid
    machine.configure(SETTINGS + '\n[[hints]]\nextension = "2001"\nhint = "SIP/2001"\n')
    machine.must(f"systemctl reload {SERVICE}")
    with machine.phone("udp", "2001") as phone:
        machine.until(lambda: phone.subscribe() == 200)
    assert machine.pid == pid


def test_a_reload_with_a_mistake_is_refused_and_the_service_does_not_hear_of_it(machine):
    pid, since = machine.pid, machine.mark()
    machine.configure(SETTINGS.replace("host =", "hots ="))
    assert machine.run(f"systemctl reload {SERVICE}").returncode == 1
    assert "mqtt.hots is not a setting (did you mean 'host'?)" in machine.journal(since)
    assert "read anew" not in machine.journal(since)
    assert machine.pid == pid
    assert machine.shown("ActiveState") == "active"


# --- what goes wrong -----------------------------------------------------------------------------


def test_a_service_that_hangs_is_killed_shows_where_and_is_started_again(machine, figures):
    machine.drop_in("[Service]\nWatchdogSec=3\n")
    machine.must(f"systemctl restart {SERVICE}")
    machine.until_ready()
    pid, since = machine.pid, machine.mark()
    with machine.load(10) as found:
        machine.must(f"kill -STOP {pid}")
        machine.until(lambda: machine.pid not in {0, pid})
        machine.until_ready()
    log = machine.journal(since)
    assert "Watchdog timeout" in log
    assert "Fatal Python error: Aborted" in log
    assert "in run_forever" in log
    figures["hung, found by a watchdog of 3 s"] = found
    assert found["lost"] == found["refused"] == 0


def test_a_start_with_a_mistake_does_not_cost_the_ports(machine, figures):
    machine.configure(SETTINGS.replace("host =", "hots ="))
    with machine.load(8) as found:
        since = machine.mark()
        machine.run(f"systemctl restart {SERVICE}")
        # Each datagram that waits asks for another start.
        time.sleep(4)
        assert machine.journal(since).count("mqtt.hots is not a setting") > 1
        assert machine.must(f"systemctl is-active {SOCKETS}").split() == ["active"] * 2
        machine.configure(SETTINGS)
        machine.until_ready()
    figures["a wrong configuration for 4 s"] = found
    assert found["lost"] == found["refused"] == 0


# --- restarts under load -------------------------------------------------------------------------


def kill(machine):
    machine.must(f"kill -KILL {machine.pid}")


def restart(machine):
    machine.must(f"systemctl restart {SERVICE}")


def upgrade(machine):
    machine.must("dpkg --install it.deb")


@pytest.mark.requirement("S13")
@pytest.mark.parametrize(
    ("name", "happening", "times", "seconds"),
    [
        ("systemctl restart, three times", restart, 3, 20),
        ("kill -9", kill, 1, 8),
        ("dpkg --install of another build", upgrade, 1, 30),
    ],
)
def test_no_datagram_and_no_subscription_is_lost(machine, figures, name, happening, times, seconds):
    with machine.phone("tcp") as tcp, machine.phone("udp") as udp:
        phones = {"TCP": tcp, "UDP": udp}
        for phone in phones.values():
            assert phone.subscribe() == 200
            phone.told("presence")
        # By TCP it is the same connection: the phone does not listen where it calls from.
        with machine.load(seconds) as found:
            for number in range(times):
                pid = machine.pid
                happening(machine)
                machine.until(lambda pid=pid: machine.pid not in {0, pid})
                machine.until_ready()
                machine.set(f"away,{name[:9]} {number}")
                for phone in phones.values():
                    phone.told(f"{name[:9]} {number}")
        for phone in phones.values():
            assert phone.subscribe() == 200
            assert phone.cseqs == sorted(set(phone.cseqs))
            assert phone.subscribe(expires=0) == 200
    figures[name] = found
    assert found["lost"] == found["refused"] == 0


def listen(phone):
    """Hear what comes, for ever."""
    while phone.hear():
        pass


def test_who_stops_it_for_longer_loses_connections_only(machine, figures):
    with machine.phone("tcp") as tcp, machine.phone("udp") as udp:
        for phone in (tcp, udp):
            assert phone.subscribe() == 200
            phone.told("presence")
        # A socket that has something to hand over would start it again at once.
        machine.must(f"systemctl stop {SERVICE}")
        with pytest.raises(ConnectionError):
            listen(tcp)
        assert machine.must(f"systemctl is-active {SOCKETS}").split() == ["active"] * 2
        machine.set("away,meanwhile")
        with machine.load(5) as found:
            machine.until(lambda: machine.shown("ActiveState") == "active")
        udp.told("meanwhile")
        assert udp.subscribe(expires=0) == 200
    figures["stopped, and started by the first datagram"] = found
    assert found["lost"] == found["refused"] == 0
