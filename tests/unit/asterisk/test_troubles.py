"""Refusals in words."""

from bridge.asterisk.troubles import login_refused, may_not_filter, no_events, refused, write_refused


def test_a_right_is_named_with_the_line_to_add_it_to():
    assert refused("Setvar", "pb", "Permission denied") == (
        "'pb' may not use Setvar: add call to `write =` of [pb] in manager.conf"
    )
    assert "add reporting" in refused("Getvar", "pb", "Permission denied")


def test_a_module_that_is_missing_is_named():
    words = refused(
        "DeviceStateList", "pb", "Invalid/unknown command: DeviceStateList. Use Action: ListCommands"
    )
    assert words.endswith("needs Asterisk 13 or newer, and its module res_manager_devicestate.so")
    assert refused("ExtensionStateList", "pb", "Invalid/unknown command: X").endswith("Asterisk 13 or newer")


def test_all_else_is_told_in_the_words_of_asterisk_which_are_made_printable():
    assert refused("Setvar", "pb", "No\x1b[31m") == "Asterisk refused Setvar: No\\x1b[31m"
    assert write_refused("DEVICE_STATE(Custom:x)", "INUSE", "Variable not set") == (
        "Asterisk refused 'INUSE' for 'DEVICE_STATE(Custom:x)': Variable not set"
    )
    assert "deny and permit" in login_refused("pb", "Authentication failed")
    assert "add call to `read =` of [pb]" in no_events("pb")
    assert may_not_filter("pb", "Permission denied").startswith(
        "events are not filtered: 'pb' may not use Filter"
    )
