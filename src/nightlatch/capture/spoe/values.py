"""Integers, typed values and lists of them (HAProxy's SPOE.txt, sections 3.1 and 3.2).

Whatever is read may be hostile: what is not well-formed raises Malformed, and nothing else.
"""

from collections.abc import Iterable
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from typing import Final

Value = None | bool | int | str | bytes
"""Addresses are text too. Text holds one character a byte (Latin-1): HAProxy knows no encodings."""

Pair = tuple[bytes, bytes]

_LARGEST: Final = 1 << 64
_SIGNED: Final = frozenset({2, 4})
_UNSIGNED: Final = frozenset({3, 5})
_NULL, _BOOL, _INT64, _IPV4, _IPV6, _TEXT, _BYTES = 0, 1, 4, 6, 7, 8, 9
_ADDRESSES: Final = frozenset({_IPV4, _IPV6})
_TRUE: Final = 0x10
"""The flag of a boolean, above the type in the same byte."""


class Malformed(Exception):
    """The bytes are not what the protocol says."""


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """An unsigned integer of at most 64 bits that begins at `at`, and where it ends."""
    try:
        value = data[at]
        at += 1
        if value < 240:
            return value, at
        shift = 4
        while True:
            byte = data[at]
            at += 1
            value += byte << shift
            if byte < 128:
                break
            shift += 7
            if shift > 60:
                raise Malformed("an integer of more than 64 bits")
    except IndexError:
        raise Malformed("an integer is cut short") from None
    if value >= _LARGEST:
        raise Malformed("an integer of more than 64 bits")
    return value, at


def write_varint(value: int) -> bytes:
    if value < 240:
        return bytes((value,))
    out = bytearray(((value & 15) | 240,))
    value = (value - 240) >> 4
    while value >= 128:
        out.append((value & 127) | 128)
        value = (value - 128) >> 7
    out.append(value)
    return bytes(out)


def read_bytes(data: bytes, at: int) -> tuple[bytes, int]:
    """Bytes with their length before them, and where they end."""
    # Most are short; to ask for their length through a function costs as much as to take them.
    if at < len(data) and (size := data[at]) < 240:
        at += 1
    else:
        size, at = read_varint(data, at)
    end = at + size
    if end > len(data):
        raise Malformed("a value is cut short")
    return data[at:end], end


def write_bytes(value: bytes) -> bytes:
    return write_varint(len(value)) + value


def read_value(data: bytes, at: int) -> tuple[Value, int]:
    """A typed value, and where it ends."""
    if at >= len(data):
        raise Malformed("a value is missing")
    head = data[at]
    kind = head & 15
    at += 1
    if kind == _TEXT:
        raw, at = read_bytes(data, at)
        return raw.decode("latin-1"), at
    if kind == _BYTES:
        return read_bytes(data, at)
    if kind == _BOOL:
        return bool(head & _TRUE), at
    if kind in _ADDRESSES:
        return _read_address(kind, data, at)
    if kind in _SIGNED or kind in _UNSIGNED:
        number, at = read_varint(data, at)
        return (number - _LARGEST if kind in _SIGNED and number >> 63 else number), at
    if kind == _NULL:
        return None, at
    raise Malformed("a value of an unknown type")


def _read_address(kind: int, data: bytes, at: int) -> tuple[str, int]:
    family, size = (AF_INET, 4) if kind == _IPV4 else (AF_INET6, 16)
    raw = data[at : at + size]
    if len(raw) < size:
        raise Malformed("an address is cut short")
    return inet_ntop(family, raw), at + size


def write_value(value: Value) -> bytes:
    """Text as text: an address is only written as one by `write_address`."""
    if value is None:
        return bytes((_NULL,))
    if isinstance(value, bool):
        return bytes((_BOOL | _TRUE if value else _BOOL,))
    if isinstance(value, int):
        return bytes((_INT64,)) + write_varint(value % _LARGEST)
    if isinstance(value, bytes):
        return bytes((_BYTES,)) + write_bytes(value)
    return bytes((_TEXT,)) + write_bytes(value.encode("latin-1"))


def write_uint32(value: int) -> bytes:
    """What the handshake wants its numbers to be."""
    return b"\x03" + write_varint(value)


def write_address(address: str) -> bytes:
    family, kind = (AF_INET6, _IPV6) if ":" in address else (AF_INET, _IPV4)
    return bytes((kind,)) + inet_pton(family, address)


def read_named(data: bytes, at: int, number: int) -> tuple[dict[str, Value], int]:
    """So many values with a name before each, and where they end."""
    values: dict[str, Value] = {}
    for _ in range(number):
        name, at = read_bytes(data, at)
        values[name.decode("latin-1")], at = read_value(data, at)
    return values, at


def write_named(name: str, value: bytes) -> bytes:
    """A name before a value that is already written."""
    return write_bytes(name.encode("latin-1")) + value


def read_headers(block: bytes) -> list[Pair]:
    """What HAProxy's `req.hdrs_bin` and `res.hdrs_bin` give: names and values in turn, ended by an
    empty name and value. Names are lower-case already: HAProxy makes them so."""
    pairs: list[Pair] = []
    at = 0
    while True:
        name, at = read_bytes(block, at)
        value, at = read_bytes(block, at)
        if not name:
            return pairs
        pairs.append((name, value))


def write_headers(pairs: Iterable[Pair]) -> bytes:
    """The same the other way round, for tests and benchmarks that play HAProxy."""
    return b"".join(write_bytes(n) + write_bytes(v) for n, v in (*pairs, (b"", b"")))
