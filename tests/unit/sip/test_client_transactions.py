from types import SimpleNamespace

from bridge.events import Address, Flow
from bridge.sip.client_transactions import ClientTransactions

NEAR = Flow("udp", Address("127.0.0.1", 5060), Address("127.0.0.1", 40000))
FAR = NEAR._replace(remote=Address("127.0.0.1", 40001))


def one(branch, flow=NEAR):
    return SimpleNamespace(branch=branch, flow=flow)


def test_they_are_found_by_branch_and_by_flow():
    alive = ClientTransactions()
    first, second, other = one("z9hG4bK1"), one("z9hG4bK2"), one("z9hG4bK3", FAR)
    for transaction in (first, second, other):
        alive.add(transaction)
    assert len(alive) == 3
    assert alive.find("z9hG4bK2") is second
    assert (alive.over(NEAR), alive.over(FAR)) == ((first, second), (other,))


def test_nothing_is_left_of_one_that_has_ended():
    alive = ClientTransactions()
    first, second = one("z9hG4bK1"), one("z9hG4bK2")
    alive.add(first)
    alive.add(second)
    alive.drop(first)
    alive.drop(first)
    assert (alive.find("z9hG4bK1"), alive.over(NEAR)) == (None, (second,))
    alive.drop(second)
    assert (len(alive), alive.over(NEAR), alive._by_flow) == (0, (), {})
