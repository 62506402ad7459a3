"""Request framing: two opinions on where the request ends, and another request in between."""

import re

from nightlatch.checks.attacks.recogniser import SENT, Found, RequestRule
from nightlatch.checks.attacks.value import Clue
from nightlatch.checks.check import Check, Scope
from nightlatch.exchange.exchange import Request
from nightlatch.exchange.headers import Headers
from nightlatch.exchange.judgement import Level

_CODINGS = frozenset(("chunked", "gzip", "x-gzip", "deflate", "compress", "x-compress", "identity"))
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]++")
_NAMES = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z,-]*+")
_METHODS = rb"(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|CONNECT|TRACE|GPOST|XPOST)"
_REQUEST_LINE = _METHODS + rb"[ \t]+[^\s]{1,2000}+[ \t]+HTTP/\d"
# The end of a chunked body, and a request after it.
_AFTER_LAST_CHUNK = re.compile(rb"(?:^|\n)0+\r?\n\r?\n(?>(?:\s)*)" + _REQUEST_LINE)
_BODY_BEGINS = re.compile(rb"\s*+" + _REQUEST_LINE + rb"[^\n]{0,40}\n")
_IN_VALUE = re.compile(rb"[\r\n]\s*+" + _REQUEST_LINE)
_LOOK = 64 * 1024
"""Bytes of a body that are searched for a second request."""
_LENGTH = re.compile(r"\d{1,19}", re.ASCII)


def judge(request: Request) -> Clue | None:
    headers = request.headers
    best: Clue | None = None
    if b"transfer-encoding" in headers:
        best = _of_coding(request)
    if best is None and b"content-length" in headers:
        best = _of_lengths(headers.get_all(b"content-length"))
    # All names and all values at once: nearly every request has nothing unusual in them.
    names = b",".join([name for name, _ in headers.raw])
    values = b"".join([value for _, value in headers.raw])
    if not _NAMES.fullmatch(names) or b"\n" in values or b"\r" in values or b"\0" in values:
        best = _stronger(best, _of_fields(headers))
    data = request.body.data
    if data and data.find(b" HTTP/", 0, _LOOK) >= 0:
        best = _stronger(best, _of_body(data[:_LOOK]))
    return best


def _of_fields(headers: Headers) -> Clue | None:
    best: Clue | None = None
    for name, value in headers.raw:
        if not _TOKEN.fullmatch(name):
            best = _stronger(best, _of_name(name))
        elif b"\n" in value or b"\r" in value or b"\0" in value:
            best = _stronger(best, _of_value(name, value))
    return best


def _stronger(first: Clue | None, second: Clue | None) -> Clue | None:
    if first is None or second is None:
        return first or second
    return second if second.certainty > first.certainty else first


def _of_coding(request: Request) -> Clue | None:
    fields = request.headers.get_all(b"transfer-encoding")
    shown = f"Transfer-Encoding: {', '.join(fields)[:80]}"
    if not request.http_version.startswith("1"):
        return Clue(82, "brings Transfer-Encoding into HTTP/2, which has none", shown)
    codings = [coding.strip(" \t") for field in fields for coding in field.split(",")]
    known = [coding.lower() for coding in codings]
    if any(coding not in _CODINGS for coding in known):
        return Clue(88, "names a transfer coding that servers read differently", shown)
    if known.count("chunked") > 1:
        return Clue(80, "says twice that the body is in chunks", shown)
    if (known[-1] != "chunked" and "chunked" in known) or "identity" in known:
        return Clue(78, "names a transfer coding that servers read differently", shown)
    if b"content-length" in request.headers:
        return Clue(72, "gives the body two lengths: Content-Length and chunks", shown)
    return None


def _of_lengths(lengths: list[str]) -> Clue | None:
    numbers = {length.strip(" \t") for length in lengths}
    shown = f"Content-Length: {', '.join(lengths)[:80]}"
    if len(numbers) > 1:
        return Clue(85, "gives the body several lengths", shown)
    number = numbers.pop()
    if not _LENGTH.fullmatch(number):
        return Clue(80, "gives a length that servers read differently", shown)
    return Clue(40, "gives the body's length twice", shown) if len(lengths) > 1 else None


def _of_name(name: bytes) -> Clue | None:
    shown = repr(name[:60])[1:]
    framing = name.lower().translate(None, b" \t\r\n\x0b\x0c\0:\"'").replace(b"_", b"-")
    if framing.startswith((b"transfer-encoding", b"content-length")):
        return Clue(92, "hides a header that decides the body's length", shown)
    if b"\r" in name or b"\n" in name or b"\0" in name:
        return Clue(88, "has a line end in the name of a header", shown)
    if name.startswith(b":"):
        return Clue(80, "leaves a pseudo-header of HTTP/2 among the headers", shown)
    return Clue(
        60 if name[:1] in b" \t" or name[-1:] in b" \t\x0b" else 40,
        "has a name no header may have",
        shown,
    )


def _of_value(name: bytes, value: bytes) -> Clue | None:
    shown = repr(value[:80])[1:]
    if _IN_VALUE.search(value[:8192]):
        return Clue(95, "carries a second request in a header", shown)
    # Folded lines (RFC 9112, section 5.2) are old, and still sent by some mail gateways.
    folded = re.sub(rb"\r?\n[ \t]+", b" ", value[:8192])
    if b"\r" in folded or b"\n" in folded or b"\0" in folded:
        return Clue(75, f"has a line end or NUL in the header {name[:40].decode('latin-1')}", shown)
    return None


def _of_body(data: bytes) -> Clue | None:
    if match := _AFTER_LAST_CHUNK.search(data):
        return Clue(94, "carries a second request after the last chunk", repr(match[0][:80])[1:])
    if match := _BODY_BEGINS.match(data):
        return Clue(62, "carries a second request in its body", repr(match[0][:80])[1:])
    return None


CHECK = Check(
    id="request-framing",
    title="The request's length is ambiguous",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Reads what decides where an HTTP/1 request ends, and fails on the marks of request smuggling: both
lengths at once, lengths that differ or are no plain number, transfer codings that only some servers
understand (`xchunked`, `chunked, identity`), headers whose names hold blanks or control characters,
remains of HTTP/2 among the headers, and a second request after the last chunk, at the start of a
body or in a header.""",
    why="""\
What one server takes for the body, the next takes for a request of somebody else's connection: it
passes the proxy's rules, and answers go to the wrong people.""",
    example="""\
POST / HTTP/1.1
Host: api.example.com
Content-Length: 44
Transfer-Encoding: xchunked

0

GET /admin HTTP/1.1
Host: api.example.com
""",
    remedy="""\
Update proxy and server: current nginx, HAProxy, h11 and httptools refuse such requests. Never turn
on tolerant parsing, and speak HTTP/2 to the back end where you can, which has one length only. With
HAProxy:

```haproxy
backend api
    no option accept-invalid-http-request
    server api1 192.0.2.10:8443 ssl verify required ca-file /etc/ssl/own.pem alpn h2
```

If such a request got as far as the application, something in front of it let it through: find out
what.""",
    owasp="API8:2023",
    cwe=444,
    references=(
        "https://www.rfc-editor.org/rfc/rfc9112#section-11.2",
        "https://portswigger.net/research/http-desync-attacks-request-smuggling-reborn",
    ),
    reads=SENT,
    judge=Found("request-framing"),
)

RULE = RequestRule(check=CHECK.id, judge=judge)
