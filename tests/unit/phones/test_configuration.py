from bridge.phones.configuration import configuration
from bridge.phones.phone import Contact
from bridge.phones.xml import encode
from support.phone_files import AT_BRIDGE, make_phone, read, settings_of


def config(**changes):
    return read(encode(configuration(make_phone(**changes), "http://h/c?v=1", "http://h/k?v=2")))


def test_the_other_files_are_named():
    root = config()
    assert root.find("contacts").get("url") == "http://h/c?v=1"
    assert root.find("smart_blf/blf_items").get("url") == "http://h/k?v=2"


def test_the_account_at_the_pbx_is_the_first():
    pbx, bridge = config().findall("accounts/account")
    assert (pbx.get("index"), pbx.get("username"), pbx.get("authname")) == ("0", "200", "auth200")
    assert (pbx.get("password"), pbx.get("voicemail"), pbx.get("caller_id")) == (
        "pbx-secret",
        "*97",
        "Kitchen <200>",
    )
    host = pbx.find("host_primary")
    assert (host.get("server"), host.get("port"), host.get("transport")) == ("192.168.1.10", "5060", "udp")
    assert (bridge.get("index"), bridge.get("username"), bridge.get("authname")) == ("1", "200", "200")
    assert bridge.find("host_primary").get("server") == "192.168.1.20"


def test_accounts_register_and_the_bridge_is_not_asked_for_messages():
    found = [
        (one.get("status"), one.get("register"), one.get("needMwiSubscription"))
        for one in config().iter("account")
    ]
    assert found == [("1", "1", "1"), ("1", "1", "0")]


def test_a_phone_without_a_pbx_has_the_account_of_the_bridge_first():
    (account,) = config(accounts=(AT_BRIDGE,)).iter("account")
    assert (account.get("index"), account.get("line_label")) == ("0", "Presence")


def test_the_phone_is_told_what_it_needs_for_its_lamps():
    settings = settings_of(config())
    assert settings["blf_contact_group"] == "Presence Bridge"
    assert settings["enable_check_sync"] == "1"
    assert settings["transport_udp_enabled"] == settings["transport_tcp_enabled"] == "1"
    assert "contacts_max_subscriptions" not in settings


def test_more_than_forty_contacts_need_leave_to_subscribe():
    forty = tuple(Contact(str(2000 + i)) for i in range(40))
    assert "contacts_max_subscriptions" not in settings_of(config(contacts=forty))
    more = (*forty, Contact("2999"))
    assert settings_of(config(contacts=more))["contacts_max_subscriptions"] == "41"


def test_the_operators_settings_go_over_ours():
    settings = settings_of(config(settings={"time_zone": "Europe/Berlin", "udp_ka_interval": "60"}))
    assert (settings["time_zone"], settings["udp_ka_interval"]) == ("Europe/Berlin", "60")
