"""The circles a caller belongs to, from the narrowest to the widest.

Whoever changes address stays in a wider circle; whoever shares an address is told apart by a
narrower one.
"""

from ipaddress import ip_address, ip_network
from socket import AF_INET, inet_pton

from nightlatch.exchange.credential import Credential, CredentialKind, Proof
from nightlatch.exchange.exchange import Caller, Request
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.headers import Headers
from nightlatch.identity.passes import CIRCLE

_KNOWN_ADDRESSES = 16_384
_KNOWN_FINGERPRINTS = 4096
_LONGEST_KNOWN_FINGERPRINT = 2048
_MOST_FIELDS = 64

_STABLE = frozenset({b"user-agent", b"accept", b"accept-encoding", b"accept-language"})
"""Their values count, of all others only the name and its place."""
_UNKNOWN, _VERIFIED = Proof.UNKNOWN, Proof.VERIFIED
_PRINCIPAL = "principal:"
_SHOWN = ("credential:", "session:")
_VOLATILE = frozenset(
    b"authorization cookie content-length content-type content-encoding transfer-encoding expect "
    b"forwarded via x-forwarded-for x-forwarded-proto x-forwarded-host x-forwarded-port x-real-ip "
    b"cf-connecting-ip cf-ray cf-ipcountry cf-visitor true-client-ip cdn-loop x-request-id "
    b"x-correlation-id x-amzn-trace-id traceparent tracestate baggage b3 if-none-match "
    b"if-modified-since range referer origin x-api-key idempotency-key cache-control pragma "
    b"nightlatch-pass nightlatch-solution".split()
)
"""Differ between two requests of one program, or are added on the way."""


class Circles:
    """Works out callers' circles. Its caches hold what was seen last; full, they start over."""

    def __init__(self, hasher: Hasher) -> None:
        self._hasher = hasher
        self._addresses: dict[str, tuple[str, ...]] = {}
        self._fingerprints: dict[bytes, str] = {}
        self._principals: dict[str, str] = {}
        """By credential: whose it was when the application last said so."""

    def caller(self, address: str, request: Request, credentials: tuple[Credential, ...]) -> Caller:
        """The caller at `address` (see `TrustedProxies.client`) with what it presented."""
        near = self._addresses.get(address) or self._address_circles(address)
        circles = (near[0], self._headers_circle(request.headers), *near[1:])
        if credentials:
            shown = _credential_circles(credentials)
            known = self._principals and self._principals.get(shown[-1] if shown else "")
            if known:
                shown = [known, *(one for one in shown if not one.startswith(_PRINCIPAL))]
            circles = (*shown, *circles)
        return Caller(address, circles)

    def known_as(self, caller: Caller, principal: str) -> Caller:
        """The caller, now that the application has said who it is; also from the next request with
        the same credential on."""
        known = _PRINCIPAL + self._hasher.hex("principal", principal)
        circles = caller.circles
        if known in circles:
            return caller
        passed = circles[:1] if circles[0].startswith(CIRCLE) else ()
        others = [one for one in circles[len(passed) :] if not one.startswith(_PRINCIPAL)]
        shown = [one for one in others if one.startswith(_SHOWN)]
        if shown:
            if len(self._principals) >= _KNOWN_ADDRESSES:
                self._principals.clear()
            self._principals[shown[-1]] = known
        return Caller(caller.address, (*passed, known, *others))

    def without(self, caller: Caller, refuted: tuple[Credential, ...]) -> Caller:
        """The caller, now that these credentials are known to prove nothing."""
        gone = {f"principal:{one.principal}" for one in refuted}
        gone |= {f"credential:{one.digest}" for one in refuted}
        left = tuple(one for one in caller.circles if one not in gone)
        return caller if len(left) == len(caller.circles) else Caller(caller.address, left)

    def _headers_circle(self, headers: Headers) -> str:
        fields = [
            value if name in _STABLE else name
            for name, value in headers.raw[:_MOST_FIELDS]
            if name not in _VOLATILE
        ]
        fingerprint = b"\n".join(fields)
        return self._fingerprints.get(fingerprint) or self._new_fingerprint(fingerprint)

    def _new_fingerprint(self, fingerprint: bytes) -> str:
        circle = "headers:" + self._hasher.hex("headers", fingerprint.decode("latin-1"))
        if len(fingerprint) <= _LONGEST_KNOWN_FINGERPRINT:
            if len(self._fingerprints) >= _KNOWN_FINGERPRINTS:
                self._fingerprints.clear()
            self._fingerprints[fingerprint] = circle
        return circle

    def _address_circles(self, address: str) -> tuple[str, ...]:
        circles = (f"address:{address or 'unknown'}", *_network_circle(address))
        if len(self._addresses) >= _KNOWN_ADDRESSES:
            self._addresses.clear()
        self._addresses[address] = circles
        return circles


def _credential_circles(credentials: tuple[Credential, ...]) -> list[str]:
    """One of each kind at most: the strongest credential speaks for the caller."""
    principal = credential = session = ""
    for found in credentials:
        if found.proof is not _UNKNOWN and found.proof is not _VERIFIED:
            # Whoever invents tokens is nobody's principal, and no new caller with each of them.
            continue
        if found.principal and not principal:
            principal = f"principal:{found.principal}"
        if not found.digest:
            continue
        if found.kind is CredentialKind.SESSION:
            session = session or f"session:{found.digest}"
        elif not credential:
            credential = f"credential:{found.digest}"
    return [circle for circle in (principal, credential, session) if circle]


def _network_circle(address: str) -> tuple[str, ...]:
    """/24 of an IPv4 and /64 of an IPv6 address: what one customer of a provider usually has."""
    try:
        inet_pton(AF_INET, address)
    except (OSError, ValueError):
        return _wide_network_circle(address)
    # Without the objects that `ipaddress` makes, which take 9 µs of every new caller's request.
    return (f"network:{address.rpartition('.')[0]}.0/24",)


def _wide_network_circle(address: str) -> tuple[str, ...]:
    try:
        bits = 24 if ip_address(address).version == 4 else 64
    except ValueError:
        return ()
    return (f"network:{ip_network((address, bits), strict=False)}",)
