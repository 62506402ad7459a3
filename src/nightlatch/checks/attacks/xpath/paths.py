"""XPath read token by token, as far as it goes, behind the place where a value breaks out.

A value is pasted into `//user[name='…']` or `//user[…]`. It goes on with AND, OR or a union, as SQL
does; what tells XPath from it are its paths, axes and functions.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from nightlatch.checks.attacks.lazy_pattern import LazyPattern

MAX_TOKENS = 64

_TOKEN = LazyPattern(
    r"""\s++
      | (?P<string>'[^']*+' | "[^"]*+") | (?P<open>['"].*+)
      | (?P<number>\d++(?>(?:\.\d*+)?))
      | (?P<axis>(?:ancestor|ancestor-or-self|attribute|child|descendant|descendant-or-self
          |following|following-sibling|namespace|parent|preceding|preceding-sibling|self)::)
      | (?P<call>(?>(?:[a-z]++:)?)[a-z][a-z\-]*+\s*+(?=\())
      | (?P<name>[^\W\d][\w.\-]*+(?>(?::(?!:)[\w.\-]++)?)) | (?P<variable>\$\w++)
      | (?P<path>//?+|\.\.) | (?P<symbol><=|>=|!=|:=|.)""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_CONTINUES = LazyPattern(r"[\s)\]]*+(?:or|and|[|/=]|!=)", re.IGNORECASE)
_OWN_NAMES = """position last local-name name namespace-uri node text comment processing-instruction
    string-length starts-with ends-with substring-after substring-before normalize-space
    doc doc-available document unparsed-text unparsed-text-available
    string-to-codepoints codepoints-to-string id key system-property generate-id
    environment-variable available-environment-variables"""
_OWN = frozenset(_OWN_NAMES.split())
"""Functions that SQL does not have."""
_SHARED_NAMES = "count contains string substring translate concat boolean not number sum"
_SHARED = frozenset(_SHARED_NAMES.split())
_BARE_NAMES = "position last node text comment name local-name"
_BARE = frozenset(_BARE_NAMES.split())
"""Called without arguments, or of a path."""


class Token(NamedTuple):
    kind: str
    text: str


def tokens(text: str, start: int) -> list[Token]:
    """At most MAX_TOKENS tokens from character `start`."""
    read: list[Token] = []
    for match in _TOKEN.finditer(text, start):
        if match.lastgroup:
            read.append(Token(match.lastgroup, match.group().lower().rstrip()))
            if len(read) == MAX_TOKENS:
                break
    return read


def breaks_out(text: str) -> bool:
    """Does the value go on as XPath behind its first quote, or behind the number it begins with?"""
    return any(
        _goes_on(tokens(text, start), quoted=quoted)
        for start, quoted in _starts(text)
        if _CONTINUES.match(text, start)
    )


def _starts(text: str) -> Iterator[tuple[int, bool]]:
    for quote in ("'", '"'):
        at = text.find(quote)
        if at >= 0:
            yield at + 1, True
    lead = re.match(r"\s*+(?:\d++|[\w.]++(?=[\s)]*+\]))", text)
    if lead:
        yield lead.end(), False


def _goes_on(read: list[Token], *, quoted: bool) -> bool:
    at = 0
    while at < len(read) and read[at].text in {")", "]"}:
        at += 1
    closed = any(token.text == "]" for token in read[:at])
    following = read[at] if at < len(read) else Token("", "")
    if following.text in {"or", "and"}:
        return _condition(read, at + 1)
    if following.text == "|":
        return _path(read, at + 1)
    if following.kind == "path" and closed:
        return _path(read, at) and _steps_end(read, at)
    return quoted and following.text in {"=", "!="} and _condition(read, at + 1)


def _path(read: list[Token], at: int) -> bool:
    """`//user`, `/*[1]`, `child::node()`; but not the "/" of "and/or"."""
    if at < len(read) and read[at].kind == "axis":
        return True
    if at + 1 >= len(read) or read[at].kind != "path":
        return False
    after = read[at + 1]
    return after.kind in {"name", "call", "axis"} or after.text in {"*", "@", "..", "//"}


def _steps_end(read: list[Token], at: int) -> bool:
    """Does the path end where a predicate, another path or the application's own text follows?"""
    while at < len(read) and read[at].kind in {"path", "name", "call", "axis"}:
        at += 1
        while at < len(read) and read[at].text in {"*", "@", "(", ")"}:
            at += 1
    return at >= len(read) or read[at].text in {"[", "|"} or read[at].kind == "open"


def _condition(read: list[Token], at: int) -> bool:
    """Within the tokens up to a string that never ends: a function of XPath, or a path."""
    for index in range(at, len(read)):
        kind, text = read[index]
        if kind == "call" and _called(read, index, text):
            return True
        begins = read[index - 1].text in _WORDS or read[index - 1].text in _BEFORE_PATH
        if begins and (kind == "axis" or (kind == "path" and _path(read, index))):
            return True
        if kind == "name" and text not in _WORDS and _operand(read[index - 1]):
            return False  # two operands without an operator
    return False


def _operand(token: Token) -> bool:
    return token.kind in {"name", "string", "number"} and token.text not in _WORDS


_BEFORE_PATH = frozenset("=([|,")
_WORDS = frozenset(("or", "and", "div", "mod", "not"))


def _called(read: list[Token], at: int, text: str) -> bool:
    name = text.rpartition(":")[2]
    inside = read[at + 2] if at + 2 < len(read) else Token("", "")
    if name in _OWN:
        return name not in _BARE or inside.text == ")" or inside.kind in {"path", "axis", "name"}
    return name in _SHARED and (inside.kind in {"path", "axis"} or inside.text in {"@", "*", "."})
