"""Where a Redis is, and how to log in: what a URL says of it."""

from collections.abc import Sequence
from urllib.parse import unquote

from msgspec import Struct

PORT = 6379
_SCHEMES = {"redis": False, "rediss": True}

Node = tuple[str, int]
"""Host and port."""


class RedisAddress(Struct, frozen=True):
    """One server, or some of a cluster's, from which the others are learned."""

    nodes: tuple[Node, ...]
    tls: bool = False
    user: str = ""
    password: str = ""
    database: int = 0
    authority: str = ""
    """File of certificates that vouch for the servers; empty: those the system trusts."""

    def __repr__(self) -> str:
        """Without the password: this ends up in logs."""
        hosts = ",".join(map(spell, self.nodes))
        user = f"{self.user}@" if self.user else ""
        return f"redis{'s' if self.tls else ''}://{user}{hosts}/{self.database}"


def read_address(url: str, password: str = "", authority: str = "") -> RedisAddress:
    """From `redis://[user[:password]@]host[:port][,host[:port]…][/database]`, with `rediss://` for
    TLS; several hosts are a cluster's. A `password` given beside it wins. Raises ValueError that
    says what to write, and never repeats the URL, which may hold a password."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in _SCHEMES:
        raise ValueError("it must begin with redis:// or rediss:// (TLS)")
    place, _, path = rest.partition("/")
    login, _, hosts = place.rpartition("@")
    user, _, written = login.partition(":")
    if path and not path.isdecimal():
        raise ValueError("after the host comes a database number, as in redis://localhost/0")
    return RedisAddress(
        nodes=_nodes(hosts.split(",")),
        tls=_SCHEMES[scheme],
        user=unquote(user),
        password=password or unquote(written),
        database=int(path or 0),
        authority=authority,
    )


def spell(node: Node) -> str:
    host, port = node
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _nodes(texts: Sequence[str]) -> tuple[Node, ...]:
    return tuple(map(_node, texts))


def _node(text: str) -> Node:
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":")
    else:
        host, _, port = text.partition(":")
    if not host:
        raise ValueError("a host is missing, as in redis://localhost:6379")
    if port and not (port.isdecimal() and 0 < int(port) < 65_536):
        raise ValueError(f'"{port}" is no port: a number below 65536')
    return host, int(port or PORT)
