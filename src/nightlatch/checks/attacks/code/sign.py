"""What a language's reader says of a text."""

import re
from typing import NamedTuple


class Sign(NamedTuple):
    why: str
    start: int
    end: int
    certain: bool = False
    """Nobody writes it but to attack; else it may be a line of somebody's program."""


class Feature(NamedTuple):
    """A pattern, and words without which it need not be tried: most texts hold none of them."""

    words: tuple[str, ...]
    """Lower-case; any one of them."""
    pattern: re.Pattern[str]

    def search(self, text: str, lower: str) -> re.Match[str] | None:
        if any(word in lower for word in self.words):
            return self.pattern.search(text)
        return None


_CHAIN = re.compile(r"(?>(?:\s*+[.;)\]}'\"+]|\w++(?=[.(\[])|\([^()]{0,200}\)|\[[^\[\]]{0,60}\])*)")


def call_end(text: str, opened: int) -> int:
    """Where the call ends that opened before `opened`, with what is chained to it."""
    depth = 1
    for at in range(opened, min(len(text), opened + 400)):
        if text[at] in "([{":
            depth += 1
        elif text[at] in ")]}":
            depth -= 1
            if not depth:
                chained = _CHAIN.match(text, at + 1)
                return chained.end() if chained else at + 1
    return min(len(text), opened + 400)
