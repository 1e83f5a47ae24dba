from pydantic import BaseModel

from bridge.config.schema import KEYS, closest, keys, known_beside, names_of


class Inner(BaseModel):
    texts: tuple[str, ...] = ()


class Outer(BaseModel):
    one: Inner
    many: tuple[Inner, ...] = ()
    perhaps: Inner | None = None
    plain: int | None = None


def test_every_key_is_found_with_what_it_is():
    assert [(key.names, key.is_section, key.listed, key.is_text_list) for key in keys(Outer)] == [
        (("one",), True, False, False),
        (("one", "texts"), False, False, True),
        (("many",), False, False, False),
        (("many", "texts"), False, True, True),
        (("perhaps",), True, False, False),
        (("perhaps", "texts"), False, False, True),
        (("plain",), False, False, False),
    ]


def test_the_settings_are_known():
    assert ("mqtt", "base_topic") in [key.names for key in KEYS]
    assert set(known_beside(("metrics", "x"))) == {"per_extension_limit"}


def test_the_closest_key():
    assert closest(("mqtt", "hots")) == ("mqtt", "host")
    assert closest(("hint",)) == ("hints",)
    assert closest(("hints", "extensions")) == ("hints", "extension")
    assert closest(("mqtt_host",)) == ("mqtt", "host")
    assert closest(("mqtt", "trusted_networks")) == ("sip", "trusted_networks")
    assert closest(("mqtt", "colour")) is None


def test_a_key_has_the_name_that_is_written():
    assert ("sensors", "if") in [key.names for key in KEYS]
    assert ("rules", "from") in [key.names for key in KEYS]


def test_a_table_of_sections_is_several():
    (key,) = [key for key in KEYS if key.names == ("sensors",)]
    assert (key.is_section, key.is_text_list) == (False, False)
    assert all(key.listed for key in KEYS if key.names[:-1] == ("sensors",))


def test_names_that_people_give_and_places_in_lists_are_left_out():
    assert names_of(("hints", 1, "name")) == ("hints", "name")
    assert names_of(("sensors", "door", "availability", 0, "topic")) == ("sensors", "availability", "topic")
    assert names_of(("provisioning", "settings", "x")) == ("provisioning", "settings", "x")
    assert names_of(("sensors", "door")) == ("sensors",)
