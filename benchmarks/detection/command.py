"""The command line: `python -m benchmarks detection DIRECTORY`."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import asdict
from rich.console import Console
from rich.progress import Progress

from benchmarks.detection.corpus import CorpusError, corpus_files
from benchmarks.detection.report import show
from benchmarks.detection.run import Result, measure

MOST_CASES = 50
WIDE = 140
"""Columns of a table that is written to a file."""


def main(arguments: Sequence[str]) -> None:
    """Measure and print; exits with 2 and says what is wrong when the corpora cannot be read."""
    options = _parser().parse_args(arguments)
    # Of all that is printed, only the figures are for a machine to read.
    console = Console(stderr=options.json, highlight=False)
    if not console.is_terminal:
        console.width = WIDE
    try:
        result = _measure(options.directory, console)
        if options.cases:
            _write_cases(options.cases, result)
    except (CorpusError, OSError) as error:
        sys.exit(_failed(str(error)))
    show(console, result, options.missed, options.blocked)
    if options.json:
        print(json.dumps(result.figures()), flush=True)


def _measure(directory: Path, console: Console) -> Result:
    size = sum(path.stat().st_size for path in corpus_files(directory))
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("Asking the engine", total=size)
        return measure(directory, lambda read: progress.advance(task, read))


def _write_cases(path: Path, result: Result) -> None:
    with path.open("w") as lines:
        for verdict, cases in (("missed", result.score.missed), ("blocked", result.score.blocked)):
            for case in cases:
                lines.write(json.dumps({"verdict": verdict, **asdict(case)}) + "\n")


def _failed(message: str) -> int:
    sys.stderr.write(f"detection: {message}\n")
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make bench-detection CORPUS=… ARGS=…",
        description="Ask the attack engine for every request of the corpora in a directory.",
    )
    parser.add_argument("directory", type=Path, help="holds *.jsonl.gz and *.jsonl")
    parser.add_argument("--json", action="store_true", help="last line: the figures as JSON")
    parser.add_argument("--missed", type=int, default=MOST_CASES, metavar="N", help="show at most")
    parser.add_argument("--blocked", type=int, default=MOST_CASES, metavar="N", help="show at most")
    parser.add_argument(
        "--cases", type=Path, metavar="FILE", help="write all of them as JSON lines"
    )
    return parser
