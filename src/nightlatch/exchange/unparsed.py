"""Secrets in text that cannot be taken apart: logs, XML, broken JSON, error pages.

One linear pass finds names that mean a secret and removes what stands behind them. Where the end
of a value is in doubt, more goes rather than less.
"""

import re
from collections.abc import Callable

from nightlatch.exchange.masking import MASK

Named = Callable[[str], bool]
"""Does this name mean a secret?"""

_NAME = re.compile(r"""(?<![\w.-])([\w.-]{1,64}+)["'\]\\]{0,4}(\s{0,8}(?:=>|:=|[:=])\s{0,8})""")
_QUOTED = {
    '"': re.compile(r'"(?>(?:[^"\\]|\\.)*)(?:"|\\?\Z)', re.DOTALL),
    "'": re.compile(r"'(?>(?:[^'\\]|\\.)*)(?:'|\\?\Z)", re.DOTALL),
}
_BARE = re.compile(r"[^\s&<>\"]*+")
_LINE = re.compile(r"[^\r\n]*+")
_AFTER_QUOTE = frozenset(",;:&}])>/ \t\r\n")
_OPENS_BLOCK = frozenset("{[|>")
"""A nested value, or a YAML block: its end cannot be told without parsing."""
_TAG = re.compile(r"<([A-Za-z_][\w:.-]{0,63}+)(?:\s[^<>]{0,2048}+)?(?<!/)>")
_ASCII_ESCAPE = re.compile(r"\\u00([2-7][0-9a-fA-F])")


def redact_unparsed(text: str, means_secret: Named) -> str:
    """`text` without the values of names and elements that mean a secret."""
    if "\\u00" in text:
        # JSON may spell any letter of a name as an escape.
        text = _ASCII_ESCAPE.sub(_letter, text)
    if "<" in text:
        text = _without_spans(text, _element_spans(text, means_secret))
    return _without_spans(text, _value_spans(text, means_secret))


def _letter(escape: re.Match[str]) -> str:
    letter = chr(int(escape[1], 16))
    return letter if letter.isalnum() or letter in "_-." else escape[0]


def _without_spans(text: str, spans: list[tuple[int, int]]) -> str:
    if not spans:
        return text
    pieces: list[str] = []
    position = 0
    for start, end in spans:
        pieces += text[position:start], MASK
        position = end
    pieces.append(text[position:])
    return "".join(pieces)


def _element_spans(text: str, means_secret: Named) -> list[tuple[int, int]]:
    """Where the contents of XML elements with a secret's name stand."""
    spans: list[tuple[int, int]] = []
    position = 0
    while match := _TAG.search(text, position):
        position = match.end()
        if means_secret(match[1].rpartition(":")[2]):
            close = text.find(f"</{match[1]}", position)
            end = len(text) if close < 0 else close
            spans.append((position, end))
            position = end
    return spans


def _value_spans(text: str, means_secret: Named) -> list[tuple[int, int]]:
    """Where the values stand in `name=value`, `name: value` and the like."""
    spans: list[tuple[int, int]] = []
    position = 0
    while match := _NAME.search(text, position):
        position = match.end()
        if means_secret(match[1]):
            end = _value_end(text, position, tight=match[2] == "=")
            if end > position:
                spans.append((position, end))
                position = end
    return spans


def _value_end(text: str, start: int, *, tight: bool) -> int:
    first = text[start : start + 1]
    if first in _OPENS_BLOCK:
        return len(text)
    quoted = _QUOTED.get(first)
    if quoted is not None:
        match = quoted.match(text, start)
        end = len(text) if match is None else match.end()
        if end == len(text) or text[end] in _AFTER_QUOTE:
            return end
    rest = _BARE if tight and first != "\\" and quoted is None else _LINE
    match = rest.match(text, start)
    return start if match is None else match.end()
