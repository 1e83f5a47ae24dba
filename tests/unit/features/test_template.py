from bridge.features.template import fill, places


def test_places_are_names_in_small_letters():
    assert places("{user} is {a}{b}, not {A}, {}, {a1} or {{user}") == {"user", "a", "b"}
    assert places("plain") == frozenset()


def test_what_is_filled_in_is_not_looked_at_again():
    assert fill("{a} and {b}, {A}", {"a": "{b}", "b": "\\1"}) == "{b} and \\1, {A}"
