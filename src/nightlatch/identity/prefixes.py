"""Which lists hold an address? One sorted table answers for all of them together.

The ranges of every list are merged into the points at which something changes: "from here on, these
lists hold". A look-up is one binary search over an array of numbers; a million prefixes take six to
twelve megabytes. Lists may overlap each other and themselves.

Building takes seconds of a processor for a million prefixes, so it is done in a thread of its own
and in small steps: no call here holds the interpreter for longer than a few milliseconds.
"""

import heapq
import time
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from ipaddress import ip_address
from socket import AF_INET, AF_INET6, inet_pton

RUN = 4_096
"""Ranges that are sorted at a time."""
STEP = 1_000
"""Ranges between two pauses of a build."""
MAX_SETS = 65_535
"""Different combinations of lists that one table can tell apart."""
_LOW = (1 << 64) - 1
_LAST = {32: (1 << 32) - 1, 128: (1 << 128) - 1}

Range = tuple[int, int, int]
"""IP version, first and last address as numbers."""


def read_range(text: str) -> Range:
    """An address, a network ("192.0.2.7/24": bits below the prefix do not matter) or a range with a
    dash. Raises ValueError."""
    first, slash, length = text.partition("/")
    if not slash and "-" in text:
        return _dashed(text)
    version, bits, number = _number(first.strip())
    if not slash:
        return version, number, number
    # int() takes blanks, signs and underscores, which no list means.
    if not (length.isascii() and length.isdigit() and int(length) <= bits):
        return version, *_masked(bits, number, length)
    size = 1 << (bits - int(length))
    start = number & -size
    return version, start, start + size - 1


def _masked(bits: int, number: int, mask: str) -> tuple[int, int]:
    """A network with a mask instead of a length: "192.0.2.0/255.255.255.0"."""
    version, _, ones = _number(mask)
    size = (ones ^ _LAST[bits]) + 1
    if bits != 32 or version != 4 or size & (size - 1):
        raise ValueError(mask)
    start = number & -size
    return start, start + size - 1


def _dashed(text: str) -> Range:
    first, _, last = text.partition("-")
    version, _, low = _number(first.strip())
    other, _, high = _number(last.strip())
    if version != other or low > high:
        raise ValueError(text)
    return version, low, high


def _number(text: str) -> tuple[int, int, int]:
    """Version, bits and number of an address. Not by `ipaddress`, which takes five times as long;
    its error is the one that says what is wrong."""
    try:
        if ":" in text:
            return 6, 128, int.from_bytes(inet_pton(AF_INET6, text))
        return 4, 32, int.from_bytes(inet_pton(AF_INET, text))
    except (OSError, ValueError):
        raise ValueError(f"{ip_address(text)} is not an address") from None


class Ranges:
    """The ranges of one list, as they come: sorted in runs, so that no one sort takes long."""

    def __init__(self) -> None:
        self._short: list[array[int]] = []
        self._long: list[list[int]] = []
        self._short_run: array[int] = array("Q")
        self._long_run: list[int] = []
        self.count = 0

    def add(self, given: Range) -> None:
        version, first, last = given
        self.count += 1
        if version == 4:
            self._short_run.append(first << 32 | last)
            if len(self._short_run) >= RUN:
                self._short.append(array("Q", sorted(self._short_run)))
                self._short_run = array("Q")
        else:
            self._long_run.append(first << 128 | last)
            if len(self._long_run) >= RUN:
                self._long.append(sorted(self._long_run))
                self._long_run = []

    def merged(self, bits: int) -> Iterator[tuple[int, int]]:
        """First and last address of ranges that neither overlap nor touch, in order; of IPv4 when
        `bits` is 32, of IPv6 when it is 128."""
        runs: list[Iterable[int]] = []
        runs += (
            [*self._short, sorted(self._short_run)]
            if bits == 32
            else [*self._long, sorted(self._long_run)]
        )
        low, high = -1, -2
        for entry in heapq.merge(*runs):
            first, last = entry >> bits, entry & _LAST[bits]
            if first <= high + 1 and low >= 0:
                high = max(high, last)
                continue
            if low >= 0:
                yield low, high
            low, high = first, last
        if low >= 0:
            yield low, high

    def covered(self, bits: int) -> float:
        """The share of all addresses that it holds."""
        return sum(last - first + 1 for first, last in self.merged(bits)) / (1 << bits)

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Ranges":
        """From ranges in words. Raises ValueError."""
        ranges = cls()
        for text in texts:
            ranges.add(read_range(text))
        return ranges


