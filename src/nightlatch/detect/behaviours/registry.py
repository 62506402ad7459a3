"""The detectors that work after the answer, in the order in which they are asked."""

from collections.abc import Callable

from nightlatch.detect.behaviour import Behaviour, DetectorHelp, Reporter
from nightlatch.detect.behaviours.logins import LogIns

BEHAVIOURS: tuple[Callable[[Reporter], Behaviour], ...] = (LogIns,)

HELP: tuple[DetectorHelp, ...] = ()
"""Of every kind of detection these raise."""
