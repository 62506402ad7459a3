import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightlatch.exchange.headers import Headers, headers_of
from nightlatch.identity.address import TrustedProxies, normal_address

PROXIES = TrustedProxies(["10.0.0.0/8", "2001:db8:ffff::/48", "unix"])
PEER = "10.0.0.1"


def forwarded(*lines: str, name: str = "X-Forwarded-For") -> Headers:
    return headers_of([(name, line) for line in lines])


NORMAL = [
    ("192.0.2.1", "192.0.2.1"),
    (" 192.0.2.1 ", "192.0.2.1"),
    ("192.0.2.1:8080", "192.0.2.1"),
    ('"192.0.2.1:8080"', "192.0.2.1"),
    ("2001:DB8:0:0::1", "2001:db8::1"),
    ("[2001:db8::1]", "2001:db8::1"),
    ("[2001:db8::1]:443", "2001:db8::1"),
    ('"[2001:db8::1]:443"', "2001:db8::1"),
    ("::ffff:192.0.2.1", "192.0.2.1"),
    ("[::FFFF:c000:201]:80", "192.0.2.1"),
    ("fe80::1%eth0", "fe80::1"),
    ("unknown", None),
    ("_hidden", None),
    ("", None),
    ("192.0.2.256", None),
    ("192.0.2.01", None),
    ("0x7f000001", None),
    ("192.0.2.1.", None),
    ("192.0.2.1 192.0.2.2", None),
    ("localhost", None),
    ("[", None),
]


@pytest.mark.parametrize(("text", "address"), NORMAL)
def test_normal_address(text: str, address: str | None) -> None:
    assert normal_address(text) == address


@given(st.ip_addresses())
def test_every_address_has_one_spelling(address: object) -> None:
    text = normal_address(str(address))
    assert text is not None
    assert normal_address(text) == text
    assert normal_address(f"[{text}]:80" if ":" in text else f"{text}:80") == text


