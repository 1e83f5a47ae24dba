"""Makes docs/sip-conformance.md: which tests prove which requirement, and what each torture message is answered with.

    .venv/bin/python tests/tools/conformance.py

Read from the tests' source: `@pytest.mark.requirement("M1")` on a function, a class or a parameter, or in
a module's `pytestmark`. Nothing is imported.
"""

import ast
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).parents[1]
DOCUMENT = TESTS.parent / "docs" / "sip-conformance.md"

LEVELS = {"M": "must", "S": "should", "N": "nice"}

_HEAD = """\
# SIP: what is required, and the tests that prove it

Made by `tests/tools/conformance.py` from `tests/data/requirements.toml`, `tests/data/torture/answers.toml` and the
marks in the tests; a test compares. Levels: M must, S should, N nice to have. A dash: no test, because the row is
not served, or not yet.
"""

_TORTURE_HEAD = """\
## Torture messages

The 49 messages of RFC 4475 and the 12 of RFC 5118 are sent to a bridge on real sockets, and after each of them an
OPTIONS is answered at once. Where the RFC allows more than one answer, all of those are named; a dash is silence.

| message | section | answer | where REGISTER is served | on TCP | why |
|---|---|---|---|---|---|
"""


class Requirement(NamedTuple):
    """One row of tests/data/requirements.toml."""

    id: str
    chapter: str
    level: str
    statement: str
    source: str


class Proof(NamedTuple):
    """A test, by its file under tests/ and its name; `name` is "" where a whole file is meant."""

    file: str
    name: str


Proofs = Mapping[str, list[Proof]]


def requirements() -> list[Requirement]:
    """All rows, in the order of the file."""
    text = (TESTS / "data" / "requirements.toml").read_text(encoding="utf-8")
    return [Requirement(**row) for row in tomllib.loads(text)["requirement"]]


@cache
def proofs() -> Proofs:
    """Which tests name which row; each test once."""
    found: dict[str, list[Proof]] = defaultdict(list)
    for path in sorted(TESTS.glob("**/test_*.py")):
        file = path.relative_to(TESTS).as_posix()
        for name, ids in marked(ast.parse(path.read_text(encoding="utf-8"))):
            for one in ids:
                if (proof := Proof(file, name)) not in found[one]:
                    found[one].append(proof)
    return found


def marked(module: ast.Module) -> Iterator[tuple[str, list[str]]]:
    """(name of a test or "" for all of the module, the ids that it names)."""
    for node in module.body:
        if isinstance(node, ast.Assign) and _names(node.targets) == ["pytestmark"]:
            yield "", _ids(node.value)
        elif isinstance(node, ast.ClassDef):
            own = [one for decorator in node.decorator_list for one in _ids(decorator)]
            for member in node.body:
                if isinstance(member, ast.Assign) and _names(member.targets) == ["pytestmark"]:
                    own += _ids(member.value)
            for method in _tests(node.body):
                yield f"{node.name}.{method.name}", own + _ids_of(method)
            if own and not [*_tests(node.body)]:
                yield node.name, own
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, _ids_of(node)


def document() -> str:
    """The text of docs/sip-conformance.md."""
    found = proofs()
    parts = [_HEAD]
    chapter = ""
    for row in requirements():
        if row.chapter != chapter:
            chapter = row.chapter
            parts.append(
                f"\n## {chapter}\n\n| id | level | statement | source | tests |\n|---|---|---|---|---|\n"
            )
        cells = (row.id, row.level, _cell(row.statement), row.source, _listed(found.get(row.id, [])))
        parts.append(f"| {' | '.join(cells)} |\n")
    return "".join([*parts, "\n", _TORTURE_HEAD, *_torture()])


def _names(targets: Iterable[ast.expr]) -> list[str]:
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _tests(body: Iterable[ast.stmt]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
            yield node


def _ids_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    return [one for decorator in function.decorator_list for one in _ids(decorator)]


def _ids(tree: ast.AST) -> list[str]:
    """The arguments of every `….requirement("…")` in an expression."""
    return [
        argument.value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "requirement"
        for argument in call.args
        if isinstance(argument, ast.Constant)
    ]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _listed(tests: list[Proof]) -> str:
    """`[file](link): test, test` for each file."""
    by_file: dict[str, list[str]] = defaultdict(list)
    for test in tests:
        by_file[test.file].append(test.name)
    pieces = []
    for file, names in by_file.items():
        link = f"[{file.removesuffix('.py')}](../tests/{file})"
        several = [name for name in names if name]
        pieces.append(f"{link}: {', '.join(several)}" if several else link)
    return "<br>".join(pieces) or "–"  # noqa: RUF001 - a dash in a table


def _torture() -> Iterator[str]:
    text = (TESTS / "data" / "torture" / "answers.toml").read_text(encoding="utf-8")
    for one in tomllib.loads(text)["answer"]:
        rfc, _, name = one["message"].partition("/")
        registrar = _either(one["registrar"]) if "registrar" in one else ""
        stream = _either(one["stream"]) if "stream" in one else ""
        stream += "".join(f", then {status}" for status in one.get("then", ())).removeprefix(", ")
        cells = (
            name,
            f"{rfc[3:]} {one['section']}",
            _either(one["status"]),
            registrar,
            stream,
            _cell(one["why"]),
        )
        yield f"| {' | '.join(cells)} |\n"


def _either(statuses: list[int]) -> str:
    return " or ".join(map(str, statuses)) or "–"  # noqa: RUF001 - a dash in a table


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
