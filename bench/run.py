"""The bridge beside the floor, on the same work in the same run: A B A B, medians and ratios.

    make bench [ROUNDS=5] [WORKS=one,fan1000]
    make bench-compare BASE=v1.2 [ROUNDS=5] [WORKS=subscribe]

floor     bench/floor.py: the least Python that does the protocol
bridge    the whole bridge, store and metrics on, with `notify_min_interval_seconds = 0`
base      the bridge of another revision, where one is named
presload  bench/presload.c asks, listens and measures with the kernel's time stamps

Machines differ and are shared; what counts is the ratio of two medians, taken in turn.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import NamedTuple

from servers import ROOT, Report, Server, bridge, build, floor, mosquitto, run
from works import WORKS, Figure, Work


def main() -> int:
    """Measure, print the table, write what was measured; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description="Measure the bridge beside the floor.")
    parser.add_argument("--rounds", type=int, default=5, help="how often each work is done (default: 5)")
    parser.add_argument("--works", default="", help=f"some of {','.join(work.name for work in WORKS)}")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--base", default="", help="another revision, to be measured beside this one")
    args = parser.parse_args()
    chosen = args.works.split(",") if args.works else [work.name for work in WORKS]
    works = [work for work in WORKS if work.name in chosen]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trees = {"bridge": ROOT}
        if args.base:
            trees = {"base": checkout(args.base, folder / "base"), **trees}
        try:
            rows = list(measure(works, args.rounds, trees, folder))
        finally:
            if args.base:
                _output("git", "worktree", "remove", "--force", str(trees["base"]))
    print(table(rows))
    if args.json is not None:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps(document(rows, args.rounds, args.base), indent=1) + "\n")
    return 0 if all(row.met is not False for row in rows) else 1


class Row(NamedTuple):
    """A figure, measured: all values of each server, the floor first and the bridge last."""

    figure: Figure
    values: Mapping[str, Sequence[float]]

    def median(self, server: str) -> float:
        """Of all rounds."""
        return statistics.median(self.values[server])

    @property
    def ratio(self) -> float:
        """What the goal is about: the bridge's median by the floor's, or by itself."""
        bridge = self.median("bridge")
        return bridge if self.figure.absolute else bridge / self.median("floor")

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None where there is none."""
        goal = self.figure.goal
        if goal is None:
            return None
        return self.ratio >= goal if self.figure.at_least else self.ratio <= goal


def measure(works: Sequence[Work], rounds: int, trees: Mapping[str, Path], folder: Path) -> Iterator[Row]:
    """Do each work in turns, floor first; all servers are new for each work."""
    with ExitStack() as programs:
        presload = build(folder)
        broker = programs.enter_context(mosquitto(folder))
        for work in works:
            reports: dict[str, list[Report]] = {"floor": [], **{name: [] for name in trees}}
            for turn in range(rounds):
                for name, of in reports.items():
                    with _server(name, trees, folder, broker) as server:
                        of.append(run(presload, ("--ext", "1000", *work.arguments), server, broker))
                print(f"{work.name}: round {turn + 1} of {rounds}", file=sys.stderr)
            for figure in work.figures:
                yield Row(figure, {name: [figure.read(one) for one in of] for name, of in reports.items()})


def table(rows: Sequence[Row]) -> str:
    """What a person reads."""
    names = list(rows[0].values)
    lines = [("", "", *names, *(f"by {name}" for name in names[:-1]), "goal", "")]
    for row in rows:
        medians = [row.median(name) for name in names]
        ratios = [f"{medians[-1] / other:.2f}" if other else "" for other in medians[:-1]]
        verdict = {True: "met", False: "MISSED", None: ""}[row.met]
        lines.append(
            (
                row.figure.name,
                row.figure.unit,
                *(f"{median:,.0f}" for median in medians),
                *ratios,
                _goal(row.figure),
                verdict,
            )
        )
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(_cells(line, widths)).rstrip() for line in lines)


def document(rows: Sequence[Row], rounds: int, base: str) -> Report:
    """What is kept."""
    return {
        "revision": _output("git", "rev-parse", "--short", "HEAD"),
        "base": base,
        "at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "load": os.getloadavg(),
        "rounds": rounds,
        "rows": [
            {
                "name": row.figure.name,
                "unit": row.figure.unit,
                **row.values,
                "ratio": round(row.ratio, 3),
                "goal": row.figure.goal,
                "met": row.met,
            }
            for row in rows
        ],
    }


def checkout(revision: str, tree: Path) -> Path:
    """Another revision in a tree of its own; it is run with the packages of this one."""
    subprocess.run(["git", "worktree", "add", "--quiet", "--detach", tree, revision], check=True, cwd=ROOT)
    return tree


def _server(
    name: str, trees: Mapping[str, Path], folder: Path, broker: int
) -> AbstractContextManager[Server]:
    if name == "floor":
        return floor(folder, broker)
    return bridge(folder, broker, trees[name], name=name)


def _goal(figure: Figure) -> str:
    if figure.goal is None:
        return ""
    return f"{'>=' if figure.at_least else '<='} {figure.goal:g}"


def _cells(line: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    """Words to the left, numbers to the right."""
    for index, (cell, width) in enumerate(zip(line, widths, strict=True)):
        yield f"{cell:{width}}" if index < 2 else f"{cell:>{width}}"


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
