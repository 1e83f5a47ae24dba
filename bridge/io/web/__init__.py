"""The status page and the JSON API behind it, by HTTP."""

from bridge.io.web.site import Site, SiteOptions

__all__ = ["Site", "SiteOptions"]
