from bridge.io.mqtt import MqttOptions


def test_the_password_does_not_show():
    options = MqttOptions(
        host="broker", client_id="me", will_topic="b/state", username="bob", password="s3cret"
    )
    assert options.password == "s3cret"
    assert "s3cret" not in repr(options)
    assert "bob" in repr(options)
