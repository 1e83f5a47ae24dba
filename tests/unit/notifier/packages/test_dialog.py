from bridge.notifier.packages.dialog import DIALOG


def test_lamp_keys_watch_for_an_hour_where_nothing_is_asked_for():
    assert DIALOG.name == "dialog"
    assert DIALOG.default_expires == 3600
    assert DIALOG.choose_body(None) == "application/dialog-info+xml"
