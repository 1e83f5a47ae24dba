"""Reading the configuration anew: in a thread, one reading at a time, and nothing is put to use that is wrong."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from bridge.composition.core import nothing_to_read
from bridge.composition.options import configured, governed_providers, home_options
from bridge.config import ConfigError, Settings
from bridge.config.insecurity import insecure
from bridge.config.provisioning import files_url, provisioned
from bridge.config.reload import renewed
from bridge.events import Asked, Feed
from bridge.homeassistant.home import Showing, showing
from bridge.io import log
from bridge.io.phone_files import Served
from bridge.io.tasks import Tasks, call_in_thread
from bridge.metrics import Reload
from bridge.phones.files import phone_files
from bridge.topics.info import Configured
from bridge.topics.requests import Answer


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that can fail or takes long has been done: what follows from the settings is made.

    `said` and `shown` as in `Core.reload`, `applied` as in `bridge.config.reload`.
    """

    settings: Settings
    served: Served
    said: Configured
    shown: Showing
    applied: tuple[str, ...]


class Reloading:
    """`read` gives what stands in the file now, None where there is no file; `apply` puts it to use, between
    two events of the engine. `last` tells how the last reading went.
    """

    def __init__(
        self,
        running: Settings,
        read: Callable[[], Settings] | None,
        apply: Callable[[Prepared, float], None],
        feed: Feed,
        tasks: Tasks,
    ) -> None:
        self.last = Reload(successful=True, succeeded_at=time.time())
        self._running = running
        self._read = read
        self._apply = apply
        self._feed = feed
        self._tasks = tasks
        self._waiting: list[Answer] = []
        self._is_reading = False

    def ask(self, answer: Answer) -> None:
        """Read it, and answer with what came of it. Who asks while it is read is answered by the next reading."""
        if self._read is None:
            nothing_to_read(answer)
            return
        self._waiting.append(answer)
        if not self._is_reading:
            self._is_reading = True
            self._tasks.start("the reading of the configuration", self._work(self._read))

    async def _work(self, read: Callable[[], Settings]) -> None:
        try:
            while self._waiting:
                answers, self._waiting = self._waiting, []
                await self._once(read, answers)
        finally:
            self._is_reading = False

    async def _once(self, read: Callable[[], Settings], answers: list[Answer]) -> None:
        try:
            prepared = await call_in_thread("configuration", partial(self._prepare, read))
        except ConfigError as error:
            self._refuse(error)
            self._feed(Asked(partial(_tell, answers, str(error), {})))
        else:
            self._feed(Asked(partial(self._accept, prepared, answers)))

    def _prepare(self, read: Callable[[], Settings]) -> Prepared:
        """In a thread of its own. Raises ConfigError."""
        settings, applied, restart_needed = renewed(self._running, read())
        served = served_files(settings)
        # Parsed here, and not when the loop asks for it.
        _ = (
            settings.parsed_hints,
            settings.parsed_sensors,
            settings.parsed_rules,
            settings.rule_options.zone,
        )
        _ = (settings.sip.parsed_users, settings.sip.parsed_profiles, settings.sip.parsed_feature_codes)
        said = configured(settings, restart_needed)
        shown = showing(home_options(settings), settings.parsed_hints, governed_providers(settings))
        return Prepared(settings, served, said, shown, applied)

    def _accept(self, prepared: Prepared, answers: list[Answer], now: float) -> None:
        self._apply(prepared, now)
        known, self._running = insecure(self._running), prepared.settings
        for words in insecure(prepared.settings):
            if words not in known:
                log.warn(f"insecure: {words}")
        self.last = Reload(successful=True, succeeded_at=time.time())
        log.note(f"the configuration was read anew; {'; '.join(prepared.applied) or 'nothing in it is new'}")
        restart_needed = prepared.said.restart_needed
        for key in restart_needed:
            log.warn(f"{key} is another in the configuration, and needs a restart; what was is in use")
        answer = {"applied": list(prepared.applied), "restart_needed": list(restart_needed)}
        _tell(answers, "", answer, now)

    def _refuse(self, error: ConfigError) -> None:
        self.last = self.last._replace(successful=False)
        log.warn("the configuration is wrong, and the one before goes on:")
        for problem in error.problems:
            # The line of the file that stands below is for whoever looks at a terminal.
            log.warn(str(problem).partition("\n")[0])


def served_files(settings: Settings) -> Served:
    """The files of phones that are served by HTTP, and to whom."""
    files: dict[str, bytes] = {}
    if settings.provisioning.http:
        url = files_url(settings)
        for phone in provisioned(settings):
            files.update(phone_files(phone, url))
    return Served(files, settings.sip.networks)


def _tell(answers: list[Answer], error: str, data: Mapping[str, object], _now: float) -> None:
    for answer in answers:
        answer(error, data)
