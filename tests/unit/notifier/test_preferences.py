import pytest

from bridge.notifier import preferences
from bridge.notifier.packages import PACKAGES
from bridge.notifier.preferences import Preferences
from bridge.sip.errors import BadRequest
from bridge.sip.message import Request

PRESENCE = PACKAGES["presence"]


def asking(*accept):
    return Request("SUBSCRIBE", "sip:2000@example.com", [("accept", line) for line in accept])


@pytest.mark.parametrize(
    "accept",
    [
        (),
        ("",),
        ("application/pidf+xml",),
        ("text/plain",),
        ("text/plain", "application/xpidf+xml"),
        ("*/*;q=0.1",),
    ],
)
def test_what_is_remembered_is_what_the_package_chooses(accept):
    chosen = Preferences()
    for _ in range(2):
        request = asking(*accept)
        assert chosen.content_type(PRESENCE, request) == PRESENCE.choose_body(request.accept)


def test_packages_choose_each_by_itself():
    chosen = Preferences()
    request = asking("*/*")
    assert chosen.content_type(PRESENCE, request) != chosen.content_type(PACKAGES["dialog"], request)


def test_what_is_none_is_refused_again_and_again():
    chosen = Preferences()
    for _ in range(2):
        with pytest.raises(BadRequest):
            chosen.content_type(PRESENCE, asking("no type"))


def test_what_strangers_write_does_not_stay(monkeypatch):
    monkeypatch.setattr(preferences, "_REMEMBERED", 3)
    chosen = Preferences()
    for number in range(10):
        chosen.content_type(PRESENCE, asking(f"application/pidf+xml;level={number}"))
    assert len(chosen._chosen) == 1
