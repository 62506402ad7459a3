"""What the ledger says of a caller at an endpoint: the value that policy judges."""

from msgspec import Struct


class Spent(Struct, frozen=True, gc=False):
    """How much of a budget one circle has used."""

    circle: str
    """"address:198.51.100.7", "network:198.51.100.0/24", or "strangers" for all of them."""
    window: str
    """"burst" (5 minutes), "hour" or "day"."""
    subjects: int
    """Distinct subjects disclosed within the window, this exchange included."""
    limit: int
    """How many may leave: the default, or what the endpoint's learned baseline raised it to."""
    resets_in: int
    """Seconds until the window has room again."""


class Standing(Struct, frozen=True, gc=False):
    """Evidence for and against one caller at one endpoint, at one moment."""

    stranger: bool = True
    """No proven credential."""
    convicted: bool = False
    """The sequential test has decided: this caller guesses identifiers."""
    conviction: str = ""
    """The evidence in words, with error rates."""
    walked: bool = False
    """The endpoint as a whole is being walked by strangers (the aggregate alarm)."""
    walk: str = ""
    closed_to_newcomers: bool = False
    """The walk has taken its allowance: strangers without a clean history are to be refused."""
    known_good: bool = False
    """The caller has a clean history here from before the walk began."""
    overspent: tuple[Spent, ...] = ()
    """Budgets that this exchange would exceed or has exceeded, narrowest circle first."""
    settled: bool = False
    """Response phase: the judgement does not depend on what the answer says of any one identifier
    (it stood before the answer was read, or the answer is about several). Only such an answer may
    be withheld: withholding a hit and passing a miss would tell the caller what he asks."""

    @property
    def bars(self) -> bool:
        """Something stands against this caller whatever the answer says."""
        return self.convicted or self.closed_to_newcomers or bool(self.overspent)


NOTHING_KNOWN = Standing()
