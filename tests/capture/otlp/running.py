"""One of the applications in a process of its own."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.capture.running import application
from tests.servers import environment, free_port


@contextmanager
def running(which: str, **settings: str) -> Iterator[str]:
    """Its URL."""
    port = free_port()
    env = environment() | settings
    # Apitally's SDK sends nothing from within tests.
    env.pop("PYTEST_CURRENT_TEST", None)
    command = [sys.executable, "-m", "tests.capture.otlp.apps", which, str(port)]
    with application(command, env, port) as url:
        yield url
