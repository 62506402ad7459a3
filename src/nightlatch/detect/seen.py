"""Which subjects and callers an endpoint has met before: a long memory, and a cheap one."""

from hashlib import blake2b


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
        numbers = [*self._old, *self._young]
        return b"".join(number.to_bytes(8, "big") for number in numbers)

    def load(self, data: bytes) -> None:
        """Whatever is not a whole number of entries at the end is left out."""
        for start in range(0, len(data) - 7, 8):
            self.add(int.from_bytes(data[start : start + 8], "big"))


def token(endpoint_key: str, circle: str) -> int:
    """A caller at an endpoint as a number that another process makes of it as well."""
    text = f"{endpoint_key}\0{circle}".encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big")
