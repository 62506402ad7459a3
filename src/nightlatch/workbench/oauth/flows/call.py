"""A request as it will be sent, and what came back: values to look at, edit and copy."""

import re
import shlex
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlsplit

from msgspec import Struct

from nightlatch.workbench.oauth.flows.masking import masked_body, masked_headers, masked_url

Headers = tuple[tuple[str, str], ...]
Pairs = tuple[tuple[str, str], ...]
MAX_FIELDS = 50
"""Of what a browser brings back."""
FORM = "application/x-www-form-urlencoded"
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_METHOD = re.compile(r"[A-Z]{1,20}\Z")


class Certificate(Struct, frozen=True):
    """For mutual TLS: paths of PEM files, read when a connection is made."""

    chain: str
    key: str = ""
    """Empty where the chain's file holds it too."""


class Call(Struct, frozen=True):
    """One HTTP request. Its `repr` has no secrets; its members do."""

    purpose: str
    """In words: "exchange the code for tokens"."""
    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""
    certificate: Certificate | None = None
    example: dict[str, Any] | None = None
    """What a server would answer: it leads on somebody who only wants to see the requests."""

    def __repr__(self) -> str:
        return f"Call({self.purpose!r}, {self.method} {masked_url(self.url)})"

    def masked(self) -> "Call":
        """The same with *** for every credential in it."""
        return Call(
            self.purpose, self.method, masked_url(self.url), masked_headers(self.headers),
            masked_body(self.body, header(self.headers, "content-type")), self.certificate,
        )  # fmt: skip

    def curl(self, authority: str = "") -> str:
        """A line for a POSIX shell that sends the same; `authority` is a PEM file of who vouches
        for the server."""
        words = ["curl", "-sS", "--globoff", "--path-as-is", "-X", self.method]
        for name, value in self.headers:
            # curl leaves out a header that ends in its colon, and sends it empty for a semicolon.
            words += ["-H", f"{name}: {value}" if value else f"{name};"]
        if self.certificate:
            words += ["--cert", self.certificate.chain]
            words += ["--key", self.certificate.key] if self.certificate.key else []
        words += ["--cacert", authority] if authority else []
        if self.body:
            words += ["--data-raw", self.body.decode("utf-8", "replace")]
        return shlex.join([*words, "--url", self.url])

    def as_text(self) -> str:
        """For an editor: first line, headers, an empty line, the body. `edited` reads it back."""
        lines = [f"{self.method} {self.url}", *(f"{n}: {v}" for n, v in self.headers), ""]
        return "\n".join(lines) + "\n" + self.body.decode("utf-8", "replace")


class Answer(Struct, frozen=True):
    """What a server answered; nothing in it is to be believed. Its `repr` has no secrets."""

    status: int
    headers: Headers = ()
    body: bytes = b""

    def __repr__(self) -> str:
        return f"Answer({self.status}, {len(self.body)} bytes)"

    def header(self, name: str) -> str:
        """The first of that name; empty where there is none."""
        return header(self.headers, name)


class Misspelt(ValueError):
    """This text is no request; the message says which line is wrong."""


def edited(call: Call, text: str) -> Call:
    """The call as somebody rewrote it (`Call.as_text`). Raises Misspelt."""
    head, _, body = text.partition("\n\n")
    first, *lines = head.split("\n")
    method, _, url = first.strip().partition(" ")
    if not _METHOD.match(method) or not _is_address(url):
        raise Misspelt("the first line is a method and an http(s) address")
    # An editor ends a file with a line break that nobody meant to send.
    data = body if call.body.endswith(b"\n") else body.rstrip("\r\n")
    return Call(call.purpose, method, url.strip(), tuple(_header_line(one) for one in lines if one),
                data.encode(), call.certificate, call.example)  # fmt: skip


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(host)


def _header_line(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not _HEADER_NAME.match(name) or not value.isprintable():
        raise Misspelt(f"this is no header: {name[:40]!r}")
    return name, value.strip()


def header_lines(lines: Iterable[str]) -> Headers:
    """As curl takes them: "Name: value". Raises Misspelt."""
    return tuple(_header_line(one.strip()) for one in lines if one.strip())


def brought_by(address: str) -> Pairs:
    """What the address says that a browser ended at: in its query, or its fragment. Raises
    Misspelt."""
    try:
        parts = urlsplit(address.strip())
        return tuple(parse_qsl(parts.query or parts.fragment, keep_blank_values=True,
                               max_num_fields=MAX_FIELDS))  # fmt: skip
    except ValueError:
        raise Misspelt("this is no address, or has very many parameters") from None


def header(headers: Headers, name: str) -> str:
    """The first of that name, in any case; empty where there is none."""
    wanted = name.lower()
    return next((value for its, value in headers if its.lower() == wanted), "")


def encoded(fields: Iterable[tuple[str, str]]) -> str:
    """As a form, and as a query."""
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in fields)


def form(purpose: str, url: str, fields: Iterable[tuple[str, str]], headers: Headers = (),
         certificate: Certificate | None = None, example: dict[str, Any] | None = None,
         ) -> Call:  # fmt: skip
    """A form posted to one of the server's endpoints, which answers in JSON."""
    whole = (("Content-Type", FORM), ("Accept", "application/json"), *headers)
    return Call(purpose, "POST", url, whole, encoded(fields).encode(), certificate, example)


def with_query(url: str, fields: Iterable[tuple[str, str]]) -> str:
    """An address with more in its query; what it has already stays (RFC 6749, section 3.1)."""
    address, _, fragment = url.partition("#")
    joint = "&" if urlsplit(address).query else ("" if address.endswith("?") else "?")
    added = encoded(fields)
    return (address + joint + added if added else address) + (f"#{fragment}" if fragment else "")
