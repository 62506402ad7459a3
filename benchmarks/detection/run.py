"""One run over a corpus: every row asked once, everything counted."""

import gc
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from benchmarks.detection.corpus import CorpusError, corpus_files, read_rows
from benchmarks.detection.cost import (
    ORDER_POST,
    SMALL_GET,
    Cost,
    Find,
    inspect,
    percentile,
    typical,
    worst_hostile,
)
from benchmarks.detection.requests import request_of_row
from benchmarks.detection.score import Score, Tally
from nightlatch.checks.attacks.engine import AttackEngine
from nightlatch.store.compiled_patterns import open_database


class Result(Struct):
    """What one run counted and measured."""

    score: Score
    costs: dict[str, Cost]
    """By what it tells of, such as "p50" of all requests or "2 KB POST"."""
    build_s: float
    start_ms: float

    def figures(self) -> dict[str, object]:
        """For machines: rates in percent, CPU of the engine alone in microseconds."""
        cpu = {name: round(cost.engine, 1) for name, cost in self.costs.items()}
        return {
            "sets": _figures(self.score.sets),
            "cpu_us": {"p50": cpu["p50"], "p99": cpu["p99"]},
            "files": _figures(self.score.files),
            "parse_us": {name: round(self.costs[name].parse, 1) for name in ("p50", "p99")},
            "get_us": cpu["small GET"],
            "post_us": cpu["2 KB POST"],
            "worst_us": cpu[next(name for name in cpu if name.startswith(WORST))],
            "build_s": round(self.build_s, 2),
            "start_ms": round(self.start_ms, 1),
        }


WORST = "worst of 1 MB"


def _figures(tallies: dict[str, Tally]) -> dict[str, object]:
    return {name: tally.figures() for name, tally in tallies.items()}


def measure(directory: Path, advance: Callable[[int], None]) -> Result:
    """Ask the engine for every row of the corpora in `directory`.

    advance: told how many bytes of the files were read, for a progress bar.
    """
    files = corpus_files(directory)
    with tempfile.TemporaryDirectory() as cache:
        engine, build_s, start_ms = _open(Path(cache))
        costs = {
            "small GET": typical(engine.find, SMALL_GET),
            "2 KB POST": typical(engine.find, ORDER_POST),
        }
        score, asked = _ask(engine.find, files, advance)
        for name, share in (("p50", 0.5), ("p99", 0.99)):
            costs[name] = Cost(*(percentile(column, share) for column in zip(*asked, strict=True)))
        name, cost = worst_hostile(engine.find)
        costs[f"{WORST}: {name}"] = cost
    return Result(score, costs, build_s, start_ms)


def _open(cache: Path) -> tuple[AttackEngine, float, float]:
    """The engine, the seconds of its first opening, and the milliseconds of the next."""
    began = time.perf_counter()
    AttackEngine.open(cache)
    built = time.perf_counter()
    # What this process remembers, a starting one reads from the file.
    open_database.cache_clear()
    engine = AttackEngine.open(cache)
    return engine, built - began, (time.perf_counter() - built) * 1_000


def _ask(find: Find, files: list[Path], advance: Callable[[int], None]) -> tuple[Score, list[Cost]]:
    score, asked = Score(), []
    # Our own heap is not the engine's: without this its garbage collections would pay for it.
    gc.freeze()
    for path in files:
        name = path.name.removesuffix(".gz").removesuffix(".jsonl")
        for row, read in read_rows(path):
            attacks, cost = inspect(find, request_of_row(row))
            score.add(name, row, attacks)
            asked.append(cost)
            advance(read)
    gc.unfreeze()
    if not asked:
        raise CorpusError(f"{files[0].parent}: its files hold no request")
    return score, asked
