"""The detectors that work after the answer, in the order in which they are asked."""

from collections.abc import Callable

from nightlatch.detect.behaviour import Behaviour, DetectorHelp, Reporter
from nightlatch.detect.behaviours.functions import FunctionAccess
from nightlatch.detect.behaviours.logins import LogIns
from nightlatch.detect.behaviours.objects import ObjectAccess
from nightlatch.detect.behaviours.oracle import ExistenceOracle

BEHAVIOURS: tuple[Callable[[Reporter], Behaviour], ...] = (
    LogIns,
    ObjectAccess,
    FunctionAccess,
    ExistenceOracle,
)

HELP: tuple[DetectorHelp, ...] = ()
"""Of every kind of detection these raise."""
