"""What a challenge costs: more for each next one while newcomers take people's records.

Proof of work makes the million dear, not the one: Dwork and Naor, CRYPTO 1992. An honest newcomer
pays once; whoever takes people in numbers pays for every few of them, and each time more.
"""

FIRST = 50_000
"""Hashes: a tenth of a second for a laptop, half of one for an old phone."""
DEAREST = 2_000_000
"""What an old phone still solves in about ten seconds."""
STEP = 25
"""People given to those who paid, after which the price doubles."""


def price(paid: int, faults: int = 0) -> int:
    """`paid`: people that left to those who solved a challenge, lately; `faults`: convictions and
    doubts about those who share the caller's address."""
    doublings = paid // STEP + faults
    return min(DEAREST, FIRST << min(doublings, 6))
