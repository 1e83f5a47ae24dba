import pytest

from bridge.notifier.packages.package import EventPackage
from bridge.sip.headers import parse_media_range, split_commas

PACKAGE = EventPackage("p", 60, {"a/first": "first", "a/second": "second", "b/third": "third"})


@pytest.mark.requirement("S22")
@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("a/second", "second"),
        ("b/third, a/second", "third"),
        ("a/second;q=0.3, b/third;q=0.9", "third"),
        ("x/y, a/second;q=0.1", "second"),
        ("*/*", "first"),
        ("a/*;q=0.5, b/third", "third"),
        ("b/*", "third"),
        ("*/*, a/first;q=0", "second"),
        ("a/first;q=0", None),
        ("x/*", None),
        ("a/second;level=1", "second"),
    ],
)
def test_the_watchers_liking_decides(accept, chosen):
    ranges = [parse_media_range(value) for value in split_commas(accept)]
    assert PACKAGE.choose_body(ranges) == chosen


@pytest.mark.requirement("S22", "M19")
def test_no_accept_is_the_default_and_an_empty_one_nothing():
    assert PACKAGE.choose_body(None) == "first"
    assert PACKAGE.choose_body([]) is None
