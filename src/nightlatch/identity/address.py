"""The client's address, scheme and host behind proxies that an operator named.

Everybody can send a forwarded header, so only the word of trusted proxies counts: from the right,
each hop is believed as long as the one after it, which reported it, is trusted. The first value of
the list is whatever the client wrote.
"""

import re
from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from nightlatch.exchange.headers import Headers
from nightlatch.identity.forwarded import Hop, read_forwarded, read_x_forwarded_for

_KNOWN_PEERS = 8192
_KNOWN_CHAINS = 8192
_LONGEST_KNOWN_CHAIN = 256
_FORWARDED = frozenset({b"x-forwarded-for", b"forwarded"})
_SECURE = {"https": "https", "wss": "https", "http": "http", "ws": "http"}
_HOST = re.compile(
    r"(?:[A-Za-z0-9_](?:[\w.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?", re.ASCII
)

Network = IPv4Network | IPv6Network
Fields = tuple[tuple[bytes, bytes], ...]


def normal_address(text: str) -> str | None:
    """The usual spelling of an IP address, or None when it is none.

    Takes brackets, ports and zones (`[2001:db8::1]:4711`, `192.0.2.1:80`, `fe80::1%eth0`); an
    IPv4-mapped IPv6 address becomes the IPv4 address it stands for.
    """
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(address)


class TrustedProxies:
    """The proxies whose forwarded headers are believed: addresses, CIDRs, or "unix" for a proxy
    that connects through a Unix socket. Without entries the headers are ignored.

    Raises ValueError that names every entry it cannot read.
    """

    def __init__(self, entries: Sequence[str]) -> None:
        self._networks, self._trusts_unix = _networks(entries)
        # Of both caches a full one starts over: nothing in them is dear to compute.
        self._peers: dict[str, tuple[str, bool]] = {}
        self._chains: dict[tuple[str, Fields], str] = {}

    def client(self, peer: str, headers: Headers) -> str:
        """The address of the last hop that no trusted proxy accounts for; `peer` itself when that
        is not trusted, or when what was forwarded cannot be read."""
        address, trusted = self._peers.get(peer) or self._judge(peer)
        if not trusted:
            return address
        sent = tuple([field for field in headers.raw if field[0] in _FORWARDED])
        if not sent:
            return address
        key = (address, sent)
        client = self._chains.get(key)
        if client is None:
            hop = self._client_hop(headers)
            client = hop.address if hop is not None and hop.address else address
            self._keep(key, client)
        return client

    def trusts(self, peer: str) -> bool:
        """The other end of the connection is one of them."""
        return (self._peers.get(peer) or self._judge(peer))[1]

    def scheme(self, peer: str, headers: Headers, default: str) -> str:
        """ "http" or "https" (for WebSockets "ws" or "wss") as the client used it."""
        if not self.trusts(peer):
            return default
        said = self._said(headers, b"x-forwarded-proto", lambda hop: hop.scheme)
        scheme = _SECURE.get(said.lower())
        if scheme is None:
            return default
        return scheme.replace("http", "ws") if default.startswith("ws") else scheme

    def host(self, peer: str, headers: Headers, default: str) -> str:
        """The host the client asked for."""
        if not self.trusts(peer):
            return default
        said = self._said(headers, b"x-forwarded-host", lambda hop: hop.host)
        return said if _HOST.fullmatch(said) else default

    def _said(self, headers: Headers, field: bytes, of_hop: Callable[[Hop], str]) -> str:
        """What the nearest proxy says in `field`, else in its element of Forwarded."""
        values = headers.get_all(field)
        if values:
            return values[-1].rpartition(",")[2].strip()
        hop = self._believed(read_forwarded(headers.get_all(b"forwarded")))
        return "" if hop is None else of_hop(hop)

    def _client_hop(self, headers: Headers) -> Hop | None:
        plain = self._believed(read_x_forwarded_for(headers.get_all(b"x-forwarded-for")))
        standard = self._believed(read_forwarded(headers.get_all(b"forwarded")))
        if plain is None or standard is None:
            return plain or standard
        # Two stories: whoever sent both may have made up either, so neither is believed.
        return plain if plain.address == standard.address else None

    def _believed(self, hops: Sequence[Hop]) -> Hop | None:
        """The hop furthest from us that a trusted proxy reported; `hops` are nearest first."""
        believed = None
        for hop in hops:
            address = normal_address(hop.address)
            if address is None:
                # Junk, `unknown` or an obfuscated name: who reported it is the last one known.
                return believed
            believed = Hop(address, hop.scheme, hop.host)
            if not self.trusts(address):
                return believed
        return believed

    def _judge(self, peer: str) -> tuple[str, bool]:
        if not peer:
            return "", self._trusts_unix
        address = normal_address(peer)
        judged = (peer, False) if address is None else (address, self._listed(address))
        if len(self._peers) >= _KNOWN_PEERS:
            self._peers.clear()
        self._peers[peer] = judged
        return judged

    def _listed(self, address: str) -> bool:
        if not self._networks:
            return False
        parsed = ip_address(address)
        return any(parsed in network for network in self._networks)

    def _keep(self, key: tuple[str, Fields], client: str) -> None:
        if sum(len(value) for _, value in key[1]) > _LONGEST_KNOWN_CHAIN:
            return
        if len(self._chains) >= _KNOWN_CHAINS:
            self._chains.clear()
        self._chains[key] = client


def _networks(entries: Sequence[str]) -> tuple[tuple[Network, ...], bool]:
    networks: list[Network] = []
    unix = False
    faults: list[str] = []
    for entry in entries:
        text = entry.strip()
        if text == "unix":
            unix = True
            continue
        try:
            networks.append(ip_network(text, strict=False))
        except ValueError:
            faults.append(repr(entry))
    if faults:
        raise ValueError(
            f'not an address, a network or "unix": {", ".join(faults)}; '
            'write trusted proxies as "10.0.0.7" or "10.0.0.0/8"'
        )
    return tuple(networks), unix
