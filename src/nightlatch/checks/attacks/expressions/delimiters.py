"""Where in a text an expression stands: `{{…}}`, `${…}`, `<%= … %>` and their kin."""

import re
from typing import NamedTuple

MAX_EXPRESSIONS = 32
MAX_LENGTH = 2048
MAX_READ = 4096
"""Characters within expressions that are read of a text, however they overlap."""


class Expression(NamedTuple):
    opening: str
    inner: str
    start: int
    end: int


_CLOSING = {
    "{{": "}}", "{%": "%}", "${": "}", "#{": "}", "*{": "}", "@{": "}", "%{": "}", "~{": "}",
    "@(": ")", "<%": "%>", "[[": "]]", "[(": ")]", "[%": "%]", "<#": ">", "[#": "]", "[=": "]",
    "#set(": ")", "#set (": ")", "$(": ")", "{": "}", "<?": "?>",
}  # fmt: skip
_OPENING = re.compile(
    r"\{\{|\{%|[$#*@%~]\{|@\(|<%|\[\[|\[\(|\[%|<#|\[[#=](?=\w|\()|#set ?\(|\{(?=[\w$'\"(])",
    re.IGNORECASE,
)


def expressions(text: str) -> list[Expression]:
    """The expressions of `text` in the order in which they begin; an open one has no end."""
    found: list[Expression] = []
    at, left = 0, MAX_READ
    while left > 0 and len(found) < MAX_EXPRESSIONS and (match := _OPENING.search(text, at)):
        opening = match[0].lower()
        end = _end(text, match.end(), opening)
        inner = text[match.end() : end]
        left -= len(inner)
        after = min(len(text), end + len(_CLOSING[opening]))
        found.append(Expression(opening, inner, match.start(), after))
        # What is nested is read too: the braces of "${{7*7}}" belong to either language.
        at = match.start() + 1 if len(inner) < 200 else match.end()
    return found


def _end(text: str, start: int, opening: str) -> int:
    closing = _CLOSING[opening]
    limit = min(len(text), start + MAX_LENGTH)
    if closing not in {"}", ")"}:
        end = text.find(closing, start, limit)
        return limit if end < 0 else end
    opened, depth = ("{", 1) if closing == "}" else ("(", 1)
    for at in range(start, limit):
        if text[at] == opened:
            depth += 1
        elif text[at] == closing:
            depth -= 1
            if not depth:
                return at
    return limit
