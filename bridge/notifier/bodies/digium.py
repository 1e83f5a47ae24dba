"""The tuple that Digium and Sangoma phones read: presence type, subtype and message."""

from bridge.model.hint import ExtensionState
from bridge.notifier.bodies.texts import texts


def digium_tuple(state: ExtensionState, room: int) -> str:
    """The element as res_pjsip writes it: no subtype attribute without a subtype, not_set is said."""
    subtype, message = texts(state.presence, room)
    element = f'<digium_presence type="{state.presence.state.value}"'
    if subtype:
        element += f' subtype="{subtype}"'
    element += f">{message}</digium_presence>" if message else " />"
    return f' <tuple id="digium-presence">\n  <status>\n   {element}\n  </status>\n </tuple>\n'
