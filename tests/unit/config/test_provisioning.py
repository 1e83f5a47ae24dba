import re
from pathlib import Path

import pytest

from bridge.config import ConfigError, Settings, load
from bridge.config.advice import advice
from bridge.config.provisioning import doubts, files_url, listed, provisioned
from bridge.phones.models import MODELS
from bridge.phones.phone import Contact, Server
from bridge.phones.roster import Listed

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "config.example.toml"
DOCUMENT = (ROOT / "docs" / "provisioning.md").read_text(encoding="utf-8")

HINTS = """
[[hints]]
extension = "2000"
hint = "SIP/2000"
name = "Front desk"
[[hints]]
extension = "2001"
hint = "SIP/2001"
[[hints]]
extension = "2002"
hint = "SIP/2002"
"""
USERS = '[[sip.users]]\nname = "200"\npassword = "bridge-secret"\n'
BRIDGE = '[provisioning]\nbridge_address = "192.168.1.20:5060"\n'
PHONE = '[[phones]]\nmac = "00:0f:d3:aa:bb:cc"\nmodel = "D65"\nname = "Kitchen"\nextension = "2001"\nuser = "200"\n'
PBX = '[phones.pbx]\nserver = "192.168.1.10"\nuser = "300"\npassword = "pbx-secret"\n'


@pytest.fixture
def read(tmp_path: Path):
    """The settings of a text."""

    def settings(*parts: str) -> Settings:
        file = tmp_path / "c.toml"
        file.write_text("\n".join(parts), encoding="utf-8")
        return load(file, {})

    return settings


