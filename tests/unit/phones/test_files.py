import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.phones.files import file_name, phone_files
from bridge.phones.models import MODELS
from bridge.phones.phone import Account, Contact
from support.phone_files import AT_PBX, DATA, PBX, make_phone, read

URL = "http://192.168.1.20:9464/phones/"
NAMES = ["000fd3aabbcc.cfg", "000fd3aabbcc-contacts.xml", "000fd3aabbcc-smartblf.xml"]


def urls(phone, url=URL):
    """What the main file names: URL without version, and version."""
    root = read(phone_files(phone, url)[NAMES[0]])
    found = (root.find("contacts").get("url"), root.find("smart_blf/blf_items").get("url"))
    return [tuple(one.split("?v=")) for one in found]


def test_three_files_by_the_phones_address():
    assert list(phone_files(make_phone(), URL)) == NAMES


@pytest.mark.parametrize("model", MODELS)
def test_every_model_gets_what_the_makers_name(model):
    for document in phone_files(make_phone(model), URL).values():
        read(document)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_known_holds_the_samples_too(name):
    sample = (DATA / name).read_bytes()
    assert read(sample).tag == read(phone_files(make_phone(), URL)[name]).tag


@pytest.mark.parametrize("url", [URL, URL.removesuffix("/")])
def test_the_main_file_leads_to_the_others(url):
    assert [address for address, _ in urls(make_phone(), url)] == [URL + name for name in NAMES[1:]]


def test_a_new_content_has_a_new_url_and_the_same_content_the_same():
    before = urls(make_phone())
    assert urls(make_phone()) == before
    renamed = urls(make_phone(contacts=(Contact("2000", "Back door"), Contact("2001"))))
    assert renamed[0][1] != before[0][1]
    assert renamed[1] == before[1]
    fewer = urls(make_phone(contacts=(Contact("2000", "Front desk"),)))
    assert fewer[1][1] != before[1][1]
    assert all(re.fullmatch("[0-9a-f]{12}", version) for _, version in before)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(TEXT, TEXT, TEXT, st.dictionaries(st.just("locale"), TEXT))
def test_no_name_and_no_password_breaks_a_document(name, password, label, settings):
    account = Account("1", PBX, name, password, label, caller_id=f"{label} <{name}>", voicemail=name)
    phone = make_phone(accounts=(account,), contacts=(Contact("2000", name),), settings=settings)
    for document in phone_files(phone, URL).values():
        read(document)


def test_a_password_with_markup_comes_back_whole():
    account = Account("1", PBX, "200", "a&b<c>\"d'é\t", "x")
    root = read(phone_files(make_phone(accounts=(account,)), URL)[NAMES[0]])
    assert root.find("accounts/account").get("password") == account.password


def test_passwords_are_in_the_main_file_alone():
    main, *others = phone_files(make_phone(), URL).values()
    assert AT_PBX.password.encode() in main
    assert not any(AT_PBX.password.encode() in document for document in others)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("000fd3aabbcc.cfg", NAMES[0]),
        ("00-0F-D3-AA-BB-CC.CFG", NAMES[0]),
        ("00:0f:d3:aa:bb:cc-contacts.xml", NAMES[1]),
        ("00-0f-d3-aa-bb-cc-smartblf.xml", NAMES[2]),
        ("000fd3aabbcc", None),
        ("000fd3aabbcc.xml", None),
        ("000fd3aabbcc.cfg.bak", None),
        ("../000fd3aabbcc.cfg", None),
        ("/etc/passwd", None),
        ("-contacts.xml", None),
        (".cfg", None),
        ("", None),
    ],
)
def test_a_name_is_understood_or_is_none(asked, name):
    assert file_name(asked) == name
