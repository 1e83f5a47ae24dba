"""Bodies that want memory, time, files or connections, in PUBLISH and elsewhere: refused quickly, and nothing is told."""

import gc
import time

import pytest

from bridge.effects import Publish, Warned
from support.playbook import BASE, Playbook

HINT = "2000 = SIP/2000,CustomPresence:2000"
PIDF = "application/pidf+xml"
NAMESPACE = 'xmlns="urn:ietf:params:xml:ns:pidf"'

LAUGHS = "".join(f"<!ENTITY l{n} '" + f"&l{n - 1};" * 10 + "'>" for n in range(1, 10))
BOMBS = {
    "deep": f"<presence {NAMESPACE}>" + "<a>" * 15_000,
    "deep and closed": f"<presence {NAMESPACE}>" + "<a>" * 8_000 + "</a>" * 8_000 + "</presence>",
    "billion laughs": f'<!DOCTYPE p [<!ENTITY l0 "lol">{LAUGHS}]><presence {NAMESPACE}><note>&l9;</note></presence>',
    "quadratic": f"<!DOCTYPE p [<!ENTITY a '{'a' * 20_000}'>]><presence {NAMESPACE}>{'&a;' * 5000}</presence>",
    "external entity": f'<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]><presence {NAMESPACE}><note>&x;</note></presence>',
    "external document type": f'<!DOCTYPE p SYSTEM "http://127.0.0.1:9/x"><presence {NAMESPACE}/>',
    "parameter entity": f'<!DOCTYPE p [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]><presence {NAMESPACE}/>',
    "many attributes": f"<presence {NAMESPACE} " + " ".join(f"a{n}=''" for n in range(5000)) + ">",
    "many elements": f"<presence {NAMESPACE}>{'<a/>' * 15_000}</presence>",
    "many namespaces": f"<presence {NAMESPACE}>" + "".join(f'<a xmlns:n{n}="u{n}"/>' for n in range(2500)) + "</presence>",
    "long name": f"<presence {NAMESPACE}><{'a' * 50_000}/></presence>",
    "no end": f"<presence {NAMESPACE}><note>" + "x" * 50_000,
    "other root": "<presence/>",
    "not XML": "\x01\x02\x03" * 1000,
    "empty": " ",
}  # fmt: skip


@pytest.fixture
def play():
    return Playbook(HINT)


def publish(phone, body, **headers):
    """A PUBLISH for 2000 by its own user."""
    fields = {
        "From": "<sip:2000@127.0.0.1>;tag=1",
        "Event": "presence",
        "Expires": "600",
        "Content-Type": PIDF,
    }
    return phone.request("PUBLISH", body=body, **(fields | headers))


def told(play):
    """What was written to the topic of the truth."""
    return [effect for effect in play.of(Publish) if effect.topic == f"{BASE}/presence/2000"]


@pytest.mark.requirement("P4")
@pytest.mark.parametrize("body", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_in_little_time_and_changes_nothing(play, body):
    phone, watcher = play.phone(), play.phone()
    watcher.subscribe()
    watcher.notified()
    text = publish(phone, body)
    assert len(text) < 120_000
    gc.disable()
    started = time.thread_time()
    phone.send(text)
    took = time.thread_time() - started
    gc.enable()
    assert took < 0.05
    assert phone.responses()[-1].status in (400, 413)
    assert not told(play)
    assert not play.of(Warned)
    assert len(watcher.notifies()) == 1


@pytest.mark.requirement("P1", "P4")
@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (None, (400, 415)),
        ("", (400, 415)),
        ("application/sdp", (415,)),
        ("multipart/mixed", (415,)),
        ('multipart/related;boundary=""', (415,)),
        ("multipart/mixed;boundary=x", (415,)),
        ("text/xml", (415,)),
        ("x", (400, 415)),
        (f"{PIDF};charset=utf-7", (200, 400, 415)),
    ],
)
def test_a_body_of_another_kind_is_refused(play, kind, status):
    phone = play.phone()
    phone.send(publish(phone, f"<presence {NAMESPACE}><note>x</note></presence>", Content_Type=kind))
    assert phone.responses()[-1].status in status
    assert not play.of(Warned)


@pytest.mark.requirement("P4", "B5")
@pytest.mark.parametrize(
    "text", ["x" * 60_000, "&lt;" * 10_000, "&#1;", "]]&gt;&amp;&lt;b&gt;", "\u202e\u2066", "a&#10;b&#13;c"]
)
def test_a_text_that_is_told_is_bounded_and_well_formed(play, text):
    phone, watcher = play.phone(), play.phone()
    watcher.subscribe()
    watcher.notified()
    phone.send(
        publish(
            phone,
            f"<presence {NAMESPACE}><tuple id='a'><status><basic>open</basic></status><note>{text}</note></tuple></presence>",
        )
    )
    assert phone.responses()[-1].status in (200, 400, 413)
    play.give_back()
    for effect in told(play):
        assert len(effect.payload) < 20_000
    for notify in watcher.notifies():
        assert notify.lamp[0] == "open"
        assert len(notify.request.body) < 4_000


@pytest.mark.requirement("S23", "M5")
@pytest.mark.parametrize("body", BOMBS.values(), ids=BOMBS)
def test_the_body_of_a_subscribe_is_not_read(play, body):
    phone = play.phone()
    headers = {"Event": "presence", "Expires": "600", "Content-Type": "application/simple-filter+xml"}
    phone.send(phone.request("SUBSCRIBE", body=body, **headers))
    assert phone.responses()[-1].status == 200
    assert len(phone.notifies()) == 1
