"""How many distinct subjects: an exact set while they are few, a HyperLogLog beyond.

Subjects are 8-byte digests of a keyed hash, so they are uniform already and are never hashed again;
nobody without the key can pick identifiers that collide in the sketch.
"""

import math
from collections.abc import Iterable

EXACT = 1_024
"""Up to this many members the count is exact."""

PRECISION = 12
_REGISTERS = 1 << PRECISION
_VALUE_BITS = 64 - PRECISION
_VALUE_MASK = (1 << _VALUE_BITS) - 1
_POWERS = tuple(2.0**-rank for rank in range(_VALUE_BITS + 2))
_ALPHA_INFINITY = 1 / (2 * math.log(2))


class HyperLogLog:
    """4,096 registers, 4 KB, standard error 1.3 % (1.6 % after a merge).

    Flajolet et al. 2007. While it is only added to, the size is the martingale estimate (Ting, KDD
    2014), kept up to date in constant time; a merge estimates anew from the registers with Ertl's
    improved raw estimator (arXiv:1702.01284, algorithm 6). Neither has a bias at any size.
    """

    __slots__ = ("_chance", "_estimate", "registers")

    def __init__(self) -> None:
        self.registers = bytearray(_REGISTERS)
        self._chance = float(_REGISTERS)
        """Sum of 2^-register: divided by their number, the chance that a new member is noticed."""
        self._estimate = 0.0

    def add(self, digest: bytes) -> bool:
        """Add an 8-byte digest; False when it was certainly or probably there already."""
        number = int.from_bytes(digest, "big")
        index = number >> _VALUE_BITS
        rank = _VALUE_BITS + 1 - (number & _VALUE_MASK).bit_length()
        before = self.registers[index]
        if rank <= before:
            return False
        self._estimate += _REGISTERS / self._chance
        self._chance += _POWERS[rank] - _POWERS[before]
        self.registers[index] = rank
        return True

    def merge(self, other: "HyperLogLog") -> None:
        """Afterwards the registers are what they would be had this seen the other's members too."""
        self.registers = bytearray(map(max, self.registers, other.registers))
        self._chance = sum(map(_POWERS.__getitem__, self.registers))
        self._estimate = _estimate(self.registers)

    def __len__(self) -> int:
        return round(self._estimate)


def _estimate(registers: bytearray) -> float:
    histogram = [registers.count(rank) for rank in range(_VALUE_BITS + 2)]
    z = _REGISTERS * _tau(1 - histogram[_VALUE_BITS + 1] / _REGISTERS)
    for rank in range(_VALUE_BITS, 0, -1):
        z = 0.5 * (z + histogram[rank])
    z += _REGISTERS * _sigma(histogram[0] / _REGISTERS)
    return _ALPHA_INFINITY * _REGISTERS * _REGISTERS / z


def _sigma(x: float) -> float:
    """Contribution of the empty registers: x + sum of x^(2^k) 2^(k-1); infinite when all are."""
    if x == 1.0:
        return math.inf
    y, z = 1.0, x
    while True:
        x *= x
        before = z
        z += x * y
        y += y
        if z == before:
            return z


def _tau(x: float) -> float:
    """Contribution of the saturated registers."""
    if x in (0.0, 1.0):
        return 0.0
    y, z = 1.0, 1 - x
    while True:
        x = math.sqrt(x)
        before = z
        y *= 0.5
        z -= (1 - x) ** 2 * y
        if z == before:
            return z / 3


class Distinct:
    """A set of digests that knows its size: exact up to `EXACT`, then within 5 % (3 sigma).

    At most about 100 KB just before it turns into a sketch, 5 KB afterwards.
    """

    __slots__ = ("members", "sketch")

    def __init__(self, digests: Iterable[bytes] = ()) -> None:
        self.members: set[bytes] = set()
        self.sketch: HyperLogLog | None = None
        self.update(digests)

    def add(self, digest: bytes) -> bool:
        """True when it was new; beyond `EXACT` False may also mean "probably not new"."""
        sketch = self.sketch
        if sketch is not None:
            return sketch.add(digest)
        exact = self.members
        before = len(exact)
        exact.add(digest)
        if len(exact) > EXACT:
            self._fold()
            return True
        return len(exact) > before

    def update(self, digests: Iterable[bytes]) -> None:
        for digest in digests:
            self.add(digest)

    def merge(self, other: "Distinct") -> None:
        """Afterwards this holds the members of both."""
        if other.sketch is None:
            self.update(other.members)
            return
        if self.sketch is None:
            self._fold()
        assert self.sketch is not None  # noqa: S101  folded just now
        self.sketch.merge(other.sketch)

    def __len__(self) -> int:
        return len(self.members) if self.sketch is None else len(self.sketch)

    @property
    def exact(self) -> bool:
        return self.sketch is None

    def _fold(self) -> None:
        self.sketch = HyperLogLog()
        for digest in self.members:
            self.sketch.add(digest)
        self.members = set()