def problems(read, *parts: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(*parts)
    return [f"{problem.key} {problem.reason}" for problem in caught.value.problems]


def phone(read, *parts: str):
    (one,) = provisioned(read(HINTS, USERS, BRIDGE, *parts))
    return one


# --- what the files are made of ------------------------------------------------------------------


def test_a_phone_shows_all_extensions_but_its_own(read):
    assert phone(read, PHONE).contacts == (Contact("2000", "Front desk"), Contact("2002", ""))


def test_or_those_that_it_is_told_to_in_their_order(read):
    found = phone(read, PHONE, 'contacts = ["2002", "2001", "2002"]').contacts
    assert [contact.extension for contact in found] == ["2002", "2001"]


def test_the_account_at_the_bridge(read):
    (account,) = phone(read, PHONE).accounts
    assert account.server == Server("192.168.1.20", 5060, "udp")
    assert (account.id, account.user, account.password) == ("presence-200", "200", "bridge-secret")
    assert (account.label, account.caller_id, account.mailbox) == ("Presence", "Kitchen", False)


def test_the_account_at_the_pbx_comes_first(read):
    pbx, bridge = phone(read, PHONE, PBX).accounts
    assert pbx.server == Server("192.168.1.10", 5060, "udp")
    assert (pbx.id, pbx.user, pbx.auth_user, pbx.password) == ("300", "300", "300", "pbx-secret")
    assert (pbx.label, pbx.caller_id) == ("Kitchen", "Kitchen <300>")
    assert bridge.user == "200"


def test_a_phone_without_a_user_has_no_account_at_the_bridge(read):
    (account,) = phone(read, PHONE.replace('user = "200"\n', ""), PBX).accounts
    assert account.id == "300"


def test_a_phone_without_a_name_is_called_by_its_number(read):
    text = PHONE.replace('name = "Kitchen"\n', "")
    assert phone(read, text, PBX).accounts[0].label == "2001"
    text = text.replace('extension = "2001"\n', "")
    pbx, bridge = phone(read, text, PBX).accounts
    assert (pbx.label, pbx.caller_id, bridge.caller_id) == ("300", "300", "200")


def test_what_all_phones_have_in_common(read):
    common = 'transport = "tcp"\ndial_plan = "xx"\n[provisioning.settings]\nlocale = "de_DE"\n'
    (one,) = provisioned(read(HINTS, USERS, BRIDGE, common, PHONE))
    assert one.bridge == Server("192.168.1.20", 5060, "tcp")
    assert (one.dial_plan, dict(one.settings)) == ("xx", {"locale": "de_DE"})


def test_phones_are_listed_without_secrets(read):
    assert listed(read(USERS, BRIDGE, PHONE, PBX)) == (Listed("000fd3aabbcc", ("200", "2001", "300")),)
    assert listed(Settings()) == ()


@pytest.mark.parametrize(
    ("more", "url"),
    [
        ("", "http://192.168.1.20:9464/phones/"),
        ('url = "https://files.example/prov"', "https://files.example/prov"),
    ],
)
def test_where_phones_find_their_files(read, more, url):
    assert files_url(read(USERS, BRIDGE, more, PHONE)) == url


def test_an_ipv6_address_in_the_url(read):
    bridge = BRIDGE.replace("192.168.1.20", "[2001:db8::1]")
    assert files_url(read(USERS, bridge, PHONE)) == "http://[2001:db8::1]:9464/phones/"


# --- what is wrong -------------------------------------------------------------------------------


def test_phones_must_know_where_the_bridge_is(read):
    (problem,) = problems(read, USERS, PHONE)
    assert problem.startswith("provisioning.bridge_address is required with [[phones]]")


def test_a_phone_is_listed_once_however_its_address_is_written(read):
    again = PHONE.replace("00:0f:d3:aa:bb:cc", "000F.D3AA.BBCC")
    assert problems(read, USERS, BRIDGE, PHONE, again) == ["phones[1].mac is that of phones[0] again"]


def test_a_user_must_be_one_of_those_that_there_are(read):
    assert problems(read, BRIDGE, PHONE) == [
        "phones[0].user cannot be '200': there is no [[sip.users]] of that name"
    ]


def test_a_user_must_have_a_password(read):
    user = f'[[sip.users]]\nname = "200"\nha1 = "{"0" * 32}"\n'
    assert problems(read, user, BRIDGE, PHONE) == [
        "phones[0].user cannot be '200': that user has only ha1, and a phone needs the password itself"
    ]


def test_findings_of_a_phone_are_told_with_their_place(read):
    text = PHONE.replace("D65", "D80").replace('user = "200"\n', "pbx = {}\n")
    model, *others = problems(read, USERS, BRIDGE, text)
    assert model.startswith("phones[0].model cannot be 'D80': files can be made for D40, D45, D50")
    assert others == [
        "phones[0].pbx.server is required but absent",
        "phones[0].pbx.user is required but absent",
    ]
    text = PHONE.replace('user = "200"\n', "")
    assert problems(read, USERS, BRIDGE, text) == [
        "phones[0] needs user (a name of [[sip.users]]), or pbx, or both: a phone has an account"
    ]


def test_settings_need_names_and_texts(read):
    assert problems(read, BRIDGE, "settings = 5") == [
        "provisioning.settings needs a section of its own, got 5"
    ]
    assert problems(read, BRIDGE, "[provisioning.settings]\nlogin_password = 4711") == [
        "provisioning.settings.login_password needs text in quotes, got (hidden)"
    ]


def test_the_example_can_be_used_when_the_address_is_filled_in(tmp_path):
    text = EXAMPLE.read_text(encoding="utf-8")
    text = re.sub(r"^# (?=\[|[a-z0-9_]+ = )", "", text, flags=re.MULTILINE)
    text = text.replace('bridge_address = ""', 'bridge_address = "192.168.1.20"')
    file = tmp_path / "c.toml"
    file.write_text(text, encoding="utf-8")
    (one,) = provisioned(load(file, {}))
    assert (one.mac, len(one.accounts), len(one.contacts)) == ("000fd3aabbcc", 2, 1)


# --- the document --------------------------------------------------------------------------------


def test_what_the_document_shows_can_be_used(read, tmp_path):
    first, second = re.findall(r"^```toml\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    password = tmp_path / "password"
    password.write_text("secret\n")
    settings = read(HINTS, first.replace("/etc/presence-bridge/phone-200", str(password)))
    assert listed(settings) == (Listed("000fd3aabbcc", ("200", "2000", "200")),)
    assert settings.provisioning.settings.keys() == {"time_zone", "locale"}
    assert read(second).provisioning.http


@pytest.mark.parametrize("model", MODELS)
def test_the_document_names_every_model_that_files_are_made_for(model):
    assert re.search(rf"^\| [^|]*\b{model}\b", DOCUMENT, re.MULTILINE)


# --- what is doubtful ----------------------------------------------------------------------------


def doubted(read, *parts: str) -> list[str]:
    return list(doubts(read(HINTS, USERS, *parts)))


def test_nothing_to_say(read):
    assert doubted(read, BRIDGE, PHONE) == []
    assert doubted(read) == []


def test_files_on_loopback_reach_nobody(read):
    (sentence,) = doubted(read, BRIDGE, "http = true", PHONE)
    assert "[http] listen is 127.0.0.1:9464, which only this machine reaches" in sentence


def test_http_without_phones(read):
    assert doubted(read, BRIDGE, "http = true") == ["[provisioning] http is of no use without [[phones]]"]


def test_a_transport_that_is_not_listened_on(read):
    (sentence,) = doubted(read, BRIDGE, 'transport = "tcp"', PHONE)
    assert "reach the bridge by tcp, for which there is no tcp:// address in [sip] listen" in sentence


def test_a_contact_without_a_hint(read):
    (sentence,) = doubted(read, BRIDGE, PHONE, 'contacts = ["2000", "2009"]')
    assert sentence == "phone 000fd3aabbcc is to show '2009', for which there is no hint"


def test_a_phone_with_too_few_keys(read):
    small = PHONE.replace("D65", "D40")
    assert doubted(read, BRIDGE, small) == [
        "phone 000fd3aabbcc has keys for 1 of its 2 contacts: a D40 with 1 account has no more"
    ]
    assert doubted(read, BRIDGE, small, PBX) == [
        "phone 000fd3aabbcc has keys for 0 of its 2 contacts: a D40 with 2 accounts has no more"
    ]


def test_doubts_are_part_of_the_advice(read):
    settings = read(HINTS, USERS, BRIDGE, "http = true", PHONE)
    assert set(doubts(settings)) <= set(advice(settings))
