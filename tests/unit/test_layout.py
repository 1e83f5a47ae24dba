"""The architecture as a test: who imports whom, how long a file is, where its tests are."""

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest
from importlinter.cli import lint_imports

ROOT: Final = Path(__file__).parents[2]
FILES: Final = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("bridge/**/*.py"))

MOST_LINES: Final = 400

# Shells around sockets, processes and terminals: tested where these are real.
TESTED_ELSEWHERE: Final[Mapping[str, str]] = {
    "bridge/commands/asking.py": "tests/integration/test_requests.py",
    "bridge/commands/core_show.py": "tests/integration/test_asterisk_words.py",
    "bridge/commands/custom_states.py": "tests/integration/test_asterisk_words.py",
    "bridge/commands/devstate.py": "tests/integration/test_asterisk_words.py",
    "bridge/commands/get.py": "tests/integration/test_commands.py",
    "bridge/commands/hints.py": "tests/integration/test_commands.py",
    "bridge/commands/init.py": "tests/integration/test_init.py",
    "bridge/commands/loglevel.py": "tests/integration/test_requests.py",
    "bridge/commands/presencestate.py": "tests/integration/test_asterisk_words.py",
    "bridge/commands/registered_hints.py": "tests/integration/test_asterisk_words.py",
    "bridge/commands/reload.py": "tests/integration/test_reload.py",
    "bridge/commands/resync.py": "tests/foreign/test_resync.py",
    "bridge/commands/run.py": "tests/integration/test_commands.py",
    "bridge/commands/set_.py": "tests/integration/test_commands.py",
    "bridge/commands/trace.py": "tests/integration/test_trace.py",
    "bridge/composition/bridge.py": "tests/integration/test_composition.py",
    "bridge/composition/broker.py": "tests/integration/test_composition.py",
    "bridge/composition/instruments.py": "tests/integration/test_metrics.py",
    "bridge/composition/website.py": "tests/integration/test_web_api.py",
    "bridge/io/ami.py": "tests/integration/test_ami.py",
    "bridge/io/connection.py": "tests/integration/test_tcp.py",
    "bridge/io/embedded.py": "tests/integration/test_embedded.py",
    "bridge/io/http.py": "tests/integration/test_http.py",
    "bridge/io/listeners.py": "tests/integration/test_listeners.py",
    "bridge/io/listening.py": "tests/integration/test_trace.py",
    "bridge/io/mqtt/client.py": "tests/integration/test_mqtt_security.py",
    "bridge/io/mqtt/connection.py": "tests/integration/test_mqtt_connection.py",
    "bridge/io/mqtt/link.py": "tests/integration/test_mqtt_link.py",
    "bridge/io/oneshot.py": "tests/integration/test_commands.py",
    "bridge/io/packet_info.py": "tests/integration/test_udp.py",
    "bridge/io/phone_files.py": "tests/integration/test_phone_files.py",
    "bridge/io/questions.py": "tests/integration/test_web_api.py",
    "bridge/io/reopening.py": "tests/integration/test_listeners.py",
    "bridge/io/runner.py": "tests/integration/test_runner.py",
    "bridge/io/store/store.py": "tests/integration/test_store.py",
    "bridge/io/streams.py": "tests/integration/test_tcp.py",
    "bridge/io/tcp.py": "tests/integration/test_tcp.py",
    "bridge/io/tls.py": "tests/integration/test_tls.py",
    "bridge/io/udp.py": "tests/integration/test_udp.py",
    "bridge/io/web/api.py": "tests/integration/test_web_api.py",
    "bridge/io/web/desk.py": "tests/integration/test_web_api.py",
    "bridge/io/web/permission.py": "tests/integration/test_web_api.py",
    "bridge/io/web/presence_request.py": "tests/integration/test_web_api.py",
    "bridge/io/web/problem.py": "tests/integration/test_web_api.py",
    "bridge/io/web/shield.py": "tests/integration/test_web_api.py",
    "bridge/io/web/site.py": "tests/integration/test_web_api.py",
}


def where_tested(file: str) -> str:
    """For `bridge/x/y.py` it is `tests/unit/x/test_y.py`, for `bridge/x/__init__.py` `tests/unit/x/test_x.py`."""
    if file in TESTED_ELSEWHERE:
        return TESTED_ELSEWHERE[file]
    _, *folders, name = file.removesuffix(".py").split("/")
    return "/".join(["tests/unit", *folders, f"test_{folders[-1] if name == '__init__' else name}.py"])


def has_behaviour(file: str) -> bool:
    """Whether any function of a file does something; without one, it holds names, tables and types."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return not all(is_declared_only(function) for function in functions)


def is_declared_only(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """The method of a protocol: its body is `...`."""
    last = function.body[-1]
    return isinstance(last, ast.Expr) and isinstance(last.value, ast.Constant) and last.value.value is ...


def test_who_imports_whom(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True, no_logo=True) == 0, capsys.readouterr().out


def test_every_file_with_behaviour_has_its_tests():
    untested = {
        file: where_tested(file)
        for file in FILES
        if has_behaviour(file) and not (ROOT / where_tested(file)).is_file()
    }
    wanted = "\n".join(f"{file} wants {test}" for file, test in untested.items())
    assert not untested, f"write the tests, or name where they are in TESTED_ELSEWHERE:\n{wanted}"


@pytest.mark.parametrize(
    ("file", "tests"),
    [
        ("bridge/timers.py", "tests/unit/test_timers.py"),
        ("bridge/topics/decoders/device.py", "tests/unit/topics/decoders/test_device.py"),
        ("bridge/topics/decoders/__init__.py", "tests/unit/topics/decoders/test_decoders.py"),
    ],
)
def test_where_tests_belong(file, tests):
    assert file in FILES
    assert where_tested(file) == tests


def test_what_has_no_behaviour():
    assert not has_behaviour("bridge/effects.py")
    assert not has_behaviour("bridge/service.py")
    assert has_behaviour("bridge/timers.py")


def test_the_list_of_tests_elsewhere_is_current():
    stale = [file for file in TESTED_ELSEWHERE if file not in FILES]
    assert not stale, f"gone, but still in TESTED_ELSEWHERE: {stale}"


@pytest.mark.parametrize("folder", sorted({Path(file).parent.as_posix() for file in FILES}))
def test_every_folder_is_a_package(folder):
    assert f"{folder}/__init__.py" in FILES, f"{folder} needs an __init__.py that says what it is about"


def test_no_file_is_long():
    lines = {file: len((ROOT / file).read_text(encoding="utf-8").splitlines()) for file in FILES}
    long = {file: count for file, count in lines.items() if count > MOST_LINES}
    assert not long, f"more than {MOST_LINES} lines: is each still about one thing? {long}"
