"""The topics of the bridge that Home Assistant reads and writes."""

from typing import NamedTuple


class Topics(NamedTuple):
    """Topics under one base, such as `presence-bridge`."""

    base: str

    @property
    def state(self) -> str:
        """`online` or `offline`, retained; the last will speaks here too."""
        return f"{self.base}/bridge/state"

    @property
    def info(self) -> str:
        """What the bridge is, retained JSON: `log_level` is read."""
        return f"{self.base}/bridge/info"

    @property
    def health(self) -> str:
        """How the bridge is: `ready`, `subscriptions`, `last_notify`, `notify_latency_ms`."""
        return f"{self.base}/bridge/health"

    def request(self, command: str) -> str:
        """Where the bridge is asked for something."""
        return f"{self.base}/bridge/request/{command}"

    def hint(self, extension: str) -> str:
        """What an extension shows, retained JSON."""
        return f"{self.base}/hint/{extension}"

    def truth(self, provider: str) -> str:
        """What a provider says, in any of the forms in which people write it."""
        return f"{self.base}/presence/{provider}"

    def command(self, provider: str) -> str:
        """Where a provider is told what to say."""
        return f"{self.base}/presence/{provider}/set"

    def event(self, provider: str) -> str:
        """Each change of a provider, not retained."""
        return f"{self.base}/presence/{provider}/event"

    @property
    def views(self) -> str:
        """What begins the topics of `view`."""
        return f"{self.base}/homeassistant/presence/"

    def view(self, provider: str) -> str:
        """What a provider says, retained, and always JSON."""
        return f"{self.views}{provider}"
