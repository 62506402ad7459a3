"""Answers that wait for the proxy to fetch them, each once."""

import secrets
from typing import Final

from nightlatch.exchange.exchange import Response

AT_ONCE: Final = 2_000
"""Full, the oldest goes: its proxy would have come for it long ago."""


class Answers:
    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._kept: dict[str, Response] = {}

    def keep(self, answer: Response) -> str:
        """The name under which it can be fetched, which nobody can guess."""
        if len(self._kept) >= self._at_once:
            del self._kept[next(iter(self._kept))]
        name = secrets.token_urlsafe(12)
        self._kept[name] = answer
        return name

    def fetch(self, name: str) -> Response | None:
        return self._kept.pop(name, None)
