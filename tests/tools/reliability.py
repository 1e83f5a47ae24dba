"""Writes docs/reliability.md: what is promised, how each promise is tested, and what the last runs measured.

`python tests/tools/reliability.py FILE...` takes the measurements in each file in place of those that
docs/reliability.json has of the same faults, and writes the page anew.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

DOCS = Path(__file__).parent.parent.parent / "docs"
JSON, PAGE = DOCS / "reliability.json", DOCS / "reliability.md"

Runs = Sequence[Mapping[str, float | str]]


class Fault(NamedTuple):
    """One row of the page. `figures` makes its last cell of all measurements."""

    name: str
    made: str
    holds: str
    figures: Callable[[Runs], str]


def _most(runs: Runs, name: str) -> float:
    return max((float(run[name]) for run in runs if name in run), default=0.0)


def _total(runs: Runs, name: str) -> int:
    return int(sum(float(run[name]) for run in runs if name in run))


def _rate(runs: Runs, name: str) -> float:
    return _total(runs, name) / max(_total(runs, "loaded_for"), 1)


def _each(runs: Runs, label: str, value: str, unit: str = "s") -> str:
    """`SIGTERM 0.4 s, SIGKILL 0.5 s`, the largest of each label."""
    labels = dict.fromkeys(run[label] for run in runs if label in run and value in run)
    parts = []
    for one in labels:
        largest = _most([run for run in runs if run.get(label) == one], value)
        parts.append(f"{one}: {largest:.2f} {unit}".rstrip())
    return ", ".join(parts)


def _storms(runs: Runs) -> str:
    there = [run for run in runs if "seed" in run]
    parts = [f"{len({run['seed'] for run in there})} seeds, {_total(there, 'lost'):,} datagrams lost"]
    for loss in sorted({float(run["loss"]) for run in there}):
        those = [run for run in there if run["loss"] == loss]
        slow, answers = _total(those, "slow"), _total(those, "answers")
        parts.append(
            f"{loss:.0%} loss: {slow / max(answers, 1):.1%} of {answers:,} answers after more than 4 s"
        )
    late = [run for run in runs if "way" in run]
    parts += [f"subscribing at {run['loss']:.0%} loss: all true after {run['seconds']:.0f} s" for run in late]
    return "; ".join(parts)


FAULTS = (
    Fault(
        "R1",
        "The broker is restarted, by SIGTERM and by SIGKILL, under changes",
        "It is found again; each phone is told what changed, once, and nothing else",
        lambda runs: "all phones showed the truth, after its start: " + _each(runs, "way", "seconds"),
    ),
    Fault(
        "R2",
        "There is no broker (20 s here, in place of 10 minutes)",
        "Refreshes and new phones are served with what was known; `ready` is 0; then the truth within 2 s",
        lambda runs: (
            f"found {_most(runs, 'found'):.1f} s after its start, then true in {_most(runs, 'seconds'):.2f} s, "
            f"{_total(runs, 'phones')} phones"
        ),
    ),
    Fault(
        "R3",
        "The broker has lost all that it retained; also what it had confirmed while the bridge could not reach it",
        "States stay, also over a restart of the bridge; nobody is told anything. What nobody else knows is shown when "
        "it is published again",
        lambda runs: (
            f"{_total(runs, 'states_lost')} states lost; {_total(runs, 'confirmed_and_lost')} values confirmed and gone, "
            "then published again and shown"
        ),
    ),
    Fault(
        "R4",
        "The connection to the broker is half open: stalled by a relay; the broker is stopped by SIGSTOP",
        "It is noticed within twice the keepalive (5 s here)",
        lambda runs: "noticed after: " + _each(runs, "way", "noticed"),
    ),
    Fault(
        "R5",
        "A broker of the test repeats, doubles, and crosses retained and live messages",
        "Each value is told once",
        lambda runs: (
            f"{_total(runs, 'deliveries')} deliveries of {_total(runs, 'values')} values, "
            f"{_total(runs, 'notifies_for_each_phone')} NOTIFYs for each phone"
        ),
    ),
    Fault(
        "R6",
        "The bridge is killed (SIGKILL) at random moments, under 200 changes and up to 200 SUBSCRIBEs a second of 400 phones",
        "I1 to I5: what was answered 2xx lives, CSeqs grow; the store passes SQLite's check after each kill",
        lambda runs: (
            f"{_total(runs, 'kills')} kills over {len(runs)} seeds, {_total(runs, 'accepted'):,} SUBSCRIBEs answered "
            f"2xx, {_total(runs, 'lost')} lost, {_total(runs, 'notifies'):,} NOTIFYs; "
            f"{_rate(runs, 'published'):.0f} changes and {_rate(runs, 'subscribes'):.0f} SUBSCRIBEs a second"
        ),
    ),
    Fault(
        "R8",
        "A phone is silent",
        "Repetitions by Timer E; others are not held up; it ends after three misses, one that never answered "
        "after one",
        lambda runs: (
            f"others' p90 {_most(runs, 'others_p90') * 1000:.0f} ms; ended after {_most(runs, 'ended_after'):.0f} s"
        ),
    ),
    Fault(
        "R9",
        "Phones reboot: new Call-ID, same Contact",
        "Lamps at once; the old dialog is gone",
        lambda runs: f"{_total(runs, 'phones')} phones right after {_most(runs, 'seconds'):.2f} s",
    ),
    Fault(
        "R10",
        "Datagrams are lost (10, 20, 30 %, both ways), doubled (5 %) and delayed (20 ms jitter) by a seeded relay",
        "I1 and I2; at 10 % loss at most 1 % of the answers come more than 4 s after the change. A phone that subscribes in "
        "such weather is right after its next refresh at the latest",
        _storms,
    ),
    Fault(
        "R11",
        "The clock on the wall jumps by an hour or a day, both ways (libfaketime), and back with a restart",
        "Nothing ends early or late; latencies stay above 0",
        lambda runs: "jumps of " + ", ".join(f"{int(float(run['jump_seconds'])):+,} s" for run in runs),
    ),
    Fault(
        "R12",
        "The disk of the store is full",
        "Phones are served; `store_degraded` is 1; with room again, every row is written",
        lambda runs: (
            f"{runs[-1]['way']}: {_total(runs, 'phones')} phones, {_total(runs, 'rows')} rows afterwards, "
            f"without a store for {_most(runs, 'degraded_for'):.1f} s"
        ),
    ),
    Fault(
        "R14",
        "10,000 phones subscribe at once (and 1,500)",
        "All answered within 10 s. The aim that the kernel drops nothing is not met with 10,000: phones repeat",
        lambda runs: "; ".join(
            f"{int(float(run['phones'])):,} phones: answered in {float(run['answered']):.1f} s, all told in "
            f"{float(run['told']):.1f} s, {int(float(run['drops']))} drops"
            for run in runs
        ),
    ),
    Fault(
        "R16",
        "Payloads of 100 MB, deep JSON, NaN, no UTF-8, 100,000 topics that mean nothing",
        "Rejected and counted; the connection stays; memory is bounded",
        lambda runs: "; ".join(
            f"{run['megabytes']} MB and {int(float(run['topics'])):,} topics: {int(float(run['grown_kb'])):,} kB more"
            for run in runs
        ),
    ),
    Fault(
        "R17",
        "A phone with 1,000 subscriptions does not read its TCP stream",
        "It is left; memory is bounded; others are told",
        lambda runs: (
            f"left after {_most(runs, 'left_after'):.0f} s, {_most(runs, 'grown_kb'):,.0f} kB more, "
            f"others' p99 {_most(runs, 'others_p99'):.2f} s"
        ),
    ),
    Fault(
        "R18",
        "SUBSCRIBEs with a forged source that never answers",
        "At most three NOTIFY transmissions each within a trusted network; refusals alone elsewhere",
        lambda runs: "octets sent for one received: " + _each(runs, "source", "amplification", ""),
    ),
    Fault(
        "R19",
        "Random faults of these kinds for minutes on end (`make soak`)",
        "I1 to I5 at the end; memory does not grow",
        lambda runs: f"{_most(runs, 'minutes'):g} minutes, see below",
    ),
    Fault(
        "R20",
        "The broker's name does not resolve for a while, and its IPv6 address is lost (a resolver of the test)",
        "A connection that stands needs no name; then it is found again",
        lambda runs: f"{_most(runs, 'seconds'):.2f} s after the connection",
    ),
    Fault(
        "I7",
        "None",
        "Metrics agree exactly with what phones and publisher have counted",
        lambda runs: f"{_total(runs, 'notifies'):,} NOTIFYs, {_total(runs, 'published'):,} changes: equal",
    ),
)

_HEAD = """# Reliability

