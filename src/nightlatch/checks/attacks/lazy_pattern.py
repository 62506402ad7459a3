"""Regular expressions that are compiled when they are first used.

The middleware is imported by somebody else's application, at every start; most of what the
recognisers can read is never sent to it.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any


class LazyPattern:
    """Like `re.compile(source, flags)`, at its price only when something is to be matched."""

    # Become the compiled pattern's own on first use, so that later ones cost nothing more.
    search: Callable[..., re.Match[str] | None]
    match: Callable[..., re.Match[str] | None]
    fullmatch: Callable[..., re.Match[str] | None]
    finditer: Callable[..., Iterator[re.Match[str]]]
    findall: Callable[..., list[Any]]
    sub: Callable[..., str]
    split: Callable[..., list[str]]

    def __init__(self, source: str, flags: int = 0) -> None:
        self.pattern = source
        self.flags = flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # Copying and the like ask for what is not there.
            raise AttributeError(name)
        compiled = re.compile(self.pattern, self.flags)
        for method in ("search", "match", "fullmatch", "finditer", "findall", "sub", "split"):
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)
