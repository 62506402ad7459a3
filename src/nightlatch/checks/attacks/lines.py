"""Line ends where a value should have one line: what stands on the lines that were added."""

import re

from nightlatch.checks.attacks.lazy_pattern import LazyPattern

_BREAK = LazyPattern(r"\r\n?|\n|\\r\\n|\\n(?=[A-Z])")
MAX_LINES = 64

FIELD = LazyPattern(r"[ \t]*+([A-Za-z][\w-]{0,40}+)[ \t]*+:[ \t]*+(.*)", re.ASCII | re.DOTALL)
"""A line of a head: its name and its value."""

_TEXT_NAMES = LazyPattern(
    r".*(?:message|msg|body|text|comment|content|description|desc|note|html|markdown|summary|patch"
    r"|diff|log|raw|bio|about|readme|answer|question|snippet|source|code|output|stack(?:trace)?"
    r"|trace|detail|reason|feedback|review|prompt|completion|payload|mime|article|post|draft"
    r"|signature|template|query|variable|header|request|response|ics|vcard|calendar|data)s?",
)


def added_lines(text: str) -> list[str]:
    """The lines after the first, at most MAX_LINES; a backslash escape counts as a line end where a
    capital letter follows it."""
    if "\n" not in text and "\r" not in text and "\\" not in text:
        return []
    return _BREAK.split(text, MAX_LINES)[1 : MAX_LINES + 1]


def first_line(text: str) -> str:
    """What stands before the first line end, as `added_lines` reads them."""
    return _BREAK.split(text, 1)[0]


def is_head(text: str, lines: list[str]) -> bool:
    """A whole head, from its first line on: somebody's letter or exchange, not an addition to a
    value."""
    fields = sum(1 for line in lines if FIELD.match(line))
    return fields > 2 and FIELD.match(text) is not None


def holds_text(key: str) -> bool:
    """Is the parameter (its last part, lower-case) one that people write several lines into?"""
    return _TEXT_NAMES.fullmatch(key) is not None
