from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.identity.prefixes import RUN, PrefixTable, Ranges, read_range

SHORT = st.builds(
    lambda number, bits: IPv4Network((number, bits), strict=False),
    st.integers(0, 2**32 - 1),
    st.integers(0, 32),
)
LONG = st.builds(
    lambda number, bits: IPv6Network((number << 60, bits), strict=False),
    st.integers(0, 2**68 - 1),
    st.integers(0, 128),
)
LISTS = st.lists(st.lists(SHORT | LONG, max_size=6), max_size=4)


@pytest.mark.slow
@given(LISTS, st.lists(st.ip_addresses(), max_size=6))
@settings(deadline=None)
def test_finds_what_a_search_through_every_list_finds(
    lists: list[list[IPv4Network | IPv6Network]], others: list[object]
) -> None:
    table = PrefixTable([Ranges.of(map(str, networks)) for networks in lists])
    networks = [network for each in lists for network in each]
    edges = [network[at] for network in networks for at in (0, -1)]
    beside = [ip_address(str(edge)) - 1 for edge in edges if int(edge)]
    for address in [*others, *edges, *beside]:
        expected = tuple(
            number
            for number, each in enumerate(lists)
            if any(ip_address(str(address)) in network for network in each)
        )
        assert table.find(str(address)) == expected


@given(st.one_of(SHORT, LONG))
def test_reads_a_network_as_the_standard_library_does(network: IPv4Network | IPv6Network) -> None:
    assert read_range(str(network)) == (network.version, int(network[0]), int(network[-1]))


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("192.0.2.7/24", "192.0.2.0/24"),
        ("192.0.2.0/255.255.255.0", "192.0.2.0/24"),
        ("192.0.2.7", "192.0.2.7/32"),
        ("2001:DB8::", "2001:db8::/128"),
        ("192.0.2.0-192.0.2.255", "192.0.2.0/24"),
        ("192.0.2.0 - 192.0.2.255", "192.0.2.0/24"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.1/128"),
    ],
)
def test_spellings(text: str, network: str) -> None:
    meant = ip_network(network)
    assert read_range(text) == (meant.version, int(meant[0]), int(meant[-1]))


@pytest.mark.parametrize(
    "text",
    [
        *("", "hello", "192.0.2", "192.0.2.256", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/"),
        *("192.0.2.0/2_4", "192.0.2.0/٢٤", "2001:db8::/129", "192.0.2.0/255.0.255.0", "1.2.3.4-"),
        *("192.0.2.9-192.0.2.1", "192.0.2.1-2001:db8::", "192.0.2.1\x00", "fe80::1%eth0", "-"),
    ],
)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the text is the input's
        read_range(text)


def test_more_than_one_run_is_merged() -> None:
    ranges = Ranges()
    for number in range(3 * RUN):
        # Backwards, and every second address: nothing to join, nothing in order.
        at = 2 * (3 * RUN - number)
        ranges.add((4, at, at))
        ranges.add((6, at, at))
    for bits in (32, 128):
        merged = list(ranges.merged(bits))
        assert merged == [(2 * at, 2 * at) for at in range(1, 3 * RUN + 1)]
    assert ranges.count == 6 * RUN


def test_what_touches_is_one() -> None:
    table = PrefixTable([Ranges.of(["192.0.2.0/25", "192.0.2.128/25", "192.0.2.10"])])
    assert len(table) == 2
    assert table.size == 2 * 6


def test_the_last_address_belongs_to_its_network() -> None:
    table = PrefixTable([Ranges.of(["255.255.255.0/24", "ffff::/16"])])
    assert table.find("255.255.255.255") == (0,)
    assert table.find("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff") == (0,)


def test_what_is_no_address_is_on_no_list() -> None:
    table = PrefixTable([Ranges.of(["0.0.0.0/0", "::/0"])])
    assert table.find("192.0.2.1") == table.find("::1") == (0,)
    for text in ("testclient", "", "192.0.2", ":", "a:b\x00"):
        assert table.find(text) == ()


def test_a_build_pauses_often() -> None:
    pauses = []
    ranges = Ranges()
    for number in range(10_000):
        ranges.add((4, 2 * number, 2 * number))
    PrefixTable([ranges], lambda: pauses.append(1))
    assert len(pauses) >= 20


def test_too_many_ways_to_overlap_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nightlatch.identity.prefixes.MAX_SETS", 2)
    lists = [Ranges.of([f"192.0.2.{number}"]) for number in range(3)]
    with pytest.raises(ValueError, match="overlap in too many ways"):
        PrefixTable(lists)


def test_covered_share() -> None:
    assert Ranges.of(["0.0.0.0/1", "10.0.0.0/8"]).covered(32) == 0.5
