import tomllib

from hypothesis import given
from hypothesis import strategies as st

from bridge.dialplan.choice import choose
from bridge.dialplan.dialplan import Dialplan
from bridge.dialplan.document import format_document
from bridge.dialplan.sections import Sections, Source


def document(text, *contexts):
    sections = Sections([Source("x", text)], lambda _: [])
    return format_document(choose(Dialplan(sections), contexts), ["x"])


def test_hints_with_their_places_and_what_is_left_out():
    text = "[a]\nexten => 1,hint,,CustomPresence:1\nexten => 2,hint,SIP/2\nexten => 3,hint,\ninclude => b\n"
    assert document(text, "a") == (
        "# hints of x, by presence-bridge import-hints\n"
        "\n"
        "# x:2, context 'a'\n"
        '# without a device, Asterisk always shows it as Unavailable; so does deviceless = "asterisk"\n'
        "[[hints]]\n"
        'extension = "1"\n'
        'hint = ",CustomPresence:1"\n'
        "\n"
        "# x:3, context 'a'\n"
        "[[hints]]\n"
        'extension = "2"\n'
        'hint = "SIP/2"\n'
        "\n"
        "# x:4: hint '' left out: the hint watches nothing: write SIP/2000, or SIP/2000,CustomPresence:2000\n"
        "# included contexts that are in none of the files: 'b'\n"
    )


def test_nothing_is_a_document_too():
    assert tomllib.loads(document("")) == {}


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=10))
def test_any_hint_is_toml_that_says_the_same(extension, text, context):
    read = document(f"[{context}]\nexten => {extension},hint,{text}\n")
    for hint in tomllib.loads(read).get("hints", []):
        assert hint["hint"] in text
        assert set(hint) == {"extension", "hint"}
