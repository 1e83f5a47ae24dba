import time
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, multiple, rule

from bridge.effects import PublicationExpired, Publish, PublishAnswered
from bridge.events import BrokerConnected
from bridge.model.presence import NOT_SET, Presence, PresenceState
from bridge.pidf import CONTENT_TYPE, MAX_BYTES
from bridge.sip.credentials import User
from bridge.sip.parser import parse
from bridge.topics.decoders.presence import decode_presence, decode_word
from support.playbook import BASE, Playbook
from support.softphone import Softphone, pidf

WIRE = Path(__file__).parents[2] / "data" / "wire"
HINT = "2000 = SIP/2000,CustomPresence:2000"
TRUTH = f"{BASE}/presence/2000"


@pytest.fixture
def play():
    return Playbook(HINT)


@pytest.fixture
def softphone(play):
    return Softphone(play)


def truth(play):
    """What the provider says, once the broker has given back what was written."""
    play.give_back()
    presence = play.state.facts.presence("2000")
    return presence.state.value, presence.subtype, presence.message


def written(play):
    return [effect.payload for effect in play.of(Publish) if effect.topic == TRUTH]


# --- what it does --------------------------------------------------------------------------------


@pytest.mark.requirement("P5")
def test_what_a_softphone_says_is_written_and_shown_when_it_comes_back(play, softphone):
    watcher = play.phone()
    watcher.subscribe()
    watcher.notified()
    assert softphone.publish(pidf("open", "lunch", note="back at 13:00")).status == 200
    word = decode_word(play.published[TRUTH])
    assert word.value == Presence(PresenceState.AWAY, "lunch", "back at 13:00")
    assert (word.origin.by, word.origin.rule) == ("phone", "")
    assert len(watcher.notifies()) == 1
    play.give_back()
    assert watcher.notified().presence == ("away", "lunch", "back at 13:00")


@pytest.mark.requirement("P2", "P3")
def test_each_success_has_a_new_tag_and_its_seconds(play, softphone):
    tags = []
    for body, expires in ((pidf(), 600), ("", 300), (pidf("closed"), 7200), ("", 0)):
        response = softphone.publish(body, expires=expires)
        assert (response.status, response.get("expires")) == (200, str(min(expires, 3600)))
        tags.append(response.get("sip-etag"))
    assert len(set(tags)) == 4
    assert [seen.outcome for seen in play.of(PublishAnswered)] == [
        "created",
        "refreshed",
        "modified",
        "removed",
    ]


@pytest.mark.requirement("P3")
def test_a_publication_that_is_removed_gives_way_to_what_was_there(play, softphone):
    play.mqtt("presence/2000", "xa,trip")
    softphone.publish(pidf("open", "lunch"))
    assert truth(play) == ("away", "lunch", "")
    softphone.publish(pidf("open", "meeting"))
    assert truth(play) == ("dnd", "meeting", "")
    softphone.publish(expires=0)
    assert truth(play) == ("xa", "trip", "")


@pytest.mark.requirement("P3")
def test_a_publication_that_expires_gives_way_to_what_was_there(play, softphone):
    softphone.publish(pidf("open", "lunch"), expires=60)
    assert truth(play) == ("away", "lunch", "")
    play.advance(60)
    assert truth(play) == ("not_set", "", "")
    assert play.of(PublicationExpired) == [PublicationExpired("2000")]


def test_what_others_write_meanwhile_stays(play, softphone):
    softphone.publish(pidf("open", "lunch"))
    play.give_back()
    play.mqtt("presence/2000", "dnd,by hand")
    softphone.publish(pidf("open", "lunch"))
    softphone.publish()
    assert truth(play) == ("dnd", "by hand", "")
    softphone.publish(expires=0)
    assert truth(play) == ("dnd", "by hand", "")


def test_a_newer_word_goes_over_what_others_wrote_and_gives_way_to_it(play, softphone):
    softphone.publish(pidf("open", "lunch"))
    play.give_back()
    play.mqtt("presence/2000/set", '{"state": "dnd"}')
    assert truth(play) == ("dnd", "lunch", "")
    softphone.publish(pidf())
    assert truth(play) == ("available", "", "")
    softphone.publish(expires=0)
    assert truth(play) == ("dnd", "lunch", "")


def test_of_two_softphones_the_latest_word_counts(play, softphone):
    other = Softphone(play)
    softphone.publish(pidf())
    other.publish(pidf("open", "meal"))
    softphone.publish()
    assert truth(play) == ("away", "meal", "")
    other.publish(expires=0)
    assert truth(play) == ("available", "", "")
    softphone.publish(expires=0)
    assert truth(play) == ("not_set", "", "")


