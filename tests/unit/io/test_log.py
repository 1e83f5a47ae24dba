import pytest

from bridge.effects import (
    AuthenticationFailed,
    BrokerSynchronised,
    CheckSyncAnswered,
    FeatureCallAnswered,
    MessageDropped,
    MessageRejected,
    NotifyAnswered,
    NotifySent,
    PhoneFileAnswered,
    PresenceChanged,
    PublicationExpired,
    PublishAnswered,
    RegisterAnswered,
    SubscribeAnswered,
    SubscriptionEnded,
    Warned,
)
from bridge.events import Address, Flow
from bridge.io import log

FLOW = Flow("udp", Address("127.0.0.1", 5060), Address("192.0.2.1", 5060))


@pytest.fixture
def lines(monkeypatch, capsys):
    """Log some effects, and return what was written, without the time."""
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)

    def written(*effects):
        log.configure("debug")
        for effect in effects:
            log.observe(effect)
        return [line.split(" ", 2)[2] for line in capsys.readouterr().err.splitlines()]

    return written


@pytest.mark.parametrize(
    ("effect", "line"),
    [
        (BrokerSynchronised(3, 0.25), "INFO    broker_synchronised messages=3 seconds=0.250"),
        (
            MessageDropped(FLOW, "malformed", "no Via"),
            'DEBUG   sip_message_dropped kind=malformed source=192.0.2.1 reason="no Via"',
        ),
        (
            AuthenticationFailed("192.0.2.1", "al\x1b[2Jice"),
            r'WARNING authentication_failed source=192.0.2.1 user="al\\x1b[2Jice"',
        ),
        (
            MessageRejected("a/b", "payload", "x", "why"),
            "WARNING mqtt_message_rejected topic=a/b value=x reason=why",
        ),
        (PresenceChanged("2000", "away", "dnd"), "INFO    presence_changed provider=2000 old=away new=dnd"),
        (
            SubscribeAnswered("created", 200, "2000", "sip:a@h", "c1"),
            "INFO    subscribe_created status=200 extension=2000 watcher=sip:a@h call_id=c1",
        ),
        (
            SubscribeAnswered("refreshed", 200, "2000", "sip:a@h", "c1"),
            "DEBUG   subscribe_refreshed status=200 extension=2000 watcher=sip:a@h call_id=c1",
        ),
        (
            SubscriptionEnded("expired", "2000", "sip:a@h", "c1"),
            "INFO    subscription_ended reason=expired extension=2000 watcher=sip:a@h call_id=c1",
        ),
        (
            RegisterAnswered("registered", 200, "sip:a@h"),
            "INFO    register_registered status=200 aor=sip:a@h",
        ),
        (RegisterAnswered("refreshed", 200, "sip:a@h"), "DEBUG   register_refreshed status=200 aor=sip:a@h"),
        (RegisterAnswered("rejected", 423, "sip:a@h"), "INFO    register_rejected status=423 aor=sip:a@h"),
        (PublishAnswered("created", 200, "sip:a@h"), "INFO    publish_created status=200 presentity=sip:a@h"),
        (
            PublishAnswered("refreshed", 200, "sip:a@h"),
            "DEBUG   publish_refreshed status=200 presentity=sip:a@h",
        ),
        (PublicationExpired("2000"), "INFO    publication_expired provider=2000"),
        (
            FeatureCallAnswered("set", 603, "sip:*78@h", "sip:200@h", "200", "dnd"),
            "INFO    feature_call_set status=603 dialled=sip:*78@h caller=sip:200@h provider=200 presence=dnd",
        ),
        (
            FeatureCallAnswered("rejected", 404, "sip:9@h", "200", "", ""),
            'INFO    feature_call_rejected status=404 dialled=sip:9@h caller=200 provider="" presence=""',
        ),
        (
            NotifyAnswered("state", "timeout", 0, 32.0, None),
            "WARNING notify_failed outcome=timeout status=0 trigger=state",
        ),
        (
            CheckSyncAnswered("192.0.2.1:5060", "acknowledged", 200),
            "INFO    check_sync phone=192.0.2.1:5060 outcome=acknowledged status=200",
        ),
        (
            CheckSyncAnswered("192.0.2.1:5060", "timeout", 0),
            "WARNING check_sync phone=192.0.2.1:5060 outcome=timeout status=0",
        ),
        (
            PhoneFileAnswered("0.cfg", "192.0.2.1", "Digium D65 2_9_19", 404),
            'INFO    phone_file file=0.cfg status=404 source=192.0.2.1 user_agent="Digium D65 2_9_19"',
        ),
        (
            PhoneFileAnswered("0.cfg", "192.0.2.1", "\x1b[2J", 403),
            r'WARNING phone_file file=0.cfg status=403 source=192.0.2.1 user_agent="\\x1b[2J"',
        ),
        (Warned("words"), "WARNING words"),
    ],
)
def test_a_line_for_each(lines, effect, line):
    assert lines(effect) == [line]


@pytest.mark.parametrize(
    "effect", [NotifySent("state", None), NotifyAnswered("state", "acknowledged", 200, 0.1, None)]
)
def test_what_goes_well_is_not_logged(lines, effect):
    assert lines(effect) == []


def test_nothing_from_outside_moves_the_terminal_or_fakes_a_line(lines):
    evil = 'a\r\n\x1b[31m"\u202e\x00' + "x" * 1000
    seen = lines(SubscribeAnswered("created", 200, evil, evil, evil), Warned(evil))
    assert len(seen) == 2
    assert all(line.isprintable() for line in seen)
    assert "\\x1b[31m" in seen[0]
    assert all(len(line) < 1000 for line in seen)


def test_values_are_quoted_so_that_they_can_be_told_apart(lines):
    assert lines(PresenceChanged('a "b" c=d', "", "x")) == [
        r'INFO    presence_changed provider="a \"b\" c=d" old="" new=x'
    ]


def test_under_systemd_the_priority_stands_in_front(monkeypatch, capsys):
    monkeypatch.setenv("JOURNAL_STREAM", "8:1")
    log.configure("info")
    log.note("a")
    log.warn("b")
    log.fail("c")
    log.observe(MessageDropped(FLOW, "malformed", "not at this level"))
    assert capsys.readouterr().err.splitlines() == ["<6>a", "<4>b", "<3>c"]
