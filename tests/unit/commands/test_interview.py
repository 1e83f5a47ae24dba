import pytest

from bridge.commands import interview
from bridge.commands.first_config import Broker
from bridge.commands.interview import Terminal


class Pretended:
    """Answers one after the other; what was said, and whether the password was shown."""

    def __init__(self, *answers: str) -> None:
        self._answers = [*answers]
        self.said: list[str] = []
        self.terminal = Terminal(self._ask, self._ask_secret, self.said.append)

    def _ask(self, prompt: str) -> str:
        self.said.append(prompt)
        return self._answers.pop(0)

    def _ask_secret(self, prompt: str) -> str:
        self.said.append(prompt)
        return "geheim"


def test_the_default_is_taken_for_nothing():
    assert interview.ask_broker(Pretended("").terminal, "127.0.0.1:1883") == Broker("127.0.0.1", 1883)
    assert interview.ask_networks(Pretended("").terminal, "192.168.1.0/24") == ("192.168.1.0/24",)
    assert interview.ask_extensions(Pretended("").terminal) == (("2000", ""),)
    assert interview.ask_discovery(Pretended("").terminal)


def test_what_is_wrong_is_asked_again():
    pretended = Pretended("a b", "broker")
    assert interview.ask_broker(pretended.terminal, "inside") == Broker("broker")
    assert any("'a b' needs a name or an address" in line for line in pretended.said)


@pytest.mark.parametrize(("answer", "expected"), [("n", False), ("NO", False), ("Yes", True)])
def test_yes_and_no(answer, expected):
    assert interview.ask_discovery(Pretended("perhaps", answer).terminal) is expected


def test_a_password_is_asked_for_a_name_alone():
    assert interview.ask_account(Pretended("bridge").terminal) == ("bridge", "geheim")
    assert interview.ask_account(Pretended("").terminal) == ("", "")
