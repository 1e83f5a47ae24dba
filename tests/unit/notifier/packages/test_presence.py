from bridge.notifier.bodies import BodyFormat
from bridge.notifier.packages import PACKAGES


def test_the_table_of_packages_agrees_with_itself():
    for name, package in PACKAGES.items():
        assert package.name == name
        assert package.default_expires > 0
        assert package.bodies
        for content_type, body in package.bodies.items():
            format_: BodyFormat = body
            assert format_.content_type == content_type


def test_presence_lasts_an_hour_where_nothing_is_asked_for():
    assert PACKAGES["presence"].default_expires == 3600
