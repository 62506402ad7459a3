"""What the honest people of a town are like: how many, where they live, and when they are awake.

Two towns. The thresholds of the detectors were set while looking at the first one; what they do in
the second, which is unlike it in every respect, says whether they were fitted to it.
"""

from msgspec import Struct


class Folk(Struct, frozen=True, kw_only=True):
    name: str
    homes: int
    offices: int
    desks: int
    """People of one office, behind one address."""
    gateways: int
    subscribers: int
    """Of a carrier, behind each of its gateways."""
    shares: tuple[tuple[str, float], ...]
    """Of visits, by population."""
    newcomers: float
    """Share of visits by people who were never here before."""
    roaming: float
    """Share of visits from an address of the road."""
    expired: float
    """Share of visits that begin with a token that has run out."""
    push_hour: float
    pushed: int
    """People who open the app within the minute and a half after the daily push message."""
    book: int
    """Numbers in an address book, and the share of them that has an account: the rest misses."""
    known: float
    late: float = 0.0
    """Hours by which its day begins later."""
    mistyped: float = 1.0
    """How many times more often its people ask for nobody."""
    phones: str = ""
    """What its telephone numbers begin with; empty: as the scenario has it."""


INLAND = Folk(
    name="inland",
    # So few that two days of traffic have met almost all of them: who is first seen during an
    # attack is a newcomer, and not a neighbour who happened not to come.
    homes=1_200,
    offices=5,
    desks=150,
    gateways=4,
    subscribers=1_200,
    shares=(
        ("homes", 0.5),
        ("offices", 0.16),
        ("carriers", 0.31),
        ("partners", 0.008),
        ("sync", 0.012),
        ("crawler", 0.01),
    ),
    newcomers=0.025,
    roaming=0.03,
    expired=0.05,
    push_hour=18.5,
    pushed=250,
    book=150,
    known=0.2,
)
HARBOUR = Folk(
    name="harbour",
    homes=500,
    offices=14,
    desks=30,
    gateways=2,
    subscribers=3_500,
    shares=(
        ("homes", 0.2),
        ("offices", 0.09),
        ("carriers", 0.65),
        ("partners", 0.02),
        ("sync", 0.025),
        ("crawler", 0.015),
    ),
    newcomers=0.05,
    roaming=0.06,
    expired=0.1,
    push_hour=7.5,
    pushed=400,
    book=60,
    known=0.4,
    late=5.0,
    mistyped=1.5,
    phones="+35196",
)
TOWNS = {folk.name: folk for folk in (INLAND, HARBOUR)}
