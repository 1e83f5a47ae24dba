import pytest

from bridge.notifier.packages.package import EventPackage
from bridge.sip.headers import parse_media_range, split_commas

PACKAGE = EventPackage("p", 60, ("a/first", "a/second", "b/third"))


@pytest.mark.requirement("S22")
@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("a/second", "a/second"),
        ("b/third, a/second", "b/third"),
        ("a/second;q=0.3, b/third;q=0.9", "b/third"),
        ("x/y, a/second;q=0.1", "a/second"),
        ("*/*", "a/first"),
        ("a/*;q=0.5, b/third", "b/third"),
        ("b/*", "b/third"),
        ("*/*, a/first;q=0", "a/second"),
        ("a/first;q=0", None),
        ("x/*", None),
        ("*/*, a/*;q=0", "b/third"),
        ("a/*;q=0, a/second, */*;q=0.5", "a/second"),
        ("*/*;q=0, a/second;q=0.1", "a/second"),
        ("a/first, a/first;q=0", "a/first"),
        ("a/second;level=1", "a/second"),
    ],
)
def test_the_watchers_liking_decides(accept, chosen):
    ranges = [parse_media_range(value) for value in split_commas(accept)]
    assert PACKAGE.choose_body(ranges) == chosen


@pytest.mark.requirement("S22", "M19")
def test_no_accept_is_the_default_and_an_empty_one_nothing():
    assert PACKAGE.choose_body(None) == "a/first"
    assert PACKAGE.choose_body([]) is None
