"""What the ledger says of a caller at an endpoint: the value that policy judges."""

from msgspec import Struct

from nightlatch.exchange.spent import Spent


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
    challenge: str = ""
    """Why the caller should solve a puzzle before it is heard, in words; empty: it need not. Said
    of strangers and newcomers whom nothing convicts but the company they are in, and of addresses
    that many people share."""
    price: int = 0
    """How hard that puzzle should be: hashes that solve it, on average."""
    weighed: bool = False
    """What is asked for decides whether the answer may leave, whatever the answer is: it is to be
    read before it does."""
    settled: bool = False
    """Response phase: the judgement does not depend on what the answer says of any one identifier
    (it stood before the answer was read, or the answer is about several). Only such an answer may
    be withheld: withholding a hit and passing a miss would tell the caller what he asks."""

    @property
    def bars(self) -> bool:
        """Something stands against this caller whatever the answer says."""
        return bool(self.convicted or self.closed_to_newcomers or self.overspent or self.challenge)


NOTHING_KNOWN = Standing()
