import pytest

from bridge.phones.mac import names_mac, parse_mac

MAC = "000fd3aabbcc"


@pytest.mark.parametrize(
    "spelling",
    [
        "000fd3aabbcc",
        "000FD3AABBCC",
        "00:0f:d3:aa:bb:cc",
        "00-0F-D3-AA-BB-CC",
        "000f.d3aa.bbcc",
        "000f-d3aa-bbcc",
        "000fd3-aabbcc",
    ],
)
def test_an_address_is_read_however_it_is_written(spelling):
    assert parse_mac(spelling) == MAC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "000fd3aabbc",
        "000fd3aabbccd",
        "000fd3aabbcg",
        "00:0f-d3:aa:bb:cc",
        "00:0fd3aabbcc",
        " 000fd3aabbcc",
        "000fd3aabbcc\n",
        "../../etc/pw",
        "\uff10" * 12,
    ],
)
def test_what_is_no_address_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match="such as 00:0f:d3:aa:bb:cc"):
        parse_mac(text)


@pytest.mark.parametrize(
    ("agent", "named"),
    [
        ("Sangoma P330 4_27_8 000FD3AABBCC", True),
        ("Yealink SIP-T46S 66.85.0.5 00:0f:d3:aa:bb:cc", True),
        ("Digium D65 2_9_19", False),
        ("Digium D65 2_9_19 000FD3AABBCD", False),
        ("", False),
    ],
)
def test_a_user_agent_may_tell_the_address(agent, named):
    assert names_mac(agent, MAC) is named
