"""What a person waits for before a command begins, and an application for its middleware.

Processor seconds of whole processes, in turn with one that does nothing: machines differ, and one
machine from minute to minute, so that the ratio is the figure to watch.
"""

import os
import statistics
import subprocess
import sys
from collections.abc import Mapping

ROUNDS = 7
TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ."
PROGRAM = ("-m", "nightlatch")
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "nightlatch --help": (*PROGRAM, "--help"),
    "nightlatch version": (*PROGRAM, "version"),
    "nightlatch token inspect": (*PROGRAM, "token", "inspect", TOKEN),
    "nightlatch checks": (*PROGRAM, "checks"),
    "from nightlatch import Nightlatch": ("-c", "from nightlatch import Nightlatch"),
    "import nightlatch.wsgi": ("-c", "import nightlatch.wsgi"),
}


def run() -> Mapping[str, object]:
    nothing: list[float] = []
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        nothing.append(_seconds("-c", "pass"))
        for name, arguments in COMMANDS.items():
            taken[name].append(_seconds(*arguments))
    bare = statistics.median(nothing)
    figures: dict[str, object] = {"python -c pass (ms)": round(bare * 1e3, 1)}
    for name, seconds in taken.items():
        median = statistics.median(seconds)
        figures[f"{name} (ms)"] = round(median * 1e3, 1)
        figures[f"{name} (times pass)"] = round(median / bare, 1)
    return figures


def _seconds(*arguments: str) -> float:
    """Processor time of one interpreter, as the system counts it when it has ended."""
    with subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as child:
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {child.returncode}")
    return usage.ru_utime + usage.ru_stime
