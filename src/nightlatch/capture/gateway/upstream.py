"""Where the application is, from the address that a person gives."""

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

_PORTS: Final = {"http": 80, "https": 443}


class Upstream(Struct, frozen=True):
    host: str
    port: int
    tls: bool

    @property
    def address(self) -> str:
        """As proxies write it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_address(self) -> bool:
        """Given by its address, and not by a name."""
        try:
            ip_address(self.host)
        except ValueError:
            return False
        return True


def read_upstream(url: str) -> Upstream:
    """From "http://127.0.0.1:8000". Raises ValueError that says what is wrong with it."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError(f"{url!r} is no address of an application; write http://127.0.0.1:8000")
    if parts.path.strip("/") or parts.query or parts.username:
        raise ValueError(
            f"{url!r} has more than a scheme, a host and a port; paths pass through unchanged"
        )
    # Written into the configuration of a proxy, where a space begins another word.
    if not parts.hostname.isascii() or not set(parts.hostname) <= _IN_HOST:
        raise ValueError(f"{parts.hostname!r} is no name of a host")
    return Upstream(parts.hostname, parts.port or _PORTS[parts.scheme], parts.scheme == "https")


_IN_HOST: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-_:")
