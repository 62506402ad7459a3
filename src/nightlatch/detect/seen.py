"""Which subjects and callers an endpoint has met before: a long memory, and a cheap one.

A set written by one thread may be read by another.
"""

from array import array
from functools import lru_cache
from hashlib import blake2b
from secrets import token_bytes

OF_THIS_PROCESS = token_bytes(32)
"""A key for what no other process shall know."""


class Seen:
    """A set of 64-bit numbers in two generations; full, the older one is forgotten. About 70 bytes
    each, at most 2 * `generation` of them."""

    __slots__ = ("_generation", "_old", "_young")

    def __init__(self, generation: int) -> None:
        self._generation = generation
        self._young: set[int] = set()
        self._old: set[int] = set()

    def add(self, number: int) -> bool:
        """True when it was not known."""
        if number in self._young:
            return False
        if len(self._young) >= self._generation:
            self._old, self._young = self._young, set()
        self._young.add(number)
        return number not in self._old

    def __contains__(self, number: int) -> bool:
        return number in self._young or number in self._old

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def dump(self) -> bytes:
        """From any thread: copying a set of numbers is one step."""
        return array("Q", self._old.copy()).tobytes() + array("Q", self._young.copy()).tobytes()

    def load(self, data: bytes) -> None:
        """What `dump` wrote on this kind of machine; the rest of a broken one is left out."""
        numbers = array("Q")
        numbers.frombytes(data[: len(data) // 8 * 8])
        for number in numbers:
            self.add(number)


class SeenCallers(Seen):
    """Callers at endpoints, as numbers that lead back to nobody without the key: there are so few
    addresses that without one, all of them could be tried."""

    __slots__ = ("_key",)

    def __init__(self, generation: int, key: bytes) -> None:
        """`key`: 32 bytes; who loads what another dumped must have the same."""
        super().__init__(generation)
        self._key = key

    def meet(self, endpoint_key: str, circle: str) -> None:
        self.add(_token(self._key, endpoint_key, circle))

    def knows(self, endpoint_key: str, circle: str) -> bool:
        return _token(self._key, endpoint_key, circle) in self


@lru_cache(1_024)
def _token(key: bytes, endpoint_key: str, circle: str) -> int:
    # Each exchange asks for it several times, and to make it takes 1 µs.
    text = f"{endpoint_key}\0{circle}".encode()
    return int.from_bytes(blake2b(text, digest_size=8, key=key).digest(), "big")
