"""base64url and JSON, read strictly: what has two readings has none."""

import base64
import binascii
import json
import math
import re
from typing import Any, NoReturn

from nightlatch.identity.jose.verified import Document, Unsound

MAX_DEPTH = 32
MAX_TEXT = 262_144
"""Characters of base64url in one piece."""
_OPENING = re.compile(rb"[\[{]")
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*"', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")
_LONE = re.compile(rb"\\u[dD][89a-fA-F]")
"""Half a character beyond the first 65,536: JSON can spell one alone, UTF-8 cannot."""
_ALPHABET = re.compile(rb"[A-Za-z0-9_-]*+\Z")


def from_base64url(text: str | bytes, what: str) -> bytes:
    """RFC 7515, appendix C: no padding, no other characters, and unused bits are zero, so that
    nothing can be spelt in two ways. Raises Unsound."""
    if len(text) > MAX_TEXT:
        raise Unsound(f"the {what} has more than {MAX_TEXT:,} characters")
    try:
        data = text.encode("ascii") if isinstance(text, str) else text
    except UnicodeEncodeError:
        raise Unsound(f"the {what} is not base64url") from None
    if not _ALPHABET.match(data):
        raise Unsound(f"the {what} is not base64url")
    try:
        decoded = base64.urlsafe_b64decode(data + b"=" * (-len(data) % 4))
    except binascii.Error:
        raise Unsound(f"the {what} is not base64url") from None
    if to_base64url(decoded) != data:
        raise Unsound(f"the {what} is not canonical base64url")
    return decoded


def to_base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def json_object(data: bytes, what: str) -> Document:
    """An object without duplicate members, not deeper than MAX_DEPTH. Raises Unsound."""
    if _depth(data) > MAX_DEPTH:
        raise Unsound(f"the {what} is JSON of more than {MAX_DEPTH} levels")
    try:
        found = _DECODER.decode(data.decode("utf-8"))
        if _LONE.search(data):
            # Raises UnicodeEncodeError, a ValueError, where it stands alone.
            json.dumps(found, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise Unsound(f"the {what} is not sound JSON") from None
    if not isinstance(found, dict):
        raise Unsound(f"the {what} is not a JSON object")
    return found


def _depth(data: bytes) -> int:
    if len(_OPENING.findall(data)) <= MAX_DEPTH:
        return 0
    deepest = depth = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", data)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _members(pairs: list[tuple[str, Any]]) -> Document:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member comes twice")
    return found


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number beyond what a computer can tell")
    return number


def _no_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_members, parse_float=_number, parse_constant=_no_constant
)
