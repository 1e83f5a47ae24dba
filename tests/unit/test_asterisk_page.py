"""`docs/asterisk.md`: files of Asterisk are understood, what is shown is so, and what is promised happens.

That its configurations are right, `tests/pages` sees.
"""

import re
import tomllib
from pathlib import Path

from bridge.cli import main
from bridge.dialplan.choice import choose
from bridge.dialplan.dialplan import Dialplan
from bridge.dialplan.sections import Sections, Source
from support.whole import BASE, Whole

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "asterisk.md").read_text(encoding="utf-8")
FREEPBX = ROOT / "tests" / "data" / "dialplan" / "freepbx"


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_hints_of_the_dialplans_can_be_taken():
    sources = [Source("extensions.conf", block) for block in blocks("ini") if "exten =>" in block]
    found = [choose(Dialplan(Sections([source], lambda _: []))) for source in sources]
    assert [{one: taken.hint.text for one, taken in choice.taken.items()} for choice in found] == [
        {"2000": "PJSIP/Bob,CustomPresence:Bob"},
        {"2000": "PJSIP/2000,CustomPresence:2000", "2500": "Custom:mqtt-door"},
    ]
    assert not any(choice.remarks for choice in found)


def test_files_of_asterisk_hold_nothing_that_is_not_understood():
    for block in blocks("ini"):
        sections = Sections([Source("x.conf", block)], lambda _: [])
        assert [*sections]
        assert not sections.remarks


def test_the_import_from_freepbx_is_as_shown(tmp_path, monkeypatch, capsys):
    shown = next(block for block in blocks("console") if "--context ext-local" in block)
    command, notes, head = re.findall(
        r"^\$ presence-bridge (.*)\n((?:.+\n)+)\$ head -n 6 hints.toml\n((?:.*\n)+?)\$", shown, re.MULTILINE
    )[0]
    monkeypatch.chdir(tmp_path)
    here = [word.replace("/etc/asterisk", str(FREEPBX)) for word in command.split()]
    assert main(here) == 0
    assert capsys.readouterr().err == notes
    written = Path("hints.toml").read_text(encoding="utf-8").replace(str(FREEPBX), "/etc/asterisk")
    assert written.splitlines()[:6] == head.splitlines()


def test_the_usage_is_as_shown(tmp_path, capsys):
    config = tmp_path / "config.toml"
    config.write_text("")
    (shown,) = (block for block in blocks("console") if "Usage:" in block)
    command, _, output = shown.partition("\n")
    words = command.removeprefix("$ presence-bridge ").split()
    assert main([*words, "--config", str(config)]) == 2
    assert capsys.readouterr().err == output


def whole_of(mark):
    (block,) = (block for block in blocks("toml") if mark in block)
    return Whole(tomllib.loads(block))


def test_do_not_disturb_of_freepbx_is_a_lamp_and_presence():
    whole = whole_of('device_state = { "Custom:DND2000"')
    seen = []
    for state in ("NOT_INUSE", "BUSY", "NOT_INUSE"):
        whole.say(f"{BASE}/device/Custom/DND2000", state, retain=True)
        whole.advance(2.0)
        seen.append((whole.held("presence/2000")["state"], whole.held("hint/2000")["extension_state"]))
    assert seen == [("available", "Idle"), ("dnd", "Busy"), ("available", "Idle")]


def test_the_codes_of_freepbx_can_be_dialled_to_the_bridge():
    whole = whole_of('dial = "*76{ext}"')
    phone, key = whole.phone(), whole.phone(agent="Yealink SIP-T46S")
    key.subscribe("*762000", Event="dialog", Accept="application/dialog-info+xml")
    key.notified()
    seen = []
    for code in ("*78", "*79", "*76", "*76", "*762000", "*762000"):
        phone.send(phone.request("INVITE", code, From="<sip:2000@127.0.0.1>;tag=x", Call_ID=f"{len(seen)}@x"))
        whole.advance(2.0)
        lamp = key.notified().tree.findtext(".//{*}state")
        seen.append((whole.held("presence/2000")["state"], lamp))
    on, off = ("dnd", "confirmed"), ("available", "terminated")
    assert seen == [on, off, on, off, on, off]
