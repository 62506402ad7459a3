"""How many event streams are open: each holds a connection and a task for as long as its page."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

OF_SESSION = 5
"""A browser keeps six connections to one place (HTTP/1.1): one is left for everything else."""
OF_MACHINES = 32
"""With the API token, all of them together."""
IN_ALL = 64
MACHINES = ""
"""Whose streams are no session's."""


class TooMany(Exception):
    """No room for one more; the text says what to do."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        """Of the HTTP answer."""


class Streams:
    """Within one event loop."""

    def __init__(
        self, of_session: int = OF_SESSION, of_machines: int = OF_MACHINES, in_all: int = IN_ALL
    ) -> None:
        self._of_session = of_session
        self._of_machines = of_machines
        self._in_all = in_all
        self._open: Counter[str] = Counter()

    @contextmanager
    def one_more(self, owner: str) -> Iterator[None]:
        """Counted for as long as the block lasts. Raises TooMany."""
        self._check_room(owner)
        self._open[owner] += 1
        try:
            yield
        finally:
            self._open[owner] -= 1
            if not self._open[owner]:
                del self._open[owner]

    def _check_room(self, owner: str) -> None:
        own = self._open.get(owner, 0)
        if owner == MACHINES and own >= self._of_machines:
            raise TooMany(429, f"{own} streams are open with the API token: end one of them first.")
        if owner != MACHINES and own >= self._of_session:
            raise TooMany(
                429,
                f"{own} pages of this session follow live already. Close one of them, and this one "
                "goes on by itself.",
            )
        if self._open.total() >= self._in_all:
            raise TooMany(
                503,
                f"{self._in_all} pages and programs follow this console live, and it serves no "
                "more. When one is closed, this one goes on by itself.",
            )
