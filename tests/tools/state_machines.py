"""Makes docs/state-machines.md and its drawings: from the tables of SIP, and by trying where there is no table.

    .venv/bin/python tests/tools/state_machines.py

What has no table is brought into each of its states, and every cause is tried there: what is drawn is what happens.
"""

import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGE = DOCS / "state-machines.md"

_INTRODUCTION = """\
# State diagrams

Made by `tests/tools/state_machines.py`: the transactions of SIP out of the tables in `bridge/sip/transaction.py`, the
others by bringing the bridge into each state and trying there what can happen. A test makes them again and compares,
so that they cannot be wrong. What is not drawn changes nothing.
"""

_INPUTS = {
    "REQUEST": "the request again",
    "PROVISIONAL": "1xx",
    "FINAL": "final answer",
    "ACK": "ACK",
    "TIMER_E": "Timer E",
    "TIMER_F": "Timer F",
    "TIMER_G": "Timer G",
    "FAILURE": "transport error",
}
_ACTIONS = {"NOTHING": "", "SEND": "send", "SLOW_DOWN": "Timer E at T2", "REPORT": "report"}


class Machine(NamedTuple):
    """One section of the page."""

    name: str
    title: str
    text: str
    steps: list


def machines() -> Iterator[Machine]:
    """All that is drawn, in the order of the page."""
    from bridge.sip.transaction import CLIENT, INVITE_SERVER, SERVER

    yield Machine(
        "client-transaction",
        "A request of ours",
        "NOTIFY, and all else that the bridge asks (RFC 3261 figure 6). By TCP and TLS there is no Timer E.",
        _of_table(CLIENT),
    )
    yield Machine(
        "server-transaction",
        "A request of a phone",
        "SUBSCRIBE, REGISTER, PUBLISH, OPTIONS (RFC 3261 figure 8). *Send* repeats the answer to the byte; Timer J "
        "ends it.",
        _of_table(SERVER),
    )
    yield Machine(
        "invite-transaction",
        "A call of a phone",
        "INVITE, which is refused in any case (RFC 3261 figure 7), since the bridge takes no calls; Timer H ends it.",
        _of_table(INVITE_SERVER),
    )
    yield Machine(
        "subscription",
        "A subscription",
        "RFC 6665 figure 2, without *pending*: nobody is asked for permission. A subscription is *ending* while the "
        "NOTIFY that says so is owed or not answered, and without it when nobody is there who could hear it.",
        list(_tried(_subscriptions())),
    )
    yield Machine(
        "mqtt-session",
        "A connection to the broker",
        "*Reading* is until all retained messages are known: until then nothing is published, and phones are "
        "told what was known before.",
        list(_tried(_sessions())),
    )


def page() -> str:
    """The text of docs/state-machines.md."""
    return _INTRODUCTION + "".join(_section(machine) for machine in machines())


def drawings() -> Mapping[Path, str]:
    """Each SVG, by its file."""
    from tools.state_diagram import draw

    return {_file(machine): draw(machine.title, machine.steps) for machine in machines()}


def _file(machine: Machine) -> Path:
    return DOCS / f"state-{machine.name}.svg"


def _section(machine: Machine) -> str:
    columns = (
        ("in", "when", "then", "and") if any(step.done for step in machine.steps) else ("in", "when", "then")
    )
    rows = [columns, ("---",) * len(columns)]
    rows += [(step.state, step.cause, step.to, step.done)[: len(columns)] for step in machine.steps]
    table = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    picture = f"![What leads from one state to another: the table below]({_file(machine).name})"
    return f"\n## {machine.title}\n\n{textwrap.fill(machine.text, 118)}\n\n{picture}\n\n{table}"


def _of_table(table: Mapping) -> list:
    from tools.state_diagram import Step

    return [
        Step(_word(state), _INPUTS[cause.name], _word(to), _ACTIONS[action.name])
        for (state, cause), (to, action) in table.items()
    ]


def _word(state: object) -> str:
    return state.name.capitalize()


class Trial(NamedTuple):
    """`ready` makes a whole bridge in the state, `causes` are tried there, `state` looks at it."""

    ready: Mapping[str, Callable]
    causes: Mapping[str, Callable]
    state: Callable


def _tried(trial: Trial) -> Iterator:
    """A step for each cause that changes the state, or that the state is there for."""
    from tools.state_diagram import Step

    for state, ready in trial.ready.items():
        for words, cause in trial.causes.items():
            subject = ready()
            assert trial.state(subject) == state, f"{trial.state(subject)} is not {state}"
            cause(subject)
            if (to := trial.state(subject)) != state:
                yield Step(state, words, to)


def _subscriptions() -> Trial:
    from tools.trials import Watcher

    return Trial(
        ready={"Active": Watcher, "Ending": Watcher.ending},
        causes={
            "SUBSCRIBE with Expires: 0": Watcher.unsubscribes,
            "its interval is over": Watcher.expires,
            "the hint is removed": Watcher.loses_its_hint,
            "the watcher may not watch any more": Watcher.is_shut_out,
            "the bridge stops, without a store": Watcher.sees_the_bridge_stop,
            "NOTIFY answered with 481": Watcher.knows_nothing,
            "NOTIFY given back by the network": Watcher.is_gone,
            "NOTIFY not answered for 32 s": Watcher.misses_one,
            "NOTIFY not answered, three times in a row": Watcher.is_silent,
            "NOTIFY answered with 200": Watcher.answers,
        },
        state=lambda watcher: watcher.phase,
    )


def _sessions() -> Trial:
    from tools.trials import Session

    return Trial(
        ready={"Down": Session, "Reading": Session.reading, "Synchronised": Session.synchronised},
        causes={
            "connected": Session.connect,
            "our sentinel comes back": Session.sentinel,
            "five seconds pass": Session.wait,
            "connection lost": Session.lose,
        },
        state=lambda session: session.link,
    )


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    PAGE.write_text(page(), encoding="utf-8")
    for file, text in drawings().items():
        file.write_text(text, encoding="utf-8")