def test_two_first_publications_of_one_softphone_are_one_word_that_expires_twice(play, softphone):
    softphone.publish(pidf("open", "away"), expires=60, tag=None)
    softphone.publish(pidf("open", "away"), expires=90, tag=None)
    assert len(play.publisher.publications) == 2
    play.advance(60)
    assert truth(play) == ("away", "", "")
    play.advance(30)
    assert truth(play) == ("not_set", "", "")


def test_no_expires_is_an_hour(play, softphone):
    assert softphone.publish(pidf("open", "away"), expires=None).get("expires") == "3600"
    play.advance(3599)
    assert truth(play) == ("away", "", "")
    play.advance(1)
    assert truth(play) == ("not_set", "", "")


@pytest.mark.requirement("P5")
def test_without_a_broker_it_is_accepted_and_written_when_the_broker_is_back(play, softphone):
    play.mqtt("presence/2000", "xa")
    play.disconnect()
    assert softphone.publish(pidf("open", "away")).status == 200
    assert softphone.publish(pidf("open", "busy")).status == 200
    assert written(play) == []
    assert truth(play) == ("xa", "", "")
    play.connect()
    assert [decode_presence(payload) for payload in written(play)] == [Presence(PresenceState.DND)]
    assert truth(play) == ("dnd", "", "")
    softphone.publish(expires=0)
    assert truth(play) == ("xa", "", "")


@pytest.mark.requirement("P5")
def test_with_publishing_off_it_is_forbidden():
    play = Playbook(HINT, accept_publish=False)
    response = Softphone(play).publish(pidf())
    assert (response.status, response.reason) == (403, "Forbidden")
    assert written(play) == []
    assert "PUBLISH" in play.endpoint.allow


# --- the checks and their order ------------------------------------------------------------------


# What can be wrong, in the order of RFC 3903 section 6.
WRONG = [
    (404, {"to": "nobody"}),
    (403, {"to": "2001"}),
    (489, {"Event": "dialog"}),
    (400, {"tag": "one, two"}),
    (412, {"tag": "never-given"}),
    (423, {"expires": 1, "tag": None}),
    (415, {"Content_Type": "text/plain"}),
    (400, {"body": "no document"}),
]


@pytest.mark.requirement("P1")
@pytest.mark.parametrize("step", range(len(WRONG)))
def test_of_all_that_is_wrong_the_first_is_said(step):
    play = Playbook(HINT, "2001 = ,CustomPresence:2001", min_expires=60)
    request = {}
    for _, fault in reversed(WRONG[step:]):
        request |= fault
    response = Softphone(play).publish(request.pop("body"), **request)
    status = WRONG[step][0]
    assert response.status == status
    uri = f"sip:{request.get('to', '2000')}@127.0.0.1:5060"
    assert play.of(PublishAnswered) == [PublishAnswered("rejected", status, uri, "127.0.0.1")]
    assert written(play) == []


@pytest.mark.requirement("P1")
def test_a_stranger_learns_nothing():
    play = Playbook(HINT, trusted=(), users=(User("2000", "secret"),))
    stranger = Softphone(play, "2000")
    assert {stranger.publish("no document", to=to, Event="x").status for to in ("2000", "nobody")} == {401}
    assert play.of(PublishAnswered) == []


@pytest.mark.requirement("P1")
@pytest.mark.parametrize("event", ["dialog", "Presence", "presence.winfo", None])
def test_another_event_is_refused_with_those_that_there_are(softphone, event):
    response = softphone.publish(pidf(), Event=event)
    assert (response.status, response.get("allow-events")) == (489, "presence")


@pytest.mark.requirement("P1")
@pytest.mark.parametrize("tags", ["a, b", "a b", '"a"', "", "a\nSIP-If-Match: b"])
def test_more_than_one_tag_is_a_bad_request(softphone, tags):
    assert softphone.publish(pidf(), tag=tags).status == 400


@pytest.mark.requirement("P1")
def test_a_tag_serves_once_and_for_its_user(play, softphone):
    softphone.publish(pidf())
    old = softphone.tag
    softphone.publish()
    assert softphone.publish(pidf("closed"), tag=old).status == 412
    assert softphone.publish(expires=0, tag=old).status == 412
    stranger = Softphone(Playbook("2000 = ,CustomPresence:2000", "2001 = ,CustomPresence:2001"), "2001")
    first = Softphone(stranger.phone.play, "2000")
    first.publish(pidf())
    assert stranger.publish(pidf("closed"), tag=first.tag).status == 412
    assert truth(play) == ("available", "", "")


