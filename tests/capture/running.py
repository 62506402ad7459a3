"""An application in a process of its own, for tests of what its SDK sends."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
from tests.servers import CLIENT, eventually

_HOME = Path(__file__).parents[2]


@contextmanager
def application(command: Sequence[str], env: Mapping[str, str], port: int) -> Iterator[str]:
    """Its URL, once it answers that something is not there. Stopped as servers are, so that what
    it still holds is sent."""
    process = subprocess.Popen(
        command, env=env, cwd=_HOME, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
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
