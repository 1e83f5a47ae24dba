"""Hints are written as people write dialplans, in many ways, and read back."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from bridge.dialplan.choice import choose
from bridge.dialplan.dialplan import Dialplan
from bridge.dialplan.document import format_document
from bridge.dialplan.sections import Sections, Source

NAMES = st.text("abcXYZ019-_.@*äß", min_size=1, max_size=6)
DEVICES = st.builds("{}{}".format, st.sampled_from(["SIP/", "PJSIP/", "Custom:", "park:"]), NAMES)
PROVIDERS = st.builds("CustomPresence:{}".format, NAMES)
BLANKS = st.sampled_from(["", " ", "  ", "\t"])
NOISE = st.sampled_from(
    ["", "; exten => 1,hint,SIP/no", ";-- exten => 1,hint,SIP/no\n--;", "exten => 7,1,NoOp(a\\;b)"]
)
BEHIND = st.sampled_from(["", " ; a remark", ";", " ;-- another --;"])


@st.composite
def hints(draw):
    devices = "&".join(draw(st.lists(DEVICES, max_size=3)))
    providers = "&".join(draw(st.lists(PROVIDERS, min_size=0 if devices else 1, max_size=2)))
    return f"{devices},{providers}" if providers else devices


@st.composite
def files(draw):
    """A dialplan of two files, and its hints by extension."""
    wanted = draw(st.dictionaries(st.text("0123456789*", min_size=1, max_size=5), hints(), max_size=5))
    written: dict[str, list[str]] = {"main": ["[globals]", "T = hint", "[c]"], "other": []}
    for extension, text in wanted.items():
        one, two, three = draw(BLANKS), draw(BLANKS), draw(BLANKS)
        sign = draw(st.sampled_from(["=>", "="]))
        line = f"exten{one}{sign}{two}{extension}{one},{two}hint{three},{one}{text}"
        if draw(st.booleans()):
            line = f"exten => {extension},1,Answer()\nsame{one}{sign}{two}hint,{text}"
        if text.startswith("SIP/") and draw(st.booleans()):
            line = line.replace("SIP/", "${TECH}/")
        written[draw(st.sampled_from(["main", "other"]))] += [draw(NOISE), line + draw(BEHIND)]
    return wanted, ["[globals](+)", "TECH=SIP", *written["main"], "#include other"], written["other"]


@given(files())
def test_hints_come_back_however_they_are_written(written):
    wanted, main, other = written
    sections = Sections([Source("main", "\n".join(main))], lambda name: [Source(name, "\n".join(other))])
    choice = choose(Dialplan(sections), ["c"])
    assert not sections.remarks
    assert not choice.remarks
    document = tomllib.loads(format_document(choice, ["main"]))
    assert {one["extension"]: one["hint"] for one in document.get("hints", [])} == wanted
