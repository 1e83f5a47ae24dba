"""`presence-bridge import-hints` on whole files. To renew what is expected, run the command line of each case."""

import json
import re
import tomllib
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from bridge.cli import main
from bridge.commands import import_hints
from bridge.config import load
from bridge.model.device import DeviceState
from bridge.model.facts import Facts, device_key
from bridge.model.hint import parse_hint
from bridge.model.presence import NOT_SET

DATA = Path(__file__).parents[2] / "data"
CASES = [
    ("asterisk", "every-context.toml", ["extensions.conf"]),
    ("asterisk", "office.toml", ["extensions.conf", "--context", "office", "--extensions", "3000-3001,3100"]),
    ("freepbx", "everything.toml", ["extensions_additional.conf"]),
    ("freepbx", "ext-local.toml", ["extensions_additional.conf", "--context", "ext-local"]),
]


def hints_of(document):
    return {
        hint["extension"]: parse_hint(hint["extension"], hint["hint"])
        for hint in tomllib.loads(document)["hints"]
    }


@pytest.mark.parametrize(("folder", "expected", "arguments"), CASES, ids=[case[1] for case in CASES])
def test_whole_files(folder, expected, arguments, monkeypatch, capsys):
    monkeypatch.chdir(DATA / "dialplan" / folder)
    assert main(["import-hints", *arguments]) == 0
    printed = capsys.readouterr()
    assert printed.out == Path(expected).read_text(encoding="utf-8")
    left_out = [line.removeprefix("# ") for line in printed.out.split("\n\n")[-1].splitlines()]
    *notes, summary = printed.err.splitlines()
    if notes:
        assert [note.removeprefix("note: ") for note in notes] == left_out
    assert summary == f"{len(hints_of(printed.out))} hints"


@pytest.mark.parametrize(("folder", "expected", "arguments"), CASES, ids=[case[1] for case in CASES])
def test_what_is_written_is_a_configuration(folder, expected, arguments, monkeypatch, tmp_path):
    monkeypatch.chdir(DATA / "dialplan" / folder)
    written = tmp_path / "hints.toml"
    assert main(["import-hints", *arguments, "--write", str(written)]) == 0
    assert written.read_text(encoding="utf-8") == Path(expected).read_text(encoding="utf-8")
    configured = load(written, {}).parsed_hints
    assert {hint.extension: hint for hint in configured} == hints_of(written.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("extension", "table"),
    [
        ("2000", "table_aggregation_2.json"),
        ("2001", "table_aggregation_2.json"),
        ("*28", "table_aggregation_2.json"),
        ("2002", "table_aggregation_3.json"),
        ("*802002", "table_aggregation_3.json"),
    ],
)
def test_hints_of_freepbx_show_what_asterisk_was_measured_to_show(extension, table):
    hint = hints_of((DATA / "dialplan/freepbx/everything.toml").read_text(encoding="utf-8"))[extension]
    rows = json.loads((DATA / "asterisk" / table).read_text(encoding="utf-8"))
    for row in rows:
        *states, _, text = row if isinstance(row, list) else (row["a"], row["b"], 0, row["text"])
        facts = Facts()
        for device, state in zip(hint.devices, states, strict=True):
            facts.put(device_key(device), DeviceState(state))
        assert hint.evaluate(facts).text == text, states
    assert len(rows) == 9 ** len(hint.devices) or len(rows) >= 64


# `core show hints` of Asterisk 20.20.1 with nothing set, and what it knows of devices that are not there.
RECORDED = sorted(DATA.glob("asterisk/pjsip_hint_[23]*.txt"))
ABSENT = {"SIP/nosuch": DeviceState.INVALID, "PJSIP/phone": DeviceState.UNAVAILABLE}
# Asterisk keeps them, but they never do what they say; we refuse them, with the reason.
REFUSED = {"2005": "needs a comma before it", "2007": "stands where presence stands", "2014": "holds a comma"}
# Without a device: Asterisk says Unavailable, whatever the presence.
DEVICELESS = {"2001"}


@pytest.mark.parametrize("recording", RECORDED, ids=lambda path: path.stem)
def test_hints_show_what_core_show_hints_said(recording, tmp_path, capsys):
    lines = re.findall(
        r"^([2-9]\d*)@hints +: (.*?) +State:(\S+) +Presence:", recording.read_text(), re.MULTILINE
    )
    (extension, hint, state) = next(line for line in lines if line[0] in recording.stem)
    dialplan = tmp_path / "extensions.conf"
    dialplan.write_text(f"[hints]\nexten => {extension},hint,{hint}\n")
    status = main(["import-hints", str(dialplan)])
    printed = capsys.readouterr()
    if extension in REFUSED:
        assert status == 1
        assert REFUSED[extension] in printed.err
        return
    (taken,) = hints_of(printed.out).values()
    facts = Facts()
    for device in taken.devices:
        facts.put(device_key(device), ABSENT.get(device, DeviceState.UNKNOWN))
    shown = taken.evaluate(facts)
    assert shown.presence == NOT_SET
    assert shown.text == ("Idle" if extension in DEVICELESS else state)
    assert ("always shows it as Unavailable" in printed.out) == (extension in DEVICELESS)


