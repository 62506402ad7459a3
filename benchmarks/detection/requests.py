"""A row of a corpus as the request that the middleware would hand on.

The row goes the product's own way: an ASGI scope as a server makes it, the captured prefix of the
body, its content coding undone by the capture's decoder within the capture's bounds.
"""

from urllib.parse import unquote, urlsplit

from benchmarks.detection.corpus import Row
from nightlatch.capture.bodies import BodyCollector, body_of
from nightlatch.capture.codings import decoder_for
from nightlatch.capture.requests import request_of, with_body
from nightlatch.capture.setup import BODY_LIMIT
from nightlatch.exchange.exchange import Request

_FRAMING = {b"content-length", b"transfer-encoding"}


def request_of_row(row: Row) -> Request:
    """The request; nothing a row may hold makes this raise."""
    raw_path, _, query = _origin_form(row.target).partition("?")
    headers = [(_octets(name).lower(), _octets(value)) for name, value in row.headers]
    _complete(headers, row.body)
    request = request_of(
        {
            "type": "http",
            "method": row.method,
            "path": unquote(raw_path),
            "query_string": _octets(query),
            "headers": headers,
            "client": ("203.0.113.7", 50_000),
        }
    )
    collector = BodyCollector(BODY_LIMIT)
    collector.add(row.body, more=False)
    return with_body(request, body_of(collector, decoder_for(request.headers), over=True))


def _origin_form(target: str) -> str:
    """Without the scheme and host that a request to a proxy names (RFC 9112 section 3.2.2)."""
    if target.startswith("/") or "://" not in target[:16]:
        return target
    try:
        return urlsplit(target)._replace(scheme="", netloc="").geturl()
    except ValueError:
        return target


def _complete(headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    """What every client adds when it sends, where the corpus left it out."""
    names = {name for name, _ in headers}
    if b"host" not in names:
        headers.insert(0, (b"host", b"api.example.com"))
    if body and not names & _FRAMING:
        headers.append((b"content-length", b"%d" % len(body)))


def _octets(text: str) -> bytes:
    # Lone surrogates can stand in JSON, and so in a corpus.
    return text.encode("utf-8", "surrogatepass")
