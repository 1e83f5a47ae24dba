"""The part that Home Assistant sees, put together with those whose topics it reads."""

from collections.abc import Callable
from functools import partial

from bridge import __version__
from bridge.composition.self_report import SelfReport
from bridge.config import Settings
from bridge.homeassistant.home import HomeAssistant, HomeOptions
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
    hints = settings.parsed_hints
    outputs = (rule.output for rule in settings.parsed_rules)

    def repeat() -> list[Step]:
        of_hints = (partial(_repeat_hint, hint_topics, hint.extension) for hint in hints)
        return [report.repeat, *of_hints]

    return HomeAssistant(
        context,
        _options(settings),
        hints,
        (output.name for output in outputs if output.key.kind == "presence"),
        repeat,
        (tidy,),
        unanswered,
    )


def _repeat_hint(hint_topics: HintTopics, extension: str, _now: float) -> None:
    hint_topics.repeat(extension)


def _options(settings: Settings) -> HomeOptions:
    home = settings.homeassistant
    return HomeOptions(settings.base_topic, __version__, home.discovery, home.prefix, home.node_id)
