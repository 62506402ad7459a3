"""What detection costs: time for each request before and after its answer, memory for each caller.

`make bench ARGS=detectors`. Inline the detectors are called as the pipeline calls them: `standing`
before the application has the request, `standing` again to see whether reading the answer may wait,
and `note` with whom it is about. After the answer the behaviours are shown the exchanges of
`mixed_traffic`, each behaviour alone and all of them together. All times are CPU of one thread, the
least of several stretches: what else runs on the machine only ever adds. The median is told beside
it.

A profile (cProfile) of the inline part says: 45 % of a never-seen caller's microseconds during a
walk go into `Watch.note` (a third of that into the trial, a fifth into accounts), 25 % into the two
questions. After the answer `Scraping` is the dearest, because it remembers records one by one.
"""

import gc
import itertools
import random
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from statistics import median
from typing import TypeVar

from msgspec import Struct

from benchmarks.mixed_traffic import sightings
from nightlatch.detect.behaviour import Behaviour, Reporter, Sighting
from nightlatch.detect.behaviours.registry import BEHAVIOURS
from nightlatch.detect.behaviours.run import Behaviours
from nightlatch.detect.suspicions import Suspicions
from nightlatch.detect.watch import Watch
from nightlatch.exchange.disclosure import DataClass, Disclosure, Subject
from nightlatch.exchange.exchange import Caller
from nightlatch.store.memory_counters import MemoryCounters

ENDPOINT = "GET /users/{phone}"
START = 1_700_000_000.0
CALLERS = 1_000_000
_ROUNDS = 20_000
SHOWN = 20_000

T = TypeVar("T")
Maker = Callable[[Reporter], Behaviour]
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


class Cost(Struct, frozen=True):
    """Microseconds of CPU for each request."""

    least: float
    median: float

    def __str__(self) -> str:
        return f"{self.least:.1f} (median {self.median:.1f})"


def microseconds(asks: Callable[[random.Random], Iterator[Ask]]) -> Cost:
    """Over five stretches, making the requests not included."""
    watch = learned()
    prepared = list(itertools.islice(asks(random.Random(2)), 5 * _ROUNDS))
    return _cost(prepared, 5, lambda part: feed(watch, iter(part), len(part)))


def behaviour_cost(shown: Sequence[Sighting], makes: Sequence[Maker]) -> Cost:
    """The first stretch is not counted: nothing was met before."""
    behaviours = Behaviours(Suspicions(), makes)

    def show(part: Sequence[Sighting]) -> None:
        for one in part:
            behaviours.note(one)

    part = len(shown) // 5
    show(shown[:part])
    return _cost(shown[part:], 4, show)


def _cost(prepared: Sequence[T], stretches: int, work: Callable[[Sequence[T]], None]) -> Cost:
    size = len(prepared) // stretches
    costs = []
    for stretch in range(stretches):
        part = prepared[stretch * size : (stretch + 1) * size]
        gc.collect()
        began = time.thread_time_ns()
        work(part)
        costs.append((time.thread_time_ns() - began) / len(part) / 1_000)
    return Cost(min(costs), median(costs))


def behaviours_each(shown: Sequence[Sighting]) -> dict[str, float]:
    """What each adds to asking none."""
    nothing = behaviour_cost(shown, ()).least
    return {
        make.__name__: round(behaviour_cost(shown, (make,)).least - nothing, 1)
        for make in BEHAVIOURS
    }


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
    known, new = microseconds(known_people), microseconds(newcomers)
    shown = sightings(SHOWN)
    together = behaviour_cost(shown, BEHAVIOURS)
    figures: dict[str, object] = {
        "known_people_us": round(known.least, 1),
        "newcomers_us": round(new.least, 1),
        "behaviours_us": round(together.least, 1),
    }
    each = behaviours_each(shown)
    # The latest are kept unfolded: what one more costs, beyond them, is what an idle one costs.
    few, many = CALLERS // 5, CALLERS
    before, total = memory(few)[1], memory(many)[1]
    figures["bytes_per_idle_caller"] = round((total - before) * 2**20 / (many - few))
    figures["million_callers_mb"] = round(total)
    _show(
        (
            ("inline, a caller known here, µs", str(known), "40"),
            ("inline, never seen, during a walk, µs", str(new), "40"),
            ("after the answer, all behaviours, µs", str(together), "60"),
            *((f"  {name} alone", f"{cost}", "") for name, cost in each.items()),
            ("bytes for one more idle caller", str(figures["bytes_per_idle_caller"]), "300"),
            ("a million callers, MB", f"{total:.0f}", "1,000"),
        )
    )
    return figures


def _show(rows: Sequence[tuple[str, str, str]]) -> None:
    sys.stderr.write(f"  {'':40}{'measured':24}allowed\n")
    for name, measured, allowed in rows:
        sys.stderr.write(f"  {name:40}{measured:24}{allowed}\n")
