"""The detectors that work after the answer, in the order in which they are asked."""

from collections.abc import Callable

from nightlatch.detect.behaviour import Behaviour, DetectorHelp, Reporter
from nightlatch.detect.behaviours import (
    debug_path,
    dormant,
    forced_browsing,
    polling,
    scraping,
    sequence,
    surges,
)

BEHAVIOURS: tuple[Callable[[Reporter], Behaviour], ...] = (
    debug_path.DebugPath,
    dormant.Dormant,
    forced_browsing.ForcedBrowsing,
    polling.Polling,
    scraping.Scraping,
    sequence.OutOfSequence,
    surges.Surges,
)

HELP: tuple[DetectorHelp, ...] = (
    debug_path.HELP,
    dormant.HELP,
    forced_browsing.HELP,
    polling.HELP,
    scraping.HELP,
    sequence.HELP,
    surges.HELP,
    surges.DROP_HELP,
)
"""Of every kind of detection these raise."""
