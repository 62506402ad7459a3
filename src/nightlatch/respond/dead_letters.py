"""What could not be read: counted by reason, with a picture of how the latest few begin.

The picture keeps the shape alone: words of the protocols stay, all other letters become "x" and
all other digits "0", so that a missing brace or a swapped field shows and nobody can be recognised.
"""

import re

from msgspec import Struct

SHOWN = 160
"""Characters of a message that are kept, masked."""
LATEST = 3
"""Pictures that are kept of each reason."""
MAX_REASONS = 24
"""Reasons that are told apart per source; the rest counts as one."""
OTHER = "other reasons"

_WORD = re.compile(r"[^\W\d_]+|\d+")
_PROTOCOLS = """
a an and api apikey app array args attributes body bytes client code content cookie count data
date delete duration encoding end error errors event events facility false field fields file
gelf get gmt har head header headers hostname host http https id intvalue ip json key kind
length level line load log logs long message messages method name none null number object
options os patch path payload peer pid port post project protocol proto put query raw reason
remote request resource response route scheme scope sdk server service severity short size
span spans start status string stringvalue sub text time timestamp timezone token trace traces
true type undefined unix uri url user utc value values version
jan feb mar apr may jun jul aug sep oct nov dec mon tue wed thu fri sat sun"""
_KNOWN = frozenset(_PROTOCOLS.split())


class DeadLetters(Struct):
    """Messages of one source that could not be read, for one reason."""

    reason: str
    count: int = 0
    first: float = 0.0
    last: float = 0.0
    pictures: list[str] = []
    """The newest last."""

    def note(self, excerpt: bytes, now: float) -> None:
        self.first = self.first or now
        self.last = now
        self.count += 1
        if excerpt:
            picture = masked(excerpt)
            if picture not in self.pictures:
                self.pictures = [*self.pictures, picture][-LATEST:]


def masked(excerpt: bytes) -> str:
    """The shape of a message: nothing identifying is left, whatever it was."""
    text = excerpt[: 4 * SHOWN].decode("utf-8", "replace")
    shape = _WORD.sub(_shape, text)
    return "".join(one if one.isprintable() else "·" for one in shape[:SHOWN])


def _shape(match: re.Match[str]) -> str:
    word = match[0]
    if word.lower() in _KNOWN:
        return word
    return ("0" if word[0].isdecimal() else "x") * len(word)
