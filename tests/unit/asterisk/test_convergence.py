"""Both sides end equal, and with the newest word, whatever is slow, lost, repeated or out of order."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from bridge.pbx import AsteriskTaken, AsteriskWritten
from bridge.topics.decoders.presence import decode_word
from support.beside import Beside
from support.house import BASE

PROVIDERS = st.sampled_from(["2000", "Bob"])
# Few, so that people come back to what they have said before.
WORDS = st.sampled_from(["away", "xa,,a", "xa,,b"])


class Neighbours(RuleBasedStateMachine):
    """People speak in Asterisk and on MQTT; broker, PBX and bridge come and go.

    When all has been carried through, both sides say the same: the last word, if it was the only one since
    both last agreed, or if it was heard of behind the others.
    """

    def __init__(self):
        super().__init__()
        self.world = Beside().start()
        self.forget()

    def forget(self):
        """Both sides are equal: what follows is new."""
        # By provider: who has spoken since, and what was said last.
        self.mqtt, self.asterisk = {}, {}
        # Providers with a command: it may get lost with the broker, and is carried out behind a word that
        # crosses it.
        self.commanded = set()
        self.effects_before = len(self.world.bridge.effects)

    def say(self, side, provider, word):
        self.world.now += 0.001
        side.setdefault(provider, []).append(word)

    # --- who speaks ---

    @rule(provider=PROVIDERS, word=WORDS)
    def somebody_speaks_in_asterisk(self, provider, word):
        self.say(self.asterisk, provider, word)
        self.world.pbx.set(provider, word)

    @rule(provider=PROVIDERS, word=WORDS)
    def somebody_speaks_on_mqtt(self, provider, word):
        self.say(self.mqtt, provider, word)
        self.world.publish(f"{BASE}/presence/{provider}", word.encode(), retain=True)

    @precondition(lambda self: self.world.bridge.connected)
    @rule(provider=PROVIDERS, word=WORDS)
    def somebody_commands(self, provider, word):
        self.say(self.mqtt, provider, word)
        self.commanded.add(provider)
        self.world.publish(f"{BASE}/presence/{provider}/set", word.encode())

    # --- what moves ---

    @rule()
    def a_message_is_delivered(self):
        self.world.deliver(self.world.bridge)

    @rule()
    def a_message_is_taken(self):
        self.world.take(self.world.bridge)

    @rule()
    def an_action_reaches_asterisk(self):
        self.world.ask()

    @rule(count=st.integers(1, 3))
    def asterisk_is_heard(self, count):
        for _ in range(count):
            self.world.bring()

    @rule(repeat=st.booleans())
    def an_event_is_late(self, repeat):
        self.world.hold_back(repeat=repeat)

    # --- what breaks ---

    @rule()
    def the_broker_is_lost(self):
        self.world.bridge.lose()

    @rule()
    def the_broker_is_back(self):
        if not self.world.bridge.connected:
            self.world.connect(self.world.bridge)

    @rule()
    def the_link_breaks(self):
        if self.world.is_linked:
            self.world.break_link()

    @rule()
    def the_link_is_back(self):
        if not self.world.is_linked:
            self.world.link()

    @rule()
    def asterisk_restarts(self):
        if self.world.is_linked:
            self.world.break_link()
        self.world.pbx.restart()

    @rule()
    def the_bridge_restarts(self):
        self.world.restart()
        self.effects_before = 0

    # --- how it ends ---

    @rule()
    def all_is_carried_through(self):
        if not self.world.bridge.connected:
            self.world.connect(self.world.bridge)
        if not self.world.is_linked:
            self.world.link()
        self.world.settle()
        for provider in {*self.mqtt, *self.asterisk}:
            self.check(provider)
        self.check_that_nobody_goes_in_circles()
        self.forget()

    def check(self, provider):
        mine, theirs = self.world.says(provider)
        assert mine == theirs
        retained = self.world.retained.get(f"{BASE}/presence/{provider}")
        if retained is not None:
            value = decode_word(retained).value
            assert (value.state.value, value.subtype, value.message) == mine
        spoken = [side[provider] for side in (self.mqtt, self.asterisk) if provider in side]
        if len(spoken) == 1 and provider not in self.commanded:
            assert mine == tuple([*spoken[0][-1].split(","), "", ""][:3]), f"not the last of {spoken[0]}"

    def check_that_nobody_goes_in_circles(self):
        effects = self.world.bridge.effects[self.effects_before :]
        taken = sum(isinstance(effect, AsteriskTaken) for effect in effects)
        written = sum(isinstance(effect, AsteriskWritten) for effect in effects)
        words_on_mqtt = sum(map(len, self.mqtt.values()))
        words_in_asterisk = sum(map(len, self.asterisk.values()))
        if not words_in_asterisk:
            assert taken == 0
        if not words_on_mqtt:
            assert written == 0
        assert taken <= 2 * words_in_asterisk + words_on_mqtt
        assert written <= 2 * words_on_mqtt + words_in_asterisk

    def teardown(self):
        self.all_is_carried_through()


TestNeighbours = Neighbours.TestCase
TestNeighbours.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)
