"""JavaScript, token by token, with the strings that it puts together put together.

`'al'+'ert'`, `"ale".concat("rt")`, `/al/.source+/ert/.source`, `String.fromCharCode(97,108)`,
`atob("YWxlcnQ=")` and `8680439..toString(30)` are each one string here.
"""

import binascii
import re
from typing import NamedTuple

MAX_TOKENS = 256
"""Per reading. What an attack does it does soon."""

MAX_CHARACTERS = 4096

END = ""


class Token(NamedTuple):
    kind: str
    """"word", "number", "string", "template" (a string in backticks), "symbol", "end"."""
    text: str
    """A string without its quotes and with its escapes undone."""
    end: int
    """Index behind it in the code, after escapes were undone."""

    @property
    def literal(self) -> bool:
        return self.kind in {"string", "template"}


# Every repetition is possessive: no input makes the matcher go back.
_TOKEN = re.compile(
    r"""
    (?P<space>    (?>(?: [\s\ufeff\x00]++ | /\*[^*]*+(?>(?:\*(?!/)[^*]*+)*)\*/
                    | //[^\n\u2028]*+[\n\u2028] | <!--[^\n]*+ )+) )
  | (?P<comment>  /[/*].*+ )
  | (?P<radix>    \d{1,15}+\.\.toString\(\d\d?\) )
  | (?P<word>     [^\W\d][\w$]*+ | \$[\w$]*+ )
  | (?P<number>   \d[\w.]*+ | \.\d[\w]*+ )
  | (?P<string>   "(?>(?:[^"\\\n]|\\.)*)" | '(?>(?:[^'\\\n]|\\.)*)' )
  | (?P<template> `(?>(?:[^`\\]|\\.)*)` )
  | (?P<regex>    (?:\A|(?<=[(=,\[+:;!&|{}?]))/[^/*\s][^/\n]{0,60}+/[a-z]*+ )
  | (?P<symbol>   => | \?\. | \+\+ | -- | [=!]==?+ | && | \|\| | . )
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(
    r"\\(?:u\{0*+([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-7]{1,3})|(.))",
    re.DOTALL,
)
_ESCAPED_WORD = re.compile(r"\\u(?:\{0*+([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{4}))")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def tokens(code: str) -> list[Token]:
    """The tokens of `code`, at most MAX_TOKENS, with constant strings folded."""
    return _fold(_read(code[:MAX_CHARACTERS]))


def _read(code: str) -> list[Token]:
    if "\\u" in code:
        code = _ESCAPED_WORD.sub(lambda m: _character(int(m[1] or m[2], 16)), code)
    found: list[Token] = []
    at = 0
    while len(found) < MAX_TOKENS and (match := _TOKEN.match(code, at)):
        at = match.end()
        kind = match.lastgroup or ""
        if kind in {"word", "number", "symbol"}:
            found.append(Token(kind, match[0], at))
        elif kind in {"string", "template"}:
            found.append(Token(kind, unescape(match[0][1:-1]), at))
        elif kind == "regex":
            found.append(Token(kind, match[0].rpartition("/")[0][1:], at))
        elif kind == "radix":
            found.append(Token("string", _to_string(match[0]), at))
    return found


def _fold(read: list[Token]) -> list[Token]:
    folded: list[Token] = []
    at = 0
    while at < len(read):
        value, after = _constant(read, at)
        if value is None:
            folded.append(read[at])
            at += 1
            continue
        parts, kind = [value], read[at].kind
        while after < len(read):
            value, then = _joined(read, after)
            if value is None:
                break
            parts.append(value)
            after = then
        # Backticks after a name call it; so the kind of a lone template is kept.
        single = after == at + 1 and kind == "template"
        # The last bracket may be missing: the code was cut, or written so.
        at = min(after, len(read))
        folded.append(Token("template" if single else "string", "".join(parts), read[at - 1].end))
    return folded


def _joined(read: list[Token], at: int) -> tuple[str | None, int]:
    """The string that is appended at `at`, and the index behind it."""
    if _texts(read, at, "+") or _texts(read, at, "~"):
        return _constant(read, at + 1)
    if _texts(read, at, ".", "concat", "("):
        value, after = _constant(read, at + 3)
        return (value, after + 1) if _texts(read, after, ")") else (None, at)
    # A plus in a query arrives as a space.
    if read[at].kind == "string" and read[at - 1].kind == "string":
        return read[at].text, at + 1
    return None, at


def _constant(read: list[Token], at: int) -> tuple[str | None, int]:
    """The constant string that begins at `at`, and the index behind it; (None, at) without one."""
    if at >= len(read):
        return None, at
    token = read[at]
    if token.literal:
        return token.text, at + 1
    if token.kind == "regex":
        return (token.text, at + 3) if _texts(read, at + 1, ".", "source") else (None, at)
    if token.text == "String" and _texts(read, at + 1, ".", "fromCharCode", "("):
        return _from_codes(read, at + 4)
    if token.text in {"atob", "unescape", "decodeURIComponent", "decodeURI"}:
        return _decoded(read, at)
    return None, at


def _from_codes(read: list[Token], at: int) -> tuple[str | None, int]:
    characters = []
    start = at
    while at < len(read) and read[at].kind == "number":
        characters.append(_character(_integer(read[at].text)))
        at += 2 if _texts(read, at + 1, ",") else 1
    return ("".join(characters), at + 1) if characters else (None, start - 4)


def _decoded(read: list[Token], at: int) -> tuple[str | None, int]:
    if not (_texts(read, at + 1, "(") and at + 2 < len(read) and read[at + 2].literal):
        return None, at
    text = read[at + 2].text
    return (atob(text) if read[at].text == "atob" else _percent(text)), at + 4


def atob(text: str) -> str:
    """What the browser's function of this name makes of base64; "" where it would raise."""
    try:
        return binascii.a2b_base64(text + "==").decode("latin-1")
    except (binascii.Error, ValueError):
        return ""


def _percent(text: str) -> str:
    return re.sub(r"%([0-9a-fA-F]{2})", lambda m: chr(int(m[1], 16)), text)


def _texts(read: list[Token], at: int, *texts: str) -> bool:
    return at + len(texts) <= len(read) and all(
        read[at + offset].text == text for offset, text in enumerate(texts)
    )


def unescape(text: str) -> str:
    """A string's content with its escapes undone."""
    if "\\" not in text:
        return text
    return _ESCAPE.sub(_unescaped, text)


def _unescaped(match: re.Match[str]) -> str:
    braced, four, two, octal, other = match.groups()
    if octal:
        return chr(int(octal, 8))
    if digits := braced or four or two:
        return _character(int(digits, 16))
    return "" if other == "\n" else str(other)


def _character(code: int) -> str:
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else ""


def _integer(text: str) -> int:
    try:
        return int(text, 0) if len(text) < 9 else 0
    except ValueError:
        return int(text) if text.isdecimal() else 0


def _to_string(text: str) -> str:
    """What `8680439..toString(30)` gives: "alert"."""
    digits, _, rest = text.partition("..")
    number, base = int(digits), int(rest[9:-1])
    if not 2 <= base <= 36:
        return ""
    letters = ""
    while number:
        number, digit = divmod(number, base)
        letters = _DIGITS[digit] + letters
    return letters