What the bridge promises when something around it breaks, and how each promise is tested. This page is written
by `make faults` and `make soak` from what they have measured (`docs/reliability.json`).

## What is promised

| | promise |
|---|---|
| I1 | Convergence: soon after the last fault, every phone with a subscription has acknowledged what was published last. |
| I2 | Order: a phone sees a subsequence of what was published, never an older value after a newer one. A value is left out only when it was superseded before it could be told. |
| I3 | Nothing is invented, and nothing is told again without a reason (a SUBSCRIBE, a restart of the bridge, a NOTIFY without an answer). |
| I4 | A SUBSCRIBE that was answered 2xx lives until it expires or a NOTIFY ends it. After a crash its dialog goes on, with a larger CSeq. |
| I5 | One NOTIFY at a time in each dialog, repeated as RFC 3261 says. |
| I6 | Memory and files are bounded. |
| I7 | Metrics agree with what phones and publisher have counted. |

What is not promised: with the store lost or in trouble (`store_degraded` is 1), dialogs do not outlive the
process. A bridge that does not find its broker within ten seconds of its start tells what it knew last, up to a
second old. What the broker has lost that it had confirmed, nobody can tell: mosquitto confirms a retained message when
it has it in memory, and writes it down when it is stopped, or each half an hour (`autosave_interval`); killed, it has
forgotten it. Who has published it must publish it again then.
A phone that has never answered is sent a NOTIFY three times, so that a forged source gains little; where all three
are lost, or all its answers, it is told again when it subscribes again, which it does with its next refresh. A refresh
within those 32 seconds proves that it is there, as an answer does.

