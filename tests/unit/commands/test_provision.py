import stat

import pytest

from bridge.cli import main
from support.phone_files import read

CONFIG = """
[[hints]]
extension = "2000"
hint = "SIP/2000"
name = "Front & desk"
[[sip.users]]
name = "200"
password = "bridge-secret"
[provisioning]
bridge_address = "192.168.1.20"
[[phones]]
mac = "00:0f:d3:aa:bb:cc"
model = "D65"
user = "200"
[[phones]]
mac = "00:0f:d3:aa:bb:dd"
model = "P325"
pbx = { server = "192.168.1.10", user = "300", password_file = "PASSWORD" }
"""
FIRST = ["000fd3aabbcc-contacts.xml", "000fd3aabbcc-smartblf.xml", "000fd3aabbcc.cfg"]
SECOND = [name.replace("cc", "dd") for name in FIRST]


@pytest.fixture
def provision(tmp_path):
    """Run the command with a configuration of two phones; what is in the folder afterwards."""
    password = tmp_path / "password"
    password.write_text("pbx-secret\n")
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.replace("PASSWORD", str(password)))
    folder = tmp_path / "a" / "folder"

    def run(*arguments):
        status = main(["provision", "--config", str(config), "--out", str(folder), *arguments])
        return status, sorted(path.name for path in folder.iterdir()) if folder.exists() else None

    run.folder, run.password, run.config = folder, password, config
    return run


def test_the_files_of_all_phones(provision, capsys):
    assert provision() == (0, [*FIRST, *SECOND])
    written = capsys.readouterr()
    assert written.out.splitlines()[0] == str(provision.folder / "000fd3aabbcc.cfg")
    assert "Phones look for them at http://192.168.1.20:9464/phones/" in written.err
    assert "secret" not in written.out + written.err


def test_they_are_what_phones_read(provision):
    provision()
    for path in provision.folder.iterdir():
        read(path.read_bytes())
    assert b"pbx-secret" in (provision.folder / "000fd3aabbdd.cfg").read_bytes()


@pytest.mark.parametrize("spelling", ["000fd3aabbdd", "00-0F-D3-AA-BB-DD"])
def test_only_those_that_are_asked_for(provision, spelling):
    assert provision("--phone", spelling) == (0, SECOND)


def test_several(provision):
    assert provision("--phone", "000fd3aabbdd", "--phone", "000fd3aabbcc") == (0, [*FIRST, *SECOND])


def test_nobody_else_can_read_them(provision):
    provision()
    assert {stat.S_IMODE(path.stat().st_mode) for path in provision.folder.iterdir()} == {0o600}


def test_what_was_opened_for_a_web_server_stays_open(provision):
    provision()
    path = provision.folder / "000fd3aabbcc.cfg"
    path.chmod(0o640)
    path.write_text("old and longer than what is new" * 1000)
    provision()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    read(path.read_bytes())


def test_another_place_to_serve_them_from(provision):
    provision("--url", "https://files.example/prov")
    root = read((provision.folder / "000fd3aabbcc.cfg").read_bytes())
    assert (
        root.find("contacts").get("url").startswith("https://files.example/prov/000fd3aabbcc-contacts.xml?v=")
    )


@pytest.mark.parametrize(
    ("phone", "words"),
    [
        ("kitchen", "--phone kitchen needs a hardware address"),
        (
            "000fd3aabbee",
            "000fd3aabbee is none of [[phones]], which are 000fd3aabbcc, 000fd3aabbdd",
        ),
    ],
)
def test_a_phone_that_is_not_listed(provision, capsys, phone, words):
    assert provision("--phone", phone) == (2, None)
    assert words in capsys.readouterr().err


def test_without_phones(provision, capsys):
    provision.config.write_text("")
    assert provision() == (2, None)
    assert "there are no [[phones]]" in capsys.readouterr().err


def test_a_password_that_cannot_be_read(provision, capsys):
    provision.password.unlink()
    assert provision() == (78, None)
    assert f"phones[1].pbx.password cannot be read: {provision.password}: No such" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made(provision, capsys):
    provision.folder.parent.touch()
    assert provision() == (1, None)
    assert "Not a directory" in capsys.readouterr().err
