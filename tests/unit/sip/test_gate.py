"""Who is let in, and what the others are told; by conversations with the whole engine."""

import re
from ipaddress import ip_network

import pytest

from bridge.effects import AuthenticationFailed, MessageDropped, ResponseSent, Warned
from bridge.events import Address, BytesReceived, Flow
from bridge.sip.credentials import NOBODY, TRUSTED, Identity, User
from bridge.sip.digest import Challenge, answer, hash_of, read_challenge, read_credentials, write_credentials
from bridge.sip.endpoint import Incoming
from bridge.sip.errors import Forbidden
from bridge.sip.gate import Gate, GateOptions
from support.phone import BRIDGE
from support.playbook import Playbook

ALICE = User("alice", "wonder land", extensions=frozenset({"2000"}))
USERS = (User("200", "secret"), ALICE)
HINTS = ("2000 = SIP/2000,CustomPresence:2000", "2001 = SIP/2001")
OUTSIDE = "192.0.2.7"

# The least that is served: no display names, no User-Agent, short tokens.
SMALLEST = (
    "SUBSCRIBE sip:2000@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1\nFrom: <sip:a@b>;tag=1\n"
    "To: <sip:2000@b>\nCall-ID: 1\nCSeq: 1 SUBSCRIBE\nContact: <sip:a@192.0.2.7>\nEvent: presence\n\n"
)


@pytest.fixture
def play():
    return Playbook(*HINTS, users=USERS)


@pytest.fixture
def phone(play):
    return play.phone(host=OUTSIDE, password="secret")


@pytest.fixture
def identities(play):
    """Who sent the requests that were served."""
    seen = []

    def served(incoming, _now):
        seen.append(incoming.identity)
        incoming.respond(200, "OK")

    play.endpoint.serve("MESSAGE", served)
    return seen


def challenges(response):
    return [read_challenge(line) for line in response.lines("www-authenticate")]


def ask(phone, refusal=None, *, method="SUBSCRIBE", count=1, extension="2000", authorization=None, **headers):
    """One request, with the answer to the challenge of `refusal` or with an Authorization as it is given."""
    if refusal is not None:
        authorization = phone.authorization(refusal, method, extension, count)
    fields = {"Event": "presence", "Expires": "600", "Authorization": authorization} | headers
    before = len(phone.received)
    phone.send(phone.request(method, extension, **fields))
    return phone.responses()[-1] if len(phone.received) > before else None


def credentials_for(phone, challenge: Challenge, uri: str) -> str:
    return answer(challenge, phone.user, phone.password, "SUBSCRIBE", uri, "c")


def guess(play, phone, user="200"):
    """A wrong password; the answer, or None if there is none."""
    stranger = play.phones[phone.address]
    stranger.user, stranger.password = user, "wrong"
    return ask(stranger, ask(stranger))


# --- trust ---------------------------------------------------------------------------------------


def admit(gate, host):
    incoming = Incoming(None, None, Flow("udp", BRIDGE, Address(host, 5060)), None)
    assert incoming.identity is NOBODY
    gate.admit(incoming, 0.0)
    return incoming.identity


def gate_for(*networks):
    return Gate(GateOptions(tuple(map(ip_network, networks))), (), lambda _effect: None, lambda: "00" * 8)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.255.0.9", "::1", "10.1.2.3", "fe80::1%eth0", "::ffff:10.1.2.3"]
)
def test_sources_in_the_networks_are_let_in(host):
    gate = gate_for("127.0.0.0/8", "::1/128", "10.0.0.0/8", "fe80::/10")
    assert admit(gate, host) is TRUSTED
    assert admit(gate, host) is TRUSTED


@pytest.mark.parametrize("host", ["192.0.2.1", "128.0.0.1", "::2", "2001:db8::1", "::ffff:192.0.2.1"])
def test_without_users_others_are_refused_each_time(host):
    gate = gate_for("127.0.0.0/8", "::1/128")
    for _ in range(2):
        with pytest.raises(Forbidden):
            admit(gate, host)


def test_who_is_refused_is_named_once():
    play = Playbook(*HINTS, trusted=("10.0.0.0/8",))
    for host in (OUTSIDE, OUTSIDE, "192.0.2.8"):
        assert play.phone(host=host).subscribe("2000").status == 403
    assert [one.text.partition(" ")[0] for one in play.of(Warned)] == [OUTSIDE, "192.0.2.8"]
    assert "trusted_networks" in play.of(Warned)[0].text


