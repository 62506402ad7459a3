from ipaddress import IPv4Address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.exchange.credential import Credential, CredentialKind, CredentialPlace
from nightlatch.exchange.exchange import Caller, Request
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.headers import headers_of
from nightlatch.identity.circles import Circles

CIRCLES = Circles(Hasher(bytes(32)))
APP = [("Host", "a"), ("User-Agent", "App/1"), ("Accept", "*/*"), ("Accept-Language", "de")]


def request(fields: list[tuple[str, str]] = APP) -> Request:
    return Request("GET", "https", "a", "/", "", headers_of(fields), "")


def credential(kind: CredentialKind, digest: str, principal: str = "") -> Credential:
    return Credential(kind, CredentialPlace.HEADER, "authorization", digest, principal)


def circles(address: str = "198.51.100.7", *found: Credential) -> tuple[str, ...]:
    return CIRCLES.caller(address, request(), found).circles


def headers_circle(fields: list[tuple[str, str]]) -> str:
    return CIRCLES.caller("198.51.100.7", request(fields), ()).circles[1]


def test_a_stranger() -> None:
    address, headers, network = circles()
    assert address == "address:198.51.100.7"
    assert headers.startswith("headers:")
    assert network == "network:198.51.100.0/24"


def test_the_key_is_the_narrowest_circle() -> None:
    caller = CIRCLES.caller("198.51.100.7", request(), ())
    assert caller.key == "address:198.51.100.7"
    assert caller.address == "198.51.100.7"


def test_narrowest_first() -> None:
    found = (
        credential(CredentialKind.BEARER_JWT, "d1", "p1"),
        credential(CredentialKind.BASIC, "d2", "p2"),
        credential(CredentialKind.SESSION, "s1"),
        credential(CredentialKind.SESSION, "s2"),
    )
    kinds = circles("198.51.100.7", *found)
    assert kinds[:4] == ("principal:p1", "credential:d1", "session:s1", "address:198.51.100.7")
    assert len(kinds) == 6


def test_a_session_alone() -> None:
    kinds = circles("198.51.100.7", credential(CredentialKind.SESSION, "s1"))
    assert kinds[:2] == ("session:s1", "address:198.51.100.7")


def test_a_credential_that_cannot_be_told_from_others_makes_no_circle() -> None:
    assert circles("198.51.100.7", credential(CredentialKind.HMAC, "")) == circles()


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.129", ["address:192.0.2.129", "network:192.0.2.0/24"]),
        ("2001:db8:1:2:3::4", ["address:2001:db8:1:2:3::4", "network:2001:db8:1:2::/64"]),
        ("testclient", ["address:testclient"]),
        ("", ["address:unknown"]),
    ],
)
def test_address_and_network(address: str, expected: list[str]) -> None:
    own, _, *network = circles(address)
    assert [own, *network] == expected


def test_headers_circle_stays_with_the_program() -> None:
    first = headers_circle([*APP, ("Cookie", "a=1"), ("X-Request-Id", "1")])
    assert headers_circle([*APP, ("Authorization", "Bearer x")]) == first
    assert headers_circle([("Host", "b"), *APP[1:]]) == first


@pytest.mark.parametrize(
    "fields",
    [
        [APP[1], APP[0], *APP[2:]],
        [*APP, ("X-App-Version", "1")],
        [APP[0], ("User-Agent", "App/2"), *APP[2:]],
        APP[:-1],
        [],
    ],
)
def test_headers_circle_tells_programs_apart(fields: list[tuple[str, str]]) -> None:
    assert headers_circle(fields) != headers_circle(APP)


def test_headers_circle_depends_on_the_key() -> None:
    other = Circles(Hasher(b"k" * 32)).caller("198.51.100.7", request(), ())
    assert other.circles[1] != headers_circle(APP)
    assert "App" not in other.circles[1]


def test_caches_are_bounded() -> None:
    many = Circles(Hasher(bytes(32)))
    for number in range(20_000):
        fields = [("User-Agent", f"App/{number}")]
        many.caller(f"10.1.{number >> 8}.{number & 255}", request(fields), ())
    assert len(many._addresses) <= 16_384
    assert len(many._fingerprints) <= 4096


def test_giant_headers_are_not_remembered() -> None:
    many = Circles(Hasher(bytes(32)))
    giant = request([("User-Agent", "a" * 60_000)])
    assert many.caller("192.0.2.1", giant, ()) == many.caller("192.0.2.1", giant, ())
    assert not many._fingerprints


@given(st.ip_addresses(v=4))
@settings(max_examples=100, deadline=None)
def test_networks_of_ipv4_callers_are_what_ipaddress_says(address: IPv4Address) -> None:
    network = ip_network((address, 24), strict=False)
    assert circles(str(address))[-1] == f"network:{network}"


class TestWhomTheApplicationNames:
    """Its principal is verified: it stands before all that was only shown."""

    SESSION = (credential(CredentialKind.SESSION, "5e55"),)

    def test_it_comes_first_and_is_known_again_by_its_credential(self) -> None:
        circles = Circles(Hasher(bytes(32)))
        before = circles.caller("198.51.100.7", request(), self.SESSION)
        known = circles.known_as(before, "ada")
        assert known.circles[0].startswith("principal:")
        assert "ada" not in known.circles[0]
        assert known.circles[1:] == before.circles
        assert circles.known_as(known, "ada") is known
        again = circles.caller("203.0.113.9", request(), self.SESSION)
        assert again.circles[0] == known.circles[0]

    def test_it_takes_the_place_of_what_a_token_only_claims(self) -> None:
        circles = Circles(Hasher(bytes(32)))
        token = credential(CredentialKind.BEARER_JWT, "70ce", principal="claimed")
        caller = circles.caller("198.51.100.7", request(), (token,))
        assert caller.circles[0] == "principal:claimed"
        assert "principal:claimed" not in circles.known_as(caller, "ada").circles

    def test_a_pass_stays_in_front(self) -> None:
        caller = Caller("198.51.100.7", ("pass:1", "address:198.51.100.7"))
        known = Circles(Hasher(bytes(32))).known_as(caller, "ada")
        assert known.circles[0] == "pass:1"
        assert known.circles[1].startswith("principal:")

    def test_without_a_credential_nobody_is_remembered(self) -> None:
        circles = Circles(Hasher(bytes(32)))
        circles.known_as(circles.caller("198.51.100.7", request(), ()), "ada")
        assert circles.caller("198.51.100.7", request(), ()).circles[0].startswith("address:")
