from bridge.phones.phone import Contact
from bridge.phones.smart_blf import smart_blf
from bridge.phones.xml import encode
from support.phone_files import make_phone, read


def items(model="D65", **changes):
    return read(encode(smart_blf(make_phone(model, **changes)))).findall("smart_blf/blf_items/blf_item")


def test_a_key_for_each_contact_behind_those_of_the_accounts():
    found = [tuple(map(one.get, ("location", "index", "contact_id"))) for one in items()]
    assert found == [("main", "2", "2000"), ("main", "3", "2001")]


def test_a_key_comes_again_for_its_second_page():
    many = tuple(Contact(str(2000 + i)) for i in range(5))
    found = [(one.get("index"), one.get("paging")) for one in items(contacts=many)]
    assert found == [("2", "1"), ("3", "1"), ("4", "1"), ("5", "1"), ("2", "1")]
    assert {one.get("paging") for one in items("D50")} == {"0"}


def test_the_lamp_tells_the_state():
    lamps = {
        one.get("target_status"): (one.get("led_color"), one.get("led_state"))
        for one in items()[0].findall("indicators/indicator")
    }
    assert lamps == {
        "unknown": ("green", "off"),
        "idle": ("green", "on"),
        "ringing": ("red", "fast"),
        "on_the_phone": ("red", "on"),
        "on_hold": ("red", "slow"),
    }


def test_no_lamp_rings():
    assert {one.get("ring") for one in items()[0].iter("indicator")} == {"0"}


def test_a_press_calls_and_during_a_call_transfers():
    presses = [
        (one.get("phone_state"), one.get("press_action"), one.get("press_function"))
        for one in items()[0].findall("behaviors/behavior")
    ]
    assert presses == [
        ("all", "primary", "dial"),
        ("connected", "primary", "transfer"),
        ("hold", "primary", "transfer"),
    ]


def test_without_keys_the_sheet_is_empty():
    assert items("D40") == []
