from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightlatch.identity.reputation import Reputation, _merged, read_list

FIREHOL = """#
# firehol_level1
#
192.0.2.0/24
198.51.100.7

2001:db8::/32
"""
DROP = """; Spamhaus DROP List 2026/11/22 - (c) 2026 The Spamhaus Project SLU
; Last-Modified: Sun, 22 Nov 2026 00:00:00 GMT
203.0.113.0/25 ; SBL256894
100.64.0.0/10 ; SBL434604
"""
DROP_JSON = """{"cidr":"203.0.113.128/25","sblid":"SBL256894","rir":"apnic"}
{"cidr":"2001:db8:1::/48","sblid":"SBL1","rir":"ripencc"}
{"type":"metadata","timestamp":1700000000,"size":2,"records":2}
"""
TOR = """ExitNode 0011BD2485AD45D984EC4159C88FC066E5E3300E
Published 2026-11-21 18:03:18
LastStatus 2026-11-22 02:00:00
ExitAddress 192.0.2.77 2026-11-22 02:08:18
"""
RANGES = "192.0.2.10-192.0.2.20\n192.0.2.30 - 192.0.2.40\n2001:db8::1-2001:db8::ff\n"


def load(directory: Path, **lists: str) -> Reputation:
    paths = []
    for name, text in lists.items():
        paths.append(directory / f"{name}.txt")
        paths[-1].write_text(text)
    return Reputation.load(paths)


def test_nothing_loaded_is_not_the_same_as_clean(tmp_path: Path) -> None:
    assert Reputation.load([]).look_up("192.0.2.1") is None
    assert load(tmp_path, empty="# nothing\n").look_up("192.0.2.1") == ""


@pytest.mark.parametrize(
    ("text", "listed", "clean"),
    [
        (FIREHOL, ["192.0.2.0", "192.0.2.255", "198.51.100.7"], ["192.0.3.0", "198.51.100.8"]),
        (FIREHOL, ["2001:db8::1"], ["2001:db9::"]),
        (DROP, ["203.0.113.127", "100.127.255.255"], ["203.0.113.128", "100.128.0.0"]),
        (DROP_JSON, ["203.0.113.128", "2001:db8:1::7"], ["203.0.113.127"]),
        (TOR, ["192.0.2.77"], ["192.0.2.78"]),
        (RANGES, ["192.0.2.10", "192.0.2.20", "192.0.2.35"], ["192.0.2.21", "192.0.2.9"]),
        (RANGES, ["2001:db8::ff"], ["2001:db8::100"]),
        ("\ufeff192.0.2.1\r\n192.0.2.2\r\n", ["192.0.2.1", "192.0.2.2"], ["192.0.2.3"]),
        ("192.0.2.7/24", ["192.0.2.200"], []),
        ("0.0.0.0/0", ["192.0.2.1"], ["::1"]),
    ],
)  # fmt: skip
def test_formats(tmp_path: Path, text: str, listed: list[str], clean: list[str]) -> None:
    reputation = load(tmp_path, bad=text)
    assert reputation.faults == ()
    assert {address: reputation.look_up(address) for address in listed} == dict.fromkeys(
        listed, "bad"
    )
    assert {address: reputation.look_up(address) for address in clean} == dict.fromkeys(clean, "")


def test_the_first_list_names_it(tmp_path: Path) -> None:
    reputation = load(tmp_path, drop="192.0.2.0/25", tor="192.0.2.0/24")
    assert reputation.look_up("192.0.2.1") == "drop"
    assert reputation.look_up("192.0.2.200") == "tor"
    assert reputation.look_up("192.0.2.1") == "drop"


def test_bad_lines_are_counted_and_cost_nothing_else(tmp_path: Path) -> None:
    text = "192.0.2.1\nhello\n192.0.2.300\n1.2.3.4-1.2.3.1\n{bad\n192.0.2.2\n192.0.2.1-::1\n"
    reputation = load(tmp_path, mixed=text)
    assert reputation.look_up("192.0.2.2") == "mixed"
    [fault] = reputation.faults
    assert "5 lines hold no address or network (line 2, 3, 4 and others)" in fault


def test_a_missing_file_is_reported_and_the_others_count(tmp_path: Path) -> None:
    (tmp_path / "here.txt").write_text("192.0.2.1")
    reputation = Reputation.load([tmp_path / "gone.txt", tmp_path / "here.txt"])
    assert reputation.look_up("192.0.2.1") == "here"
    [fault] = reputation.faults
    assert "gone.txt: cannot be read" in fault


def test_what_is_no_address_is_clean(tmp_path: Path) -> None:
    assert load(tmp_path, bad="0.0.0.0/0").look_up("testclient") == ""


def test_cache_is_bounded(tmp_path: Path) -> None:
    reputation = load(tmp_path, bad="192.0.2.0/24")
    for number in range(10_000):
        reputation.look_up(f"10.0.{number >> 8}.{number & 255}")
    assert len(reputation._known) <= 8192


NETWORKS = st.builds(
    lambda number, bits: IPv4Network((number, bits), strict=False),
    st.integers(0, 2**32 - 1),
    st.integers(8, 32),
)


@given(st.lists(NETWORKS, max_size=12), st.lists(st.ip_addresses(v=4), max_size=8))
def test_is_what_a_search_through_all_networks_finds(
    networks: list[IPv4Network], others: list[IPv4Address]
) -> None:
    ranges, bad = read_list([str(network) for network in networks])
    assert bad == []
    reputation = Reputation([_merged("bad", ranges)])
    edges = [address for network in networks for address in (network[0], network[-1])]
    for address in [*others, *edges]:
        inside = any(address in network for network in networks)
        assert reputation.look_up(str(address)) == ("bad" if inside else "")


@given(st.lists(st.text(max_size=30), max_size=5))
def test_never_raises_on_junk(lines: list[str]) -> None:
    read_list(lines)
