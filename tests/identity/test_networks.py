from pathlib import Path
from typing import Any

import pytest
from tests.mmdb import mmdb

from nightlatch.exchange.client import UNKNOWN_NETWORK, Network
from nightlatch.identity.feeds import FeedKind
from nightlatch.identity.networks import KNOWN_ADDRESSES, Book, Listed, Networks, open_database
from nightlatch.identity.prefixes import Ranges

PRIVATE = [
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.1.1"),
    *("100.64.0.1", "100.127.255.255", "0.0.0.0", "::1", "::", "fe80::1", "fd00::1"),
]


def listed(name: str, kind: FeedKind, *texts: str) -> Listed:
    return Listed(name, kind, Ranges.of(texts))


LISTS = [
    listed("drop", FeedKind.BAD, "192.0.2.0/24"),
    listed("level1", FeedKind.BAD, "192.0.2.128/25", "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10"),
    listed("cloud", FeedKind.HOSTING, "198.51.100.0/24", "192.0.2.255"),
    listed("exits", FeedKind.TOR, "198.51.100.7"),
    listed("Googlebot", FeedKind.CRAWLER, "203.0.113.0/28"),
]


def test_nothing_is_known_without_lists() -> None:
    networks = Networks()
    assert networks.look("192.0.2.1") is UNKNOWN_NETWORK
    assert networks.look("testclient") is UNKNOWN_NETWORK
    assert networks.is_crawler("Googlebot", "203.0.113.1") is None


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", Network(lists=("drop",))),
        ("192.0.2.200", Network(lists=("drop", "level1"))),
        ("192.0.2.255", Network(kinds=("hosting",), lists=("drop", "level1"))),
        ("198.51.100.7", Network(kinds=("hosting", "tor"))),
        ("203.0.113.1", UNKNOWN_NETWORK),
        ("192.0.3.0", UNKNOWN_NETWORK),
    ],
)
def test_every_list_that_holds_an_address_counts(address: str, network: Network) -> None:
    assert Networks(Book(LISTS)).look(address) == network


@pytest.mark.parametrize("address", PRIVATE)
def test_private_networks_are_private_whatever_a_list_says(address: str) -> None:
    everything = listed("mad", FeedKind.BAD, "0.0.0.0/0", "::/0")
    for book in (Book(), Book([everything])):
        assert Networks(book).look(address) == Network(kinds=("private",))
    assert Networks(Book([everything])).look("192.0.2.1").lists == ("mad",)


def test_a_crawler_is_known_by_its_published_list() -> None:
    networks = Networks(Book(LISTS))
    assert networks.is_crawler("googlebot", "203.0.113.1") is True
    assert networks.is_crawler("Googlebot", "203.0.113.16") is False
    assert networks.is_crawler("bingbot", "203.0.113.1") is None


def test_a_new_book_takes_the_place_of_the_old_one_at_once() -> None:
    networks = Networks(Book(LISTS))
    assert networks.look("192.0.2.1").lists
    networks.load(Book())
    assert networks.look("192.0.2.1") is UNKNOWN_NETWORK


def test_what_is_remembered_is_bounded() -> None:
    networks = Networks(Book(LISTS))
    for number in range(KNOWN_ADDRESSES + 100):
        networks.look(f"11.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(networks.book._known) <= KNOWN_ADDRESSES


GEOIP = {"country": {"iso_code": "DE", "names": {"en": "Germany"}}}
ASN = {"autonomous_system_number": 64500, "autonomous_system_organization": "Example Hosting"}
IPINFO = {
    "country": "Germany",
    "country_code": "DE",
    "asn": "AS64500",
    "as_name": "Example Hosting",
}
ANONYMOUS = {"is_anonymous": True, "is_tor_exit_node": True, "is_hosting_provider": True}
ENTERPRISE = {"registered_country": {"iso_code": "fr"}, "traits": {"is_anonymous_vpn": True}}
KNOWN = Network(country="DE", asn=64500, organisation="Example Hosting")


@pytest.mark.parametrize(
    ("rows", "network"),
    [
        ([GEOIP, ASN], KNOWN),
        ([IPINFO], KNOWN),
        ([ANONYMOUS], Network(kinds=("hosting", "tor"))),
        ([ENTERPRISE], Network(kinds=("vpn",), country="FR")),
        ([{"asn": "none", "country": 7, "as_name": ["x"]}], UNKNOWN_NETWORK),
        ([{"as_name": "x" * 280}], Network(organisation="x" * 128)),
    ],
)
def test_databases_in_maxminds_format(
    tmp_path: Path, rows: list[dict[str, Any]], network: Network
) -> None:
    databases = []
    for number, row in enumerate(rows):
        path = tmp_path / f"{number}.mmdb"
        path.write_bytes(mmdb({"192.0.2.0/24": row, "2001:db8::/32": row, "10.0.0.0/8": row}))
        databases.append(open_database(path))
    networks = Networks(Book((), databases))
    assert networks.look("192.0.2.1") == networks.look("2001:db8::9") == network
    assert networks.look("198.51.100.1") == networks.look("testclient") == UNKNOWN_NETWORK
    assert networks.look("10.0.0.1") == Network(kinds=("private",))


def test_lists_and_databases_add_up(tmp_path: Path) -> None:
    (tmp_path / "geo.mmdb").write_bytes(mmdb({"198.51.100.0/24": GEOIP | ASN | ANONYMOUS}))
    networks = Networks(Book(LISTS, [open_database(tmp_path / "geo.mmdb")]))
    assert networks.look("198.51.100.1") == Network(
        kinds=("hosting", "tor"), country="DE", asn=64500, organisation="Example Hosting"
    )


def test_what_is_no_database_says_so(tmp_path: Path) -> None:
    (tmp_path / "geo.mmdb").write_bytes(b"hello")
    with pytest.raises(ValueError, match="not a database in MaxMind's format"):
        open_database(tmp_path / "geo.mmdb")
    with pytest.raises(OSError, match="gone"):
        open_database(tmp_path / "gone.mmdb")
