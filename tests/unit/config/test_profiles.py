import pytest
from pydantic import ValidationError

from bridge.config import ConfigError, ProfileSettings, SipSettings, load
from bridge.notifier.profiles import BY_NAME, PROFILES, Rule


def entry(**values: object) -> ProfileSettings:
    return ProfileSettings.model_validate({"agent": "Acme"} | values)


def test_what_is_given_changes_and_nothing_else():
    assert entry().rule == Rule("Acme")
    assert entry(profile="digium").rule == Rule("Acme", "digium")
    given = entry(pidf="xpidf", presence="none", tcp_above_bytes=2000, udp_limit_bytes=1400)
    changes = {"pidf": "xpidf", "presence": "none", "tcp_above_bytes": 2000, "udp_limit_bytes": 1400}
    assert given.rule == Rule("Acme", None, changes)


def test_every_built_in_profile_can_be_named():
    assert [entry(profile=one.name).rule.profile for one in PROFILES] == [*BY_NAME]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"agent": ""}, "would take every phone"),
        ({"agent": "/(/"}, "no regular expression"),
        ({"profile": "yaelink"}, "did you mean yealink"),
        ({"pidf": "cpim"}, "'asterisk', 'rpid' or 'xpidf'"),
        ({"presence": "both"}, "'digium', 'status' or 'none'"),
        ({"pidf": "rpid", "presence": "digium"}, "no other document has that tuple"),
        ({"udp_limit_bytes": 999}, "greater than or equal to 1000"),
        ({"tcp_above_bytes": 65508}, "less than or equal to 65507"),
        ({"notes": "lamp"}, "not permitted"),
    ],
)
def test_refused(values, words):
    with pytest.raises(ValidationError, match=words) as caught:
        entry(**values)
    assert caught.value.error_count() == 1


def test_an_agent_has_one_entry():
    with pytest.raises(ValidationError, match="entries 0 and 1 have the same agent"):
        SipSettings(profiles=(ProfileSettings(agent="Acme"), ProfileSettings(agent="ACME")))


def test_a_contradiction_is_said_in_plain_words(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text('[[sip.profiles]]\nagent = "Acme"\npidf = "rpid"\npresence = "digium"\n')
    with pytest.raises(ConfigError) as caught:
        load(file, {})
    (problem,) = caught.value.problems
    assert (
        str(problem.reason) == 'presence = "digium" needs pidf = "asterisk": no other document has that tuple'
    )


def test_the_settings_choose():
    sip = SipSettings(profiles=(ProfileSettings(agent="Acme", profile="digium"),))
    assert sip.parsed_profiles.choose("acme 3000 v1").profile == BY_NAME["digium"]
    assert sip.parsed_profiles.choose("Yealink").profile.name == "yealink"
