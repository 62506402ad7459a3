"""The real pipeline for replays in tests."""

from functools import partial

from nightlatch.cli.replay_rooms import make
from nightlatch.settings import Settings
from nightlatch.workbench.replay.reading import documented_breaches
from nightlatch.workbench.replay.scenario import Scenario

MAKE = partial(make, Settings())
ROWS = {row.id: row for row in documented_breaches()}
SEEN = tuple(row for row in ROWS.values() if row.seen)


def row(name: str) -> Scenario:
    return ROWS[name]
