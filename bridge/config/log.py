"""What the log says, and how: `[log]`."""

from typing import Literal

from bridge.config.section import Section


class LogSettings(Section):
    """`level` is the least that is said. `format`: lines for people, or JSON for programs."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"
