"""Writes a file in MaxMind's DB format (version 2.0 of its specification), small and real."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

_MARKER = b"\xab\xcd\xefMaxMind.com"
_GAP = 16
"""Zero bytes between the tree and the data."""


@dataclass
class _Whole:
    """A whole number of a certain type: 5 for 16 bits, 9 for 64."""

    kind: int
    number: int


def mmdb(rows: Mapping[str, Any]) -> bytes:
    """A database that answers with `rows[network]` for the addresses of each network; none of the
    networks may lie in another."""
    tree: list[list[int | None]] = [[None, None]]
    data = bytearray()
    leaves: list[tuple[int, int, int]] = []
    for text, row in rows.items():
        network = ip_network(text)
        shift = 96 if network.version == 4 else 0
        number = int(network.network_address)
        path = [number >> (127 - bit) & 1 for bit in range(shift + network.prefixlen)]
        node = 0
        for bit in path[:-1]:
            following = tree[node][bit]
            if following is None:
                following = tree[node][bit] = len(tree)
                tree.append([None, None])
            node = following
        leaves.append((node, path[-1], len(data)))
        data += _encoded(row)
    count = len(tree)
    for node, bit, offset in leaves:
        tree[node][bit] = count + _GAP + offset
    records = b"".join(
        (count if side is None else side).to_bytes(3, "big") for node in tree for side in node
    )
    return records + bytes(_GAP) + bytes(data) + _MARKER + _encoded(_metadata(count))


def _metadata(count: int) -> dict[str, Any]:
    return {
        "node_count": count,
        "record_size": _Whole(5, 24),
        "ip_version": _Whole(5, 6),
        "database_type": "Test",
        "languages": ["en"],
        "binary_format_major_version": _Whole(5, 2),
        "binary_format_minor_version": _Whole(5, 0),
        "build_epoch": _Whole(9, 1_800_000_000),
        "description": {"en": "Made by a test"},
    }


def _encoded(value: Any) -> bytes:
    match value:
        case bool():
            return _control(14, int(value))
        case str():
            text = value.encode()
            return _control(2, len(text)) + text
        case int():
            return _whole(6, value)
        case _Whole():
            return _whole(value.kind, value.number)
        case dict():
            parts = [_encoded(key) + _encoded(part) for key, part in value.items()]
            return _control(7, len(value)) + b"".join(parts)
        case list():
            return _control(11, len(value)) + b"".join(map(_encoded, value))
    raise TypeError(type(value))


def _whole(kind: int, number: int) -> bytes:
    digits = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return _control(kind, len(digits)) + digits


def _control(kind: int, size: int) -> bytes:
    assert size < 29 + 256
    length, more = (size, b"") if size < 29 else (29, bytes([size - 29]))
    if kind > 7:
        return bytes([length, kind - 7]) + more
    return bytes([kind << 5 | length]) + more
