"""What the log says, and how: `[log]`."""

from typing import Literal

from pydantic import Field

from bridge.config.section import Section


class LogSettings(Section):
    """`level` is the least that is said. `format`: lines for people, or JSON for programs."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least that is said."
    )
    format: Literal["text", "json"] = Field(
        default="text", description="Lines for people, or JSON for programs."
    )
