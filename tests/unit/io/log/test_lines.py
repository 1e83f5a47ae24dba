"""The line of each observation."""

import logging
from typing import get_args

import pytest

from bridge.effects import (
    AuthenticationFailed,
    BrokerSynchronised,
    CheckSyncAnswered,
    FeatureCallAnswered,
    MessageDropped,
    MessageRejected,
    NotifyAnswered,
    Observation,
    PhoneFileAnswered,
    PresenceChanged,
    PublicationExpired,
    PublishAnswered,
    RegisterAnswered,
    RuleDecided,
    SensorChanged,
    StoreChanged,
    StoreResumed,
    SubscribeAnswered,
    SubscriptionEnded,
    Warned,
)
from bridge.events import Address, Flow
from bridge.io.log.lines import KINDS

FLOW = Flow("udp", Address("127.0.0.1", 5060), Address("192.0.2.1", 5060))
HOST = "192.0.2.1"


def line(effect):
    return KINDS[type(effect)].line(effect)


@pytest.mark.parametrize(
    ("effect", "level", "text"),
    [
        (BrokerSynchronised(3, 0.25), "INFO", "broker_synchronised messages=3 seconds=0.25"),
        (
            MessageDropped(FLOW, "malformed", "no Via"),
            "DEBUG",
            'sip_message_dropped kind=malformed source=192.0.2.1 reason="no Via"',
        ),
        (
            AuthenticationFailed(HOST, "al\x1b[2Jice"),
            "WARNING",
            r'authentication_failed source=192.0.2.1 user="al\\x1b[2Jice"',
        ),
        (
            MessageRejected("a/b", "payload", "x", "why"),
            "WARNING",
            "mqtt_message_rejected topic=a/b value=x reason=why",
        ),
        (PresenceChanged("2000", "away", "dnd"), "INFO", "presence_changed provider=2000 old=away new=dnd"),
        (
            PresenceChanged("2000", "away", "dnd", "rule", "door shut"),
            "INFO",
            'presence_changed provider=2000 old=away new=dnd by=rule rule="door shut"',
        ),
        (
            PresenceChanged("2000", "away", "dnd", "command"),
            "INFO",
            "presence_changed provider=2000 old=away new=dnd by=command",
        ),
        (
            SensorChanged("door", "front", "open", "closed"),
            "DEBUG",
            "sensor_changed sensor=door instance=front old=open new=closed",
        ),
        (
            RuleDecided("2000", "door", "dnd,,Door closed"),
            "INFO",
            'rule_decided output=2000 rule=door value="dnd,,Door closed"',
        ),
        (
            SubscribeAnswered("created", 200, "2000", "sip:a@h", "c1", HOST),
            "INFO",
            "subscribe_created status=200 extension=2000 watcher=sip:a@h call_id=c1 source=192.0.2.1",
        ),
        (
            SubscribeAnswered("refreshed", 200, "2000", "sip:a@h", "c1", HOST),
            "DEBUG",
            "subscribe_refreshed status=200 extension=2000 watcher=sip:a@h call_id=c1 source=192.0.2.1",
        ),
        (
            SubscribeAnswered("rejected", 403, "", "sip:a:SeCrEt@h", "c1", HOST),
            "INFO",
            'subscribe_rejected status=403 extension="" watcher=sip:a:(hidden)@h call_id=c1 source=192.0.2.1',
        ),
        (
            SubscriptionEnded("expired", "2000", "sip:a@h", "c1"),
            "INFO",
            "subscription_ended reason=expired extension=2000 watcher=sip:a@h call_id=c1",
        ),
        (
            RegisterAnswered("registered", 200, "sip:a@h", HOST),
            "INFO",
            "register_registered status=200 aor=sip:a@h source=192.0.2.1",
        ),
        (
            RegisterAnswered("refreshed", 200, "sip:a@h", HOST),
            "DEBUG",
            "register_refreshed status=200 aor=sip:a@h source=192.0.2.1",
        ),
        (
            RegisterAnswered("rejected", 423, "sip:a@h", HOST),
            "INFO",
            "register_rejected status=423 aor=sip:a@h source=192.0.2.1",
        ),
        (
            PublishAnswered("created", 200, "sip:a@h", HOST),
            "INFO",
            "publish_created status=200 presentity=sip:a@h source=192.0.2.1",
        ),
        (
            PublishAnswered("refreshed", 200, "sip:a@h", HOST),
            "DEBUG",
            "publish_refreshed status=200 presentity=sip:a@h source=192.0.2.1",
        ),
        (PublicationExpired("2000"), "INFO", "publication_expired provider=2000"),
        (
            FeatureCallAnswered("set", 603, "sip:*78@h", "u", "200", "dnd", HOST),
            "INFO",
            "feature_call_set status=603 dialled=sip:*78@h caller=u provider=200 presence=dnd source=192.0.2.1",
        ),
        (
            NotifyAnswered("state", "timeout", 0, 32.0, None),
            "WARNING",
            "notify_failed outcome=timeout status=0 trigger=state",
        ),
        (
            CheckSyncAnswered("192.0.2.1:5060", "acknowledged", 200),
            "INFO",
            "check_sync phone=192.0.2.1:5060 outcome=acknowledged status=200",
        ),
        (
            CheckSyncAnswered("192.0.2.1:5060", "timeout", 0),
            "WARNING",
            "check_sync phone=192.0.2.1:5060 outcome=timeout status=0",
        ),
        (
            PhoneFileAnswered("0.cfg", HOST, "Digium D65 2_9_19", 404),
            "INFO",
            'phone_file file=0.cfg status=404 source=192.0.2.1 user_agent="Digium D65 2_9_19"',
        ),
        (
            PhoneFileAnswered("0.cfg", HOST, "\x1b[2J", 403),
            "WARNING",
            r'phone_file file=0.cfg status=403 source=192.0.2.1 user_agent="\\x1b[2J"',
        ),
        (
            StoreChanged("disk full"),
            "WARNING",
            'store_lost reason="disk full" consequence="all goes on in memory"',
        ),
        (StoreChanged(""), "INFO", "store_kept"),
        (StoreResumed(2, 3, 1, {}), "INFO", "store_resumed subscriptions=2 facts=3 expired=1"),
        (
            StoreResumed(2, 3, 1, {"no listener": 4, "no user": 1}),
            "WARNING",
            'store_resumed subscriptions=2 facts=3 expired=1 dropped=5 why="4 no listener, 1 no user"',
        ),
        (Warned("words"), "WARNING", "words"),
    ],
)
def test_a_line_for_each(effect, level, text):
    assert logging.getLevelName(KINDS[type(effect)].level(effect)) == level
    assert str(line(effect)) == text