def test_a_scan_does_not_fill_the_memory():
    gate = gate_for("10.0.0.0/8")
    for i in range(10_000):
        admit(gate, f"10.0.{i // 256}.{i % 256}")
    assert len(gate._sources) <= 4096


@pytest.mark.requirement("A14")
def test_a_trusted_phone_is_never_challenged_whatever_it_sends(play, identities):
    phone = play.phone()
    assert phone.subscribe().status == 200
    wrong = 'Digest username="200", realm="presence-bridge", nonce="x", uri="sip:x", response="0"'
    for authorization in (wrong, "Digest", "Basic x", 'Digest realm="presence-bridge", realm='):
        assert ask(phone, method="MESSAGE", authorization=authorization).status == 200
    assert identities == [TRUSTED] * 4


# --- the challenge -------------------------------------------------------------------------------


@pytest.mark.requirement("A1", "A2")
def test_a_challenge_for_each_algorithm_the_strongest_first(play):
    refusal = ask(play.phone(host=OUTSIDE, agent="other"))
    assert refusal.status == 401
    sha, md5 = refusal.lines("www-authenticate")
    assert re.fullmatch(
        r'Digest realm="presence-bridge", nonce="[\w-]{32}", algorithm=SHA-256, qop="auth"', sha
    )
    assert md5 == sha.replace("SHA-256", "MD5")


@pytest.mark.requirement("A1")
@pytest.mark.parametrize(
    ("algorithms", "agent", "offered"),
    [
        (("SHA-256", "MD5"), "Yealink SIP-T46S", ["SHA-256", "MD5"]),
        (("SHA-256", "MD5"), None, ["SHA-256", "MD5"]),
        (("SHA-256", "MD5"), "Digium D40 1_4_0_0_57389", ["MD5"]),
        (("SHA-256", "MD5"), "baresip v1.0.0 (x86_64/linux)", ["MD5"]),
        (("SHA-256",), "Digium D40 1_4_0_0_57389", ["SHA-256"]),
        (("MD5",), "Yealink SIP-T46S", ["MD5"]),
        (("MD5", "SHA-256"), "Yealink SIP-T46S", ["MD5", "SHA-256"]),
    ],
)
def test_what_is_offered_to_whom(algorithms, agent, offered):
    gate = GateOptions(algorithms=algorithms, md5_only=("baresip", "digium"))
    play = Playbook(*HINTS, users=USERS, gate=gate)
    phone = play.phone(host=OUTSIDE, password="secret")
    refusal = ask(phone, User_Agent=agent)
    assert [challenge.algorithm for challenge in challenges(refusal)] == offered
    assert ask(phone, refusal).status == 200


@pytest.mark.requirement("A12")
def test_the_challenge_is_small(play):
    phone = play.phone(host=OUTSIDE, port=5060)
    phone.send(SMALLEST)
    assert phone.received[0].startswith(b"SIP/2.0 401 ")
    request = len(SMALLEST.replace("\n", "\r\n"))
    assert len(phone.received[0]) <= 2.5 * request


@pytest.mark.requirement("A3")
def test_challenges_cost_no_memory(play, phone):
    gate = play.endpoint._admit.__self__
    for _ in range(100):
        assert ask(phone).status == 401
    assert gate._nonces._counts == {}
    assert not any(map(len, (gate._throttle._places, gate._throttle._sources, gate._throttle._users)))
    assert play.of(AuthenticationFailed) == []


@pytest.mark.requirement("A10")
def test_ack_and_cancel_and_options_are_not_challenged(phone):
    for method in ("ACK", "CANCEL", "OPTIONS"):
        phone.send(phone.request(method))
    assert [response.status for response in phone.responses()] == [481, 200]


# --- credentials ---------------------------------------------------------------------------------


@pytest.mark.requirement("A1", "A7")
@pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
def test_a_phone_with_its_password_is_let_in(play, identities, algorithm):
    play_phone = play.phone(host=OUTSIDE, agent="other", user="alice", password="wonder land")
    refusal = ask(play_phone, method="MESSAGE")
    chosen = next(c for c in refusal.lines("www-authenticate") if f"algorithm={algorithm}" in c)
    refusal._index["www-authenticate"] = [chosen]
    assert ask(play_phone, refusal, method="MESSAGE").status == 200
    assert identities == [Identity("alice", frozenset({"2000"}))]


