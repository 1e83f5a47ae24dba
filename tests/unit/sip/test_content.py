import pytest

from support.playbook import Playbook


@pytest.mark.requirement("S23", "D5")
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content_Type": "application/simple-filter+xml"}, 200),
        ({"Content_Type": "Application/Simple-Filter+XML;charset=utf-8"}, 200),
        ({"Content_Type": "text/plain"}, 415),
        ({}, 415),
        ({"Content_Type": "text/plain", "Content_Disposition": "render;handling=optional"}, 200),
        ({"Content_Type": "text/plain", "Content_Disposition": "render;handling=required"}, 415),
        ({"Content_Type": "application/simple-filter+xml", "Content_Encoding": "gzip"}, 415),
        ({"Content_Type": "application/simple-filter+xml", "Content_Encoding": "identity"}, 200),
    ],
)
def test_the_body_of_a_subscribe(headers, status):
    play = Playbook("2000 = SIP/2000")
    phone = play.phone()
    phone.send(phone.request("SUBSCRIBE", Event="presence", Expires="600", body="<filter/>", **headers))
    response = phone.responses()[0]
    assert response.status == status
    if status == 415:
        assert response.get("accept") == "application/simple-filter+xml"
    if headers.get("Content_Encoding") == "gzip":
        assert response.get("accept-encoding") == "identity"
