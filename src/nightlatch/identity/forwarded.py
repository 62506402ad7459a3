"""The lists that proxies forward: X-Forwarded-For and RFC 7239 Forwarded, nearest hop first."""

import re
from collections.abc import Sequence
from typing import NamedTuple

MAX_HOPS = 32
"""Hops that are looked at, from the near end; no honest chain is longer."""
_LONGEST_ELEMENT = 512


class Hop(NamedTuple):
    """One proxy's word about whom it spoke to."""

    address: str
    """As written: may carry a port or brackets, be `unknown`, obfuscated or junk."""
    scheme: str = ""
    host: str = ""


_ELEMENT = re.compile(r'(?>(?:[^,"]|"(?>(?:[^"\\]|\\.)*)")+)')
_PAIR = re.compile(r'\s*([A-Za-z]+)\s*=\s*("(?>(?:[^"\\]|\\.)*)"|[^\s;,"]++)\s*(?:;|\Z)')
_ESCAPED = re.compile(r"\\(.)")
_UNREADABLE = Hop("")


def read_x_forwarded_for(lines: Sequence[str]) -> list[Hop]:
    """Several header lines are one list, in the order of arrival (RFC 9110, section 5.3)."""
    hops: list[Hop] = []
    for line in reversed(lines):
        wanted = MAX_HOPS - len(hops)
        if wanted <= 0:
            break
        entries = line.rsplit(",", wanted)[-wanted:]
        hops += [Hop(entry.strip()) for entry in reversed(entries)]
    return hops


def read_forwarded(lines: Sequence[str]) -> list[Hop]:
    """The elements of Forwarded; one that breaks the grammar is a hop that cannot be read."""
    hops: list[Hop] = []
    for line in reversed(lines):
        near_end = line[-MAX_HOPS * _LONGEST_ELEMENT :]
        if near_end.count('"') % 2:
            # An open quote, sent or made by cutting, puts every border between elements in doubt.
            return [_UNREADABLE]
        hops += [_read_element(element) for element in reversed(_ELEMENT.findall(near_end))]
    return hops[:MAX_HOPS]


def _read_element(element: str) -> Hop:
    pairs: dict[str, str] = {}
    position = 0
    while position < len(element):
        match = _PAIR.match(element, position)
        if match is None or match[1].lower() in pairs:
            return _UNREADABLE
        pairs[match[1].lower()] = _unquoted(match[2])
        position = match.end()
    return Hop(pairs.get("for", ""), pairs.get("proto", ""), pairs.get("host", ""))


def _unquoted(value: str) -> str:
    return _ESCAPED.sub(r"\1", value[1:-1]) if value.startswith('"') else value