@pytest.mark.requirement("A7")
def test_a_user_known_by_a_hash():
    ha1 = hash_of("MD5", "200", "presence-bridge", "secret")
    for hashed, status in ((ha1, 200), (ha1[::-1], 401)):
        user = User("200", hashes={"MD5": hashed})
        play = Playbook(*HINTS, users=(user,), gate=GateOptions(algorithms=("MD5",)))
        assert play.phone(host=OUTSIDE, password="secret").subscribe().status == status


@pytest.mark.requirement("A10")
def test_what_follows_in_the_dialog_is_admitted_like_the_first(phone):
    assert phone.subscribe().status == 200
    phone.notified()
    phone.password = None
    assert phone.subscribe().status == 401
    assert phone.subscribe(expires=0).status == 401
    phone.password = "secret"
    assert phone.subscribe().status == 200
    phone.notified()
    assert phone.subscribe(expires=0).status == 200
    assert phone.notified().state == "terminated;reason=timeout"


@pytest.mark.requirement("A10")
def test_a_dialog_is_not_hijacked_from_another_source(play, phone):
    assert phone.subscribe().status == 200
    phone.notified()
    hijacker = play.phone(host="192.0.2.66")
    hijacker.call_id, hijacker.tag, hijacker.to_tag, hijacker.cseq = (
        phone.call_id,
        phone.tag,
        phone.to_tag,
        phone.cseq,
    )
    assert hijacker.subscribe(expires=0).status == 401
    assert len(play.notifier.subscriptions) == 1


@pytest.mark.requirement("A6", "A13")
@pytest.mark.parametrize("user", ["200", "alice", "nobody", "", "2" * 500, '"\\', "nö", "200\u0660"])
def test_a_wrong_password_is_401_and_observed(play, phone, user):
    refusal = guess(play, phone, user)
    assert refusal.status == 401
    assert not challenges(refusal)[0].stale
    assert play.of(AuthenticationFailed) == [AuthenticationFailed(OUTSIDE, user)]


@pytest.mark.requirement("A6")
def test_known_and_unknown_users_are_told_the_same(play):
    answers = []
    for user in ("200", "201"):
        phone = play.phone(host=OUTSIDE, port=5060, user=user, password="wrong")
        phone.cseq = 1
        refusal = ask(phone, ask(phone))
        answers.append(re.sub(rb'nonce="[^"]*"|tag=[^\r]*|branch=[^;]*', b"", phone.received[-1]))
        assert refusal.status == 401
    assert answers[0] == answers[1]


@pytest.mark.requirement("A9")
@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
        'NoOneKnowsThisScheme opaque-data="here"',
        "Digest",
        'Digest realm="pbx", username="200"',
        'Digest username="200", realm="asterisk", nonce="n", uri="sip:2000@127.0.0.1:5060", response="0"',
    ],
)
def test_other_schemes_and_realms_are_no_credentials(phone, authorization):
    refusal = ask(phone, authorization=authorization)
    assert refusal.status == 401
    assert not challenges(refusal)[0].stale


@pytest.mark.requirement("A9")
@pytest.mark.parametrize("field", ["username", "nonce", "uri", "response", "nc", "cnonce", "qop"])
@pytest.mark.parametrize("change", ["missing", "twice", "long", "too long", "empty", "control"])
def test_each_field_missing_or_odd_is_refused_and_nothing_breaks(play, phone, field, change):
    text = phone.authorization(ask(phone), "SUBSCRIBE")
    whole = re.search(rf'{field}=("[^"]*"|[^,]*)', text)[0]
    instead = {
        "missing": "x=y",
        "twice": f"{whole}, {whole}",
        "long": f'{field}="{"0" * 7_000}"',
        "too long": f'{field}="{"0" * 65_536}"',
        "empty": f'{field}=""',
        "control": f'{field}="\x1b[2J\x07\xff"',
    }[change]
    response = ask(phone, authorization=text.replace(whole, instead))
    # A line of 64 kB is above what the parser takes.
    assert response.status in ((513,) if change == "too long" else (400, 401))
    assert play.notifier.subscriptions == ()
    assert ask(phone).status == 401


