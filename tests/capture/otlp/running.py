"""One of the applications in a process of its own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
from tests.servers import CLIENT, environment, eventually, free_port


@contextmanager
def running(which: str, **settings: str) -> Iterator[str]:
    """Its URL. Stopped as servers are, so that what it still holds is sent."""
    port = free_port()
    env = environment() | settings
    # Apitally's SDK sends nothing from within tests.
    env.pop("PYTEST_CURRENT_TEST", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.capture.otlp.apps", which, str(port)],
        env=env,
        cwd=Path(__file__).parents[3],
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"

    def up() -> bool:
        with suppress(httpx.TransportError):
            return CLIENT.get(f"{url}/nothing-here").status_code == 404
        return False

    try:
        eventually(up)
        yield url
    finally:
        process.terminate()
        process.wait(20)
