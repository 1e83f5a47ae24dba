import pytest

from bridge.topics.readiness import Part, Readiness

WELL, LOST = Part(ok=True, why="well"), Part(ok=False, why="lost")


@pytest.mark.parametrize(
    ("mqtt", "sip", "store", "ready"),
    [
        (WELL, WELL, WELL, True),
        (LOST, WELL, WELL, False),
        (WELL, LOST, WELL, False),
        # Phones are served all the same.
        (WELL, WELL, LOST, True),
    ],
)
def test_ready_is_when_phones_are_served_with_what_the_broker_holds(mqtt, sip, store, ready):
    assert Readiness(mqtt, sip, store).ready is ready


def test_the_document_says_which_part_is_not_and_why():
    assert Readiness(LOST, WELL, WELL).document() == {
        "ready": False,
        "parts": {
            "mqtt": {"ok": False, "why": "lost"},
            "sip": {"ok": True, "why": "well"},
            "store": {"ok": True, "why": "well"},
        },
    }