@pytest.mark.requirement("A5")
@pytest.mark.parametrize(
    ("uri", "status"),
    [
        ("sip:2000@127.0.0.1:5060", 200),
        ("SIP:%32000@127.0.0.1:5060", 200),
        ("sip:2000@127.0.0.1:5060;x=y", 200),
        ("sip:2001@127.0.0.1:5060", 400),
        ("sip:2000@127.0.0.1", 400),
        ("sips:2000@127.0.0.1:5060", 400),
        ("sip:2000@127.0.0.1:5060;transport=tcp", 400),
        ("*", 400),
        ("", 400),
    ],
)
def test_the_uri_is_that_of_the_request(phone, uri, status):
    challenge = challenges(ask(phone))[0]
    text = credentials_for(phone, challenge, uri)
    assert ask(phone, authorization=text).status == status


@pytest.mark.requirement("A5")
def test_the_method_is_part_of_the_response(play, phone, identities):
    text = phone.authorization(ask(phone), "SUBSCRIBE")
    assert ask(phone, method="MESSAGE", authorization=text).status == 401
    assert identities == []


@pytest.mark.requirement("A1")
def test_no_algorithm_but_those_on_offer(play):
    play = Playbook(*HINTS, users=USERS, gate=GateOptions(algorithms=("SHA-256",)))
    phone = play.phone(host=OUTSIDE, password="secret")
    challenge = challenges(ask(phone))[0]
    for algorithm in ("MD5", "SHA-256-sess", "token"):
        text = credentials_for(phone, challenge, "sip:2000@127.0.0.1:5060")
        credentials = read_credentials(text, "presence-bridge")._replace(algorithm=algorithm)
        refusal = ask(phone, authorization=write_credentials(credentials))
        assert refusal.status == 401
        assert [offer.algorithm for offer in challenges(refusal)] == ["SHA-256"]
    weaker = credentials_for(phone, challenge._replace(algorithm="MD5"), "sip:2000@127.0.0.1:5060")
    assert ask(phone, authorization=weaker).status == 401
    assert play.of(AuthenticationFailed) == []


@pytest.mark.requirement("A2")
def test_without_qop_only_where_it_is_allowed(play):
    for without_qop, statuses in ((False, [401, 401]), (True, [200, 401])):
        play = Playbook(*HINTS, users=USERS, gate=GateOptions(without_qop=without_qop))
        phone = play.phone(host=OUTSIDE, password="secret")
        challenge = challenges(ask(phone))[0]._replace(has_qop=False)
        text = credentials_for(phone, challenge, "sip:2000@127.0.0.1:5060")
        assert [ask(phone, authorization=text).status for _ in range(2)] == statuses
        assert challenges(phone.responses()[-1])[0].stale is without_qop


def test_several_credentials_of_which_one_is_of_use(play, phone):
    old = ask(phone)
    play.advance(400)
    other = 'Digest username="200", realm="pbx", nonce="n", uri="sip:x", response="0"'
    lines = [other, phone.authorization(old, "SUBSCRIBE"), phone.authorization(ask(phone), "SUBSCRIBE")]
    assert ask(phone, authorization="\nAuthorization: ".join(lines)).status == 200


@pytest.mark.requirement("A13")
def test_several_guesses_in_one_request_are_one(play, phone):
    refusal = ask(phone)
    lines = []
    for number in range(50):
        phone.password = f"guess{number}" if number < 49 else "secret"
        lines.append(phone.authorization(refusal, "SUBSCRIBE"))
    assert ask(phone, authorization="\nAuthorization: ".join(lines)).status == 401
    assert len(play.of(AuthenticationFailed)) == 1


# --- nonces --------------------------------------------------------------------------------------


@pytest.mark.requirement("A3")
def test_an_old_nonce_is_stale_and_no_failure_and_the_new_one_serves(play, phone):
    old = ask(phone)
    play.advance(301)
    refusal = ask(phone, old)
    assert refusal.status == 401
    assert challenges(refusal)[0].stale
    assert play.of(AuthenticationFailed) == []
    assert ask(phone, refusal).status == 200


