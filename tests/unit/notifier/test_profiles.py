import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.notifier.bodies import BODIES, PIDF_LAYOUTS
from bridge.notifier.bodies.digium import digium_tuple
from bridge.notifier.packages import PACKAGES
from bridge.notifier.profiles import BY_NAME, PROFILES, Profile, Profiles, Rule, parse_agent
from bridge.sip.headers import parse_media_range, split_commas

AGENTS = {
    "Digium D40 1_4_0_0_57389": "digium",
    "Digium D65 2_9_19": "digium",
    "my digium thing": "digium",
    "Sangoma P325 4_9_2": "sangoma",
    "SANGOMA": "sangoma",
    "Sangoma P330 4_27_8 000FD3D0B030": "sangoma",
    "Yealink SIP-T46S 66.85.0.5": "yealink",
    "Grandstream GXP2170 1.0.9.135": "grandstream",
    "snom870/8.7.5.35": "snom",
    "PolycomSoundPointIP-SPIP_550-UA/3.2.3.1734": "polycom",
    "PolycomVVX-VVX_410-UA/5.9.0.9373": "polycom",
    "baresip v1.0.0 (x86_64/linux)": "baresip",
    "Linphone/5.1.65 (belle-sip/5.1.65)": "linphone",
    "LinphoneAndroid/5.0.14 (Pixel)": "linphone",
    "Twinkle/1.10.2": "twinkle",
    "PJSUA v2.17-dev Linux-6.1": "pjsip",
    "MicroSIP/3.21.3": "pjsip",
    "Jitsi2.10.5550Linux": "jitsi",
    "Z 5.6.4 v2.10.20.4": "zoiper",
    "Zoiper rev.11619": "zoiper",
    "Fanvil X4U 2.4.0": "default",
    "Jazz 5": "default",
    "": "default",
}


@pytest.mark.parametrize(("agent", "name"), AGENTS.items())
def test_who_is_known_by_the_user_agent(agent, name):
    choice = Profiles().choose(agent)
    assert (choice.profile.name, choice.rule) == (name, None)


def test_every_profile_of_the_table_finds_somebody():
    assert {profile.name for profile in PROFILES} == set(AGENTS.values())
    assert len(BY_NAME) == len(PROFILES)


@given(st.text())
def test_everybody_gets_a_profile(agent):
    assert Profiles().choose(agent).profile in PROFILES


def test_the_end_of_an_endless_agent_is_not_looked_at():
    assert Profiles().choose("x" * 1000 + "Digium").profile.name == "default"


# --- what follows ---


def body(profile, package="presence", accept=None):
    ranges = None if accept is None else [parse_media_range(value) for value in split_commas(accept)]
    return BY_NAME[profile].choose_body(PACKAGES[package], ranges)


@pytest.mark.parametrize(
    ("profile", "layout"),
    [("digium", "asterisk"), ("sangoma", "asterisk"), ("yealink", "rpid"), ("default", "rpid")],
)
@pytest.mark.parametrize("accept", [None, "application/pidf+xml", "*/*", "text/plain, application/pidf+xml"])
def test_the_profile_decides_what_pidf_is(profile, layout, accept):
    assert body(profile, accept=accept) is PIDF_LAYOUTS[layout]
    assert body(profile, "dialog", "application/pidf+xml") is PIDF_LAYOUTS[layout]


@pytest.mark.requirement("B6")
def test_a_polycom_reads_xpidf_whatever_it_claims():
    xpidf = BODIES["application/xpidf+xml"]
    assert body("polycom") is xpidf
    assert body("polycom", accept="application/pidf+xml") is xpidf
    assert body("polycom", accept="application/xpidf+xml, application/pidf+xml") is xpidf
    assert body("polycom", "dialog", "application/dialog-info+xml") is BODIES["application/dialog-info+xml"]


@pytest.mark.parametrize("profile", BY_NAME)
@pytest.mark.requirement("S22")
def test_every_other_format_is_the_same_for_all(profile):
    for content_type, format_ in BODIES.items():
        for package in PACKAGES:
            assert body(profile, package, content_type) is format_
    assert body(profile, "dialog") is BODIES["application/dialog-info+xml"]
    assert body(profile, accept="text/plain") is None


