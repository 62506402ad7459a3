"""The detectors that work after the answer, in the order in which they are asked."""

from collections.abc import Callable

from nightlatch.detect.behaviour import Behaviour, DetectorHelp, Reporter
from nightlatch.detect.behaviours import (
    bad_reputation,
    bot,
    codes,
    debug_path,
    dormant,
    forced_browsing,
    functions,
    logins,
    objects,
    oracle,
    polling,
    rotation,
    scraping,
    sequence,
    spraying,
    stuffing,
    surges,
)

BEHAVIOURS: tuple[Callable[[Reporter], Behaviour], ...] = (
    debug_path.DebugPath,
    dormant.Dormant,
    forced_browsing.ForcedBrowsing,
    logins.LogIns,
    objects.ObjectAccess,
    functions.FunctionAccess,
    oracle.ExistenceOracle,
    polling.Polling,
    scraping.Scraping,
    sequence.OutOfSequence,
    surges.Surges,
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
    scraping.HELP,
    polling.HELP,
    sequence.HELP,
    forced_browsing.HELP,
    surges.HELP,
    surges.DROP_HELP,
    dormant.HELP,
    debug_path.HELP,
    bot.HELP,
    rotation.HELP,
    bad_reputation.HELP,
)
"""Of every kind of detection these raise, but for the ledger's own kinds (`detect/help.py`)."""
