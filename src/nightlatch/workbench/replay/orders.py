"""In which order an attacker goes through an identifier space."""

from nightlatch.workbench.replay.identifiers import SPACE, scatter
from nightlatch.workbench.replay.scenario import Order

FIRST = 400_000_000
"""Where the attacker begins; the honest people's identifiers lie everywhere."""
BLOCK = 1_000
"""Numbers under one prefix."""
POLLED = 400
"""Identifiers that are asked for again and again."""


def nth_tried(order: Order, index: int) -> int:
    """The identifier of the attacker's `index`-th try."""
    if order is Order.SEQUENTIAL or order is Order.WILDCARD:
        return (FIRST + index) % SPACE
    if order is Order.PREFIX:
        block, within = divmod(index, BLOCK)
        return scatter(FIRST + block) // BLOCK * BLOCK + within
    if order is Order.POLLING:
        return scatter(FIRST + index % POLLED)
    return scatter(FIRST + index)
