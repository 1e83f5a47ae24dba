"""The tuple that Digium and Sangoma phones read: presence type, subtype and message."""

from bridge.model.hint import ExtensionState
from bridge.notifier.bodies.xml import escape

# Octets of each text after escaping, as Asterisk's buffer: both at their limit still leave the
# document below the 4,000 octets that PJSIP phones can take in one datagram.
TEXT_LIMIT = 1023


def reads_digium_presence(user_agent: str) -> bool:
    """Asterisk's rule: the name of the maker stands in the User-Agent, in any case."""
    agent = user_agent.lower()
    return "digium" in agent or "sangoma" in agent


def digium_tuple(state: ExtensionState) -> str:
    """The element as res_pjsip writes it: no subtype attribute without a subtype, not_set is said."""
    presence = state.presence
    subtype = escape(presence.subtype, TEXT_LIMIT)
    message = escape(presence.message, TEXT_LIMIT)
    element = f'<digium_presence type="{presence.state.value}"'
    if subtype:
        element += f' subtype="{subtype}"'
    element += f">{message}</digium_presence>" if message else " />"
    return f' <tuple id="digium-presence">\n  <status>\n   {element}\n  </status>\n </tuple>\n'
