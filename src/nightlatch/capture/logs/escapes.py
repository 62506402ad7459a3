r"""What loggers do to characters that would break a line, undone.

nginx writes `\x22` (ngx_http_log_escape), with `escape=json` `\"` and `\u0022`; Apache
`\"`, `\\`, `\n` and `\x22` (ap_escape_logitem); HAProxy `#22`. The first three never contradict each
other, so one way back serves them all.
"""

import re

_BACKSLASH = re.compile(r'\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|(["\\/bfnrtv]))')
_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_HASH = re.compile(r"#([0-9A-F]{2})")


def undo_backslashes(text: str) -> str:
    """Of text without a backslash the text itself."""
    return _BACKSLASH.sub(_plain, text) if "\\" in text else text


def undo_hashes(text: str) -> str:
    """HAProxy's way: a number sign and two capital hexadecimal digits."""
    return _HASH.sub(_byte, text) if "#" in text else text


def as_bytes(text: str) -> str:
    """Text of any characters as one character a byte, in UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "surrogatepass").decode("latin-1")


def _plain(found: re.Match[str]) -> str:
    byte, unit, letter = found.groups()
    if byte:
        return chr(int(byte, 16))
    if unit:
        return as_bytes(chr(int(unit, 16)))
    return _LETTERS.get(letter, letter)


def _byte(found: re.Match[str]) -> str:
    return chr(int(found[1], 16))
