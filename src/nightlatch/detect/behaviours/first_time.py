"""Was this caller here before? Remembered in a Bloom filter, in two generations.

The younger generation takes who comes; when it is full it becomes the elder, and the elder is
forgotten. So a caller is remembered for as long as between `CAPACITY` and twice as many others come
after it, in two megabytes, whatever happens.
"""

CAPACITY = 200_000
"""Callers in one generation."""
_BITS = 1 << 23
_MASK = _BITS - 1
# Two places for each of 200,000 callers in 8 million bits: one newcomer in 440 is taken for an old
# acquaintance, which makes a detector that counts newcomers slower by as much.


class FirstTime:
    """Used by one thread."""

    __slots__ = ("_elder", "_taken", "_younger")

    def __init__(self) -> None:
        self._elder = bytearray(_BITS >> 3)
        self._younger = bytearray(_BITS >> 3)
        self._taken = 0

    def is_first(self, key: tuple[str, str]) -> bool:
        """True once for each key, as long as it is remembered. The hash is the interpreter's own,
        which nobody outside can predict (PEP 456)."""
        digest = hash(key)
        one, other = digest & _MASK, (digest >> 24) & _MASK
        byte, bit, far_byte, far_bit = one >> 3, 1 << (one & 7), other >> 3, 1 << (other & 7)
        younger = self._younger
        if younger[byte] & bit and younger[far_byte] & far_bit:
            return False
        elder = self._elder
        known = bool(elder[byte] & bit and elder[far_byte] & far_bit)
        younger[byte] |= bit
        younger[far_byte] |= far_bit
        self._taken += 1
        if self._taken >= CAPACITY:
            self._elder, self._younger, self._taken = younger, bytearray(_BITS >> 3), 0
        return not known
