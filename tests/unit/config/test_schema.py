from pydantic import BaseModel

from bridge.config.schema import KEYS, closest, keys, known_beside


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
    assert set(known_beside(("http", "x"))) == {"listen"}


def test_the_closest_key():
    assert closest(("mqtt", "hots")) == ("mqtt", "host")
    assert closest(("hint",)) == ("hints",)
    assert closest(("hints", "extensions")) == ("hints", "extension")
    assert closest(("mqtt_host",)) == ("mqtt", "host")
    assert closest(("mqtt", "trusted_networks")) == ("sip", "trusted_networks")
    assert closest(("mqtt", "colour")) is None