@pytest.mark.requirement("P1", "P3")
def test_a_tag_is_unknown_after_its_end(play, softphone):
    softphone.publish(pidf(), expires=60)
    play.advance(60)
    assert softphone.publish().status == 412
    softphone.publish(pidf(), tag=None)
    softphone.publish(expires=0)
    assert softphone.publish(pidf()).status == 412


@pytest.mark.requirement("P1")
def test_too_brief_is_refused_with_the_least_and_what_there_is_stays():
    play = Playbook(HINT, min_expires=60)
    softphone = Softphone(play)
    softphone.publish(pidf())
    response = softphone.publish(pidf("closed"), expires=30)
    assert (response.status, response.get("min-expires")) == (423, "60")
    assert softphone.publish().status == 200
    assert truth(play) == ("available", "", "")


@pytest.mark.requirement("P1", "P4")
@pytest.mark.parametrize(
    "headers",
    [
        {"Content_Type": None},
        {"Content_Type": "text/plain"},
        {"Content_Type": "application/cpim-pidf+xml"},
        {"Content_Type": "multipart/related;boundary=x"},
        {"Content_Encoding": "gzip"},
    ],
)
def test_a_body_of_another_type_is_refused_with_what_is_read(play, softphone, headers):
    response = softphone.publish(pidf(), **headers)
    assert (response.status, response.get("accept")) == (415, CONTENT_TYPE)
    assert written(play) == []


def test_the_type_may_have_parameters(softphone):
    assert softphone.publish(pidf(), Content_Type="Application/PIDF+XML; charset=UTF-8").status == 200


@pytest.mark.requirement("P1", "P4")
@pytest.mark.parametrize(
    "body", ["", "away", "<presence/>", "<!DOCTYPE presence>" + pidf()[38:], pidf()[:-1]]
)
def test_a_first_publication_needs_a_document(play, softphone, body):
    assert softphone.publish(body).status == 400
    assert written(play) == []


LAUGHS = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 40))


@pytest.mark.requirement("P4")
@pytest.mark.parametrize(
    "body",
    [
        f'<!DOCTYPE p [<!ENTITY e0 "ha">{LAUGHS}]>{pidf(note="&e39;")[38:]}',
        f'<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]>{pidf(note="&x;")[38:]}',
        f'<!DOCTYPE p SYSTEM "http://127.0.0.1:9/p.dtd">{pidf()[38:]}',
        "<presence>" + "<a>" * 5000,
        pidf(note="<a>" * 2000 + "</a>" * 2000),
        pidf(note="<a/>" * 3900),
    ],
    ids=["laughs", "file", "network", "unclosed", "deep", "flat"],
)
def test_a_bomb_is_refused_at_once(play, softphone, body):
    began = time.process_time()
    assert softphone.publish(body).status == 400
    assert time.process_time() - began < 0.05
    assert written(play) == []


@pytest.mark.requirement("P4")
def test_a_large_body_is_refused_by_its_size(play, softphone):
    assert softphone.publish(pidf(note="x" * MAX_BYTES)).status == 413
    assert written(play) == []


@pytest.mark.requirement("P3")
def test_a_publication_for_no_time_leaves_nothing(play, softphone):
    response = softphone.publish(pidf(), expires=0)
    assert (response.status, response.get("expires")) == (200, "0")
    assert softphone.publish().status == 412
    assert written(play) == []


@pytest.mark.requirement("P3")
def test_a_removal_may_have_a_body(play, softphone):
    softphone.publish(pidf("open", "away"))
    assert softphone.publish("whatever", expires=0, Content_Type="text/plain").status == 200
    assert truth(play) == ("not_set", "", "")


@pytest.mark.requirement("P4")
def test_there_is_no_dialog(play, softphone):
    response = softphone.publish(
        pidf(), To="<sip:2000@127.0.0.1>;tag=other", Contact="<sip:a@b>", Record_Route="<sip:proxy;lr>"
    )
    assert response.status == 200
    assert not response.names & {"contact", "record-route"}


def test_a_repeat_is_answered_alike_and_not_served_again(play, softphone):
    request = softphone.phone.request("PUBLISH", body=pidf(), Event="presence", From="<sip:2000@a>;tag=a")
    request = request.replace("Event:", f"Content-Type: {CONTENT_TYPE}\nEvent:")
    softphone.phone.send(request)
    softphone.phone.send(request)
    first, second = softphone.phone.received
    assert first == second
    assert len(play.publisher.publications) == 1


