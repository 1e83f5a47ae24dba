"""The status page and its API, put together: what they show, and who may change it."""

from collections.abc import Callable

from bridge import __version__
from bridge.composition.core import Core
from bridge.config import Settings
from bridge.io.questions import Questions
from bridge.io.web import Site, SiteOptions
from bridge.io.web.permission import Terms


def website(settings: Settings, core: Core, questions: Questions, warn: Callable[[str], None]) -> Site:
    """The site of one bridge. `warn` is told what has failed."""
    http = settings.http
    terms = Terms(http.write, http.token.get_secret_value(), http.networks)
    return Site(core.status, questions.ask, SiteOptions(__version__, terms, http.hosts, warn))
