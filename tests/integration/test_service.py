"""The bridge as a service, under a pretended systemd: started, reloaded, hung, killed and stopped, and phones see none of it."""

import re
import signal
import socket
import subprocess
import time

import pytest

from support.live_phone import LivePhone
from support.service_manager import ServiceManager

CONFIG = """
[mqtt]
host = "127.0.0.1"
port = {mqtt}

[sip]
listen = ["udp://127.0.0.1:{udp}", "tcp://127.0.0.1:{tcp}"]

[http]
listen = "127.0.0.1:0"

[[hints]]
extension = "2000"
hint = "SIP/2000,CustomPresence:2000"
"""
PRESENCE = "presence-bridge/presence/2000"


@pytest.fixture
def systemd(tmp_path, broker):
    """With both sockets, and a configuration that fits them; nothing runs yet, the broker neither."""
    # So it says twice in a second how it is.
    manager = ServiceManager(tmp_path, tmp_path / "config.toml", watchdog=1.0)
    manager.udp = ("127.0.0.1", manager.bind("sip-udp", socket.SOCK_DGRAM))
    manager.tcp = ("127.0.0.1", manager.bind("sip-tcp", socket.SOCK_STREAM))
    manager.config.write_text(CONFIG.format(mqtt=broker.port, udp=manager.udp[1], tcp=manager.tcp[1]))
    yield manager
    manager.close()


@pytest.fixture
def phones(systemd):
    """Phones of both transports, by name."""
    phones = {transport: LivePhone(transport, getattr(systemd, transport)) for transport in ("udp", "tcp")}
    yield phones
    for phone in phones.values():
        phone.close()


def asked(systemd, count):
    """A phone that has sent so many different requests, one datagram each."""
    phone = LivePhone("udp", systemd.udp)
    for _ in range(count):
        phone.send(phone.request("OPTIONS"))
    return phone


def answers(phone, count):
    """To which of its requests it hears an answer: their CSeqs."""
    found = set()
    while len(found) < count:
        message = phone.hear()
        assert message.status == 200
        found.add(message.cseq.number)
    phone.close()
    return found


# --- its beginning -------------------------------------------------------------------------------


def test_it_is_ready_when_it_serves_what_the_broker_holds(systemd, mosquitto):
    mosquitto.publish(PRESENCE, "away,lunch", "-r")
    systemd.started()
    assert "broker_synchronised" in systemd.log()
    phone = LivePhone("udp", systemd.udp)
    assert phone.subscribe() == 200
    phone.told("lunch")
    phone.close()
    systemd.until("STATUS", "Ready; ")
    assert systemd.end() == 0
    assert "STOPPING" in systemd.ear.said[-1].lines


def test_its_password_is_a_credential(systemd, broker, tmp_path):
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, "bridge", "secret"], check=True, timeout=20)
    broker.start("allow_anonymous false", f"password_file {passwords}")
    systemd.config.write_text(systemd.config.read_text().replace("[sip]", 'username = "bridge"\n\n[sip]'))
    systemd.credentials = {"presence-bridge.mqtt.password": "secret"}
    systemd.started()
    systemd.until("STATUS", "Ready; ")
    assert "secret" not in systemd.log()


def test_a_broker_that_is_away_is_no_reason_not_to_start(systemd, broker):
    systemd.started()
    systemd.until("STATUS", "Not ready; 0 subscriptions; broker: ")
    assert answers(asked(systemd, 1), 1) == {1}
    broker.start()
    systemd.until("STATUS", "Ready; ")


def test_a_wrong_configuration_is_said_and_the_ports_stay(systemd, mosquitto):
    good = systemd.config.read_text()
    systemd.config.write_text(good.replace("port =", "prot ="))
    phone = asked(systemd, 10)
    began = time.monotonic()
    systemd.start()
    assert systemd.process.wait(30) == 78
    # Slower than what makes a socket unit fail: 20 starts in 2 seconds.
    assert time.monotonic() - began > 1.0
    assert re.search(r"config.toml:4:1: mqtt.prot is not a setting .did you mean 'port'", systemd.log())
    systemd.config.write_text(good)
    systemd.started()
    assert answers(phone, 10) == set(range(1, 11))