def at_once() -> None:
    """No pause."""


def breathe() -> None:
    """Let the threads that serve requests have the interpreter."""
    time.sleep(0.0001)


class PrefixTable:
    """Immutable: who has new lists builds a new table and puts it in the place of the old one."""

    def __init__(self, lists: Sequence[Ranges] = (), pause: Callable[[], None] = at_once) -> None:
        """`pause` is called every thousand ranges or so. Raises ValueError for lists that overlap
        in more than `MAX_SETS` different ways."""
        self._sets: list[tuple[int, ...]] = [()]
        self._index: dict[int, int] = {0: 0}
        self._starts: array[int] = array("I")
        self._held: array[int] = array("H")
        self._high: array[int] = array("Q")
        self._low: array[int] = array("Q")
        self._held_long: array[int] = array("H")
        for first, holding in _changes(lists, 32, pause):
            self._starts.append(first)
            self._held.append(self._set(holding))
        for first, holding in _changes(lists, 128, pause):
            self._high.append(first >> 64)
            self._low.append(first & _LOW)
            self._held_long.append(self._set(holding))

    def find(self, address: str) -> tuple[int, ...]:
        """Indexes of the lists that hold `address`, in order; none for what is no address."""
        try:
            if ":" in address:
                return self._find_long(int.from_bytes(inet_pton(AF_INET6, address)))
            number = int.from_bytes(inet_pton(AF_INET, address))
        except (OSError, ValueError):
            return ()
        at = bisect_right(self._starts, number)
        return self._sets[self._held[at - 1]] if at else ()

    def _find_long(self, number: int) -> tuple[int, ...]:
        high = number >> 64
        # Changes within one /64 share their upper half: among them the lower half decides.
        begin = bisect_left(self._high, high)
        end = bisect_right(self._high, high, begin)
        at = bisect_right(self._low, number & _LOW, begin, end)
        return self._sets[self._held_long[at - 1]] if at else ()

    def _set(self, holding: int) -> int:
        index = self._index.get(holding)
        if index is None:
            index = self._index[holding] = len(self._sets)
            if index > MAX_SETS:
                raise ValueError("these lists overlap in too many ways; load fewer of them")
            self._sets.append(tuple(n for n in range(holding.bit_length()) if holding >> n & 1))
        return index

    @property
    def size(self) -> int:
        """Bytes of its arrays."""
        arrays = (self._starts, self._held, self._high, self._low, self._held_long)
        return sum(part.itemsize * len(part) for part in arrays)

    def __len__(self) -> int:
        """Points at which something changes."""
        return len(self._starts) + len(self._high)


def _changes(
    lists: Sequence[Ranges], bits: int, pause: Callable[[], None]
) -> Iterator[tuple[int, int]]:
    """Addresses from which on other lists hold than before, with a bit for each list that does."""
    streams = [_edges(ranges, bits, 1 << number) for number, ranges in enumerate(lists)]
    holding = told = 0
    at = -1
    for count, (address, bit) in enumerate(heapq.merge(*streams)):
        if count % STEP == 0:
            pause()
        if address != at and holding != told:
            yield at, holding
            told = holding
        at = address
        holding ^= bit
    if holding != told:
        yield at, holding


def _edges(ranges: Ranges, bits: int, bit: int) -> Iterator[tuple[int, int]]:
    """Where a list begins and ceases to hold."""
    for first, last in ranges.merged(bits):
        yield first, bit
        if last < _LAST[bits]:
            yield last + 1, bit