CLIENTS = [
    # (X-Forwarded-For lines, client)
    ([], PEER),
    (["198.51.100.7"], "198.51.100.7"),
    (["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
    (["203.0.113.9, 198.51.100.7, 10.0.0.2"], "198.51.100.7"),
    (["203.0.113.9", "198.51.100.7", "10.0.0.2"], "198.51.100.7"),
    (["203.0.113.9, 198.51.100.7", "10.0.0.3, 10.0.0.2"], "198.51.100.7"),
    (["198.51.100.7:4711"], "198.51.100.7"),
    (["[2001:db8::1]:4711"], "2001:db8::1"),
    (["2001:db8::1"], "2001:db8::1"),
    (["2001:db8::1, 2001:db8:ffff::2"], "2001:db8::1"),
    (["::ffff:198.51.100.7, ::ffff:10.0.0.2"], "198.51.100.7"),
    (["10.0.0.4, 10.0.0.3, 10.0.0.2"], "10.0.0.4"),
    (["unknown"], PEER),
    (["203.0.113.9, unknown, 10.0.0.2"], "10.0.0.2"),
    (["203.0.113.9, junk!"], PEER),
    (["203.0.113.9,"], PEER),
    ([""], PEER),
    ([", ,"], PEER),
    (["198.51.100.7 "], "198.51.100.7"),
    (["127.0.0.1"], "127.0.0.1"),
]


@pytest.mark.parametrize(("lines", "client"), CLIENTS)
def test_client_by_x_forwarded_for(lines: list[str], client: str) -> None:
    assert PROXIES.client(PEER, forwarded(*lines)) == client


STANDARD = [
    (["for=198.51.100.7"], "198.51.100.7"),
    (["For=198.51.100.7;proto=https;by=10.0.0.1"], "198.51.100.7"),
    (['for="198.51.100.7:80"'], "198.51.100.7"),
    (['for="[2001:db8::1]:4711"'], "2001:db8::1"),
    (["for=203.0.113.9, for=198.51.100.7, for=10.0.0.2"], "198.51.100.7"),
    (["for=203.0.113.9", "for=198.51.100.7"], "198.51.100.7"),
    (['for="_a,b;c", for=198.51.100.7'], "198.51.100.7"),
    (["for=unknown"], PEER),
    (["for=_SEVKISEK"], PEER),
    (["for=203.0.113.9, for=_hidden, for=10.0.0.2"], "10.0.0.2"),
    (["by=203.0.113.9"], PEER),
    (["for=203.0.113.9;for=198.51.100.7"], PEER),
    (['for="198.51.100.7'], PEER),
    (['for=203.0.113.9, for="198.51.100.7'], PEER),
    (["198.51.100.7"], PEER),
    (["for="], PEER),
    (["=;=,;"], PEER),
]


@pytest.mark.parametrize(("lines", "client"), STANDARD)
def test_client_by_rfc_7239(lines: list[str], client: str) -> None:
    assert PROXIES.client(PEER, forwarded(*lines, name="Forwarded")) == client


def test_all_cases_ran() -> None:
    assert (len(NORMAL), len(CLIENTS), len(STANDARD)) == (21, 20, 17)


def test_without_proxies_nothing_forwarded_is_believed() -> None:
    nobody = TrustedProxies([])
    headers = headers_of([
        ("X-Forwarded-For", "203.0.113.9"),
        ("Forwarded", "for=203.0.113.9;proto=https;host=evil"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "evil"),
    ])  # fmt: skip
    assert nobody.client("::ffff:198.51.100.7", headers) == "198.51.100.7"
    assert nobody.scheme("198.51.100.7", headers, "http") == "http"
    assert nobody.host("198.51.100.7", headers, "api.example.com") == "api.example.com"


def test_strangers_cannot_choose_their_address() -> None:
    assert PROXIES.client("198.51.100.7", forwarded("203.0.113.9")) == "198.51.100.7"


def test_whatever_a_client_writes_first_is_not_believed() -> None:
    for written in ("203.0.113.9", "10.9.9.9", "junk", "unknown", '"', "a" * 9_000):
        assert PROXIES.client(PEER, forwarded(f"{written}, 198.51.100.7")) == "198.51.100.7"


def test_a_client_that_adds_the_other_header_only_hides_itself() -> None:
    headers = headers_of([("X-Forwarded-For", "198.51.100.7"), ("Forwarded", "for=203.0.113.9")])
    assert PROXIES.client(PEER, headers) == PEER
    agreed = headers_of([("X-Forwarded-For", "198.51.100.7"), ("Forwarded", "for=198.51.100.7")])
    assert PROXIES.client(PEER, agreed) == "198.51.100.7"


def test_the_two_headers_are_not_taken_for_each_other() -> None:
    assert PROXIES.client(PEER, forwarded("198.51.100.7")) == "198.51.100.7"
    assert PROXIES.client(PEER, forwarded("198.51.100.7", name="Forwarded")) == PEER


def test_a_proxy_on_a_unix_socket() -> None:
    assert PROXIES.client("", forwarded("198.51.100.7")) == "198.51.100.7"
    assert TrustedProxies(["10.0.0.0/8"]).client("", forwarded("198.51.100.7")) == ""


def test_a_peer_without_an_address_is_nobody_trusted() -> None:
    assert PROXIES.client("testclient", forwarded("198.51.100.7")) == "testclient"


def test_giant_lists_are_read_from_the_near_end() -> None:
    far = ", ".join(["203.0.113.9"] * 50_000)
    assert PROXIES.client(PEER, forwarded(f"{far}, 198.51.100.7")) == "198.51.100.7"
    assert PROXIES.client(PEER, forwarded(", ".join(["10.0.0.2"] * 50_000))) == "10.0.0.2"
    standard = ", ".join(["for=203.0.113.9"] * 50_000)
    headers = forwarded(f"{standard}, for=198.51.100.7", name="Forwarded")
    assert PROXIES.client(PEER, headers) == "198.51.100.7"


@pytest.mark.parametrize(
    ("fields", "scheme"),
    [
        ([("X-Forwarded-Proto", "https")], "https"),
        ([("X-Forwarded-Proto", "HTTPS")], "https"),
        ([("X-Forwarded-Proto", "https, http")], "http"),
        ([("X-Forwarded-Proto", "wss")], "https"),
        ([("X-Forwarded-Proto", "gopher")], "http"),
        ([("X-Forwarded-Proto", "")], "http"),
        ([("Forwarded", "for=198.51.100.7;proto=https, for=10.0.0.2;proto=http")], "https"),
        ([("Forwarded", "for=unknown;proto=https")], "http"),
        ([], "http"),
    ],
)
def test_scheme(fields: list[tuple[str, str]], scheme: str) -> None:
    assert PROXIES.scheme(PEER, headers_of(fields), "http") == scheme


def test_scheme_of_websockets() -> None:
    headers = headers_of([("X-Forwarded-Proto", "https")])
    assert PROXIES.scheme(PEER, headers, "ws") == "wss"
    assert PROXIES.scheme(PEER, headers_of([("X-Forwarded-Proto", "http")]), "wss") == "ws"


@pytest.mark.parametrize(
    ("fields", "host"),
    [
        ([("X-Forwarded-Host", "api.example.com")], "api.example.com"),
        ([("X-Forwarded-Host", "evil.example, api.example.com:8443")], "api.example.com:8443"),
        ([("X-Forwarded-Host", "[2001:db8::1]:80")], "[2001:db8::1]:80"),
        ([("X-Forwarded-Host", "a b")], "inside"),
        ([("X-Forwarded-Host", "<script>")], "inside"),
        ([("X-Forwarded-Host", "a" * 300)], "inside"),
        ([("Forwarded", "for=198.51.100.7;host=api.example.com")], "api.example.com"),
        ([], "inside"),
    ],
)
def test_host(fields: list[tuple[str, str]], host: str) -> None:
    assert PROXIES.host(PEER, headers_of(fields), "inside") == host


def test_every_bad_entry_is_named() -> None:
    with pytest.raises(ValueError, match="not an address") as caught:
        TrustedProxies(["10.0.0.0/8", "proxy.local", "10.0.0.0/33", ""])
    assert "'proxy.local', '10.0.0.0/33', ''" in str(caught.value)


def test_entries_may_have_host_bits_and_spaces() -> None:
    assert (
        TrustedProxies([" 10.0.0.7/24 "]).client("10.0.0.99", forwarded("192.0.2.1")) == "192.0.2.1"
    )


@pytest.mark.slow
def test_caches_are_bounded() -> None:
    proxies = TrustedProxies(["10.0.0.0/8"])
    for number in range(20_000):
        address = f"192.0.{number >> 8}.{number & 255}"
        assert proxies.client(PEER, forwarded(address)) == address
        proxies.client(address, forwarded())
    assert len(proxies._chains) <= 8192
    assert len(proxies._peers) <= 8192


@given(
    st.lists(st.text(st.characters(codec="latin-1"), max_size=60), max_size=3),
    st.sampled_from(["X-Forwarded-For", "Forwarded", "X-Forwarded-Host", "X-Forwarded-Proto"]),
    st.sampled_from([PEER, "", "198.51.100.7", "junk"]),
)
def test_never_raises(lines: list[str], name: str, peer: str) -> None:
    headers = forwarded(*lines, name=name)
    PROXIES.client(peer, headers)
    assert PROXIES.scheme(peer, headers, "http") in ("http", "https")
    PROXIES.host(peer, headers, "inside")


@given(st.lists(st.ip_addresses(v=4), min_size=1, max_size=6))
def test_the_client_is_the_rightmost_that_is_not_trusted(addresses: list[object]) -> None:
    chain = [str(address) for address in addresses]
    strangers = [address for address in chain if not address.startswith("10.")]
    expected = strangers[-1] if strangers else chain[0]
    assert PROXIES.client(PEER, forwarded(", ".join(chain))) == expected
