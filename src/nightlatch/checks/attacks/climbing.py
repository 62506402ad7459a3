"""How often a path climbs, however that is spelled."""

import re
from typing import NamedTuple

from nightlatch.checks.attacks.lazy_pattern import LazyPattern


class Climb(NamedTuple):
    """What a path does before it goes down again."""

    ups: int
    """Directories it leaves."""
    disguised: bool
    """Spelled so that a filter that looks for `../`, or that removes it once, is passed by."""
    target: str
    """The path with plain slashes and dots."""


# What filters forget: hexadecimal as some languages write it, and characters that stand for a slash
# or a dot. Percent-encoding was undone before.
_SLASH = LazyPattern(r"0x(?:2f|5c)|[\u2215\u2216\u29f8\u29f5\u2044]", re.IGNORECASE)
_DOT = LazyPattern(r"0x2e|[\u2024\u3002]|(?<=[e.])x2e", re.IGNORECASE)

_BEFORE = r"(?:\A|(?<=[/=&?:;@|#~,]))"
_UP = LazyPattern(rf"{_BEFORE}\.\.(?:;[^/]*+)?(?=/|\Z|\0|&)")
_DOTS = LazyPattern(rf"{_BEFORE}\.{{3,}}+(?=/)(?!/\./)")
_NESTED = LazyPattern(rf"{_BEFORE}\.\.\./\./(?=[^/])")
"""`..././`: what is left of it once a filter has taken `../` out."""
_WITHOUT_SLASHES = LazyPattern(r"(?:(?<=[/=])\.{4,}+|\A\.{6,}+)(?=[\w{])")
# Segments that only a path made to get past something has: `/./../`, `..;/`, a padding of letters.
_ODD = LazyPattern(
    r"/\./+\.\.(?=/|\Z)|\.\.;|\.\.//|/\./\./\./|(?:\A|/)([\w.])\1{60,}+/|\.{3,}/+\.{3,}/|\.\.\./\./"
)


def read_climb(path: str) -> Climb:
    plain = _DOT.sub(".", _SLASH.sub("/", path))
    disguised = plain != path
    plain = plain.replace("\\", "/")
    if "%/.." in plain:  # a sign that decoders drop
        disguised = True
        plain = plain.replace("%/", "/")
    ups = len(_UP.findall(plain)) + len(_NESTED.findall(plain))
    dots = len(_DOTS.findall(plain))
    # One ellipsis in a path is an ellipsis.
    if dots > 1 or (dots and ups):
        ups += dots
    for run in _WITHOUT_SLASHES.findall(plain):
        ups += len(run) // 2
        disguised = disguised or len(run) > 5
    return Climb(ups, disguised or _ODD.search(plain) is not None, plain)
