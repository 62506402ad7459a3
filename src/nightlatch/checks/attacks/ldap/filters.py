"""LDAP search filters, read token by token (RFC 4515).

A value is pasted into `(uid=…)`. It breaks out with a closing bracket of its own, and must then
open another filter for the whole to be one.
"""

import re
from enum import Enum
from typing import NamedTuple

from nightlatch.checks.attacks.lazy_pattern import LazyPattern

MAX_TOKENS = 96

_TOKEN = LazyPattern(
    r"""(?P<open>\(\s*+) | (?P<close>\)\s*+) | (?P<operator>[&|!]\s*+(?=[()&|!]|\Z)|(?<=\()[&|!])
      | (?P<other>[^()&|!]++ | .)""",
    re.VERBOSE | re.DOTALL,
)
_ITEM = LazyPattern(
    r"""[A-Za-z0-9.;_\-]{1,60}+ (?>(?::dn)?) (?>(?::[A-Za-z0-9.]{1,60}+)?) \s*+ (?:[~<>:]?=)
        (?P<value>.*)""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_CONSTANT = LazyPattern(r"(\d{1,9})\s*+=\s*+\d{1,9}\s*+")
_EXTENSIBLE = LazyPattern(r"\s*+[A-Za-z][\w;\-]{0,60}+(?>(?::dn)?):\d++(?>(?:\.\d++){2,20}):=")


class Kind(Enum):
    BREAKOUT = "closes the filter it stands in and opens another"
    NESTED = "opens a filter inside a value"
    WHOLE = "is a search filter of its own"
    MATCHING = "chooses how an attribute is compared"
    CUT = "closes the filter and ends it with a zero byte"


class Reading(NamedTuple):
    kind: Kind
    telling: bool
    """It asks for what is always there, or for a password: nobody searches so."""
    decided: bool = False
    """It compares numbers: no directory has an attribute called 1."""


class _Filters:
    """What the brackets of a text hold."""

    def __init__(self, text: str) -> None:
        self._tokens = [
            (match.lastgroup or "", match.group())
            for match, _ in zip(_TOKEN.finditer(text), range(MAX_TOKENS), strict=False)
        ]

    def read(self) -> Reading | None:
        depth, closed, before = 0, False, ""
        opened: Kind | None = None
        for at, (kind, text) in enumerate(self._tokens):
            if kind == "open":
                begins = self._begins(at + 1)
                behind = closed and self._tokens[at - 1][0] == "close"
                if begins and opened is None:
                    opened = _how(before, closed=behind, composed=begins == "operator")
                depth += 1
            elif kind == "close":
                closed = closed or depth == 0
                depth = max(depth - 1, 0)
            elif kind == "other":
                before = before or text
        return Reading(opened, self._telling(), self._decided()) if opened else None

    def _begins(self, at: int) -> str:
        """Is this the beginning of a filter, and which: "operator", "item" or ""?"""
        kind, text = self._tokens[at] if at < len(self._tokens) else ("", "")
        if kind == "open" and at > 1 and self._tokens[at - 2][0] == "close":
            kind, text = self._tokens[at + 1] if at + 1 < len(self._tokens) else ("", "")
            at += 1
        if kind == "operator":
            following = self._tokens[at + 1][0] if at + 1 < len(self._tokens) else "end"
            if following == "open" and not self._begins(at + 2):
                return ""
            item = following == "other" and _ITEM.match(self._tokens[at + 1][1])
            return "operator" if item or following in {"open", "close", "end"} else ""
        return "item" if kind == "other" and _ITEM.match(text) else ""

    def _telling(self) -> bool:
        return any(_tells(item) for item in self._items())

    def _decided(self) -> bool:
        return any(_CONSTANT.fullmatch(item) for item in self._items())

    def _items(self) -> list[str]:
        return [text for kind, text in self._tokens if kind == "other"]


def _how(before: str, *, closed: bool, composed: bool) -> Kind | None:
    if closed:
        return Kind.BREAKOUT
    if not composed:
        return None
    return Kind.NESTED if before.strip() else Kind.WHOLE


def _tells(item: str) -> bool:
    lowered = item.lower()
    if _CONSTANT.fullmatch(item):
        return True
    name, equals, value = lowered.partition("=")
    return bool(equals) and (name.strip() in {"userpassword", "password"} or value.strip() == "*")


def filter_in(text: str) -> Reading | None:
    """The filter that a value would add; None when it holds none."""
    if _EXTENSIBLE.match(text):
        return Reading(Kind.MATCHING, telling=True)
    found = _Filters(text).read()
    if found is None and re.search(r"\*\)+\0", text[:500]):
        return Reading(Kind.CUT, telling=True)
    return found
