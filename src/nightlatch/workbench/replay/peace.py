"""Weeks of honest traffic and nothing else: nobody should be called an attacker."""

from collections.abc import Callable

from msgspec import Struct

from nightlatch.exchange.judgement import Detection
from nightlatch.workbench.replay.alarming import alarming, remarks
from nightlatch.workbench.replay.folk import INLAND, Folk
from nightlatch.workbench.replay.life import Launch, Life
from nightlatch.workbench.replay.rhythm import DAY, HOUR, MONDAY
from nightlatch.workbench.replay.run import Tally, honest_exchange
from nightlatch.workbench.replay.scenario import Scenario
from nightlatch.workbench.replay.stage import Made, Stage
from nightlatch.workbench.replay.town import Town
from nightlatch.workbench.replay.world import World

PACE = 0.04
"""Honest requests per second, on average over a week: a small API, so that 30 days take seconds."""
LAUNCH_DAY = 11
"""Of the month, counted from 0: a Friday on which everybody comes."""
OBSERVED = 2.0
"""Days before anything is enforced."""
EXAMPLES = (
    "authy-2024",
    "facebook-2019",
    "23andme-2023",
    "spoutible-2024",
    "kia-2024",
    "firstam-2019",
)
"""Rows whose honest people differ in what they do: one of each habit."""


class Quiet(Struct, frozen=True, kw_only=True):
    """What honest weeks came to at one API."""

    id: str
    days: float
    requests: int
    people: int
    people_challenged: int
    people_refused: int
    requests_refused: int
    false_alarms: tuple[Detection, ...]
    remarks: int
    """Detections at Low."""


def keep_peace(
    scenario: Scenario,
    make: Callable[[], Made],
    days: float,
    seed: int = 11,
    pace: float = PACE,
    folk: Folk = INLAND,
) -> Quiet:
    """`days` of honest traffic of every population at the scenario's API, the first of them
    observed and the others enforced."""
    stage, world, town = Stage(make()), World(scenario, folk.phones), Town(seed, folk)
    world.members |= town.numbers()
    launch = Launch(MONDAY + LAUNCH_DAY * DAY + 10 * HOUR)
    life = Life(scenario, world, town, pace, seed, launch)
    tally = Tally()
    enforced = MONDAY + min(OBSERVED, days / 2) * DAY
    observing, low = True, 0
    for at, step in life.steps(MONDAY, MONDAY + days * DAY):
        if observing and at >= enforced:
            stage.enforce()
            observing = False
        found = honest_exchange(stage, step, at, tally).detections
        tally.false_alarms += alarming(found)
        low += len(remarks(found))
    return Quiet(
        id=scenario.id,
        days=days,
        requests=tally.requests,
        people=len(tally.people),
        people_challenged=len(tally.challenged),
        people_refused=len(tally.people_refused),
        requests_refused=tally.refused,
        false_alarms=tuple(tally.false_alarms),
        remarks=low,
    )