def test_sockets_that_do_not_fit_are_named(systemd, mosquitto):
    systemd.config.write_text(systemd.config.read_text().replace("tcp://127.0.0.1", "tcp://0.0.0.0"))
    systemd.start()
    assert systemd.process.wait(30) == 1
    words = f"SIP cannot listen on tcp://0.0.0.0:{systemd.tcp[1]}: systemd holds tcp://127.0.0.1:{systemd.tcp[1]};"
    assert words in systemd.log()


# --- while it runs -------------------------------------------------------------------------------


def test_a_reload_is_told_and_a_wrong_one_leaves_all_as_it_was(systemd, mosquitto):
    systemd.started()
    good = systemd.config.read_text()
    systemd.config.write_text(good + '\n[[hints]]\nextension = "2001"\nhint = "SIP/2001"\n')
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    systemd.reload()
    assert int(systemd.until("RELOADING")["MONOTONIC_USEC"]) >= before
    systemd.until("READY")
    phone = LivePhone("udp", systemd.udp, "2001")
    assert phone.subscribe() == 200
    systemd.config.write_text(good.replace("port =", "prot ="))
    systemd.reload()
    systemd.until("RELOADING")
    systemd.until("READY")
    words = systemd.until("STATUS", "Ready; 1 subscription; the configuration is wrong")["STATUS"]
    assert "config.toml:4:1: mqtt.prot is not a setting" in words
    assert phone.subscribe() == 200
    phone.close()


def test_a_loop_that_hangs_is_found_by_the_watchdog_which_shows_where(systemd, mosquitto):
    systemd.watchdog = 3.0
    systemd.started()
    systemd.until("WATCHDOG")
    systemd.hang()
    phone = asked(systemd, 20)
    assert systemd.guard() == -signal.SIGABRT
    assert "Fatal Python error: Aborted" in systemd.log()
    assert re.search(r'File "<string>", line \d+ in hang', systemd.log())
    systemd.started()
    assert answers(phone, 20) == set(range(1, 21))


# --- its end, and the next beginning -------------------------------------------------------------


@pytest.mark.requirement("S13")
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
def test_what_phones_send_meanwhile_is_answered_and_subscriptions_go_on_over_the_same_connection(
    systemd, mosquitto, phones, end
):
    systemd.started()
    for phone in phones.values():
        assert phone.subscribe() == 200
        phone.told("presence")
    mosquitto.publish(PRESENCE, "away,lunch", "-r")
    for phone in phones.values():
        phone.told("lunch")
    systemd.until("STATUS", "Ready; 2 subscriptions")
    systemd.end(end)
    mosquitto.publish(PRESENCE, "dnd,door closed", "-r")
    curious = asked(systemd, 100)
    systemd.started()
    assert answers(curious, 100) == set(range(1, 101))
    for phone in phones.values():
        notify = phone.told("door closed")
        assert notify.get("subscription-state").startswith("active;expires=")
        assert phone.subscribe() == 200
        assert phone.cseqs == sorted(set(phone.cseqs))
        assert phone.subscribe(expires=0) == 200
    assert "dropped=" not in systemd.log()
    phones["tcp"].close()
    systemd.until("FDSTOREREMOVE")
    assert systemd.store == []


def test_a_message_that_is_cut_by_a_restart_is_read_as_one(systemd, mosquitto, phones):
    phone = phones["tcp"]
    systemd.started()
    assert phone.subscribe() == 200
    phone.told("presence")
    request = phone.request("OPTIONS")
    phone.send(request[:50])
    # It is read when what was sent behind it by another way is answered.
    assert answers(asked(systemd, 1), 1) == {1}
    systemd.end()
    phone.send(request[50:])
    systemd.started()
    while (message := phone.hear()).cseq.method != "OPTIONS":
        pass
    assert message.status == 200
