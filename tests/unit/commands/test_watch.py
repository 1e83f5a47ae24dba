import argparse
import contextlib
import json
import os
import signal
import threading

import pytest

from bridge.commands import watch
from bridge.config import HintSettings, Listener, MqttSettings, Settings, SipSettings, TlsSettings
from bridge.model.facts import device_key, presence_key
from support.notifier import Notifier, document

# A port of loopback where no broker is.
SETTINGS = Settings(
    mqtt=MqttSettings(port=1), hints=(HintSettings(extension="2000", hint="SIP/2000,CustomPresence:x"),)
)


def run(notifier, *arguments, settings=SETTINGS):
    parser = argparse.ArgumentParser()
    watch.add_arguments(parser)
    target = f"udp://127.0.0.1:{notifier.address.port}"
    return watch.run(parser.parse_args(["2000", "--target", target, *arguments]), settings)


def test_one_line_for_each_change(capsys):
    bodies = (document("Ready"), document("Ready"), document("Ringing", "away", "back at 13:00"))
    with Notifier(bodies=bodies) as notifier:
        assert run(notifier, "--count", "2") == 0
        assert [request.expires for request in notifier.requests] == [600, 0]
    written = capsys.readouterr()
    header, first, second = written.out.splitlines()
    assert header.split() == ["time", "extension", "lamp", "presence", "subtype", "message", "latency"]
    assert first.split()[1:] == ["2000", "Ready", "available", "-", "-", "-"]
    assert second.split()[1:] == ["2000", "Ringing", "away", "-", "back", "at", "13:00", "-"]
    assert written.err.startswith("note: no latency is measured: ")
    assert written.err.count("\n") == 1


def test_json(capsys):
    with Notifier(bodies=(document("On hold", "dnd"),)) as notifier:
        assert run(notifier, "--count", "1", "--json") == 0
    seen = json.loads(capsys.readouterr().out)
    assert (seen["lamp"], seen["presence"], seen["latency_seconds"]) == ("On hold", "dnd", None)


def test_changes_beyond_the_count_are_not_shown(capsys):
    with Notifier(bodies=(document("Ready"), document("Ringing"), document("On hold"))) as notifier:
        assert run(notifier, "--count", "1") == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_a_refusal_ends_it_with_words(capsys):
    with Notifier(404, "Not Found") as notifier:
        assert run(notifier) == 1
    assert "extension 2000 has no hint at udp://127.0.0.1:" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_unsubscribes_and_ends_it_well(number, capsys):
    with Notifier() as notifier:
        with killed(number, lambda: notifier.answers):
            assert run(notifier) == 0
        assert [request.expires for request in notifier.requests] == [600, 0]


@contextlib.contextmanager
def killed(number, condition):
    """Send this process a signal as soon as the condition holds."""

    def wait():
        tick = threading.Event()
        while not condition():
            tick.wait(0.005)
        os.kill(os.getpid(), number)

    killer = threading.Thread(target=wait)
    killer.start()
    yield
    killer.join()


def test_a_person_is_told_that_no_answer_has_come(monkeypatch):
    monkeypatch.setattr(watch, "_SILENCE", 0.0)
    told = []
    monkeypatch.setattr(watch, "print", lambda text, **_: told.append(text), raising=False)
    with (
        Notifier(status=0) as notifier,
        killed(signal.SIGINT, lambda: any("no answer" in text for text in told)),
    ):
        assert run(notifier) == 0
        assert told[-1] == f"no answer from udp://127.0.0.1:{notifier.address.port} yet; still asking"


def test_an_end_that_the_bridge_made_is_told(capsys):
    with Notifier(state="terminated;reason=deactivated") as notifier:
        assert run(notifier, "--count", "1") == 0
    assert "note: the bridge ended the subscription (deactivated); asking again" in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_ends_it_after_the_goodbye(monkeypatch):
    def closed(*_, **options):
        if "file" not in options:
            raise BrokenPipeError

    monkeypatch.setattr(watch, "print", closed, raising=False)
    with Notifier() as notifier:
        with pytest.raises(BrokenPipeError):
            run(notifier)
        assert [request.expires for request in notifier.requests] == [600, 0]


