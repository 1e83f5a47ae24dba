"""What a reload changes: the table against the settings, and the page against the table."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr

from bridge.config import Settings
from bridge.config.reload import EFFECTS, effect_of, renewed

PAGE = Path(__file__).parents[3] / "docs" / "operations.md"
HINTS = [{"extension": str(2000 + number), "hint": "SIP/2000"} for number in range(9)]
USER = {"name": "200", "password": "a"}


def settings(**sections):
    return Settings.model_validate(sections)


def written(model=Settings, prefix=""):
    """All keys of sections, dotted."""
    for name, field in model.model_fields.items():
        kinds = [
            kind
            for kind in (field.annotation, *getattr(field.annotation, "__args__", ()))
            if _is_section(kind)
        ]
        if kinds and not prefix and not _is_several(field.annotation):
            yield from written(kinds[0], f"{name}.")
        else:
            yield f"{prefix}{name}"


def _is_section(kind):
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _is_several(annotation):
    return getattr(annotation, "__origin__", None) in (tuple, dict)


def covering(key):
    """The entries of the table that a key belongs to, the most special one first."""
    found = [
        (len(name), effect)
        for effect in EFFECTS
        for name in effect.keys
        if key == name or key.startswith(f"{name}.")
    ]
    return [effect for _, effect in sorted(found, key=lambda pair: -pair[0])]


@pytest.mark.parametrize("key", list(written()))
def test_of_every_key_it_is_known_what_becomes_of_it(key):
    assert covering(key)


def test_the_table_names_no_key_that_there_is_not():
    keys = set(written())
    sections = {key.partition(".")[0] for key in keys}
    named = [name for effect in EFFECTS for name in effect.keys]
    assert len(named) == len(set(named))
    assert [name for name in named if name not in keys | sections] == []


def test_the_page_has_the_table():
    text = PAGE.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if re.match(r"\| `", line) and line.count("|") == 4]
    expected = []
    for effect in EFFECTS:
        keys = ", ".join(f"`{key}`" for key in effect.keys)
        expected.append(f"| {keys} | {'applied' if effect.live else 'needs a restart'} | {effect.words} |")
    assert lines == expected, "\n".join(expected)


def test_what_is_the_same_is_no_change():
    both = [
        settings(hints=HINTS, sip={"users": [USER]}, rules=[{"presence": "a", "set": "dnd"}]) for _ in "ab"
    ]
    _ = (both[0].parsed_hints, both[0].parsed_rules, both[0].sip.parsed_users)
    assert renewed(*both)[1:] == ((), ())


def test_what_has_names_is_told_by_them():
    old = settings(hints=HINTS, sensors={"door": {"topic": "d"}, "lamp": {"topic": "l"}})
    new = settings(
        hints=[{**HINTS[0], "name": "Bob"}, {"extension": "3000", "hint": "SIP/1"}],
        sensors={"door": {"topic": "e"}, "lamp": {"topic": "l"}},
        rules=[{"presence": "a", "set": "dnd"}],
        rule_options={"min_interval_seconds": 2},
    )
    assert renewed(old, new).applied == (
        "hints: 3000 added, 2001 2002 2003 2004 2005 and 3 more removed, 2000 changed",
        "sensors: door changed",
        "rules",
        "rule_options.min_interval_seconds",
    )


def test_a_secret_is_a_change_and_is_not_told():
    old = settings(sip={"users": [USER]})
    new = settings(sip={"users": [{**USER, "password": SecretStr("geheim")}]})
    assert renewed(old, new).applied == ("sip.users: 200 changed",)


def test_what_needs_a_restart_stays_and_the_rest_is_applied():
    old = settings(
        mqtt={"host": "a"}, sip={"listen": ["udp://127.0.0.1:5060"]}, provisioning={"dial_plan": "x"}
    )
    # What is parsed is kept; it must not be taken along.
    _ = (old.sip.listeners, old.sip.networks)
    new = settings(
        mqtt={"host": "b", "base_topic": "c"},
        sip={"listen": ["tcp://127.0.0.1:5070"], "trusted_networks": ["10.0.0.0/8"], "max_connections": 9},
        provisioning={"http": True, "dial_plan": "y"},
        store={"path": "elsewhere"},
    )
    _ = (new.sip.listeners, new.sip.networks)
    settled = renewed(old, new)
    assert settled.restart_needed == (
        "mqtt.host",
        "mqtt.base_topic",
        "sip.listen",
        "sip.max_connections",
        "store.path",
        "provisioning.http",
    )
    assert settled.applied == ("sip.trusted_networks", "provisioning.dial_plan")
    found = settled.settings
    assert (found.base_topic, found.sip.listen, found.provisioning.http) == (
        "presence-bridge",
        ("udp://127.0.0.1:5060",),
        False,
    )
    assert [str(network) for network in found.sip.networks] == ["10.0.0.0/8"]
    assert found.sip.listeners[0].address.port == 5060
    # It stays named as long as the file says so.
    assert renewed(found, new).restart_needed == settled.restart_needed
    assert renewed(found, new).applied == ()


def test_a_broker_that_is_configured_for_the_first_time_needs_a_restart():
    assert renewed(settings(), settings(mqtt={"host": "b"})).restart_needed == ("mqtt",)


def test_the_most_special_entry_is_that_of_a_key():
    assert not effect_of("log.format").live
    assert effect_of("log.level").live
    assert effect_of("hints.name").keys == ("hints",)
    assert not effect_of("mqtt.tls.ca").live