@pytest.mark.parametrize(
    "name", sorted(path.name for path in WIRE.glob("*PUBLISH*") if "remove" not in path.name)
)
def test_what_softphones_send_is_their_users_presence(name):
    data = (WIRE / name).read_bytes()
    user = parse(data).request_uri.user
    play = Playbook(f"2000 = ,CustomPresence:{user}")
    phone = play.phone()
    via = f"SIP/2.0/UDP 127.0.0.1:{phone.address.port};rport;branch=z9hG4bKother"
    phone.send(data.replace(parse(data).top_via.raw.encode(), via.encode()))
    (response,) = phone.responses()
    assert (response.status, response.get("expires")) == (200, str(parse(data).expires or 3600))
    assert decode_presence(play.published[f"{BASE}/presence/{user}"]) == Presence(PresenceState.AVAILABLE)


def test_what_linphone_sends_when_it_ends(play):
    data = (WIRE / "linphonec-5.1.65-PUBLISH-remove.sip").read_bytes()
    play = Playbook("2000 = ,CustomPresence:carol")
    softphone = Softphone(play, "carol")
    softphone.publish(pidf())
    via = f"SIP/2.0/UDP 127.0.0.1:{softphone.phone.address.port};rport;branch=z9hG4bKother"
    data = data.replace(parse(data).top_via.raw.encode(), via.encode())
    softphone.phone.send(data.replace(b"e71drkdv", softphone.tag.encode()))
    assert softphone.phone.responses()[-1].status == 200
    play.give_back()
    assert play.state.facts.presence("carol") == NOT_SET


def test_a_flood_of_first_publications_is_bounded(play, softphone):
    for _ in range(200):
        assert softphone.publish(pidf("open", "away"), tag=None).status == 200
    assert len(play.publisher.publications) <= 16
    assert len(written(play)) == 1


# --- whatever happens ----------------------------------------------------------------------------

BODIES = [pidf(), pidf("closed"), pidf("open", "away"), pidf("open", "meeting", note="room 5"), ""]


class Office(RuleBasedStateMachine):
    """Softphones of one person come and go, others write, the broker is lost and found.

    When all publications have ended, the truth is the last word of the others: what it was before
    when there was none.
    """

    publications = Bundle("publications")

    @initialize(before=st.sampled_from(["", "xa,trip", "unavailable"]))
    def begin(self, before):
        self.play = Playbook(HINT)
        self.play.mqtt("presence/2000", before)
        self.others = self.play.state.facts.presence("2000")
        self.connected = True
        self.held = before.encode()
        self.words = 0

    @rule(target=publications, body=st.sampled_from(BODIES[:-1]), expires=st.sampled_from([30, 600, 3600]))
    def somebody_publishes(self, body, expires):
        softphone = Softphone(self.play)
        assert softphone.publish(body, expires=expires).status == 200
        return softphone

    @rule(softphone=publications, body=st.sampled_from(BODIES), expires=st.sampled_from([30, 600]))
    def somebody_publishes_again(self, softphone, body, expires):
        assert softphone.publish(body, expires=expires).status in (200, 412)

    @rule(target=publications, softphone=consumes(publications))
    def somebody_leaves(self, softphone):
        assert softphone.publish(expires=0).status in (200, 412)
        return multiple()

    @rule(seconds=st.sampled_from([5, 40, 700]))
    def time_passes(self, seconds):
        # A broker that is slower than this counts as one that will never answer.
        for _ in range(0, seconds, 5):
            self.play.advance(5)
            self.the_broker_gives_back()

    @rule()
    def the_broker_gives_back(self):
        if self.connected:
            self.play.give_back()
            self.held = self.play.published.get(TRUTH, self.held)

    @rule(command=st.booleans())
    def others_write(self, command):
        self.the_broker_gives_back()
        self.words += 1
        word = f"dnd,by hand,{self.words}".encode()
        if not self.connected:
            self.held = word
        elif command:
            self.play.mqtt("presence/2000/set", word)
            self.the_broker_gives_back()
        else:
            self.play.published[TRUTH] = self.held = word
            self.play.mqtt("presence/2000", word)
        self.others = decode_presence(word)

    @rule()
    def the_broker_is_lost(self):
        # All that was written had arrived; what is lost on the way is for tests/unit/topics/test_claims.py.
        self.the_broker_gives_back()
        if self.connected:
            self.play.disconnect()
            self.connected = False

    @rule()
    def the_broker_is_back(self):
        if self.connected:
            return
        self.connected = True
        self.play.feed(BrokerConnected())
        if self.held:
            self.play.mqtt("presence/2000", self.held, retained=True)
        self.play.published[TRUTH] = self.held
        self.play.sync()

    def teardown(self):
        if not hasattr(self, "play"):
            return
        self.the_broker_is_back()
        self.time_passes(3600)
        assert len(self.play.publisher.publications) == 0
        assert self.play.state.facts.presence("2000") == self.others
        assert decode_presence(self.held) == self.others


TestOffice = Office.TestCase
TestOffice.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
