"""What /metrics shows: `[metrics]`."""

from typing import Annotated

from pydantic import Field

from bridge.config.section import Section
from bridge.config.values import Whole


class MetricsSettings(Section):
    """`per_extension_limit`: so many extensions, and sensors, have a series of their own; 0 switches these off."""

    per_extension_limit: Annotated[Whole, Field(ge=0)] = Field(
        default=1000,
        description="How many extensions, and how many sensors, have a metric of their own, the first ones of the file.",
    )
