"""The host of a URL, in every notation that some resolver takes for an address.

IPv4 as the URL standard's parser (https://url.spec.whatwg.org/#concept-ipv4-parser) and inet_aton
read it: one to four numbers, decimal, octal or hexadecimal, the last one filling what is left.
"""

import ipaddress
import re
from enum import IntEnum

from msgspec import Struct

from nightlatch.checks.attacks.lazy_pattern import LazyPattern
from nightlatch.checks.attacks.url.hosts import (
    INTERNAL_SUFFIXES,
    LOOPBACK_NAMES,
    LOOPBACK_SUFFIXES,
    METADATA_NAMES,
    REBINDING_SUFFIXES,
    WILDCARD_SUFFIXES,
)


class Reach(IntEnum):
    """What a host leads to, seen from the server that follows the URL."""

    PUBLIC = 0
    INTERNAL = 1
    """A private network, or a name that only an internal resolver knows."""
    LOOPBACK = 2
    REBINDING = 3
    """A public name that answers with an internal address when it is asked again."""
    METADATA = 4
    """The cloud's service that gives out credentials."""


class Target(Struct, frozen=True, gc=False):
    """Whom a host names."""

    reach: Reach
    disguised: bool = False
    """The same address has a plain spelling, which the sender avoided."""
    aliased: bool = False
    """A public name that stands for the address (127.0.0.1.nip.io)."""


PUBLIC = Target(Reach.PUBLIC)

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_METADATA_ADDRESSES = frozenset(
    ipaddress.ip_address(address)
    for address in (
        *("169.254.169.254", "169.254.170.2", "169.254.170.23"),
        *("100.100.100.200", "192.0.0.192", "168.63.129.16", "169.254.42.42"),
        *("fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fe80::a9fe:a9fe"),
    )
)
_NUMBER = LazyPattern(r"0x[0-9a-f]*|\d+", re.ASCII)
_PLAIN = LazyPattern(r"(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}", re.ASCII)
_EMBEDDED = LazyPattern(r"(?<![\da-z])(\d{1,3})[.-](\d{1,3})[.-](\d{1,3})[.-](\d{1,3})(?![\da-z])")
_WHOLE = LazyPattern(r"(?:\d{1,3}(?:[.-]\d{1,3}){3}|[0-9a-f]{8})\.[a-z]+\.[a-z]+\Z")
_EMBEDDED_HEX = LazyPattern(r"(?:^|[.-])([0-9a-f]{8})$")
_MAX_HOST = 253
_WRAPPED = 2**34
"""Numbers below, beyond 32 bits, come out as an address where a parser drops the upper bits."""
_FULL_STOPS = str.maketrans("\u3002\uff0e\uff61", "...")
"""What browsers read as a full stop in a name (UTS #46)."""


def target_of(host: str) -> Target:
    """Whom `host` (no port, no user) names. Names that say nothing are public."""
    spelled = host[:_MAX_HOST].lower().rstrip(".")
    host = spelled.translate(_FULL_STOPS)
    if not host:
        return PUBLIC
    if host[0] == "[":
        return _of_ipv6(host.strip("[]"))
    if host[0].isdigit() and (number := ipv4(host)) is not None:
        plain = _PLAIN.fullmatch(spelled) is not None
        return Target(_reach(ipaddress.IPv4Address(number)), disguised=not plain)
    return _of_name(host)


def ipv4(host: str) -> int | None:
    """The IPv4 address that a lower-case `host` of numbers means; None when it is a name."""
    parts = host.split(".")
    if len(parts) > 4:
        return None
    numbers = [_number(part) for part in parts]
    if None in numbers:
        return None
    *first, last = (number for number in numbers if number is not None)
    if not first and last < _WRAPPED:
        last &= 0xFFFFFFFF
    if len(parts) == 4 and any(number > 255 for number in (*first, last)):
        # Parsers that keep eight bits of each number read 425.510.425.510 as 169.254.169.254.
        first, last = [number & 255 for number in first], last & 255
    room: int = 256 ** (5 - len(parts))
    if any(number > 255 for number in first) or last >= room:
        return None
    address = last
    for position, number in enumerate(first):
        address += number << (8 * (3 - position))
    return address


def _number(part: str) -> int | None:
    if not part or len(part) > 32 or not _NUMBER.fullmatch(part):
        return None
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    if part[0] == "0" and len(part) > 1:
        return int(part, 8) if part.isdigit() and not set(part) & {"8", "9"} else None
    return int(part)


def _of_ipv6(text: str) -> Target:
    try:
        address = ipaddress.IPv6Address(text.partition("%")[0])
    except ValueError:
        return PUBLIC
    carried = _carried(address)
    if carried is not None:
        reach = _reach(carried)
        return Target(reach, disguised=reach is not Reach.PUBLIC)
    # "::" is nobody's address: connecting to it reaches the machine itself.
    shortest = text == address.compressed and int(address) != 0
    return Target(_reach(address), disguised=not shortest)


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address inside: mapped, 6to4, NAT64 (RFC 6052) or IPv4-compatible."""
    number = int(address)
    if address.ipv4_mapped is not None or address.sixtofour is not None:
        return address.ipv4_mapped or address.sixtofour
    nat64 = number >> 96 == 0x0064FF9B or number >> 80 == 0x0064FF9B0001
    # ::1 and :: are addresses of their own.
    compatible = number >> 32 == 0 and number > 0xFFFF
    translated = number >> 32 == 0xFFFF0000
    if nat64 or compatible or translated:
        return ipaddress.IPv4Address(number & 0xFFFFFFFF)
    return None


def _reach(address: _Address) -> Reach:
    if address in _METADATA_ADDRESSES:
        return Reach.METADATA
    if address.is_loopback or address.is_unspecified or int(address) >> 24 == 0:
        return Reach.LOOPBACK
    if address.is_link_local or (address.is_private and not address.is_multicast):
        return Reach.INTERNAL
    return Reach.PUBLIC


def _of_name(host: str) -> Target:
    if host in METADATA_NAMES or host.endswith(".metadata.google.internal"):
        return Target(Reach.METADATA)
    if host in LOOPBACK_NAMES or host.endswith(".localhost"):
        return Target(Reach.LOOPBACK)
    if host.endswith(REBINDING_SUFFIXES):
        return Target(Reach.REBINDING)
    if host.endswith(WILDCARD_SUFFIXES):
        # Developers put a name before the address; without one it only hides the address.
        bare = _WHOLE.match(host) is not None
        return Target(_embedded(host), disguised=bare, aliased=True)
    if host.removeprefix("www.") in LOOPBACK_SUFFIXES or host.endswith(
        tuple("." + suffix for suffix in LOOPBACK_SUFFIXES)
    ):
        return Target(Reach.LOOPBACK, aliased=True)
    return Target(Reach.INTERNAL) if host.endswith(INTERNAL_SUFFIXES) else PUBLIC


def _embedded(host: str) -> Reach:
    """The address in `a.127.0.0.1.nip.io`, `a-127-0-0-1.sslip.io` or `a.7f000001.nip.io`."""
    label = host.rpartition(".")[0].rpartition(".")[0]
    if match := _EMBEDDED.search(label):
        numbers = [int(group) for group in match.groups()]
        if max(numbers) < 256:
            return _reach(ipaddress.IPv4Address(bytes(numbers)))
    if match := _EMBEDDED_HEX.search(label):
        return _reach(ipaddress.IPv4Address(int(match[1], 16)))
    return Reach.PUBLIC