def test_what_goes_well_is_on_no_level():
    answered = NotifyAnswered("state", "acknowledged", 200, 0.1, None)
    assert KINDS[NotifyAnswered].level(answered) == logging.NOTSET


@pytest.mark.parametrize(
    ("effect", "source"),
    [
        (SubscribeAnswered("rejected", 403, "", "w", "c", HOST), HOST),
        (SubscribeAnswered("created", 200, "2000", "w", "c", HOST), None),
        (RegisterAnswered("rejected", 403, "a", HOST), HOST),
        (RegisterAnswered("registered", 200, "a", HOST), None),
        (PublishAnswered("rejected", 403, "a", HOST), HOST),
        (FeatureCallAnswered("rejected", 404, "a", "b", "", "", HOST), HOST),
        (AuthenticationFailed(HOST, "a"), HOST),
        (MessageDropped(FLOW, "rate", "too much"), HOST),
        (MessageRejected("a/b", "payload", "x", "why"), "a/b"),
        (PhoneFileAnswered("0.cfg", HOST, "", 404), HOST),
        (PhoneFileAnswered("0.cfg", HOST, "", 200), None),
        (PresenceChanged("2000", "away", "dnd"), None),
        (Warned("words"), "words"),
    ],
)
def test_what_strangers_can_repeat_at_will_is_limited_by_its_source(effect, source):
    assert line(effect).source == source


def test_every_kind_is_an_observation():
    assert set(KINDS) <= set(get_args(Observation))
