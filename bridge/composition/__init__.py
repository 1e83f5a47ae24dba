"""The composition root: what is known, heard and spoken; what is measured and logged."""

from bridge.composition.bridge import Bridge, StartError
from bridge.composition.supervision import Supervision

__all__ = ["Bridge", "StartError", "Supervision"]
