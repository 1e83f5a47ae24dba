"""Effects go out first, and then to those who listen for their kind."""

from bridge.composition.emission import Emission
from bridge.effects import Publish, Warned


def test_an_effect_goes_out_and_then_to_who_listens_with_the_time():
    seen = []
    emission = Emission(lambda effect: seen.append(("out", effect)), lambda: 7.0)
    emission.listen({Warned: lambda effect, now: seen.append(("first", effect, now))})
    emission.listen({Warned: lambda effect, now: seen.append(("second", effect, now))})
    warned, published = Warned("x"), Publish("a", b"", retain=False)
    emission.emit(warned)
    emission.emit(published)
    assert seen == [("out", warned), ("first", warned, 7.0), ("second", warned, 7.0), ("out", published)]


def test_what_a_listener_emits_goes_the_same_way():
    out = []
    emission = Emission(out.append, lambda: 0.0)
    emission.listen({Warned: lambda _effect, _now: emission.emit(Publish("a", b"", retain=False))})
    counted = []
    emission.listen({Publish: lambda effect, _now: counted.append(effect)})
    emission.emit(Warned("x"))
    assert out == [Warned("x"), Publish("a", b"", retain=False)]
    assert counted == out[1:]
