import pytest

from bridge.commands.sip_flow import full, summary

SEEN = {
    "at": "2026-11-24T11:05:00.250+00:00",
    "direction": "in",
    "transport": "udp",
    "local": "10.0.0.1:5060",
    "remote": "10.0.0.7:5060",
    "size": 100,
    "message": "SUBSCRIBE sip:2000@h SIP/2.0\r\nCSeq: 1 SUBSCRIBE\r\ni: abc\r\n\r\nCall-ID: no\x1b[2J",
}


@pytest.fixture(autouse=True)
def zone(monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    import time

    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_a_summary_is_one_line_with_what_ties_it_to_its_answer():
    line = summary(SEEN)
    assert line.split() == [
        *("11:05:00.250", "10.0.0.7:5060", "->", "10.0.0.1:5060", "udp"),
        *("SUBSCRIBE", "sip:2000@h", "SIP/2.0", "1", "SUBSCRIBE", "abc"),
    ]
    assert "<-" in summary({**SEEN, "direction": "out"})


def test_the_whole_message_stands_below_its_way_and_moves_no_terminal():
    first, *lines = full(SEEN).split("\n")
    assert first.startswith("11:05:00.250  10.0.0.7:5060")
    assert lines[0] == "SUBSCRIBE sip:2000@h SIP/2.0"
    assert lines[-2] == r"Call-ID: no\x1b[2J"
    assert lines[-1] == ""
    assert "(cut)" in full({**SEEN, "cut": True})


@pytest.mark.parametrize("form", [full, summary])
def test_what_was_left_out_is_told(form):
    document = {"at": SEEN["at"], "left_out": 40}
    assert form(document).rstrip() == "11:05:00.250  … and 40 more in this second"


def test_a_keep_alive_is_named():
    assert "keep-alive" in summary({**SEEN, "message": "\r\n\r\n"})


@pytest.mark.parametrize("form", [full, summary])
def test_a_document_that_is_none_is_shown_all_the_same(form):
    assert form({"at": "\x1b", "message": 7}).isprintable() or form is full
