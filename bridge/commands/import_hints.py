"""`presence-bridge import-hints`: the hints of Asterisk's extensions.conf as `[[hints]]`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from glob import glob
from pathlib import Path

from bridge.config import Settings
from bridge.dialplan.choice import Choice, choose
from bridge.dialplan.dialplan import Dialplan
from bridge.dialplan.document import format_document
from bridge.dialplan.extension_list import parse_extensions
from bridge.dialplan.sections import Find, Sections, Source, UnreadableError
from bridge.model.words import printable

NAME = "import-hints"
HELP = "turn the hints of Asterisk's extensions.conf into [[hints]]"
NEEDS_CONFIG = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The files, what to take of them, and where to."""
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="extensions.conf; FreePBX: extensions_additional.conf; - is the standard input",
    )
    parser.add_argument(
        "--context",
        action="append",
        default=[],
        metavar="NAME",
        help="take what phones in this context find, in those that it includes too; may be repeated (default: all)",
    )
    parser.add_argument(
        "--extensions",
        action="append",
        default=[],
        type=_or_wrong(parse_extensions),
        metavar="LIST",
        help="the extensions that patterns such as _3XXX stand for: 3000-3099,4000",
    )
    parser.add_argument(
        "--write", type=Path, metavar="FILE", help="write into this new file (default: print)"
    )


def run(args: argparse.Namespace, _settings: Settings) -> int:
    """Write what was taken, and say what was not; 1 if there is nothing, 2 for a context that is not there."""
    extensions = tuple(one for several in args.extensions for one in several)
    try:
        sources = [_standard_input() if name == "-" else _read(Path(name)) for name in args.files]
        choice = _choice(sources, _finder(Path(args.files[0]).parent), args.context, extensions)
        document = format_document(choice, args.files)
        if args.write is None:
            print(document, end="")
        else:
            with args.write.open("x", encoding="utf-8") as file:
                file.write(document)
    except UnreadableError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{args.write} was not written: {error.strerror or error}", file=sys.stderr)
        return 1
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    _report(choice, args.write)
    return 0 if choice.taken else 1


def _or_wrong(parse: Callable[[str], Sequence[str]]) -> Callable[[str], Sequence[str]]:
    """For argparse, which has words of its own for a ValueError."""

    def parsed(text: str) -> Sequence[str]:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return parsed


def _choice(
    sources: Sequence[Source], find: Find, contexts: Sequence[str], extensions: Sequence[str]
) -> Choice:
    sections = Sections(sources, find)
    choice = choose(Dialplan(sections), contexts, extensions)
    choice.remarks = sorted((*sections.remarks, *choice.remarks))
    return choice


def _finder(folder: Path) -> Find:
    """How `#include` finds files: from the folder of the first one that was named, as Asterisk does from its own."""

    def find(name: str) -> Sequence[Source]:
        return [_read(Path(path)) for path in sorted(glob(str(folder / name)))]  # noqa: PTH207 - `name` may be absolute

    return find


def _read(path: Path) -> Source:
    try:
        return Source(str(path), _decoded(path.read_bytes()))
    except OSError as error:
        raise UnreadableError(f"{path}: {error.strerror or error}") from error


def _standard_input() -> Source:
    return Source("standard input", _decoded(sys.stdin.buffer.read()))


def _decoded(data: bytes) -> str:
    """A byte that is no UTF-8 is kept, to be refused where it is part of a name."""
    return data.decode("utf-8-sig", "surrogateescape")


def _report(choice: Choice, written: Path | None) -> None:
    for remark in (*map(str, choice.remarks), *choice.asides):
        print(f"note: {printable(remark, 1000)}", file=sys.stderr)
    where = "" if written is None else f" written to {written}"
    plural = "" if len(choice.taken) == 1 else "s"
    print(f"{len(choice.taken)} hint{plural}{where}", file=sys.stderr)
