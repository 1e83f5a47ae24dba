"""What of Asterisk outlives a restart."""

import json

from support.beside import Beside
from support.house import BASE


def worked(**options):
    world = Beside(custom_prefixes=("",), import_hints=True, **options)
    world.pbx.hint("2000", "PJSIP/2000,CustomPresence:2000")
    world.start()
    world.pbx.set("Bob", "away,,back, soon".replace(", soon", " soon"))
    world.pbx.set_function("DEVICE_STATE(Custom:Lamp)", "INUSE")
    world.settle()
    world.bridge.memory.flush(world.now)
    return world


def test_a_row_tells_what_both_sides_said_last():
    rows = worked().bridge.rows
    assert {key: json.loads(document) for key, document in rows.items()} == {
        "hint/2000": {"text": "PJSIP/2000,CustomPresence:2000"},
        "presence/bob": {"name": "Bob", "line": "away,,back soon"},
        "device/custom/lamp": {"name": "Lamp", "state": "INUSE"},
    }


def test_a_hint_that_is_gone_has_no_row_any_more():
    world = worked()
    world.pbx.remove_hint("2000")
    world.settle()
    world.advance(2)
    world.settle()
    world.bridge.memory.flush(world.now)
    assert "hint/2000" not in world.bridge.rows
    assert world.bridge.imported[-1] == ()


def test_the_next_run_knows_it():
    world = worked()
    world.restart()
    assert [hint.text for hint in world.resumed] == ["PJSIP/2000,CustomPresence:2000"]
    world.pbx.set_function("DEVICE_STATE(Custom:Lamp)", "NOT_INUSE")
    world.pbx.set("Bob", "xa")
    world.start()
    assert world.retained[f"{BASE}/device/Custom/Lamp"] == b"NOT_INUSE"
    assert world.says("Bob") == (("xa", "", ""), ("xa", "", ""))
    assert world.bridge.imported == []
    assert {*world.bridge.link._kept.all()} == {"hint/2000", "presence/bob", "device/custom/lamp"}


def test_rows_that_cannot_be_read_are_dropped():
    world = Beside(import_hints=True)
    rows = {
        "presence/a": "[]",
        "presence/b": '{"name":"b","line":"bored"}',
        "device/custom/c": '{"name":"c"}',
        "hint/1": '{"text":""}',
        "hint/2": "no json",
        "hint/2000": '{"text":"SIP/2000"}',
    }
    world.bridge.rows = dict(rows)
    assert [hint.extension for hint in world.bridge.link.resume(rows)] == ["2000"]
    assert [*world.bridge.rows] == ["hint/2000"]