def test_where_presence_shows():
    digium, default, none = (
        BY_NAME["digium"].subject("2000", "sip:2000@h"),
        BY_NAME["default"].subject("2000", "sip:2000@h"),
        Profile("p", "", presence="none").subject("2000", "sip:2000@h"),
    )
    assert (digium.supplements, digium.personal) == ((digium_tuple,), False)
    assert (default.supplements, default.personal) == ((), True)
    assert (none.supplements, none.personal) == ((), False)


def test_the_tuple_of_digium_needs_its_document():
    for pidf in ("rpid", "xpidf"):
        with pytest.raises(ValueError, match="needs pidf"):
            Profile("p", "", pidf, "digium")


# --- entries of the configuration ---


@pytest.mark.parametrize(
    ("pattern", "agent", "found"),
    [
        ("Yealink SIP-T46S", "yealink sip-t46s 66.85.0.5", True),
        ("Acme (v2.0)", "Acme (v2.0) x", True),
        ("Acme (v2.0)", "Acme (v2x0) x", False),
        ("/^Acme [23]/", "ACME 3", True),
        ("/^Acme [23]/", "An Acme 3", False),
        ("baresip/", "baresip/1.0", True),
        ("/", "a/b", True),
    ],
)
def test_a_plain_text_is_found_anywhere_and_slashes_make_an_expression(pattern, agent, found):
    assert bool(parse_agent(pattern).search(agent)) is found


@pytest.mark.parametrize("pattern", ["", " ", "/(/", "/*/"])
def test_what_is_no_pattern(pattern):
    with pytest.raises(ValueError, match=r"must not be empty|no regular expression"):
        parse_agent(pattern)


def test_the_first_entry_that_finds_the_phone_counts():
    rules = [Rule("T46", "digium"), Rule("Yealink", "snom"), Rule("T4", "zoiper")]
    profiles = Profiles(rules)
    assert profiles.choose("Yealink SIP-T46S") == (BY_NAME["digium"], rules[0])
    assert profiles.choose("Yealink SIP-T42S") == (BY_NAME["snom"], rules[1])
    assert profiles.choose("Grandstream") == (BY_NAME["grandstream"], None)


def test_single_fields_go_over_what_the_phone_would_get():
    profiles = Profiles([Rule("e", None, {"udp_limit_bytes": 1400})])
    yealink, digium = profiles.choose("Yealink").profile, profiles.choose("Digium e").profile
    assert (yealink.name, yealink.pidf, yealink.udp_limit_bytes) == ("yealink", "rpid", 1400)
    assert (digium.name, digium.presence, digium.udp_limit_bytes) == ("digium", "digium", 1400)


@pytest.mark.parametrize("base", PROFILES)
def test_fields_that_need_each_other_follow(base):
    assert Rule("x", None, {"presence": "digium"}).apply(base).pidf == "asterisk"
    for pidf in ("rpid", "xpidf"):
        assert Rule("x", None, {"pidf": pidf}).apply(base).presence == "status"
    assert Rule("x", None, {"pidf": "asterisk"}).apply(base).presence == base.presence


def test_a_contradiction_is_found_at_once():
    with pytest.raises(ValueError, match="needs pidf"):
        Profiles([Rule("x", None, {"pidf": "rpid", "presence": "digium"})])


# --- what is written about them ---


def test_the_documents_name_every_profile():
    root = Path(__file__).parents[3]
    page = (root / "docs" / "phones.md").read_text(encoding="utf-8")
    rows = page.partition("| profile | found by |")[2].partition("\n\n")[0].splitlines()[2:]
    written = {name: row for row in rows for name in re.findall(r"`([a-z]+)`", row.split("|")[1])}
    assert set(written) == set(BY_NAME)
    for name, row in written.items():
        layout = {"asterisk": "Asterisk's layout", "rpid": "the layout of the RFCs", "xpidf": "xpidf"}
        assert layout[BY_NAME[name].pidf] in row
        assert ("`<digium_presence>`" in row) == (BY_NAME[name].presence == "digium")
    example = (root / "config.example.toml").read_text(encoding="utf-8")
    listed = (
        example.partition("take the ways of: ")[2]
        .partition("\n# pidf")[0]
        .replace("#", "")
        .replace(" or ", ",")
    )
    assert [name.strip() for name in listed.split(",")] == [*BY_NAME]
