"""The detectors that work after the answer, in the order in which they are asked."""

from collections.abc import Callable

from nightlatch.detect.behaviour import Behaviour, DetectorHelp, Reporter
from nightlatch.detect.behaviours import bad_reputation, bot, rotation

BEHAVIOURS: tuple[Callable[[Reporter], Behaviour], ...] = (
    bot.Bots,
    rotation.Rotations,
    bad_reputation.BadReputations,
)

HELP: tuple[DetectorHelp, ...] = (bot.HELP, rotation.HELP, bad_reputation.HELP)
"""Of every kind of detection these raise."""
