"""What stands around an attack: nothing, a sentence, a page, or code that somebody quotes.

`<script>alert(1)</script>` as a whole value is an attempt; in the middle of a long text, or between
backticks, somebody writes about one.
"""

import re
from typing import NamedTuple

_WORD = re.compile(r"(?<!\S)[(\"'*_]?[^\W\d_]{2,}(?=[\s.,!?;:)\"'*_]|\Z)|[\u3040-\u9fff\uac00-\ud7af\u0e00-\u0e7f]{2}")
_REACH = 3000
"""Characters on each side that are looked at."""
_CHANGED = re.compile(r"^(?:@@ |diff --git |[-+]{3} [ab/]|[+-] ?[ \t\w<@#/}{.\"'*])", re.MULTILINE)
_PAGE = re.compile(r"\s*+(?:<!doctype|<!--|<\?xml|<(?:html|head|body|div|p|table|section|article|h[1-6]|ul|ol|style|meta|span|figure|blockquote|header|main|center|b|i|strong|em|a|img|br|hr|svg|pre|font|article)\b)", re.IGNORECASE)  # fmt: skip

_DOCUMENT = re.compile(r"\s*+(?:<!doctype|<html|<head|<\?xml)", re.IGNORECASE)


class Surroundings(NamedTuple):
    words: int
    """Of prose around it. Padding, numbers, signs and tags are no words."""
    code: bool
    """It stands in a code span, a fenced or indented block, or a diff."""
    page: bool
    """The text is HTML from its beginning."""
    document: bool
    """It is a whole page, from <html> on."""
    lines: int


def surroundings(text: str, start: int, end: int) -> Surroundings:
    """What is around `text[start:end]`."""
    before, after = text[max(0, start - _REACH) : start], text[end : end + _REACH]
    words = len(_WORD.findall(before)) + len(_WORD.findall(after))
    page = bool(_PAGE.match(text)) and start > 0
    return Surroundings(
        words,
        code=_in_code(text, start, end, words, page),
        page=page,
        document=page and bool(_DOCUMENT.match(text)),
        lines=before.count("\n") + after.count("\n"),
    )


def prose(text: str) -> int:
    """Words of prose in the first part of `text`."""
    return len(_WORD.findall(text[: 2 * _REACH]))


def _in_code(text: str, start: int, end: int, words: int, page: bool) -> bool:
    if not words:
        return False
    before = text[:start]
    if before.count("```") % 2 or before.count("~~~") % 2:
        return True
    line = before.rpartition("\n")[2]
    if line.count("`") % 2 and "`" in text[end : end + 400].partition("\n")[0]:
        return True
    if re.search(r"<(?:code|pre|kbd|samp|tt)\b[^<>]*>[^<]*\Z", before[-400:], re.IGNORECASE):
        return True
    if "\n" not in text:
        return False
    return _changed(before, line) or (not page and line.startswith(("    ", "\t")))


def _changed(before: str, line: str) -> bool:
    """Is this line one of a diff?"""
    return line.startswith(("+", "-", " ", "@@")) and len(_CHANGED.findall(before[-2000:])) > 1
