"""The works that are measured, what is read of each, and the ratio to the floor that is wanted."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from servers import Report


class Figure(NamedTuple):
    """One row: where it stands in presload's report, and the ratio to the floor that is wanted.

    `at_least`: more is better, so the goal is a least ratio; else a greatest. None: there is no goal.
    `absolute`: the goal is a value of its own, where the floor is no measure.
    """

    name: str
    unit: str
    read: Callable[[Report], float]
    goal: float | None
    at_least: bool = False
    absolute: bool = False


class Work(NamedTuple):
    """One run of presload, and what is read from its report."""

    name: str
    arguments: Sequence[str]
    figures: Sequence[Figure]


def _fan(watchers: int, changes: int) -> Work:
    figures = (
        Figure(
            f"fan-out to {watchers}", "NOTIFY/s", lambda r: r["changes"]["rate_t0_to_last"]["p50"], 0.5, True
        ),
        Figure(f"CPU, {watchers} watchers", "us/NOTIFY", lambda r: r["changes"]["server_us_per_notify"], 2.0),
    )
    few = ("--sockets", "8", "--changes", str(changes), "--timeout", "60000")
    arguments = ("--mode", "fanout", "--subs", str(watchers), *few)
    return Work(f"fan{watchers}", arguments, figures)


WORKS = (
    Work(
        "one",
        ("--mode", "latency", "--changes", "300", "--interval", "5"),
        (
            Figure("one watcher, p50", "us", lambda r: r["changes"]["notify_us"]["p50"], 1.3),
            Figure("one watcher, p99", "us", lambda r: r["changes"]["notify_us"]["p99"], 2.0),
        ),
    ),
    _fan(1_000, 20),
    _fan(10_000, 5),
    Work(
        "subscribe",
        ("--mode", "subscribe", "--subs", "5000", "--sockets", "8", "--window-on", "both"),
        (
            Figure("SUBSCRIBE", "accepted/s", lambda r: r["subscribe"]["accepted_per_s"], 0.4, True),
            Figure("CPU, SUBSCRIBE", "us", lambda r: r["subscribe"]["server_us_per_sub"], None),
        ),
    ),
    Work(
        "refresh",
        ("--mode", "refresh", "--subs", "2000", "--rounds", "3", "--sockets", "8"),
        (
            Figure("refresh", "accepted/s", lambda r: r["refresh"][-1]["accepted_per_s"], 0.4, True),
            Figure("CPU, refresh", "us", lambda r: r["refresh"][-1]["server_us_per_sub"], None),
        ),
    ),
    Work(
        "memory",
        ("--mode", "hold", "--subs", "10000", "--sockets", "8", "--duration", "500"),
        (
            Figure(
                "memory", "bytes/subscription", lambda r: r["memory"]["bytes_per_sub"], 4000, absolute=True
            ),
        ),
    ),
)
