"""HTML, tag by tag, read as leniently as browsers read it.

A tag needs no end, a slash or a quote separates attributes, an attribute's value may lack its last
quote. Entities in attribute values are undone, since a browser undoes them before it runs anything.
"""

import re
from html import unescape
from typing import NamedTuple

MAX_TAGS = 400
MAX_ATTRIBUTES = 40
"""Per tag. What is beyond is not read: a browser would, but no attempt needs so many."""
MAX_VALUE = 4096
"""Characters of an attribute's value that are read."""
MAX_BODY = 4096
"""Characters of a script's or style's body that are read."""

RAW = frozenset({"script", "style", "title", "textarea", "noscript", "noembed", "xmp", "template"})
"""Elements whose end tags break out of text that would not be read as HTML."""


class Tag(NamedTuple):
    name: str
    """Lower-case, without a namespace; "/script" for an end tag, "!" for a declaration, empty for
    the attributes of a tag that was not seen to begin."""
    attributes: tuple[tuple[str, str], ...]
    """Names in lower case, values without quotes and entities."""
    start: int
    end: int
    """Behind the tag; behind the body of a script or style."""
    body: str = ""
    """The text of a script or style."""
    closed: bool = False
    """Its body has an end."""


# Every repetition is possessive: no input makes the matcher go back.
_OPEN = re.compile(
    r"<(?>(?:[\s\x00]++(?=/?\s*+(?:script|iframe|img|svg)\b))?)"
    r"(?P<name>/?(?>(?:\s++(?=script\b))?)[a-zA-Z][^\s/>\x00]*+|!--|[!?%])",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(
    r"""
    [\s/\x00]*+
    (?P<name> [^\s/>\x00][^\s/>=]*+ )
    (?>(?: \s*+ = [\s\x00]*+
        (?P<value> "[^"]*+(?:"|\Z) | '[^']*+(?:'|\Z) | `[^`>]*+` | [^\s>]*+ )
    )?)
    """,
    re.VERBOSE,
)
_CLOSE = re.compile(r"[\s/\x00]*+>?")
_BODIES = {name: re.compile(rf"</{name}", re.IGNORECASE) for name in ("script", "style")}


def tags(text: str, start: int = 0) -> list[Tag]:
    """The tags of `text` from `start`, which is read as the content of an element."""
    found: list[Tag] = []
    at = start
    while len(found) < MAX_TAGS and (match := _OPEN.search(text, at)):
        tag = _tag(text, match)
        found.append(tag)
        at = tag.end
    return found


def attributes_at(text: str, start: int) -> Tag:
    """The rest of a tag, when `start` is where an attribute's value was just closed."""
    attributes, end = _attributes(text, start)
    return Tag("", attributes, start, end)


def _tag(text: str, match: re.Match[str]) -> Tag:
    name = match["name"].lower()
    # What is in a comment is read too: browsers and filters differ on where it ends.
    if name in {"!--", "!", "?", "%"}:
        return Tag("!", (), match.start(), match.end())
    attributes, end = _attributes(text, match.end())
    # "<scr<script>ipt>" is what is left when a filter removes tags once.
    name = "".join(name.split()).rpartition("<")[2].rpartition(":")[2].strip("\"'`\\")
    if (closing := _BODIES.get(name)) is None:
        return Tag(name, attributes, match.start(), end)
    close = closing.search(text, end)
    stop = close.start() if close else len(text)
    body = text[end : min(stop, end + MAX_BODY)]
    return Tag(name, attributes, match.start(), stop, body, close is not None)


def _attributes(text: str, at: int) -> tuple[tuple[tuple[str, str], ...], int]:
    found: list[tuple[str, str]] = []
    while len(found) < MAX_ATTRIBUTES and (match := _ATTRIBUTE.match(text, at)):
        at = match.end()
        found.append((match["name"].lower(), _value(match["value"])))
    close = _CLOSE.match(text, at)
    return tuple(found), close.end() if close else at


def _value(raw: str | None) -> str:
    if not raw:
        return ""
    quote = raw[0]
    if quote in "\"'`":
        raw = raw[1:-1] if raw[-1] == quote and len(raw) > 1 else raw[1:]
    raw = raw[:MAX_VALUE]
    return unescape(raw) if "&" in raw else raw
