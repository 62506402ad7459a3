"""The small parts of listeners: who may send, how much, and where."""

import socket

import pytest
from tests.capture.wires.reading import NOW

from nightlatch.capture.wires.addresses import Address, bind, read_addresses
from nightlatch.capture.wires.allowed import AllowList
from nightlatch.capture.wires.datagrams import kernel_drops
from nightlatch.capture.wires.rate import SenderRates
from nightlatch.capture.zones import without_zone
from nightlatch.settings.ways import PRIVATE


@pytest.mark.parametrize(
    ("address", "admitted"),
    [
        ("127.0.0.1", True),
        ("10.1.2.3", True),
        ("172.31.255.255", True),
        ("::1", True),
        ("fe80::1%eth0", True),
        ("::ffff:192.168.0.7", True),
        ("172.32.0.1", False),
        ("203.0.113.7", False),
        ("::ffff:203.0.113.7", False),
        ("2001:db8::1", False),
    ],
)
def test_private_networks_may_send_unless_told_otherwise(address: str, admitted: bool) -> None:
    assert AllowList(PRIVATE).admits(address) is admitted


def test_what_is_no_network_is_listed() -> None:
    with pytest.raises(ValueError, match=r"everybody, 300\.0\.0\.1"):
        AllowList(["10.0.0.0/8", "everybody", "300.0.0.1"])


def test_a_sender_has_its_rate_and_its_neighbour_theirs() -> None:
    rates = SenderRates(10)
    assert [rates.admits("a", NOW) for _ in range(30)].count(True) == 20
    assert rates.admits("b", NOW)
    assert [rates.admits("a", NOW + 1) for _ in range(30)].count(True) == 10
    assert not rates.admits("a", NOW - 60)


def test_senders_that_are_remembered_are_bounded() -> None:
    rates = SenderRates(1)
    for number in range(10_000):
        rates.admits(str(number), NOW)
    assert len(rates._buckets) == 4_096


def test_addresses_to_listen_on() -> None:
    assert read_addresses(["udp://127.0.0.1:12201", "tls://[::1]:6514"]) == [
        Address("udp", "127.0.0.1", 12201),
        Address("tls", "::1", 6514),
    ]
    assert str(Address("tls", "::1", 6514)) == "tls://[::1]:6514"


@pytest.mark.parametrize(
    "entry", ["udp://", "udp://127.0.0.1", "quic://127.0.0.1:1", "udp://127.0.0.1:x", "127.0.0.1:1",
              "tcp://127.0.0.1:1/path", "tcp://user@127.0.0.1:1"],
)  # fmt: skip
def test_what_is_no_address_is_listed(entry: str) -> None:
    with pytest.raises(ValueError, match="write udp://"):
        read_addresses(["udp://127.0.0.1:1", entry])


def test_the_kernel_tells_what_it_threw_away() -> None:
    with (
        bind(Address("udp", "127.0.0.1", 0)) as taker,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        taker.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        taker.setblocking(False)
        for _ in range(500):
            sender.sendto(b"x" * 500, taker.getsockname())
        left = 0
        while True:
            try:
                left += bool(taker.recv(1_000))
            except BlockingIOError:
                break
        assert kernel_drops(taker) == 500 - left > 0


@pytest.mark.parametrize(
    ("apart", "moved"), [(0, 0), (10, 0), (3_600, 3_600), (-19_800, -19_800), (900_000, 0)]
)
def test_zones_are_half_hours(apart: float, moved: float) -> None:
    assert without_zone(NOW - apart, NOW) == NOW - apart + moved
