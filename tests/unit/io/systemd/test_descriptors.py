"""Which descriptors are ours, and what a start that fails waits for."""

import pytest

from bridge.io.systemd.descriptors import Descriptor, handed_over, pause_before_failure


@pytest.fixture(autouse=True)
def closed_to_others(monkeypatch):
    """The numbers that were made uninheritable: those of the test's own process may be anything."""
    numbers = []
    monkeypatch.setattr(
        "os.set_inheritable", lambda number, inheritable: numbers.append((number, inheritable))
    )
    return numbers


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({}, []),
        ({"LISTEN_FDS": "1"}, []),
        ({"LISTEN_FDS": "1", "LISTEN_PID": "8"}, []),
        ({"LISTEN_FDS": "0", "LISTEN_PID": "7"}, []),
        ({"LISTEN_FDS": "many", "LISTEN_PID": "7"}, []),
        ({"LISTEN_FDS": "2", "LISTEN_PID": "7", "LISTEN_FDNAMES": "sip-udp:x"}, [("sip-udp", 3), ("x", 4)]),
        ({"LISTEN_FDS": "2", "LISTEN_PID": "7", "LISTEN_FDNAMES": "sip-udp"}, [("sip-udp", 3), ("", 4)]),
        ({"LISTEN_FDS": "1", "LISTEN_PID": "7"}, [("", 3)]),
    ],
)
def test_those_of_this_process_with_their_names(environ, found, closed_to_others):
    assert handed_over(environ, 7) == tuple(Descriptor(*each) for each in found)
    assert closed_to_others == [(number, False) for _, number in found]


def test_a_start_that_fails_waits_where_sockets_were_handed_over():
    pauses = []
    pause_before_failure({}, 7, pauses.append)
    assert pauses == []
    pause_before_failure({"LISTEN_FDS": "1", "LISTEN_PID": "7"}, 7, pauses.append)
    assert len(pauses) == 1
    # 20 of them in 2 seconds close a socket unit.
    assert 1 <= pauses[0] <= 2
