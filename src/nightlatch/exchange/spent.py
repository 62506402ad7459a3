"""How much of a budget or a limit one circle of callers has used."""

from msgspec import Struct


class Spent(Struct, frozen=True, gc=False):
    circle: str
    """"address:198.51.100.7", "network:198.51.100.0/24", or "strangers" for all of them."""
    window: str
    """"burst" (5 minutes), "hour", "day" or "month" (30 days); of a limit in requests what it was
    given in: "minute"."""
    subjects: int
    """Distinct subjects disclosed, or requests made, within the window, this exchange included."""
    limit: int
    """How many may leave: the default, or what the endpoint's learned baseline raised it to."""
    resets_in: int
    """Seconds until the window has room again."""
    unit: str = "people"
    """"people", "requests" or "misses"."""
    rule: str = ""
    """"measure:<id>" where a person ordered the limit; empty for a budget."""

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.subjects)
