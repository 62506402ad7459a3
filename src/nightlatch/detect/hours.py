"""What is normal at this hour of the week: a mean for each of 168 hours, before there is a week.

Each hour leans on the same hour of other days, and that on the mean of all time, by as much weight
as it lacks itself (a James-Stein shrinkage with fixed weights), so that a few days of learning are
enough to know the night from the day, and some weeks to know Sunday from Monday.

`behaviours/seasons.py` has another estimate of the same thing, and needs it: there an hour teaches
only when it is over and is not known before it was seen, without which its ratios would not be
exchangeable; here a budget must be had at once.
"""

HOUR = 3_600
WEEK = 168
LEAN = 2.0
"""Samples that the wider mean counts as."""
_MEMORY = 8.0
"""Samples after which an hour's older ones fade."""
_ALL = 48.0


class Hours:
    __slots__ = ("_all", "_slots")

    def __init__(self) -> None:
        self._slots: dict[int, list[float]] = {}
        """Hour of the week → [mean, weight]."""
        self._all = [0.0, 0.0]

    @property
    def samples(self) -> float:
        """How many it knows of, up to a few for each hour."""
        return sum(weight for _, weight in list(self._slots.values()))

    def note(self, value: float, now: float) -> None:
        _blend(self._slots.setdefault(hour_of_week(now), [0.0, 0.0]), value, _MEMORY)
        _blend(self._all, value, _ALL)

    def expected(self, now: float) -> float:
        slot = hour_of_week(now)
        day = [0.0, 0.0]
        for hour in range(slot % 24, WEEK, 24):
            found = self._slots.get(hour)
            if found is not None and hour != slot:
                day[0] += found[0] * found[1]
                day[1] += found[1]
        everyday = (day[0] + LEAN * self._all[0]) / (day[1] + LEAN)
        mean, weight = self._slots.get(slot, (0.0, 0.0))
        return (mean * weight + LEAN * everyday) / (weight + LEAN)

    def usual(self) -> float:
        """The mean over all hours of the week that were seen, busy and quiet ones."""
        # The list at once: another thread may add an hour meanwhile.
        slots = list(self._slots.values())
        return sum(mean for mean, _ in slots) / len(slots) if slots else 0.0

    def dump(self) -> list[list[float]]:
        # The list at once: another thread may add an hour meanwhile.
        return [self._all, *([float(slot), *entry] for slot, entry in list(self._slots.items()))]

    def load(self, rows: list[list[float]]) -> None:
        self._all = list(rows[0])
        self._slots = {int(row[0]): [row[1], row[2]] for row in rows[1:]}


def hour_of_week(now: float) -> int:
    """0 to 167 in UTC, from a Thursday's midnight as the epoch does."""
    return int(now // HOUR) % WEEK


def _blend(entry: list[float], value: float, memory: float) -> None:
    weight = min(entry[1], memory)
    entry[0] = (entry[0] * weight + value) / (weight + 1)
    entry[1] = weight + 1
