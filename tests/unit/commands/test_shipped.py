import sys
from importlib import metadata
from pathlib import Path, PurePosixPath

import pytest

import bridge
from bridge.commands import shipped

CHECKOUT = Path(__file__).parents[3]
UNIT = "ExecStart=/usr/bin/presence-bridge run\nExecReload=/usr/bin/presence-bridge check\n"


class Recorded(PurePosixPath):
    """A file as an installer has recorded it."""

    def locate(self):
        return Path("/opt/it/lib") / self


@pytest.fixture
def installed(monkeypatch):
    """The program is somewhere without a checkout around it."""
    monkeypatch.setattr(bridge, "__file__", "/nowhere/bridge/__init__.py")


def test_in_a_checkout_they_are_the_files_of_the_checkout():
    assert shipped.shipped_folder() == CHECKOUT


def test_all_of_them_are_there():
    names = [
        shipped.EXAMPLE,
        shipped.SCHEMA,
        shipped.DASHBOARD,
        shipped.ALERT_RULES,
        shipped.DROP_IN,
        *(f"systemd/{u}" for u in shipped.UNITS),
    ]
    assert [name for name in names if not (CHECKOUT / name).is_file()] == []


def test_elsewhere_they_are_where_the_installer_has_put_them(installed, monkeypatch):
    recorded = [Recorded("bridge/cli.py"), Recorded("../share/presence-bridge/config.example.toml")]
    monkeypatch.setattr(shipped, "files", lambda _name: recorded)
    assert shipped.shipped_folder() == Path("/opt/it/share/presence-bridge")


@pytest.mark.parametrize("recorded", [None, [], [Recorded("bridge/cli.py")]])
def test_an_installation_without_them_says_so(installed, monkeypatch, recorded):
    monkeypatch.setattr(shipped, "files", lambda _name: recorded)
    with pytest.raises(shipped.NotShippedError, match="from its wheel"):
        shipped.shipped_folder()


def test_so_does_a_program_that_was_never_installed(installed, monkeypatch):
    def absent(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(shipped, "files", absent)
    with pytest.raises(shipped.NotShippedError):
        shipped.shipped_folder()


def test_the_program_is_the_one_that_runs(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/usr/local/bin/presence-bridge"])
    assert shipped.program() == "/usr/local/bin/presence-bridge"


def test_a_link_to_it_stays_a_link(monkeypatch, tmp_path):
    link = tmp_path / "presence-bridge"
    link.symlink_to("/opt/pipx/venvs/presence-bridge/bin/presence-bridge")
    monkeypatch.setattr(sys, "argv", [str(link)])
    assert shipped.program() == str(link)


def test_one_that_was_started_as_a_module_is_started_so_again(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/opt/it/bridge/__main__.py"])
    monkeypatch.setattr(sys, "executable", "/opt/it/bin/python3")
    assert shipped.program() == "/opt/it/bin/python3 -m bridge"


@pytest.mark.parametrize(
    ("path", "in_a_unit"),
    [
        ("/opt/100%/presence-bridge", "/opt/100%%/presence-bridge"),
        ("/opt/$x/presence-bridge", "/opt/$$x/presence-bridge"),
        ("/opt/my bridge/presence-bridge", '"/opt/my bridge/presence-bridge"'),
        ('/opt/"b"/presence-bridge', '"/opt/\\"b\\"/presence-bridge"'),
    ],
)
def test_what_systemd_would_read_otherwise_is_escaped(monkeypatch, path, in_a_unit):
    monkeypatch.setattr(sys, "argv", [path])
    assert shipped.program() == in_a_unit


def test_a_unit_starts_the_program_wherever_it_starts_one():
    assert shipped.with_program(UNIT, "/x/presence-bridge") == UNIT.replace("/usr/bin", "/x")


def test_the_configuration_of_the_service_listens_where_the_socket_units_do():
    example = (CHECKOUT / shipped.EXAMPLE).read_text()
    served = shipped.for_service(example, "/usr/share/it")
    assert len(served.splitlines()) == len(example.splitlines())
    assert served.startswith(f"#:schema /usr/share/it/{shipped.SCHEMA}\n")
    for transport, kind in (("udp", "Datagram"), ("tcp", "Stream")):
        unit = (CHECKOUT / f"systemd/presence-bridge-{transport}.socket").read_text()
        assert f"\nListen{kind}=0.0.0.0:5060\n" in unit
        assert f'"{transport}://0.0.0.0:5060"' in served