def test_an_address_that_cannot_be_reached(capsys):
    with Notifier() as notifier:
        assert run(notifier, "--target", "udp://255.255.255.255:5060") == 1
    assert "udp://255.255.255.255:5060 cannot be reached" in capsys.readouterr().err


@pytest.mark.parametrize("target", ["127.0.0.1:5060", "udp://localhost:5060", "udp://127.0.0.1:0"])
def test_a_target_that_makes_no_sense(target, capsys):
    with Notifier() as notifier:
        assert run(notifier, "--target", target) == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize(
    ("listen", "server"),
    [
        ("udp://192.0.2.1:5070", Listener("udp", "192.0.2.1", 5070)),
        ("tcp://0.0.0.0:5060", Listener("tcp", "127.0.0.1", 5060)),
        ("tls://[::]:5061", Listener("tls", "::1", 5061)),
    ],
)
def test_the_first_listener_is_the_target(listen, server):
    tls = TlsSettings(certificate="c.pem", key="k.pem")
    settings = Settings(
        sip=SipSettings(listen=("udp://127.0.0.1:0", listen, "udp://127.0.0.1:5999"), tls=tls)
    )
    assert watch.server_of(None, settings) == server
    assert watch.server_of("udp://192.0.2.9:5060", settings) == Listener("udp", "192.0.2.9", 5060)


def test_a_server_by_tls_is_known_by_its_certificate(tmp_path, capsys):
    with Notifier() as notifier:
        assert run(notifier, "--target", "tls://127.0.0.1:5061") == 2
        assert "name that in [sip.tls] of the configuration" in capsys.readouterr().err
        tls = TlsSettings(certificate=str(tmp_path / "c.pem"), key="k.pem")
        settings = Settings(sip=SipSettings(listen=("tls://127.0.0.1:5061",), tls=tls))
        assert run(notifier, "--target", "tls://127.0.0.1:5061", settings=settings) == 2
        assert "c.pem cannot be read: No such file or directory" in capsys.readouterr().err


def test_a_server_by_tcp_that_is_not_there(capsys):
    with Notifier() as notifier:
        assert run(notifier, "--target", f"tcp://127.0.0.1:{notifier.address.port}") == 1
    assert f"nothing answers at tcp://127.0.0.1:{notifier.address.port}" in capsys.readouterr().err


def test_the_latency_is_that_of_the_facts_of_the_hint():
    assert watch.keys_of("2000", SETTINGS) == (device_key("SIP/2000"), presence_key("x"))
    assert watch.keys_of("2009", SETTINGS) == ()


@pytest.mark.parametrize("count", ["0", "-1", "x"])
def test_the_count_begins_at_one(count, capsys):
    parser = argparse.ArgumentParser()
    watch.add_arguments(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["2000", "--count", count])
    assert "--count" in capsys.readouterr().err


def test_the_password_is_that_of_the_file_or_of_the_configuration(tmp_path):
    users = [{"name": "200", "password": "configured"}, {"name": "201", "ha1": "0" * 32}]
    settings = Settings(sip=SipSettings.model_validate({"users": users}))
    file = tmp_path / "password"
    file.write_text("from file\r\nnot this", newline="")
    assert watch.password_of("200", file, settings) == "from file"
    assert watch.password_of("200", None, settings) == "configured"
    assert watch.password_of("201", None, settings) is None
    assert watch.password_of("watch", None, settings) is None


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_a_password_file_that_cannot_be_read(tmp_path, capsys, content):
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    with Notifier() as notifier:
        assert run(notifier, "--password-file", str(file)) == 2
        assert notifier.requests == []
    assert f"{file} cannot be read: " in capsys.readouterr().err
