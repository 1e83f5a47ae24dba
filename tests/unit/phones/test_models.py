from itertools import islice

import pytest

from bridge.phones.models import MODELS, KeyPlace, model_of


def places(model: str, accounts: int, most: int = 1000) -> list[tuple[str, int, bool]]:
    return [tuple(place) for place in islice(MODELS[model].places(accounts), most)]


@pytest.mark.parametrize("model", ["D40", "D45", "D60", "D62"])
def test_two_line_keys_leave_one_beside_one_account(model):
    assert places(model, 1) == [("main", 1, False)]
    assert places(model, 2) == []


def test_the_first_line_key_is_the_phones_own():
    assert places("D40", 0) == places("D40", 1)


def test_line_keys_come_before_the_side_panel():
    found = places("D50", 2)
    assert found[:3] == [("main", 2, False), ("main", 3, False), ("side", 0, False)]
    assert len(found) == 2 + 10


def test_keys_with_several_pages_are_given_once_for_each_page():
    found = places("D65", 2)
    assert [number for _, number, _ in found[:5]] == [2, 3, 4, 5, 2]
    assert len(found) == 20 * 4
    assert all(paged for _, _, paged in found)
    assert len(places("D70", 1)) == 5 + 10 * 10


@pytest.mark.parametrize("model", [name for name in MODELS if name.startswith("P")])
def test_a_p_series_phone_decides_by_itself_how_many_keys_it_has(model):
    assert places(model, 1, most=3) == [("main", 1, False), ("main", 2, False), ("main", 3, False)]


def test_a_model_is_found_in_any_case():
    assert model_of("d65") is MODELS["D65"]
    assert next(model_of("p325").places(1)) == KeyPlace("main", 1)


@pytest.mark.parametrize("name", ["D80", "A30", "D6", ""])
def test_a_model_that_takes_no_such_files_is_refused(name):
    with pytest.raises(ValueError, match="files can be made for D40, D45"):
        model_of(name)
