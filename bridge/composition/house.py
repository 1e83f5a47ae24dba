"""The part that Home Assistant sees, put together with those whose topics it reads."""

from collections.abc import Callable
from functools import partial

from bridge.composition.options import governed_providers, home_options
from bridge.composition.self_report import SelfReport
from bridge.config import Settings
from bridge.homeassistant.home import HomeAssistant
from bridge.homeassistant.pace import Step
from bridge.service import Context
from bridge.topics.hints import HintTopics


def home_assistant(
    settings: Settings,
    context: Context,
    hint_topics: HintTopics,
    report: SelfReport,
    tidy: Step,
    unanswered: Callable[[str, float], None],
) -> HomeAssistant:
    """Return it: a reader and a speaker of the session, and a service of the engine.

    `tidy` and `unanswered` are those of `HomeAssistant`.
    """

    def repeat() -> list[Step]:
        of_hints = (partial(_repeat_hint, hint_topics, hint.extension) for hint in context.state)
        return [report.repeat, *of_hints]

    return HomeAssistant(
        context,
        home_options(settings),
        settings.parsed_hints,
        governed_providers(settings),
        repeat,
        (tidy,),
        unanswered,
    )


def _repeat_hint(hint_topics: HintTopics, extension: str, _now: float) -> None:
    hint_topics.repeat(extension)
