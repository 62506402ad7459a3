"""Where to listen: "udp://127.0.0.1:12201", "tcp://[::1]:12201", "tls://0.0.0.0:6514"."""

import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

from msgspec import Struct

TRANSPORTS = ("udp", "tcp", "tls")


class Address(Struct, frozen=True):
    transport: str
    host: str
    port: int
    """0: the system picks one."""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.transport}://{host}:{self.port}"


def read_addresses(entries: Sequence[str]) -> list[Address]:
    """Raises ValueError that lists every entry which is no address to listen on."""
    addresses, wrong = [], []
    for entry in entries:
        address = _read(entry)
        if address is None:
            wrong.append(entry)
        else:
            addresses.append(address)
    if wrong:
        raise ValueError(
            f"cannot listen on {', '.join(wrong)}; write udp://127.0.0.1:12201, tcp://… or tls://…"
        )
    return addresses


def bind(address: Address) -> socket.socket:
    """The socket, open before anything is said of it. Raises OSError that tells what to do."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        if address.transport != "udp":
            return socket.create_server((address.host, address.port), family=family, backlog=128)
        bound = socket.socket(family, socket.SOCK_DGRAM)
        try:
            bound.bind((address.host, address.port))
        except OSError:
            bound.close()
            raise
    except OSError as error:
        raise OSError(
            f"cannot listen on {address} ({error.strerror}); ports below 1024 need privileges, and "
            "each other port can be taken once"
        ) from error
    return bound


def _read(entry: str) -> Address | None:
    try:
        split = urlsplit(entry)
        host, port = split.hostname, split.port
    except ValueError:
        return None
    extra = split.path.strip("/") or split.query or split.fragment or split.username
    if split.scheme not in TRANSPORTS or not host or port is None or extra:
        return None
    return Address(split.scheme, host, port)
