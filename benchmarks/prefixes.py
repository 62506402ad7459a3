"""A million prefixes: look-up, build, memory, and how long requests wait meanwhile.

Two sets of a million each, from a fixed seed: random networks, as of a world-wide list of hosting
providers, and heavily overlapping ones, as of a dozen lists of bad names together. Each is built in
a process of its own, so that its memory can be told.
"""

import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from threading import Event, Thread
from typing import Self

from nightlatch.identity.feed_formats import read_lines
from nightlatch.identity.feeds import FeedKind
from nightlatch.identity.networks import Book, Listed, Networks
from nightlatch.identity.prefixes import PrefixTable, breathe

PREFIXES = 1_000_000
LOOK_UPS = 300_000
LISTS = 12
"""Of the overlapping set."""
_TICK = 0.001
"""Seconds that the thread which stands for the requests sleeps."""


def run() -> Mapping[str, object]:
    figures: dict[str, object] = {}
    for kind in ("random", "overlapping"):
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.prefixes", kind],
            capture_output=True,
            text=True,
            check=True,
        )
        for line in done.stdout.splitlines():
            name, _, value = line.partition("=")
            figures[f"{kind}_{name}"] = float(value)
    return figures


def main(kind: str) -> None:
    texts = list(_random() if kind == "random" else _overlapping())
    lists = LISTS if kind == "overlapping" else 1
    before = _memory()
    began = time.perf_counter()
    read = [read_lines(texts[number::lists], breathe).ranges for number in range(lists)]
    print(f"read_s={time.perf_counter() - began:.2f}")
    with _Waiter() as idle:
        time.sleep(2)
    with _Waiter() as waiter:
        began = time.perf_counter()
        table = PrefixTable(read, breathe)
        print(f"build_s={time.perf_counter() - began:.2f}")
    print(f"longest_wait_ms={waiter.longest * 1e3:.1f}")
    print(f"longest_wait_idle_ms={idle.longest * 1e3:.1f}")
    print(f"changes={len(table)}")
    print(f"table_mb={table.size / 1e6:.1f}")
    print(f"peak_mb={_memory() - before:.0f}")
    addresses = [_address(random.Random(number)) for number in range(LOOK_UPS)]
    print(f"lookup_us={_microseconds(table.find, addresses):.2f}")
    kinds = [Listed(str(number), FeedKind.BAD, ranges) for number, ranges in enumerate(read)]
    look = Networks(Book(kinds)).look
    print(f"network_new_us={_microseconds(look, addresses):.2f}")
    print(f"network_known_us={_microseconds(look, addresses[-1_000:] * 100):.2f}")


class _Waiter:
    """A thread that wants the interpreter every millisecond; the longest that it waits for it."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._done = Event()
        self._thread = Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.is_set():
            asleep = time.perf_counter()
            time.sleep(_TICK)
            self.longest = max(self.longest, time.perf_counter() - asleep - _TICK)


def _random() -> Iterator[str]:
    chance = random.Random(1)
    for _ in range(PREFIXES):
        if chance.random() < 0.15:
            start = f"2{chance.randrange(4096):03x}:{chance.randrange(65536):x}"
            yield f"{start}::/{chance.choice((32, 40, 48))}"
        else:
            yield f"{_address(chance)}/{chance.choice((20, 22, 24, 24, 24, 28, 32))}"


def _overlapping() -> Iterator[str]:
    """Networks within networks within two thousand large ones, and single addresses in them."""
    chance = random.Random(2)
    large = [f"{chance.randrange(1, 224)}.{chance.randrange(256)}" for _ in range(2_000)]
    for _ in range(PREFIXES):
        start = f"{chance.choice(large)}.{chance.randrange(256)}.{chance.randrange(256)}"
        yield f"{start}/{chance.choice((16, 20, 24, 26, 30, 32, 32, 32, 32))}"


def _address(chance: random.Random) -> str:
    parts = (chance.randrange(256) for _ in range(3))
    return ".".join(map(str, (chance.randrange(1, 224), *parts)))


def _microseconds(look: Callable[[str], object], addresses: list[str]) -> float:
    began = time.process_time()
    for address in addresses:
        look(address)
    return (time.process_time() - began) / len(addresses) * 1e6


def _memory() -> float:
    """The most that this process has had so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(sys.argv[1])