@pytest.mark.requirement("A3")
def test_a_nonce_of_the_last_run_is_stale_so_that_phones_come_back(play, phone):
    text = 'Digest username="200", realm="presence-bridge", nonce="{}", uri="sip:2000@127.0.0.1:5060", response="0"'
    for nonce, stale in (("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", True), ("x", True), ("", False)):
        refusal = ask(phone, authorization=text.format(nonce) + ', qop=auth, nc=00000001, cnonce="c"')
        assert refusal.status == 401
        assert challenges(refusal)[0].stale is stale
    assert play.of(AuthenticationFailed) == []


@pytest.mark.requirement("A3")
def test_a_nonce_serves_at_the_address_only_that_it_was_sent_to(play, phone):
    text = phone.authorization(ask(phone), "SUBSCRIBE")
    elsewhere = play.phone(host="192.0.2.8")
    refusal = ask(elsewhere, authorization=text)
    assert refusal.status == 401
    assert challenges(refusal)[0].stale
    assert ask(phone, authorization=text).status == 200


@pytest.mark.requirement("A4")
def test_a_replay_is_stale(play, phone):
    refusal = ask(phone)
    text = phone.authorization(refusal, "SUBSCRIBE", count=2)
    assert ask(phone, authorization=text).status == 200
    again = ask(phone, authorization=text)
    assert (again.status, challenges(again)[0].stale) == (401, True)
    assert ask(phone, refusal, count=1).status == 401
    assert ask(phone, refusal, count=3).status == 200
    assert play.of(AuthenticationFailed) == []


@pytest.mark.requirement("A4")
def test_a_repeated_request_gets_its_answer_and_is_not_checked_again(play, phone):
    text = phone.authorization(ask(phone), "SUBSCRIBE")
    request = phone.request("SUBSCRIBE", Event="presence", Authorization=text)
    phone.send(request)
    phone.send(request)
    first, again = [data for data in phone.received if data.startswith(b"SIP/2.0 200")]
    assert first == again


@pytest.mark.requirement("A4")
def test_a_client_that_never_counts_gets_on_with_one_more_round(phone):
    for _ in range(5):
        refusal = ask(phone)
        assert ask(phone, refusal, count=1).status == 200


@pytest.mark.requirement("A3")
def test_a_client_that_never_takes_the_new_nonce_is_told_the_same_each_time(play, phone):
    old = ask(phone)
    play.advance(301)
    sizes = set()
    for _ in range(20):
        ask(phone, old)
        sizes.add(len(re.sub(rb"rport=\d+|branch=\w+|tag=\w+", b"", phone.received[-1])))
    assert len(sizes) == 1
    assert play.of(AuthenticationFailed) == []
    assert ask(phone, ask(phone)).status == 200


# --- guessing ------------------------------------------------------------------------------------


@pytest.mark.requirement("A13")
@pytest.mark.parametrize("user", ["200", "nobody"])
def test_after_some_guesses_nothing_is_answered_for_a_while(play, phone, user):
    assert [guess(play, phone, user).status for _ in range(6)] == [401] * 6
    before = len(play.of(ResponseSent))
    assert guess(play, phone, user) is None
    assert len(play.of(ResponseSent)) == before + 1  # the challenge for it
    dropped = play.of(MessageDropped)
    assert [(drop.kind, drop.flow) for drop in dropped] == [("rate", phone.flow)]
    assert len(play.of(AuthenticationFailed)) == 6
    play.advance(1)
    assert guess(play, phone, user).status == 401
    assert guess(play, phone, user) is None


@pytest.mark.requirement("A13")
def test_the_right_password_is_not_found_while_nothing_is_checked(play, phone):
    for _ in range(6):
        guess(play, phone)
    phone.user, phone.password = "200", "secret"
    assert ask(phone, ask(phone)) is None
    play.advance(1)
    assert ask(phone, ask(phone)).status == 200


@pytest.mark.requirement("A13")
def test_a_corrected_password_is_heard_by_a_repetition_of_the_request(play, phone):
    for _ in range(12):
        guess(play, phone)
        play.advance(17)
    guess(play, phone)
    phone.user, phone.password = "200", "secret"
    refusal = ask(phone)
    request = phone.request(
        "SUBSCRIBE", Event="presence", Authorization=phone.authorization(refusal, "SUBSCRIBE")
    )
    before = len(phone.responses())
    # Timer E of a phone: at 0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5 ... seconds.
    waited = 0.0
    for pause in (0.0, 0.5, 1.0, 2.0, 4.0, 4.0, 4.0, 4.0):
        play.advance(pause)
        waited += pause
        phone.send(request)
        if len(phone.responses()) > before:
            break
    assert phone.responses()[-1].status == 200
    assert 0 < waited < 32
    assert len(play.notifier.subscriptions) == 1


