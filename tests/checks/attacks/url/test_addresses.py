"""Hosts and whom they name: vectors from the URL standard's host tests, RFC 6052 and resolvers."""

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.checks.attacks.url.addresses import Reach, ipv4, target_of

NUMBERS = [
    ("127.0.0.1", "127.0.0.1"),
    ("127.1", "127.0.0.1"),
    ("127.0.1", "127.0.0.1"),
    ("2130706433", "127.0.0.1"),
    ("0x7f000001", "127.0.0.1"),
    ("0x7f.0x0.0x0.0x1", "127.0.0.1"),
    ("017700000001", "127.0.0.1"),
    ("0177.1", "127.0.0.1"),
    ("0x7f.0.1", "127.0.0.1"),
    ("0", "0.0.0.0"),
    ("0x", "0.0.0.0"),
    ("192.0x00A80001".lower(), "192.168.0.1"),
    ("4294967295", "255.255.255.255"),
    ("425.510.425.510", "169.254.169.254"),
    ("7147006462", "169.254.169.254"),
]
NAMES = [
    *("", ".", "a", "1.2.3.4.5", "1..2", "08.1", "09", "0xg", "17179869184", "256.1", "1.2.65536"),
    *("1.2.3.x", "١٢٧.1", "1" * 40),
]


@pytest.mark.parametrize(("host", "address"), NUMBERS)
def test_numbers_are_addresses(host: str, address: str) -> None:
    assert ipv4(host) == int(ipaddress.IPv4Address(address))


@pytest.mark.parametrize("host", NAMES)
def test_names_are_none(host: str) -> None:
    assert ipv4(host) is None


@given(st.ip_addresses(v=4))
@settings(max_examples=100, deadline=None)
def test_every_notation_means_the_same(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    first, second, third, fourth = address.packed
    for host in (
        str(number),
        hex(number),
        f"0{number:o}",
        f"{first}.{number & 0xFFFFFF}",
        f"{first}.{second}.{number & 0xFFFF}",
        f"0x{first:x}.0{second:o}.{third}.0x{fourth:02x}",
    ):
        assert ipv4(host) == number
    plain = target_of(str(address))
    mapped = target_of(f"[::ffff:{address}]")
    assert not plain.disguised
    assert mapped.reach is plain.reach
    assert mapped.disguised is (plain.reach is not Reach.PUBLIC)
    assert target_of(f"[64:ff9b::{address}]").reach is plain.reach


REACHES = [
    *(("169.254.169.254", Reach.METADATA), ("metadata.google.internal", Reach.METADATA)),
    *(("METADATA.Google.Internal.", Reach.METADATA), ("[fd00:ec2::254]", Reach.METADATA)),
    *(("localhost", Reach.LOOPBACK), ("app.localhost", Reach.LOOPBACK), ("[::1]", Reach.LOOPBACK)),
    *(("[::]", Reach.LOOPBACK), ("0.0.0.0", Reach.LOOPBACK), ("lvh.me", Reach.LOOPBACK)),
    *(("a.localtest.me", Reach.LOOPBACK), ("127.0.0.1.nip.io", Reach.LOOPBACK)),
    *(("a-10-0-0-1.sslip.io", Reach.INTERNAL), ("c0a80001.nip.io", Reach.INTERNAL)),
    *(("8.8.8.8.nip.io", Reach.PUBLIC), ("nip.io", Reach.PUBLIC), ("a.1u.ms", Reach.REBINDING)),
    *(("10.0.0.1", Reach.INTERNAL), ("172.16.0.1", Reach.INTERNAL), ("[fe80::1]", Reach.INTERNAL)),
    *(("172.32.0.1", Reach.PUBLIC), ("8.8.8.8", Reach.PUBLIC), ("[2606:4700::1111]", Reach.PUBLIC)),
    *(("db.internal", Reach.INTERNAL), ("a.svc.cluster.local", Reach.INTERNAL)),
    *(
        ("example.com", Reach.PUBLIC),
        ("localhost.example.com", Reach.PUBLIC),
        ("[x]", Reach.PUBLIC),
    ),
    *(("127。0。0。1", Reach.LOOPBACK), ("", Reach.PUBLIC), ("notlvh.me", Reach.PUBLIC)),
]


@pytest.mark.parametrize(("host", "reach"), REACHES)
def test_whom_a_host_names(host: str, reach: Reach) -> None:
    assert target_of(host).reach is reach


@pytest.mark.parametrize("host", ["127.1", "0x7f.1", "[0::1]", "[::ffff:7f00:1]", "[::]", "0177.1"])
def test_disguises(host: str) -> None:
    assert target_of(host).disguised


@pytest.mark.parametrize("host", ["127.0.0.1.nip.io", "127-0-0-1.sslip.io", "7f000001.nip.io"])
def test_a_bare_address_before_a_public_name_is_a_disguise(host: str) -> None:
    assert target_of(host).disguised
    assert not target_of(f"app.{host}").disguised


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "[fe80::1]", "10.0.0.1"])
def test_plain_spellings(host: str) -> None:
    assert not target_of(host).disguised


@given(st.text(max_size=60) | st.text("0123456789abcdefx.:[]%-", max_size=60))
@settings(max_examples=100, deadline=None)
def test_never_raises(host: str) -> None:
    target_of(host)
    ipv4(host)
