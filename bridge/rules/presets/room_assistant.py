"""room-assistant: the room in which somebody's phone or tag is. The state is retained."""

from typing import Final

from bridge.rules.presets.preset import Parameter, Preset, availability

ROOM_ASSISTANT: Final = (
    Preset(
        "room_assistant.room",
        "a phone or tag in a room: in or out",
        {
            "base": Parameter("first level of the topic", "room-assistant"),
            "component": Parameter("second level of the topic", "sensor"),
            "id": Parameter("id of the phone or tag"),
            "room": Parameter("name of the room, as the state has it: living-room", required=True),
        },
        {
            "topic": "{base}/{component}/{id}/state",
            "map": {"{room}": "in", "*": "out"},
            "availability": (availability("{base}/{component}/{id}/status"),),
        },
    ),
)