@pytest.mark.requirement("A13")
def test_over_a_stream_the_answer_is_to_come_back_later(play):
    phone = play.phone(host=OUTSIDE, transport="tcp", connection=1)
    for _ in range(7):
        guess(play, phone)
    refusal = guess(play, phone)
    assert (refusal.status, refusal.get("retry-after")) == (503, "1")


@pytest.mark.requirement("A13")
def test_many_sources_do_not_lock_a_user_out(play, phone):
    for number in range(1, 100):
        for _ in range(3):
            guess(play, play.phone(host=f"198.51.100.{number}"))
    assert phone.subscribe().status == 200


@pytest.mark.requirement("A13")
def test_forged_sources_make_nobody_guilty(play, phone):
    """Whoever cannot hear what is sent to the phone's address has no nonce for it."""
    attacker = play.phone(host="192.0.2.66", password="wrong")
    for _ in range(50):
        text = attacker.authorization(ask(attacker), "SUBSCRIBE")
        request = attacker.request("SUBSCRIBE", Event="presence", Authorization=text)
        play.feed(BytesReceived(phone.flow, request.replace("\n", "\r\n").encode()))
    assert play.of(AuthenticationFailed) == []
    phone.received.clear()
    phone._parsed.clear()
    assert phone.subscribe().status == 200


@pytest.mark.requirement("A13")
def test_an_ipv6_source_is_its_network_of_64_bits(play):
    statuses = [guess(play, play.phone(host=f"2001:db8::{number:x}")).status for number in range(6)]
    assert statuses == [401] * 6
    assert guess(play, play.phone(host="2001:db8::ffff")) is None
    assert guess(play, play.phone(host="2001:db8:0:1::1")).status == 401


@pytest.mark.requirement("A7")
def test_secrets_are_in_no_observation(play, phone):
    guess(play, phone)
    phone.user, phone.password = "200", "secret"
    ask(phone, ask(phone))
    nonces = {c.nonce for response in phone.responses() for c in challenges(response)}
    observed = [effect for effect in play.effects if type(effect).__name__ not in ("Send", "Publish")]
    assert nonces
    for effect in observed:
        assert not any(secret in repr(effect) for secret in (*nonces, "secret", "response"))


# --- who was let in by an earlier run ---


def test_who_is_trusted_now_is_recognised_without_a_name(play):
    assert play.gate.recognise(None, "127.0.0.1") is TRUSTED
    assert play.gate.recognise(None, OUTSIDE) is None


def test_a_user_is_recognised_with_what_he_may_watch_now(play):
    assert play.gate.recognise("alice", OUTSIDE) == Identity("alice", frozenset({"2000"}))
    assert play.gate.recognise("200", "127.0.0.1") == Identity("200")
    assert play.gate.recognise("bob", OUTSIDE) is None


# --- others are let in ---------------------------------------------------------------------------


def test_what_was_guessed_wrong_stays_counted(play, phone):
    for _ in range(6):
        guess(play, phone)
    play.gate.replace(GateOptions(), (User("200", "other"),))
    phone.user, phone.password = "200", "other"
    assert ask(phone, ask(phone)) is None
    play.advance(1)
    assert ask(phone, ask(phone)).status == 200


def test_a_nonce_stays_good_for_its_realm(play, phone):
    refusal = ask(phone)
    play.gate.replace(GateOptions(), (User("200", "secret"), User("201", "x")))
    assert ask(phone, refusal).status == 200
    refusal = ask(phone)
    play.gate.replace(GateOptions(realm="elsewhere"), (User("200", "secret"),))
    again = ask(phone, refusal)
    assert (again.status, challenges(again)[0].realm) == (401, "elsewhere")
    assert ask(phone, again).status == 200


def test_a_source_is_looked_at_anew_when_the_networks_are_others():
    gate = gate_for("10.0.0.0/8")
    assert admit(gate, "10.1.2.3") is TRUSTED
    gate.replace(GateOptions((ip_network("192.168.0.0/16"),)), ())
    assert admit(gate, "192.168.0.1") is TRUSTED
    with pytest.raises(Forbidden):
        admit(gate, "10.1.2.3")
