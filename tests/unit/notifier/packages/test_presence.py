from bridge.notifier.packages import PACKAGES


def test_the_table_of_packages_agrees_with_itself():
    assert list(PACKAGES) == ["presence", "dialog"]
    for name, package in PACKAGES.items():
        assert package.name == name
        assert package.default_expires > 0
        assert len(set(package.bodies)) == len(package.bodies) > 0


def test_presence_lasts_an_hour_where_nothing_is_asked_for():
    assert PACKAGES["presence"].default_expires == 3600
    assert PACKAGES["presence"].choose_body(None) == "application/pidf+xml"
