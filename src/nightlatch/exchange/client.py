"""What program asks, and from what kind of network: as far as one request tells."""

from enum import StrEnum

from msgspec import Struct


class ClientKind(StrEnum):
    UNKNOWN = "unknown"
    BROWSER = "browser"
    APP = "app"
    """The API's own client, as learned, or a program that names itself as one."""
    LIBRARY = "library"
    """An HTTP library or a command-line tool: curl, requests, okhttp."""
    HEADLESS = "headless"
    """A browser that a program drives."""
    BOT = "bot"
    """A crawler or monitor that says what it is."""


class Client(Struct, frozen=True, gc=False):
    kind: ClientKind = ClientKind.UNKNOWN
    name: str = ""
    """As the database or the client names it: "Googlebot", "curl 8.5"."""
    confidence: float = 0.0
    """How sure it is that `kind` is right, 0 to 1."""
    verified: bool | None = None
    """A declared bot's address is its operator's (True) or not (False); None: not checked (yet)."""
    signs: tuple[str, ...] = ()
    """What does not fit together, in words: "a Chrome without Sec-CH-UA"."""
    fingerprint: str = ""
    """JA4 of the TLS handshake, where the front proxy supplies it; else empty."""


UNKNOWN_CLIENT = Client()


class Network(Struct, frozen=True, gc=False):
    kinds: tuple[str, ...] = ()
    """Of "private", "tor", "hosting", "proxy", "vpn"."""
    lists: tuple[str, ...] = ()
    """Names of the loaded lists of addresses with a bad name that hold it."""
    country: str = ""
    """ISO 3166-1 alpha-2, where a database is loaded."""
    asn: int = 0
    organisation: str = ""


UNKNOWN_NETWORK = Network()
