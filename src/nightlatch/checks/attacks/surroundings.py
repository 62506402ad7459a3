"""What stands around an attack: nothing, a sentence, a page, or code that somebody quotes.

`<script>alert(1)</script>` as a whole value is an attempt; in the middle of a long text, or between
backticks, somebody writes about one.
"""

import re
from typing import NamedTuple

from nightlatch.checks.attacks.value import Value

_WORD = re.compile(
    r"[\u3040-\u9fff\uac00-\ud7af\u0e00-\u0e7f]{2}"
    r"|(?<!\S)[(\"'*_]?[^\W\d_]{2,30}(?=[\s.,!?;:)\"'*_]|\Z)"
)
"""A word between spaces; where a language writes none, two characters."""
_REACH = 3000
"""Characters on each side that are looked at."""
_CHANGED = re.compile(r"^(?:@@ |diff --git |[-+]{3} [ab/]|[+-] ?[ \t\w<@#/}{.\"'*])", re.MULTILINE)
_PAGE = re.compile(
    r"\s*+(?:<!doctype|<!--|<\?xml|<(?:html|head|body|div|p|table|section|article|h[1-6]|ul|ol|style"
    r"|meta|span|figure|blockquote|header|main|center|b|i|strong|em|a|img|br|hr|svg|pre|font)\b)",
    re.IGNORECASE,
)
_CODE_ELEMENT = re.compile(r"<(?:code|pre|kbd|samp|tt)\b[^<>]*>[^<]*\Z", re.IGNORECASE)
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


def surroundings(text: str, start: int, end: int, value: Value) -> Surroundings:
    """What is around `text[start:end]`, where `text` is the value or a window of it."""
    if len(text) < len(value.text) and (offset := value.text.find(text)) >= 0:
        text, start, end = value.text, start + offset, end + offset
    before, after = text[max(0, start - _REACH) : start], text[end : end + _REACH]
    words = len(_WORD.findall(before)) + len(_WORD.findall(after))
    page = bool(_PAGE.match(text)) and start > 0
    return Surroundings(
        words,
        code=_in_code(text, start, end, words, page=page),
        page=page,
        document=page and bool(_DOCUMENT.match(text)),
        lines=before.count("\n") + after.count("\n"),
    )


def _in_code(text: str, start: int, end: int, words: int, *, page: bool) -> bool:
    before = text[:start]
    line = before.rpartition("\n")[2]
    if line.startswith(("+", "-", " ", "@@")) and _in_diff(text, start, end):
        return True
    if not words:
        return False
    if before.count("```") % 2 or before.count("~~~") % 2:
        return True
    if line.count("`") % 2 and "`" in text[end : end + 400].partition("\n")[0]:
        return True
    if _CODE_ELEMENT.search(before[-400:]):
        return True
    return "\n" in text and not page and line.startswith(("    ", "\t"))


def _in_diff(text: str, start: int, end: int) -> bool:
    return len(_CHANGED.findall(text, max(0, start - 2000), end + 1000)) > 1
