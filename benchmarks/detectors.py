"""What the inline detectors cost: time for each request, and memory for each caller.

`make bench ARGS=detectors`. The figures are of the detectors alone, called as the pipeline calls
them: `standing` before the application has the request, `standing` again to see whether reading the
answer may wait, and `note` with whom it is about.
"""

import gc
import itertools
import random
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from hashlib import blake2b

from nightlatch.detect.watch import Watch
from nightlatch.exchange.disclosure import DataClass, Disclosure, Subject
from nightlatch.exchange.exchange import Caller
from nightlatch.store.memory_counters import MemoryCounters

ENDPOINT = "GET /users/{phone}"
START = 1_700_000_000.0
CALLERS = 1_000_000
_ROUNDS = 20_000

Ask = tuple[Caller, Disclosure]


def caller(number: int) -> Caller:
    block, host = divmod(number, 250)
    prefix = f"10.{block // 250}.{block % 250}"
    address = f"{prefix}.{host}"
    return Caller(address, (f"address:{address}", "headers:app", f"network:{prefix}.0/24"))


def look_up(number: int, *, hit: bool = True) -> Disclosure:
    digest = blake2b(number.to_bytes(8, "big"), digest_size=8).digest()
    asked = (Subject(digest, DataClass.PHONE, 491_510_000_000 + number * 2_654_435_761 % 10**9),)
    return Disclosure(asked, asked if hit else (), hit)


def known_people(rng: random.Random) -> Iterator[Ask]:
    """People who ask for themselves, and mistype one in ten."""
    while True:
        person = rng.randrange(2_000)
        if rng.random() < 0.1:
            yield caller(person), look_up(rng.randrange(10**6, 10**9), hit=False)
        else:
            yield caller(person), look_up(person)


def newcomers(rng: random.Random) -> Iterator[Ask]:
    """Somebody new each time, for somebody new: the dearest case, and that of an attack."""
    for number in itertools.count(rng.randrange(10**6, 10**7)):
        yield caller(number), look_up(number, hit=rng.random() < 0.5)


def learned() -> Watch:
    watch = Watch(MemoryCounters())
    feed(watch, known_people(random.Random(1)), 20_000)
    return watch


def feed(watch: Watch, asks: Iterator[Ask], number: int) -> None:
    now = START
    for who, disclosure in itertools.islice(asks, number):
        now += 0.25
        watch.standing(ENDPOINT, who, True, now)
        watch.standing(ENDPOINT, who, True, now)
        watch.note(ENDPOINT, who, True, disclosure, now)
        watch.take_detections()


def microseconds(asks: Callable[[random.Random], Iterator[Ask]]) -> float:
    """Median over five stretches, making the requests not included."""
    watch = learned()
    prepared = list(itertools.islice(asks(random.Random(2)), 5 * _ROUNDS))
    costs = []
    for stretch in range(5):
        part = prepared[stretch * _ROUNDS : (stretch + 1) * _ROUNDS]
        began = time.process_time()
        feed(watch, iter(part), len(part))
        costs.append((time.process_time() - began) / len(part) * 1e6)
    return sorted(costs)[2]


def memory(callers: int) -> tuple[float, float]:
    """(bytes for each of so many callers that came once, megabytes in all)."""
    watch = learned()
    gc.collect()
    tracemalloc.start()
    for number in range(callers):
        who = caller(number)
        watch.standing(ENDPOINT, who, True, START + number * 0.01)
        watch.note(ENDPOINT, who, True, look_up(number), START + number * 0.01)
    del who
    gc.collect()
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return size / callers, size / 2**20


def run() -> dict[str, object]:
    figures: dict[str, object] = {
        "known_people_us": round(microseconds(known_people), 1),
        "newcomers_us": round(microseconds(newcomers), 1),
    }
    # The latest are kept unfolded: what one more costs, beyond them, is what an idle one costs.
    few, many = CALLERS // 5, CALLERS
    before, total = memory(few)[1], memory(many)[1]
    figures["bytes_per_idle_caller"] = round((total - before) * 2**20 / (many - few))
    figures["million_callers_mb"] = round(total)
    return figures


def main() -> None:
    for name, value in run().items():
        sys.stdout.write(f"{name}: {value}\n")


if __name__ == "__main__":
    main()
