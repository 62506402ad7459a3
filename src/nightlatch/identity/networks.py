"""What kind of network does an address belong to?"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct
from msgspec.structs import replace

from nightlatch.exchange.client import UNKNOWN_NETWORK, Network
from nightlatch.identity.feeds import FeedKind
from nightlatch.identity.prefixes import PrefixTable, Ranges, at_once

KNOWN_ADDRESSES = 16_384
"""Addresses whose network is remembered; full, the memory starts over."""
_LONGEST_NAME = 128

PRIVATE = Ranges.of(
    (
        *("0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.168.0.0/16", "198.18.0.0/15", "::/127", "fc00::/7", "fe80::/10", "fec0::/10"),
        # Carriers' own (RFC 6598): thousands of customers behind each.
        "100.64.0.0/10",
    )
)
"""Loopback, link-local and private networks: nobody outside can have one, so no list is believed
that names them, as FireHOL's level 1 and every list of bogons does."""
_PRIVATE_NETWORK = Network(kinds=("private",))

_TRAITS = {
    "is_tor_exit_node": "tor",
    "is_hosting_provider": "hosting",
    "is_public_proxy": "proxy",
    "is_residential_proxy": "proxy",
    "is_anonymous_vpn": "vpn",
}
"""What databases of anonymous networks say, as kinds."""


class Listed(Struct, frozen=True):
    """One list, read."""

    name: str
    kind: FeedKind
    ranges: Ranges


class Loaded(Struct, frozen=True):
    """What a book says of itself, of each list: the ranges are in its table."""

    name: str
    kind: FeedKind
    entries: int


class Database(Protocol):
    """A reader of a file in MaxMind's format."""

    def get(self, address: str) -> Any: ...


class Book:
    """All that is loaded, at one time: built apart, then put in the place of the one before."""

    def __init__(
        self,
        lists: Sequence[Listed] = (),
        databases: Sequence[Database] = (),
        pause: Callable[[], None] = at_once,
    ) -> None:
        """`pause` is called often: a million prefixes take seconds. Raises ValueError for lists
        that overlap in too many ways."""
        self.lists = tuple(Loaded(one.name, one.kind, one.ranges.count) for one in lists)
        self.judges = any(each.kind is FeedKind.BAD for each in lists)
        """A list of addresses with a bad name is loaded."""
        self._databases = tuple(databases)
        self._table = PrefixTable([PRIVATE, *(each.ranges for each in lists)], pause)
        self._by_set: dict[tuple[int, ...], Network] = {(): UNKNOWN_NETWORK}
        self._known: dict[str, Network] = {}
        self._crawlers = {
            each.name.lower(): number
            for number, each in enumerate(lists, 1)
            if each.kind is FeedKind.CRAWLER
        }

    @property
    def size(self) -> int:
        """Bytes of the table."""
        return self._table.size

    def look(self, address: str) -> Network:
        known = self._known.get(address)
        if known is None:
            if len(self._known) >= KNOWN_ADDRESSES:
                self._known.clear()
            known = self._known[address] = self._search(address)
        return known

    def is_crawler(self, name: str, address: str) -> bool | None:
        """Whether the published list of the declared bot holds `address`; None without a list."""
        number = self._crawlers.get(name.lower())
        return None if number is None else number in self._table.find(address)

    def _search(self, address: str) -> Network:
        held = self._table.find(address)
        network = self._by_set.get(held)
        if network is None:
            network = self._by_set[held] = self._network(held)
        if not self._databases or network is _PRIVATE_NETWORK:
            return network
        for database in self._databases:
            network = _add(network, _row(database, address))
        return network

    def _network(self, held: tuple[int, ...]) -> Network:
        if 0 in held:
            return _PRIVATE_NETWORK
        lists = [self.lists[number - 1] for number in held]
        kinds = {each.kind.value for each in lists} - {FeedKind.BAD, FeedKind.CRAWLER}
        return Network(
            kinds=tuple(sorted(kinds)),
            lists=tuple(each.name for each in lists if each.kind is FeedKind.BAD),
        )


class Networks:
    """Look-ups in memory. Any thread may look while another one loads."""

    def __init__(self, book: Book | None = None) -> None:
        self._book = Book() if book is None else book

    def load(self, book: Book) -> None:
        """From now on this holds."""
        self._book = book

    @property
    def book(self) -> Book:
        return self._book

    def look(self, address: str) -> Network:
        """In memory only; never waits."""
        return self._book.look(address)

    def is_crawler(self, name: str, address: str) -> bool | None:
        return self._book.is_crawler(name, address)


def open_database(path: Path) -> Database:
    """Raises OSError or ValueError that says what is wrong with the file."""
    import maxminddb

    try:
        # Mapped into memory: pages are shared by all processes that look.
        return maxminddb.open_database(path)
    except maxminddb.InvalidDatabaseError as error:
        raise ValueError(f"{path} is not a database in MaxMind's format: {error}") from error


def _row(database: Database, address: str) -> Mapping[str, Any]:
    try:
        row = database.get(address)
    except ValueError:
        # No address at all, or one of IPv6 where the file has only IPv4.
        return {}
    return row if isinstance(row, dict) else {}


def _add(network: Network, row: Mapping[str, Any]) -> Network:
    """What a row adds; what is known already stays. GeoIP2, DB-IP and ipinfo name things apart."""
    if not row:
        return network
    asn = row.get("autonomous_system_number") or row.get("asn") or 0
    kinds = {kind for trait, kind in _TRAITS.items() if row.get(trait) is True}
    traits = row.get("traits")
    if isinstance(traits, dict):
        kinds |= {kind for trait, kind in _TRAITS.items() if traits.get(trait) is True}
    return replace(
        network,
        kinds=tuple(sorted({*network.kinds, *kinds})),
        country=network.country or _country(row),
        asn=network.asn or _number(asn),
        organisation=network.organisation
        or _text(row.get("autonomous_system_organization") or row.get("as_name")),
    )


def _country(row: Mapping[str, Any]) -> str:
    for name in ("country", "registered_country"):
        found = row.get(name)
        if isinstance(found, dict):
            found = found.get("iso_code")
        if isinstance(found, str) and len(found) == 2:
            return found.upper()
    return _text(row.get("country_code"))[:2].upper()


def _number(value: Any) -> int:
    """An AS number, also as "AS64500"."""
    digits = str(value).upper().removeprefix("AS")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 10 else 0


def _text(value: Any) -> str:
    return value[:_LONGEST_NAME] if isinstance(value, str) else ""