## How it is tested

The bridge is a process of its own beside a real mosquitto; phones and publisher are the tests' own
(`tests/support/phones_outside.py`, `publisher.py`), and write down what they send and see (`record.py`). One
checker holds every record against I1 to I5 (`invariants.py`); `tests/faults/test_invariants.py` plants a
violation of each and sees that it is found. `make test` runs the short ones with one seed, `make faults` all of
them over SEEDS=1-20. R7 (restarts under a service manager) is
`make test-systemd`, with its figures in [service](service.md); R13 (a bad configuration on reload) is
`tests/integration/test_reload.py` and `test_service.py`; R15 is `make fuzz`.
@REVISIONS@

| | fault | what must hold | last measured |
|---|---|---|---|
"""

_SOAK = """
## The last soak

`make soak MINUTES=30` breaks something every few seconds while 50 extensions change 20 times a second and 300
phones refresh and reboot. `superseded` are values that were replaced before a phone could be told; `lost` are
those that nothing had hindered. For the first third of the time the bridge is killed and restarted, too; memory is
compared over the life of the process that is left then, from five minutes after its start on.

The broker is restarted, and keeps what it retained; it is killed, forgets it, and the publisher says it again.

| | |
|---|---|
"""


def _measured_on(revisions: Mapping[str, str]) -> str:
    """`The figures are those of revision 1a2b3c4.`, or which are of which."""
    faults: dict[str, list[str]] = {}
    for fault in FAULTS:
        if fault.name in revisions:
            faults.setdefault(revisions[fault.name], []).append(fault.name)
    if len(faults) == 1:
        return f"The figures are those of revision {next(iter(faults))}."
    parts = [f"of {revision}: {', '.join(names)}" for revision, names in faults.items()]
    return f"The figures are those of several revisions; {'; '.join(parts)}." if parts else ""


def page(measured: Mapping[str, Any]) -> str:
    """The text of the page. `revisions`: what each fault was measured on; all else are the runs of a fault."""
    rows = []
    for fault in FAULTS:
        runs = measured.get(fault.name, ())
        figures = fault.figures(runs) if runs else "not measured"
        rows.append(f"| {fault.name} | {fault.made} | {fault.holds} | {figures} |\n")
    soak = "".join(
        f"| {name.replace('_', ' ')} | {value:,} |\n"
        if isinstance(value, int | float)
        else f"| {name} | {value} |\n"
        for run in measured.get("R19", ())[-1:]
        for name, value in run.items()
    )
    head = _HEAD.replace("@REVISIONS@", _measured_on(measured.get("revisions", {})))
    return head + "".join(rows) + (_SOAK + soak if soak else "")


def main(files: Sequence[str]) -> None:
    """Take new measurements, and write both files."""
    known = json.loads(JSON.read_text()) if JSON.exists() else {}
    for file in files:
        new = json.loads(Path(file).read_text())
        new["revisions"] = known.get("revisions", {}) | new["revisions"]
        known |= new
    JSON.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")
    PAGE.write_text(page(known))


if __name__ == "__main__":
    main(sys.argv[1:])
