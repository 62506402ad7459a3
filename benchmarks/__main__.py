"""`make bench`: all benchmarks, or one: `make bench ARGS='middleware --json'`.

`detection` measures on corpora that are not in this repository, so it runs only when it is named,
with their directory: `make bench ARGS='detection DIRECTORY'`.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from importlib import import_module

Figures = Mapping[str, object]

BENCHMARKS: dict[str, str] = {
    "middleware": "CPU that the middleware adds to a request, its import time and its memory",
    "startup": "What a command and a middleware spend before they begin, beside python -c pass",
    "shipping": "What an application spends on its records, and its collector, and its disk",
    "listeners": "GELF and syslog at full rate: what a core reads, and what is lost",
    "wsgi": "CPU that the middleware adds to a request of a WSGI application, beside it bare",
    "redis": "CPU of a decision with a Redis in between, and what leaves beyond a shared budget",
    "prefixes": "A million prefixes: look-up, build, memory, and how long requests wait meanwhile",
    "detectors": "What detection costs before and after the answer, and each caller's memory",
    "measures": "What measures cost a request, and what limits let pass past their tables",
    "logs": "Lines of access logs a second: parsed, and imported with all that comes behind",
    "detection_sim": "What the ledger stops and whom it refuses, in virtual time",
    "intake": "What sources send over the network at full rate: taken, lost, and what grows",
    "gateway": "What the gateway passes beside plain HAProxy, both bodies inspected, and its CPU",
    "tokens": "Tokens looked up, verified and hostile; a request with and without; guessing",
    "replay": "Documented breaches in virtual time: what leaves, and who is in the way",
}


def main() -> None:
    if sys.argv[1:2] == ["detection"]:
        import_module("benchmarks.detection.command").main(sys.argv[2:])
        return
    arguments = _arguments()
    names = [arguments.name] if arguments.name else list(BENCHMARKS)
    for name in names:
        run: Callable[[], Figures] = import_module(f"benchmarks.{name}").run
        if not arguments.json:
            print(f"\n{name}: {BENCHMARKS[name]}")
        figures = run()
        if arguments.json:
            print(json.dumps(figures))
        else:
            _print(figures)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description=__doc__)
    parser.add_argument("name", nargs="?", choices=sorted(BENCHMARKS), help="run only this one")
    parser.add_argument("--json", action="store_true", help="last line: the figures as JSON")
    arguments = parser.parse_args()
    if arguments.json and not arguments.name:
        parser.error("--json needs the name of one benchmark")
    return arguments


def _print(figures: Figures) -> None:
    width = max(map(len, figures))
    for name, value in figures.items():
        # Lists are rows, which the benchmark showed as they came.
        if not isinstance(value, list):
            sys.stdout.write(f"  {name:<{width}}  {value}\n")


if __name__ == "__main__":
    main()
