"""Other processes that use a store."""

import os
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join([str(_ROOT / "src"), str(_ROOT)])}


def start_process(script: str, path: Path) -> subprocess.Popen[str]:
    """A Python process that runs `script`, in which `path` is this path; the test reads what it
    prints and ends it."""
    prepared = f"from pathlib import Path\npath = Path({str(path)!r})\n{script}"
    return subprocess.Popen(
        [sys.executable, "-c", prepared],
        env=_ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def other_process(script: str, path: Path) -> str:
    """What the process printed, once it has ended without an error."""
    with start_process(script, path) as process:
        printed, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    return printed.strip()