def test_fourteen_hints_were_recorded():
    assert len(RECORDED) == 14


def test_several_files_are_one_dialplan(tmp_path, capsys):
    first, second = tmp_path / "a.conf", tmp_path / "b.conf"
    first.write_text("[globals]\nTECH=PJSIP\n")
    second.write_text("[c]\nexten => 1,hint,${TECH}/1\n")
    assert main(["import-hints", str(first), str(second)]) == 0
    assert 'hint = "PJSIP/1"' in capsys.readouterr().out


def test_an_absolute_name_is_included_from_where_it_is(tmp_path, capsys):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "b.conf").write_text("exten => 1,hint,SIP/1\n")
    (tmp_path / "a.conf").write_text(f"[c]\n#include {elsewhere}/b.conf\n")
    assert main(["import-hints", str(tmp_path / "a.conf")]) == 0
    assert 'hint = "SIP/1"' in capsys.readouterr().out


def test_the_standard_input_is_a_file_as_well(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "b.conf").write_text("exten => 2,hint,SIP/2\n")
    text = b"[c]\nexten => 1,hint,SIP/1\nexten => 1,hint,SIP/no\n#include b.conf\n"
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(text)))
    assert main(["import-hints", "-"]) == 0
    printed = capsys.readouterr()
    assert list(hints_of(printed.out)) == ["1", "2"]
    assert "note: standard input:3: hint left out: '1' has one already, at standard input:2" in printed.err


def test_nothing_is_1(tmp_path, capsys):
    (tmp_path / "a.conf").write_text("[c]\n")
    assert main(["import-hints", str(tmp_path / "a.conf")]) == 1
    assert capsys.readouterr().err == "0 hints\n"


def test_a_file_that_is_not_there_is_1(tmp_path, capsys):
    assert main(["import-hints", str(tmp_path / "a.conf")]) == 1
    assert capsys.readouterr().err == f"{tmp_path}/a.conf: No such file or directory\n"


def test_an_included_file_that_cannot_be_read_is_told(tmp_path, capsys):
    (tmp_path / "a.conf").write_text("[c]\n#include folder\nexten => 1,hint,SIP/1\n")
    (tmp_path / "folder").mkdir()
    assert main(["import-hints", str(tmp_path / "a.conf")]) == 0
    assert f"a.conf:2: 'folder' cannot be read: {tmp_path}/folder: Is a directory" in capsys.readouterr().err


def test_no_file_is_written_over(tmp_path, capsys):
    (tmp_path / "a.conf").write_text("[c]\nexten => 1,hint,SIP/1\n")
    out = tmp_path / "hints.toml"
    arguments = ["import-hints", str(tmp_path / "a.conf"), "--write", str(out)]
    assert main(arguments) == 0
    assert capsys.readouterr().err == f"1 hint written to {out}\n"
    assert main(arguments) == 1
    assert capsys.readouterr().err == f"{out} was not written: File exists\n"


def test_a_context_that_is_not_there_is_2(tmp_path, capsys):
    (tmp_path / "a.conf").write_text("[ext-local]\n")
    assert main(["import-hints", str(tmp_path / "a.conf"), "--context", "ext-lokal"]) == 2
    assert "(did you mean ext-local?)" in capsys.readouterr().err


def test_a_list_of_extensions_that_is_none_is_2(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["import-hints", "a.conf", "--extensions", "3099-3000"])
    assert stopped.value.code == 2
    assert "'3099-3000' is no range of extensions: write 3000-3099" in capsys.readouterr().err


def test_a_name_that_is_no_utf8_is_told_and_the_rest_is_read(tmp_path, capsys):
    (tmp_path / "a.conf").write_bytes(
        b"\xef\xbb\xbf[c]\nexten => 1,hint,Custom:M\xfcller\nexten => 2,hint,SIP/2\n"
    )
    assert main(["import-hints", str(tmp_path / "a.conf")]) == 0
    printed = capsys.readouterr()
    assert list(hints_of(printed.out)) == ["2"]
    assert r"a.conf:2: hint 'Custom:M\udcfcller' left out: device 'Custom:M\udcfcller' holds" in printed.err


def test_it_needs_no_configuration():
    assert not import_hints.NEEDS_CONFIG
