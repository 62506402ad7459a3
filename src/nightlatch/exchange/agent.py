"""What the Nightlatch inside one application process says of itself, with each batch it ships."""

from msgspec import Struct


class AgentReport(Struct, frozen=True):
    service: str
    """Name of the application."""
    instance: str
    """One process of it, unique for the life of that process."""
    version: str = ""
    """Of Nightlatch in that process."""
    revision: int = 0
    """Of the directives in force there."""
    queue_depth: int = 0
    """Exchanges and records waiting in that process."""
    spooled: int = 0
    """Records on that process's disk, which the collector did not take yet."""
    lost: dict[str, int] = {}
    """Exchanges lost there since the process began, by `Outcome`. Totals, not increments, so that a
    report that arrives twice, or never, distorts nothing."""
    faults: dict[str, int] = {}
    """Bugs of Nightlatch that were caught in that process, by place; totals too."""
    trouble: str = ""
    """Why it shares no budgets with others right now, in words; empty while all is well."""
    leaving: bool = False
    """The process ends in good order: its silence from now on means nothing."""
    sorts_directives: bool = False
    """It picks what concerns it from the directives of all services; one that does not say so
    takes all it gets for its own."""
