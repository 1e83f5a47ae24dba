"""Each fuzz target over its seeds and some thousand mutations of them, so that targets cannot rot."""

import random

import pytest

from fuzz.parser import check as check_parser
from fuzz.targets import NAMES, load

MUTATIONS = 3000

PIECES = (
    *(b"\r\n", b"\r\n\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b",", b";", b":", b"<", b">", b'"', b"\\", b"%", b"=", b"@"),
    *(b"Content-Length: 5\r\n", b"l:0\r\n", b"Via: SIP/2.0/UDP h\r\n", b"Expires: 0\r\n", b"4294967296", b"\xff", b"\xed\xa0\x80"),
    *(b"<presence xmlns='urn:ietf:params:xml:ns:pidf'>", b"</presence>", b"&amp;", b"<!DOCTYPE", b"realm=", b"nc=00000001"),
)  # fmt: skip


def mutated(seeds, count, seed):
    """Seeds with octets changed, pieces put in, parts lost, doubled or taken from each other."""
    chance = random.Random(seed)
    for _ in range(count):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 4)):
            at = chance.randint(0, len(data))
            end = min(len(data), at + chance.choice((1, 2, 16, 200)))
            match chance.randrange(5):
                case 0 if at < len(data):
                    data[at] = chance.randrange(256)
                case 1:
                    data[at:at] = chance.choice(PIECES)
                case 2:
                    del data[at:end]
                case 3:
                    data[at:at] = data[at:end] * chance.choice((1, 3))
                case _:
                    other = chance.choice(seeds)
                    start = chance.randint(0, len(other))
                    data[at:end] = other[start : start + 50]
        yield bytes(data[:65_507])


@pytest.mark.parametrize("name", NAMES)
def test_the_invariant_holds_for_the_seeds(name):
    target = load(name)
    seeds = [*target.seeds()]
    assert len(seeds) >= 5
    for data in seeds:
        target.check(data)


@pytest.mark.parametrize("name", NAMES)
def test_the_invariant_holds_for_mutations(name):
    target = load(name)
    for data in mutated([*target.seeds()], MUTATIONS, seed=name):
        try:
            target.check(data)
        except BaseException:
            print(repr(data))
            raise


@pytest.mark.parametrize("name", NAMES)
def test_a_target_says_what_must_hold(name):
    text = load(name).__doc__
    assert text.startswith("What must hold ")
    assert text.count("\n* ") >= 3


def test_a_target_can_fail(monkeypatch):
    monkeypatch.setattr(
        "fuzz.parser.encode_response", lambda *_, **__: b"SIP/2.0 200 OK\r\nX: injected\r\n\r\n"
    )
    with pytest.raises(AssertionError):
        check_parser(next(iter(load("parser").seeds())))
