"""All behaviours over traffic together, under more callers than their tables hold."""

import gc
import tracemalloc

import pytest
from tests.detect.behaviours.test_thirty_days import TRAFFIC
from tests.detect.behaviours.world import MONDAY, Call, World, caller, people

from nightlatch.detect.behaviour import Sighting
from nightlatch.detect.behaviours.run import Behaviours
from nightlatch.detect.suspicions import Suspicions
from nightlatch.inventory.templates import UNMATCHED

CALLERS = 50_000
MOST = 60_000_000
"""Bytes, which more callers do not raise: the tables are full by then."""


def _sightings() -> list[Sighting]:
    world, sightings = World(), []
    for n in range(CALLERS):
        who = caller(f"60.{n % 250}.{n // 250}.1", headers=f"h{n % 9}")
        at = MONDAY + n
        someone = people([n])
        look_up = Call(at, who, "GET", "/users/{phone}", f"/{n}", asked=someone, disclosed=someone)
        order = Call(at, who, "POST", "/cart")
        guess = Call(at, who, "GET", UNMATCHED, f"/guess/{n}", 404)
        sightings.append(world.sighting((look_up, order, guess)[n % 3]))
    return sightings


@pytest.mark.slow
def test_fifty_thousand_callers_fit_into_sixty_megabytes() -> None:
    sightings = _sightings()
    behaviours = Behaviours(Suspicions(), TRAFFIC)
    gc.collect()
    tracemalloc.start()
    try:
        for sighting in sightings:
            behaviours.note(sighting)
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 2_000_000 < held < MOST
