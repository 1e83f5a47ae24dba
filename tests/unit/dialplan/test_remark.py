from bridge.dialplan.remark import Place, Remark


def test_a_remark_begins_with_its_place():
    assert str(Remark(Place("extensions.conf", 12), "is wrong")) == "extensions.conf:12: is wrong"
