"""JSON that is not quite JSON, read as widely as the applications behind us read it.

A body that the application understands and we do not would be a way past us: Python's own reader
takes UTF-16, a byte order mark, NaN and lone surrogates, so they are taken here. This is the slow
way, for what the strict and fast decoder refuses.
"""

import json
import math
import re
from typing import Any

import msgspec
from msgspec import Struct

from nightlatch.exchange.media import decode_text

MAX_LINES = 5_000


class Reading(Struct, frozen=True):
    """A value, or the fault that kept us from it. Both when a part could be read."""

    value: Any = None
    fault: str = ""
    complete: bool = True
    """False when only the beginning could be read."""
    readable: bool = True


TOO_DEEP = Reading(fault="nested too deeply", readable=False)

_decode = msgspec.json.Decoder().decode
_decode_lines = msgspec.json.Decoder().decode_lines

_MARK = re.compile(r'"(?>(?:[^"\\]|\\.)*)(?:"|\\?\Z)|[\[\]{},]', re.DOTALL)
_CLOSER = {"{": "}", "[": "]"}
_LONE_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def read_json(data: bytes, charset: str, *, truncated: bool) -> Reading:
    """Read one JSON value, strictly first, then as leniently as any application might.

    Of a body that was cut at the capture limit (`truncated`) the beginning is read.
    """
    try:
        return Reading(_decode(data))
    except RecursionError:
        return TOO_DEEP
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return _read_leniently(_json_text(data, charset), str(error), truncated=truncated)


def read_lines(data: bytes, charset: str, *, truncated: bool) -> Reading:
    """Read JSON values that stand one to a line, as a list; lines that are not JSON are counted."""
    data = data.replace(b"\x1e", b"")
    try:
        return Reading(_decode_lines(data))
    except RecursionError:
        return TOO_DEEP
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _read_each(data.split(b"\n", MAX_LINES)[:MAX_LINES], charset, truncated=truncated)


def read_events(data: bytes, charset: str, *, truncated: bool) -> Reading:
    """Read the JSON in the data fields of server-sent events (WHATWG HTML, section 9.2)."""
    lines = data.split(b"\n", MAX_LINES)[:MAX_LINES]
    fields = [line[5:] for line in lines if line.startswith(b"data:")]
    return _read_each(fields, charset, truncated=truncated)


def first_part(text: str) -> str:
    """The longest beginning of `text` that ends between two values, with its brackets closed."""
    open_brackets: list[str] = []
    end = 0
    for match in _MARK.finditer(text):
        mark = text[match.start()]
        if mark == ",":
            end = match.start()
        elif mark in _CLOSER:
            open_brackets.append(_CLOSER[mark])
            end = match.end()
        elif mark != '"':
            if not open_brackets or open_brackets[-1] != mark:
                break
            open_brackets.pop()
            end = match.end()
    return text[:end] + "".join(reversed(open_brackets))


def _read_each(lines: list[bytes], charset: str, *, truncated: bool) -> Reading:
    filled = [line for line in lines if line.strip()]
    readings = [read_json(line, charset, truncated=truncated) for line in filled]
    values = [reading.value for reading in readings if reading.readable]
    unread = len(readings) - len(values)
    fault = f"{unread} of {len(readings)} lines are not JSON" if unread else ""
    return Reading(values, fault, complete=not truncated, readable=bool(values))


def _json_text(data: bytes, charset: str) -> str:
    """Decode by RFC 8259: UTF-8, -16 or -32 as the first bytes show, else the declared charset."""
    encoding = json.detect_encoding(data)
    if encoding not in ("utf-8", "utf-8-sig"):
        return data.decode(encoding, "replace")
    return decode_text(data, charset)


def _read_leniently(text: str, strict_fault: str, *, truncated: bool) -> Reading:
    try:
        return Reading(_loads(text), fault=f"not strict JSON: {strict_fault}")
    except RecursionError:
        return TOO_DEEP
    except ValueError:
        if not truncated:
            return Reading(fault=f"not JSON: {strict_fault}", readable=False)
    try:
        return Reading(_loads(first_part(text)), complete=False)
    except (ValueError, RecursionError):
        return Reading(fault="captured in part", complete=False, readable=False)


def _loads(text: str) -> Any:
    value = json.loads(text, parse_constant=str, parse_float=_finite)
    if not _LONE_SURROGATE.search(text):
        return value
    # A lone surrogate cannot be encoded, so it must not travel further into stores and hashes.
    return _decode(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def _finite(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text
