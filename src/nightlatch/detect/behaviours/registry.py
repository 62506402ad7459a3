"""The detectors that work after the answer, in the order in which they are asked."""

from collections.abc import Callable

from nightlatch.detect.behaviour import Behaviour, DetectorHelp, Reporter
from nightlatch.detect.behaviours import (
    bad_reputation,
    bot,
    codes,
    functions,
    logins,
    objects,
    oracle,
    rotation,
    spraying,
    stuffing,
)

BEHAVIOURS: tuple[Callable[[Reporter], Behaviour], ...] = (
    logins.LogIns,
    objects.ObjectAccess,
    functions.FunctionAccess,
    oracle.ExistenceOracle,
    bot.Bots,
    rotation.Rotations,
    bad_reputation.BadReputations,
)

HELP: tuple[DetectorHelp, ...] = (
    stuffing.HELP,
    spraying.HELP,
    codes.HELP,
    objects.HELP,
    functions.HELP,
    bot.HELP,
    rotation.HELP,
    bad_reputation.HELP,
)
"""Of every kind of detection these raise, but for the ledger's own kinds (`detect/help.py`)."""
