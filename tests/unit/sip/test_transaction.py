import pytest

from bridge.effects import ResponseSent, Retransmitted, Send
from bridge.events import Address, Flow
from bridge.sip.client_transactions import ClientTransactions
from bridge.sip.transaction import (
    CLIENT,
    INVITE_SERVER,
    SERVER,
    TIMED_OUT,
    TRANSPORT_ERROR,
    Action,
    ClientTransaction,
    Input,
    InviteServerTransaction,
    Outcome,
    Result,
    ServerTransaction,
    State,
    TimerValues,
)
from bridge.timers import Timers

DEFAULT = TimerValues()
FLOW = Flow("udp", Address("127.0.0.1", 5060), Address("127.0.0.1", 40000))


class Client:
    def __init__(self, *, sends=11, flow=FLOW, values=DEFAULT):
        self.timers, self.sent, self.repeats, self.results = Timers(), [], 0, []
        self.alive = ClientTransactions()
        self.now = 100.0
        self.transaction = ClientTransaction(
            "NOTIFY",
            "z9hG4bK1",
            flow,
            b"NOTIFY",
            sends=sends,
            alive=self.alive,
            timers=self.timers,
            values=values,
            emit=self.emit,
            ended=lambda _transaction, result, now: self.results.append((result, now)),
        )
        self.transaction.start(self.now)

    def emit(self, effect):
        if isinstance(effect, Send):
            assert effect == Send(self.transaction.flow, b"NOTIFY")
            self.sent.append(self.now - 100.0)
        elif isinstance(effect, Retransmitted):
            self.repeats += 1

    def run(self, until):
        while (deadline := self.timers.deadline()) is not None and deadline <= 100.0 + until:
            self.now = deadline
            self.timers.run(self.now)
        self.now = 100.0 + until

    def answer(self, status):
        self.transaction.answered(Result(Outcome.ANSWERED, status), self.now)


@pytest.mark.requirement("X3")
def test_retransmissions_of_the_rfc_until_timer_f():
    client = Client()
    client.run(60)
    assert client.sent == [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert client.repeats == 10
    assert client.results == [(TIMED_OUT, 132.0)]
    assert len(client.alive) == 0


@pytest.mark.requirement("X3")
def test_a_final_answer_ends_it_once():
    client = Client()
    client.run(0.7)
    client.answer(200)
    client.answer(500)
    client.run(60)
    assert client.sent == [0, 0.5]
    assert client.results == [(Result(Outcome.ANSWERED, 200), 100.7)]
    assert len(client.alive) == 0
    assert client.timers.deadline() is None


@pytest.mark.requirement("X3")
def test_after_a_provisional_answer_the_pace_is_t2():
    client = Client()
    client.run(0.2)
    client.answer(100)
    client.run(60)
    # Timer E, once set, is not moved by the answer; from its next firing on it runs at T2.
    assert client.sent == [0, 0.5, 4.5, 8.5, 12.5, 16.5, 20.5, 24.5, 28.5]
    assert client.results == [(TIMED_OUT, 132.0)]


@pytest.mark.requirement("T12")
def test_a_transport_failure_ends_it_at_once():
    client = Client()
    client.transaction.failed(client.now)
    client.run(60)
    assert client.sent == [0]
    assert client.results == [(TRANSPORT_ERROR, 100.0)]


def test_an_address_that_never_answered_gets_no_more_than_its_allowance():
    client = Client(sends=3)
    client.run(60)
    assert client.sent == [0, 0.5, 1.5]
    assert client.results == [(TIMED_OUT, 132.0)]


@pytest.mark.requirement("X3")
def test_a_stream_is_sent_to_once():
    client = Client(flow=FLOW._replace(transport="tcp"))
    client.run(60)
    assert client.sent == [0]
    assert client.results == [(TIMED_OUT, 132.0)]


@pytest.mark.requirement("X7")
def test_timer_values_can_be_chosen():
    client = Client(values=TimerValues(t1=0.1, t2=0.3))
    client.run(60)
    assert [round(at, 6) for at in client.sent[:5]] == [0, 0.1, 0.3, 0.6, 0.9]
    assert client.results[0][1] == pytest.approx(106.4)


@pytest.mark.requirement("X1")
def test_a_repeated_request_gets_the_same_bytes_and_before_the_answer_nothing():
    sent = []
    transaction = ServerTransaction(FLOW, FLOW.remote, sent.append)
    assert not transaction.repeated(FLOW)
    assert sent == []
    transaction.respond(200, "t1", b"answer")
    assert (transaction.status, transaction.tag) == (200, "t1")
    with pytest.raises(AssertionError):
        transaction.respond(500, "t2", b"another")
    assert transaction.repeated(FLOW)
    assert sent == [Send(FLOW, b"answer")] * 2


class Invite:
    def __init__(self, *, flow=FLOW, values=DEFAULT):
        self.timers, self.sent, self.now = Timers(), [], 100.0
        self.transaction = InviteServerTransaction(flow, flow.remote, self.emit, self.timers, values)

    def emit(self, effect):
        if isinstance(effect, Send):
            assert effect.data == b"603"
            self.sent.append(round(self.now - 100.0, 6))
        else:
            assert effect == ResponseSent("INVITE", 603)

    def answer(self):
        self.transaction.respond(603, "t1", b"603")
        return self

    def run(self, until):
        while (deadline := self.timers.deadline()) is not None and deadline <= 100.0 + until:
            self.now = deadline
            self.timers.run(self.now)
        self.now = 100.0 + until


@pytest.mark.requirement("X6")
def test_the_answer_to_an_invite_is_repeated_until_timer_h():
    invite = Invite().answer()
    invite.transaction.insist(invite.now)
    invite.run(100)
    assert invite.sent == [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert invite.timers.deadline() is None


@pytest.mark.requirement("X6", "X7")
def test_timer_g_follows_the_timer_values():
    invite = Invite(values=TimerValues(t1=0.1, t2=0.3)).answer()
    invite.transaction.insist(invite.now)
    invite.run(1.3)
    assert invite.sent == [0, 0.1, 0.3, 0.6, 0.9, 1.2]


@pytest.mark.requirement("X6")
@pytest.mark.parametrize("flow", [FLOW, FLOW._replace(transport="tcp", connection=7)])
def test_who_is_not_insisted_on_and_whoever_comes_by_a_stream_gets_one(flow):
    invite = Invite(flow=flow).answer()
    if flow.connection:
        invite.transaction.insist(invite.now)
    invite.run(100)
    assert invite.sent == [0]


@pytest.mark.requirement("X6")
def test_after_the_ack_nothing_is_sent_any_more():
    invite = Invite()
    assert not invite.transaction.repeated(FLOW)
    assert invite.sent == []
    invite.answer().transaction.insist(invite.now)
    invite.run(1)
    assert invite.transaction.repeated(FLOW)
    invite.transaction.acknowledged()
    assert not invite.transaction.repeated(FLOW)
    invite.transaction.acknowledged()
    invite.run(100)
    assert invite.sent == [0, 0.5, 1]
    assert repr(invite.transaction).startswith("<InviteServerTransaction CONFIRMED ")


@pytest.mark.parametrize("table", [CLIENT, SERVER, INVITE_SERVER])
def test_tables_lead_somewhere(table):
    reached = {State.PROCEEDING if table is INVITE_SERVER else State.TRYING}
    reached |= {state for state, _ in table.values()}
    assert {state for state, _ in table} <= reached
    assert all(
        isinstance(event, Input) and isinstance(action, Action) for (_, event), (_, action) in table.items()
    )
    assert State.TERMINATED not in {state for state, _ in table}
