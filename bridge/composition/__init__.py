"""The composition root: what is known, heard and spoken; what is measured and logged."""

from bridge.composition.bridge import Bridge, StartError

__all__ = ["Bridge", "StartError"]
