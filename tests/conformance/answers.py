"""Answers read without the bridge's own parser, and what every answer must repeat (RFC 3261 section 8.2.6.2)."""

import re
import tomllib
from pathlib import Path
from typing import NamedTuple

TORTURE = Path(__file__).parents[1] / "data" / "torture"

_COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "l": "content-length"}


class Expected(NamedTuple):
    """One entry of tests/data/torture/answers.toml."""

    message: str
    section: str
    status: list[int]
    why: str
    registrar: list[int] | None = None
    stream: list[int] | None = None
    then: list[int] = []  # noqa: RUF012 - a default that nobody changes

    @property
    def data(self) -> bytes:
        """The message as it goes on the wire."""
        return (TORTURE / f"{self.message}.dat").read_bytes()

    @property
    def method(self) -> str:
        """The first word of the message."""
        return self.data.split(b" ", 1)[0].decode()

    def statuses(self, allow: str, *, stream: bool = False) -> list[int]:
        """The answers allowed by a bridge that serves these methods."""
        if stream and self.stream is not None:
            return self.stream
        if self.registrar is not None and "REGISTER" in allow:
            return self.registrar
        return self.status


def expected() -> list[Expected]:
    """What every torture message gets."""
    entries = tomllib.loads((TORTURE / "answers.toml").read_text(encoding="utf-8"))["answer"]
    return [Expected(**entry) for entry in entries]


def turns() -> dict[str, int]:
    """For each message the number of a bridge that has not seen what it could be taken for.

    Several share branch, sent-by and method, which makes them one transaction (RFC 3261 section 17.2.3), or
    Call-ID and CSeq, which makes them the same REGISTER (10.3).
    """
    seen: list[set[tuple[str, bytes]]] = []
    turn = {}
    for one in expected():
        names = {
            (one.method, re.search(rb"(?i)branch=([^;\r]*)|$", one.data)[0]),
            (one.method, re.search(rb"(?im)^(?:i|call-id)\s*:([^\r]*)|\Z", one.data)[0]),
        }
        number = next((n for n, others in enumerate(seen) if not names & others), len(seen))
        seen[number:] = [(seen[number] if number < len(seen) else set()) | names, *seen[number + 1 :]]
        turn[one.message] = number
    return turn


def head(data: bytes) -> tuple[str, dict[str, list[str]]]:
    """Start line and headers by lower-case long name; folds undone, runs of blanks made one, NUL a blank."""
    text = data.replace(b"\0", b" ").partition(b"\r\n\r\n")[0].decode("utf-8", "surrogateescape")
    start, *lines = re.sub(r"\r\n[ \t]+", " ", text.lstrip("\r\n")).split("\r\n")
    headers: dict[str, list[str]] = {}
    for line in lines:
        name, _, value = line.partition(":")
        name = name.strip().lower()
        headers.setdefault(_COMPACT.get(name, name), []).append(" ".join(value.split()))
    return start, headers


def status(data: bytes) -> int:
    """The status of an answer."""
    return int(re.match(rb"SIP/2\.0 ([1-6]\d\d) [^\r\n]*\r\n", data)[1])


def vias(headers: dict[str, list[str]]) -> list[str]:
    """The Via values, one by one, without blanks."""
    values = ",".join(headers.get("via", [])).split(",")
    return [value for value in ("".join(value.split()) for value in values) if value.strip(";")]


def check_copied(request: bytes, answer: bytes) -> None:
    """Via, From, Call-ID and CSeq are those of the request, and so is To but for its tag."""
    _, asked = head(request)
    _, got = head(answer)
    for name in ("from", "call-id", "cseq"):
        assert got.get(name, []) == asked.get(name, [])[:1], name
    if "to" in asked:
        to = asked["to"][0]
        assert got["to"][0].startswith(to)
        assert ("tag" in to.replace(" ", "")) or re.search(r";tag=[^;]+$", got["to"][0])
    assert vias(got)[1:] == vias(asked)[1:] or b";;,;,," in request
    top, sent = vias(got)[0], vias(asked)[0].partition(";;")[0]
    for piece in sent.split(";"):
        assert piece.startswith(("rport", "received")) or piece in top, (piece, top)
