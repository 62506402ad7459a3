"""Log4j's look-ups, `${…}` within `${…}`, resolved as Log4j resolves them."""

import re
from typing import NamedTuple

_ROUNDS = 12
"""Nesting that is undone. Each round undoes the innermost look-ups, all of them at once."""
_INNERMOST = re.compile(r"\$\{([^${}]{0,400})\}")
_JNDI = re.compile(r"\$\{\s*+jndi\s*+:", re.IGNORECASE)


class Resolved(NamedTuple):
    text: str
    jndi: bool
    """A look-up asks a directory server, from wherever its letters came."""
    hidden: int
    """How many look-ups only spelled letters."""


def resolve(text: str) -> Resolved:
    hidden = 0

    def lookup(match: re.Match[str]) -> str:
        nonlocal hidden
        value, spelled = _value(match[1])
        hidden += spelled
        return value

    for _ in range(_ROUNDS):
        if _JNDI.search(text):
            return Resolved(text, jndi=True, hidden=hidden)
        undone = _INNERMOST.sub(lookup, text)
        if undone == text:
            break
        text = undone
    return Resolved(text, jndi=False, hidden=hidden)


def _value(inner: str) -> tuple[str, bool]:
    """What a look-up becomes, and whether it was there to spell letters."""
    name, default, fallback = inner.partition(":-")
    if default:
        return fallback, len(fallback) < 6
    kind, colon, argument = name.partition(":")
    kind = kind.strip().lower()
    if kind == "lower" and colon:
        return argument.lower(), True
    if kind == "upper" and colon:
        return argument.upper(), True
    if kind == "date" and colon and "'" in argument:
        return argument.replace("'", ""), True
    if kind == "base64" and colon:
        return "", True
    # Braces of another kind, so that the text around keeps its shape and is not resolved again.
    return f"\u27e8{inner}\u27e9", False
