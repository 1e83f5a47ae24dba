import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.events import Address, Flow
from bridge.notifier.bodies import PIDF_LAYOUTS
from bridge.notifier.profiles import Profiles, Rule
from bridge.notifier.rows import TABLE, decode_row, encode_row, row_key
from support.context import EPOCH
from support.disk import Disk
from support.playbook import Playbook

PROFILES = Profiles()


def subscribed(agent="Digium D40 1_4_0_0_57389", **headers):
    play = Playbook("2000 = ,CustomPresence:2000", disk=Disk())
    phone = play.phone(agent=agent)
    assert phone.subscribe(**headers).status == 200
    (subscription,) = play.notifier.subscriptions
    return subscription


def decoded(subscription, profiles=PROFILES):
    return decode_row(encode_row(subscription, EPOCH), profiles)


KEPT = (
    "agent",
    "body",
    "event",
    "flow",
    "max_rate",
    "package",
    "profile",
    "source",
    "subject",
    "user",
    "verified",
)
OF_DIALOG = ("id", "local", "remote", "remote_cseq", "remote_uri", "route_set", "target")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Event": "dialog;id=7", "Accept": "application/dialog-info+xml"},
        {"Event": "presence;max-rate=0.5"},
        {"Record_Route": "<sip:10.0.0.1;lr>, <sip:10.0.0.2:5070;lr>"},
        {"From": '"Büro \\"2\\"" <sip:200@127.0.0.1>;tag=x'},
        {"agent": "Yealink SIP-T46S"},
        {"agent": "PolycomVVX", "Accept": "application/pidf+xml"},
    ],
)
def test_everything_is_as_it_was(headers):
    subscription = subscribed(**headers)
    subscription.verified = True
    again, expires_at = decoded(subscription)
    for name in KEPT:
        if name == "event":
            assert (again.event.package, again.event.id) == (
                subscription.event.package,
                subscription.event.id,
            )
        else:
            assert getattr(again, name) == getattr(subscription, name), name
    for name in OF_DIALOG:
        assert getattr(again.dialog, name) == getattr(subscription.dialog, name), name
    assert again.dialog.local_cseq == subscription.cseq_reserved == 1000
    assert expires_at == pytest.approx(EPOCH + subscription.expires_at)


def test_octets_that_are_no_text_survive():
    subscription = subscribed()
    subscription.dialog.remote = '"\udcff\udc80" <sip:200@127.0.0.1>;tag=x'
    document = encode_row(subscription, EPOCH)
    assert document.isascii()
    assert decode_row(document, PROFILES).subscription.dialog.remote == subscription.dialog.remote


def test_the_way_is_kept_without_the_connection():
    subscription = subscribed()
    subscription.flow = Flow("tls", Address("::1", 5061), Address("2001:db8::7", 40000), 9)
    assert decoded(subscription).subscription.flow == subscription.flow._replace(connection=0)


def test_a_profile_that_has_changed_meanwhile_applies():
    subscription = subscribed("Yealink SIP-T46S")
    assert subscription.profile.name == "yealink"
    assert subscription.body is PIDF_LAYOUTS["rpid"]
    profiles = Profiles([Rule("Yealink", changes={"pidf": "asterisk", "presence": "digium"})])
    again = decoded(subscription, profiles).subscription
    assert again.body is PIDF_LAYOUTS["asterisk"]
    assert again.subject.supplements


def test_the_key_is_our_own_tag():
    subscription = subscribed()
    assert row_key(subscription) == subscription.dialog.id.local_tag
    assert TABLE == "subscriptions"


def spoilt():
    row = json.loads(encode_row(subscribed(), EPOCH))
    for name in row:
        yield {key: value for key, value in row.items() if key != name}
    for name, value in (
        *(
            ("event", "presence.winfo"),
            ("event", 7),
            ("body", "text/plain"),
            ("target", "nonsense"),
            ("local_tag", None),
        ),
        *(
            ("remote", "nonsense"),
            ("at", []),
            ("to", None),
            ("cseq", "x"),
            ("cseq", None),
            ("route_set", ["nonsense"]),
        ),
        *(
            ("route_set", 7),
            ("expires_at", "soon"),
            ("expires_at", None),
            ("remote_cseq", []),
            ("call_id", 7),
        ),
    ):
        yield {**row, name: value}


@pytest.mark.parametrize("row", [*spoilt()])
def test_what_cannot_be_read_is_refused(row):
    with pytest.raises(ValueError, match=r".+"):
        decode_row(json.dumps(row), PROFILES)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(st.text(max_size=50) | JSON.map(json.dumps))
def test_any_text_is_a_row_or_a_value_error(text):
    with pytest.raises(ValueError, match=r".*"):
        decode_row(text, PROFILES)


ROW = json.loads(encode_row(subscribed(), EPOCH))


@given(st.sampled_from(sorted(ROW)), JSON)
def test_any_value_in_any_place_is_a_row_or_a_value_error(name, value):
    with contextlib.suppress(ValueError):
        saved = decode_row(json.dumps({**ROW, name: value}), PROFILES)
        assert saved.subscription.watcher == "sip:200@127.0.0.1" or name == "remote"
