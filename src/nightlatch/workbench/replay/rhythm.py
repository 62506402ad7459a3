"""When honest people are awake: the hours of a day, the days of a week, and special occasions."""

from collections.abc import Iterator
from random import Random

DAY = 86_400.0
HOUR = 3_600.0
MONDAY = 1_772_409_600.0
"""2026-03-02, midnight UTC: virtual time begins here."""

_HOURS = (
    0.25, 0.15, 0.1, 0.08, 0.08, 0.15, 0.4, 0.8, 1.15, 1.3, 1.35, 1.4,
    1.5, 1.4, 1.3, 1.3, 1.35, 1.45, 1.6, 1.7, 1.65, 1.45, 1.0, 0.55,
)  # fmt: skip
_WEEKDAYS = (1.05, 1.05, 1.05, 1.05, 1.1, 0.9, 0.8)
PEAK = max(_HOURS) * max(_WEEKDAYS) * 25 / sum(_HOURS)


def level(at: float, late: float = 0.0) -> float:
    """How busy it is, about 1 on average over a week; moves evenly from hour to hour. `late`: hours
    by which the day begins later."""
    since = at - MONDAY - late * HOUR
    hour = since / HOUR
    first = _HOURS[int(hour) % 24]
    second = _HOURS[(int(hour) + 1) % 24]
    now = first + (second - first) * (hour - int(hour))
    return now * 24 / sum(_HOURS) * _WEEKDAYS[int(since // DAY) % 7]


def moments(
    pace: float, since: float, until: float, random: Random, late: float = 0.0
) -> Iterator[float]:
    """Moments of a Poisson process with `pace` a second on average, in the rhythm of a week (by
    thinning: Lewis and Shedler 1979)."""
    at = since
    while True:
        at += random.expovariate(pace * PEAK)
        if at >= until:
            return
        if random.random() * PEAK < level(at, late):
            yield at
