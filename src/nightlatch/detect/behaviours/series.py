"""What is in the bin at hand of one endpoint, and what is normal there."""

from array import array

from msgspec import Struct

from nightlatch.detect.behaviours.seasons import (
    Scatter,
    ScatterMemory,
    Season,
    SeasonMemory,
    Surprise,
    SurpriseMemory,
)

SETTLED = 24
"""Bins after which a share, a latency or a size is known."""
SAMPLES = 128
"""Durations kept of each bin."""
_MEMORY = 288


class Normal(Struct):
    """A recent mean, and how far from it a bin was never before."""

    surprise: Surprise
    mean: float = 0.0
    bins: int = 0

    def take(self, came: float, scale: float, clip: float) -> float | None:
        """Judge a bin and learn from it; returns the mean it was judged by, None when unsettled.
        `scale`: what makes a count of it; `clip`: how much a mad bin may teach."""
        mean, settled = self.mean, self.bins >= SETTLED
        if settled:
            self.surprise.take(came * scale, mean * scale)
            came = min(came, clip)
        self.bins = min(self.bins + 1, _MEMORY)
        self.mean += (came - self.mean) / self.bins
        return mean if settled else None

    def dump(self) -> "NormalMemory":
        return NormalMemory(self.surprise.dump(), self.mean, self.bins)

    def load(self, memory: "NormalMemory") -> None:
        self.surprise.load(memory.surprise)
        self.mean, self.bins = memory.mean, memory.bins


class NormalMemory(Struct, frozen=True, array_like=True):
    surprise: SurpriseMemory
    mean: float
    bins: int


class SeriesMemory(Struct, frozen=True, array_like=True):
    """What is normal at one endpoint; the bin at hand is not in it."""

    key: str
    season: SeasonMemory
    rate: SurpriseMemory
    scatter: ScatterMemory
    normals: tuple[NormalMemory, NormalMemory, NormalMemory, NormalMemory]


class Series:
    """One endpoint. What is in the bin at hand, and what is normal."""

    __slots__ = (
        "bytes",
        "calm",
        "count",
        "durations",
        "failed",
        "failures",
        "latency",
        "newcomers",
        "rate",
        "refusals",
        "refused",
        "scatter",
        "season",
        "size",
        "told",
    )

    def __init__(self) -> None:
        self.count = self.failed = self.refused = self.newcomers = self.bytes = 0
        self.durations = array("f")
        self.season = Season()
        self.rate = Surprise()
        self.scatter = Scatter()
        self.failures = Normal(Surprise())
        self.refusals = Normal(Surprise())
        self.latency = Normal(Surprise())
        self.size = Normal(Surprise())
        self.told: set[str] = set()
        """What was told of the change that still lasts."""
        self.calm = 0

    def clear(self) -> None:
        self.count = self.failed = self.refused = self.newcomers = self.bytes = 0
        self.durations = array("f")

    @property
    def normals(self) -> tuple[Normal, Normal, Normal, Normal]:
        return (self.failures, self.refusals, self.latency, self.size)

    def dump(self, key: str) -> SeriesMemory:
        failures, refusals, latency, size = (normal.dump() for normal in self.normals)
        return SeriesMemory(
            key,
            self.season.dump(),
            self.rate.dump(),
            self.scatter.dump(),
            (failures, refusals, latency, size),
        )

    def load(self, memory: SeriesMemory) -> None:
        self.season.load(memory.season)
        self.rate.load(memory.rate)
        self.scatter.load(memory.scatter)
        for normal, remembered in zip(self.normals, memory.normals, strict=True):
            normal.load(remembered)

    def slow(self) -> float:
        """The 95th percentile of the bin's durations, in milliseconds."""
        durations = sorted(self.durations)
        return durations[int(len(durations) * 0.95)] * 1_000
