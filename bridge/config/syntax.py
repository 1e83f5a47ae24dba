"""What is no TOML, in words for people who do not know its grammar: tomllib's messages, translated."""

import re
from typing import Final

from bridge.config.problem import Excerpt, Problem
from bridge.config.secrecy import is_secret

_POSITION: Final = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_ASSIGNMENT: Final = re.compile(r"""^\s*([\w."'-]+)\s*=|^\s*\[""")

# tomllib's message, and ours. What is not here is said as tomllib does.
_WORDS: Final = (
    (r"Invalid value", 'this is no value: text stands in quotes, such as "text"; true and false in small letters'),
    (r"Illegal character '\\n'", "the line ends within a text: its closing quote is missing"),
    (r"""(Unterminated string|Expected ["']["']+)""", "a text begins and does not end: its closing quote is missing"),
    (r"Cannot overwrite a value", "this stands already further up: write it once"),
    (r"Cannot declare \((.*)\) twice", "this section stands already further up: write all of its keys there"),
    (r"Expected '=' after a key .*", "a key needs an equals sign and a value: key = value; a comment begins with #"),
    (r"Expected newline or end of document .*", "the line goes on behind its end: one key stands on each line"),
    (r"Invalid statement", "a line begins with the name of a key, or with [ for a section"),
    (r"Unclosed array", "a list goes on until its closing bracket: is a comma missing, or a ]?"),
    (r"Unclosed inline table", "a table in braces stands on one line: is a comma missing, or a }?"),
    (r"Unescaped '\\' in a string", "a backslash in quotes needs another one, or the text needs single quotes"),
    (r"Expected '\]+' at the end of .*", "the name of a section needs its closing brackets"),
)  # fmt: skip


def syntax_problem(name: str, text: str, message: str) -> Problem:
    """The one thing that tomllib has found in a file; a line that may hold a secret is not shown."""
    reason = _POSITION.sub("", message)
    lines = text.split("\n")
    number, column = len(lines), len(lines[-1]) + 1
    found = _POSITION.search(message)
    if found and found[1]:
        number, column = int(found[1]), int(found[2])
    line = lines[number - 1]
    if reason.startswith("Cannot "):  # of what stands there, and tomllib has read to its end
        column = len(line) - len(line.lstrip()) + 1
    excerpt = None if _may_show_secret(lines[:number]) else Excerpt(number, line, column)
    return Problem(f"{name}:{number}:{column}", "", f"not valid TOML: {_translated(reason)}", excerpt)


def _translated(reason: str) -> str:
    return next((words for pattern, words in _WORDS if re.fullmatch(pattern, reason)), reason)


def _may_show_secret(lines: list[str]) -> bool:
    """Whether the last of these lines may belong to a secret's value: the text is broken, so be careful."""
    if any(is_secret(word) for word in re.findall(r"[\w-]+(?=[\s\"']*=)", lines[-1])):
        return True
    for line in reversed(lines):
        if match := _ASSIGNMENT.match(line):
            return bool(match[1]) and is_secret(match[1].rpartition(".")[2])
    return False
