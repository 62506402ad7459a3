"""What a language's reader says of a text."""

from typing import NamedTuple


class Sign(NamedTuple):
    why: str
    start: int
    end: int
    certain: bool = False
    """Nobody writes it but to attack; else it may be a line of somebody's program."""
