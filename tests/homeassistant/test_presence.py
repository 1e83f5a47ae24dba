"""A person's presence from Home Assistant's pages: chosen, typed, and seen there whoever has set it."""

import pytest

from homeassistant.client import ServiceError
from homeassistant.house_bridge import BASE, ZED
from support.waiting import eventually

OPTIONS = ("available", "away", "xa", "chat", "dnd", "offline", "not_set")

TEXTS = {
    "quotes": """she said "it's mine" """.strip(),
    "backslashes": r"C:\new\table \" \\ \u0041",
    "other alphabets": "Grüße aus Łódź, 東京, العربية, 🍕👩‍👩‍👧",
    "a template": "{{ 7 * 7 }} {% if x %} {# y #}",
    "JSON": '{"state": "dnd", "message": null}',
    "a comma": "lunch,back at 13:00",
    "words of Home Assistant": "None",
    "a number": "007",
    "markup": "<b>&amp;</b> %s $HOME",
    "nothing": "",
    "as much as fits": "ä" * 255,
}

SUBTYPES = {
    "a word": "lunch",
    "all at once": """in "town" \\ {{ 7 * 7 }}, it's""",
    "umlauts": "Mittagspause für zwei",
    "nothing": "",
    "as much as fits": "ä" * 64,
}

ENTITIES = {"alice": "presence_alice", ZED: "presence_zoe_zed_o_neil_7_7"}


@pytest.fixture(params=ENTITIES, ids=["alice", "zed"])
def provider(request, bridge):
    """The name of a provider."""
    return request.param


def says(ear, provider, **fields):
    """Wait until the truth of a provider has these fields."""
    topic = f"{BASE}/presence/{provider}"

    def holds():
        return fields.items() <= ear.document(topic).items()

    eventually(holds, lambda: (fields, ear.latest.get(topic)))


def test_every_option_becomes_the_truth_and_comes_back(home, ear, provider):
    entity = f"select.{ENTITIES[provider]}"
    assert set(home.api.states()[entity]["attributes"]["options"]) == set(OPTIONS)
    for option in OPTIONS:
        home.api.call("select", "select_option", entity, option=option)
        says(ear, provider, state="unavailable" if option == "offline" else option)
        home.shows(entity, option)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_a_typed_message_becomes_the_truth_and_comes_back(home, ear, provider, text):
    entity = f"text.{ENTITIES[provider]}_message"
    home.api.call("text", "set_value", entity, value=text)
    says(ear, provider, message=text)
    home.shows(entity, text)


@pytest.mark.parametrize("text", SUBTYPES.values(), ids=SUBTYPES.keys())
def test_a_typed_subtype_becomes_the_truth_and_comes_back(home, ear, provider, text):
    entity = f"text.{ENTITIES[provider]}_subtype"
    home.api.call("text", "set_value", entity, value=text)
    says(ear, provider, subtype=text)
    home.shows(entity, text)


def test_what_is_typed_leaves_the_rest_as_it_is(home, ear, provider):
    word = ENTITIES[provider]
    home.api.call("select", "select_option", f"select.{word}", option="away")
    home.api.call("text", "set_value", f"text.{word}_message", value="at the dentist")
    home.api.call("text", "set_value", f"text.{word}_subtype", value="errand")
    says(ear, provider, state="away", subtype="errand", message="at the dentist")
    home.api.call("select", "select_option", f"select.{word}", option="xa")
    says(ear, provider, state="xa", subtype="errand", message="at the dentist")


def test_a_message_that_is_too_long_is_refused_by_home_assistant_and_cut_when_others_write_it(
    home, ear, mosquitto, provider
):
    entity = f"text.{ENTITIES[provider]}_message"
    home.api.call("text", "set_value", entity, value="short")
    home.shows(entity, "short")
    with pytest.raises(ServiceError, match="too long"):
        home.api.call("text", "set_value", entity, value="ü" * 256)
    eventually(home.complaints, lambda: "no complaint")
    home.forgive("is too long")
    long = "".join(f"{number:03}ü" for number in range(100))
    mosquitto.publish(f"{BASE}/presence/{provider}/set", f'{{"message": "{long}", "subtype": "{long}"}}')
    says(ear, provider, message=long)
    home.shows(entity, long[:255])
    home.shows(f"text.{ENTITIES[provider]}_subtype", long[:64])


@pytest.mark.parametrize("line", ["away,lunch,back at 13:00", "AWAY,lunch,back at 13:00"])
def test_what_others_write_as_a_line_is_shown(home, mosquitto, provider, line):
    word = ENTITIES[provider]
    mosquitto.publish(f"{BASE}/presence/{provider}", line, "-r")
    home.shows(f"select.{word}", "away")
    home.shows(f"text.{word}_subtype", "lunch")
    home.shows(f"text.{word}_message", "back at 13:00")


def test_each_change_is_an_event(home, ear, provider):
    select, event = f"select.{ENTITIES[provider]}", f"event.{ENTITIES[provider]}_changed"
    home.api.call("select", "select_option", select, option="chat")
    home.shows(select, "chat")
    home.api.call("select", "select_option", select, option="dnd")
    home.shows(select, "dnd")

    def attributes():
        return home.api.states()[event]["attributes"]

    eventually(lambda: attributes().get("presence", {}).get("state") == "dnd", attributes)
    assert (attributes()["event_type"], attributes()["by"]) == ("changed", "command")


def test_templates_that_write_python_are_understood(home, ear, provider):
    """An automation's payload without `tojson` is written in Python's way."""
    payload = {"state": "dnd", "message": 'it\'s "so"'}
    home.api.ask(
        "call_service",
        domain="mqtt",
        service="publish",
        service_data={"topic": f"{BASE}/presence/{provider}/set", "payload": repr(payload)},
    )
    says(ear, provider, state="dnd", message=payload["message"])
    home.shows(f"select.{ENTITIES[provider]}", "dnd")
