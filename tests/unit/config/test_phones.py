import pytest
from pydantic import ValidationError

from bridge.config import PbxSettings, PhoneSettings, ProvisioningSettings
from bridge.phones.models import MODELS
from bridge.phones.phone import Server

PHONE = {"mac": "00-0F-D3-AA-BB-CC", "model": "d65", "user": "200"}
PBX = {"server": "pbx.example", "user": "200", "password": "secret"}


def test_nothing_is_given_to_phones_by_default():
    provisioning = ProvisioningSettings()
    assert not provisioning.http
    assert provisioning.bridge is None
    assert provisioning.settings == {}


def test_where_phones_reach_the_bridge():
    provisioning = ProvisioningSettings(bridge_address="[2001:db8::1]:5070", transport="tcp")
    assert provisioning.bridge == Server("2001:db8::1", 5070, "tcp")


def test_a_phone_is_read():
    phone = PhoneSettings.model_validate(PHONE)
    assert phone.parsed_mac == "000fd3aabbcc"
    assert phone.parsed_model is MODELS["D65"]


@pytest.mark.parametrize(("written", "meant"), [("all", None), (["2000"], ("2000",)), ([], ())])
def test_contacts_are_all_or_a_list(written, meant):
    assert PhoneSettings.model_validate(PHONE | {"contacts": written}).contacts == meant


@pytest.mark.parametrize(
    ("section", "values"),
    [
        (ProvisioningSettings, {"bridge_address": "192.168.1.20:0"}),
        (ProvisioningSettings, {"transport": "tls"}),
        (ProvisioningSettings, {"url": "/phones"}),
        (ProvisioningSettings, {"url": "ftp://host/"}),
        (ProvisioningSettings, {"url": "http://host/?a"}),
        (ProvisioningSettings, {"settings": {"Time Zone": "x"}}),
        (ProvisioningSettings, {"settings": {"time_zone": 1}}),
        (PhoneSettings, PHONE | {"mac": "kitchen"}),
        (PhoneSettings, PHONE | {"model": "D80"}),
        (PhoneSettings, PHONE | {"user": ""}),
        (PhoneSettings, PHONE | {"contacts": "2000"}),
        (PbxSettings, PBX | {"server": "a:b"}),
        (PbxSettings, PBX | {"password": ""}),
    ],
)
def test_refused(section, values):
    with pytest.raises(ValidationError) as caught:
        section.model_validate(values)
    assert caught.value.error_count() == 1


def test_a_phone_needs_an_account():
    with pytest.raises(ValidationError, match="needs user"):
        PhoneSettings.model_validate(PHONE | {"user": ""})
    assert PhoneSettings.model_validate(PHONE | {"user": "", "pbx": PBX}).user is None


def test_the_address_of_a_pbx():
    assert PbxSettings.model_validate(PBX).address == Server("pbx.example", 5060, "udp")


def test_secrets_are_not_printed():
    provisioning = ProvisioningSettings(settings={"login_password": "4711"})
    assert "4711" not in repr(provisioning)
    assert "secret" not in repr(PhoneSettings.model_validate(PHONE | {"pbx": PBX}))
