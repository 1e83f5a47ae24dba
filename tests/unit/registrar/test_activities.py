import pytest

from bridge.model.presence import PresenceState
from bridge.registrar.activities import STATES, Activity, activity

# RFC 4480 section 3.2, as far as they say anything.
REGISTERED = (
    *("appointment", "away", "breakfast", "busy", "dinner", "holiday", "in-transit", "looking-for-work"),
    *("lunch", "meal", "meeting", "on-the-phone", "performance", "permanent-absence", "playing"),
    *("presentation", "shopping", "sleeping", "spectator", "steering", "travel", "tv", "vacation"),
    *("working", "worship"),
)


def test_every_activity_of_the_rfc_has_a_state():
    assert tuple(sorted(STATES)) == REGISTERED


@pytest.mark.parametrize(
    ("name", "state", "words"),
    [
        ("away", "away", ""),
        ("lunch", "away", "lunch"),
        ("in-transit", "away", "in transit"),
        ("vacation", "xa", "vacation"),
        ("permanent-absence", "xa", "permanent absence"),
        ("busy", "dnd", ""),
        ("meeting", "dnd", "meeting"),
        ("on-the-phone", "available", "on the phone"),
        ("Lunch", "away", "lunch"),
    ],
)
def test_state_and_words(name, state, words):
    assert activity(name) == Activity(PresenceState(state), words)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("other", " watering\n the plants ", "watering the plants"),
        ("other", "", ""),
        ("juggling", "", "juggling"),
        ("juggling", "three balls", "three balls"),
    ],
)
def test_what_the_rfc_does_not_name_is_said_in_its_own_words(name, text, words):
    assert activity(name, text) == Activity(PresenceState.AVAILABLE, words)


@pytest.mark.parametrize("name", ["unknown", "note", "", "online", "Available"])
def test_what_says_nothing(name):
    assert activity(name, "text") is None
