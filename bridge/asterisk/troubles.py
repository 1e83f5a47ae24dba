"""What Asterisk refuses, in words for whoever can mend it: the line of manager.conf to look at."""

from typing import Final

from bridge.model.words import printable, quoted

# What manager.c answers to who has no right to an action, and where there is no such action.
_DENIED: Final = "permission denied"
_UNKNOWN: Final = "invalid/unknown command"

# The modules that actions come from, and the one right that an action needs.
_MODULES: Final = {
    "DeviceStateList": "res_manager_devicestate.so",
    "PresenceStateList": "res_manager_presencestate.so",
}
_RIGHTS: Final = {"Setvar": "call", "Filter": "system"}
_READ: Final = "reporting"


def login_refused(username: str, words: str) -> str:
    """Asterisk does not let us in."""
    return (
        f"Asterisk refused the login of {quoted(username)} ({printable(words)}): look at [{printable(username)}]"
        " in manager.conf. Its secret is another, or it is not there, or deny and permit keep this machine out"
    )


def refused(action: str, username: str, words: str) -> str:
    """Asterisk has not done what it was asked."""
    said = words.lower()
    if said.startswith(_DENIED):
        right = _RIGHTS.get(action, _READ)
        return (
            f"{quoted(username)} may not use {action}: add {right} to `write =` of"
            f" [{printable(username)}] in manager.conf"
        )
    if said.startswith(_UNKNOWN):
        module = f", and its module {_MODULES[action]}" if action in _MODULES else ""
        return f"this Asterisk does not know {action}: that needs Asterisk 13 or newer{module}"
    return f"Asterisk refused {action}: {printable(words)}"


def may_not_filter(username: str, words: str) -> str:
    """Without a filter, every event of every call comes here, and texts of presences can add lines to some."""
    return f"events are not filtered: {refused('Filter', username, words)}"


def no_events(username: str) -> str:
    """What is written is taken, and no event tells of it."""
    return (
        f"no events come from Asterisk: add call to `read =` of [{printable(username)}] in manager.conf, and look whether"
        " disabledevents or eventfilter there keep DeviceStateChange and PresenceStateChange away"
    )


def write_refused(what: str, value: str, words: str) -> str:
    """Asterisk did not take a state."""
    return f"Asterisk refused {quoted(value)} for {quoted(what)}: {printable(words)}"
