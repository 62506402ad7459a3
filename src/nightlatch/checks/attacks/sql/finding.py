"""What a reader of SQL says of a text."""

from typing import NamedTuple


class Finding(NamedTuple):
    certainty: int
    """Percent, see `attacks.value.Clue`."""
    why: str


TRUTH = "adds a condition that is decided in advance"
UNION = "appends a second result with UNION SELECT"
STACKED = "ends the statement and starts another"
CLOSED = "closes a quote and comments the rest out"
CUT = "comments the rest of the statement out"
TIME = "makes the database wait or work"
INNER = "adds a query of its own"
COLUMNS = "counts the columns of the result"
WRITES = "writes the result into a file"
JOINED = "closes a quote and joins the rest with an operator"
ASKS = "asks the database about itself"
WHOLE = "is a query of its own"


def sure(why: str, certainty: int = 90) -> Finding:
    return Finding(certainty, why)


def better(one: Finding | None, other: Finding | None) -> Finding | None:
    """The more certain of the two, the first of equals."""
    if one is None or (other is not None and other.certainty > one.certainty):
        return other
    return one
