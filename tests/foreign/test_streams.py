"""Other SIP implementations over TCP and TLS: SIPp plays a Digium D40, baresip watches two extensions."""

import json
import socket
import subprocess
import time
from pathlib import Path

import pytest

from foreign.baresip import Baresip
from integration.programs import free_port
from support.certificates import Authority

SCENARIO = Path(__file__).parent / "digium-d40.xml"


def wait_until(condition, seconds=15):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


def watchers(mosquitto):
    return json.loads(mosquitto.retained("presence-bridge/hint/2000") or "{}").get("watchers")


@pytest.mark.requirement("T1", "T9", "T11")
@pytest.mark.parametrize(("mode", "calls"), [("t1", 1), ("t1", 20), ("tn", 20)])
def test_sipp_over_tcp_sees_a_colleague_go_to_lunch(mosquitto, run_bridge, tmp_path, mode, calls):
    bridge = run_bridge("2000 = SIP/2000,CustomPresence:2000", stream="tcp")
    command = ["sipp", "-sf", SCENARIO, "-s", "2000", "-m", str(calls), "-r", str(calls), "-i", "127.0.0.1"]
    command += [
        "-t",
        mode,
        "-p",
        str(free_port()),
        f"127.0.0.1:{bridge.port}",
        "-nostdin",
        "-max_socket",
        "100",
    ]
    command += ["-timeout", "25", "-timeout_error", "-trace_err", "-error_file", str(tmp_path / "errors")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={"TERM": "dumb"}
    ) as sipp:
        try:
            wait_until(lambda: watchers(mosquitto) == calls)
            mosquitto.publish("presence-bridge/presence/2000", "away,lunch,back at 13:00", "-r")
            output, _ = sipp.communicate(timeout=30)
        finally:
            sipp.kill()
    errors = (tmp_path / "errors").read_text() if (tmp_path / "errors").exists() else ""
    assert sipp.returncode == 0, output.decode() + errors
    wait_until(lambda: watchers(mosquitto) == 0)


@pytest.mark.requirement("T1", "T11", "T13")
@pytest.mark.parametrize("stream", ["tcp", "tls"])
def test_baresip_follows_the_devices(mosquitto, run_bridge, tmp_path, stream):
    authority = Authority(tmp_path)
    pair = authority.issue("bridge")
    tls = f'tls = {{ certificate = "{pair.certificate}", key = "{pair.key}" }}' if stream == "tls" else ""
    bridge = run_bridge("2000 = SIP/2000", "2001 = SIP/2001", stream=stream, sip=tls)
    folder = tmp_path / "baresip"
    folder.mkdir()
    verify = f"sip_cafile {authority.pair.certificate}\nsip_verify_server yes\n"
    phone = Baresip(folder, f"127.0.0.1:{bridge.port}", ("2000", "2001"), transport=stream, config=verify)
    try:
        wait_until(lambda: phone.statuses() == {"2000": "Online", "2001": "Online"})
        for state, status in (("INUSE", "Busy"), ("UNAVAILABLE", "Offline"), ("NOT_INUSE", "Online")):
            mosquitto.publish("presence-bridge/device/SIP/2000", state, "-r")
            wait_until(lambda status=status: phone.statuses() == {"2000": status, "2001": "Online"})
    finally:
        phone.close()


@pytest.mark.requirement("M7", "T9")
def test_a_thousand_bad_streams_leave_it_answering(run_bridge):
    bridge = run_bridge("2000 = SIP/2000", stream="tcp")
    options = (
        "OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK{n}\r\n"
        "From: <sip:a@127.0.0.1>;tag=a\r\nTo: <sip:127.0.0.1>\r\nCall-ID: {n}\r\nCSeq: 1 OPTIONS\r\n{length}\r\n"
    )
    for n in range(1000):
        with socket.create_connection(("127.0.0.1", bridge.port), timeout=5) as bad:
            bad.sendall(
                options.format(n=n, length=f"Content-Length: {'x' * (n % 7)}\r\n").encode() + b"x" * n
            )
            assert bad.makefile("rb").read().startswith(b"SIP/2.0 400 ")
    with socket.create_connection(("127.0.0.1", bridge.port), timeout=5) as good:
        good.sendall(options.format(n=1001, length="Content-Length: 0\r\n").encode())
        assert good.recv(4096).startswith(b"SIP/2.0 200 ")
