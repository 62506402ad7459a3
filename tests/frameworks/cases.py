"""What every framework is asked, bare and behind Nightlatch."""

from tests.capture.conformance import Scenario, http

_JSON = "Content-Type: application/json"
_FORM = "Content-Type: application/x-www-form-urlencoded"
_MULTIPART = "Content-Type: multipart/form-data; boundary=b"
_UPLOAD = (
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n'
    b"Content-Type: application/octet-stream\r\n\r\n" + bytes(range(256)) * 8 + b"\r\n--b--\r\n"
)
_ONE = b"GET /json HTTP/1.1\r\nHost: a\r\n\r\n"


def _chunked(*chunks: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))


CASES: tuple[Scenario, ...] = (
    http("json", "GET /json", 200),
    http("json head", "HEAD /json", None),
    http("text", "GET /text", 200),
    http("fields twice and in order", "GET /headers", 200),
    http("no content", "GET /no-content", 204),
    http("not modified", "GET /not-modified", 304),
    http("redirect", "GET /redirect", None),
    http("not found", "GET /nothing", 404),
    http("method not allowed", "DELETE /json", 405),
    http("path parameter", "GET /items/7?x=%zz&&y", 200),
    http("no such item", "GET /items/seven", 404),
    http("escaped path", "GET /%C3%BC/%FF", 404),
    http("echo", "POST /echo", 200, _JSON, body=b'{"text": "' + b"x" * 2_000 + b'"}'),
    http("echo nothing", "POST /echo", 200, _JSON),
    http("echo large", "POST /echo", 200, "Content-Type: text/plain", body=b"y" * 3_000_000),
    http(
        "echo chunked",
        "POST /echo",
        200,
        _JSON,
        "Transfer-Encoding: chunked",
        body=_chunked(b"[1,", b"2]"),
    ),
    http("body never read", "POST /ignore", 200, body=b"z" * 300_000),
    http("form", "POST /form", 200, _FORM, body=b"a=1&b=2&a=3"),
    http("multipart", "POST /form", 200, _MULTIPART, body=_UPLOAD),
    http("stream", "GET /stream", 200),
    http("stream of json", "GET /stream-json", 200),
    http("stream of lines", "GET /ndjson", 200),
    http("stream of lines, head", "HEAD /ndjson", None),
    http("json beyond the limit", "GET /people", 200),
    http("download", "GET /download", 200),
    http("file", "GET /file", 200),
    http("file head", "HEAD /file", None),
    http("error", "GET /raises", 500),
    http("error midway", "GET /raises-midway", 200),
    http("http/1.0", "GET /json", 200, version="1.0"),
    http("stream over http/1.0", "GET /stream", 200, version="1.0"),
    Scenario("two in one connection", _ONE + http("second", "GET /text", 200).request, 200),
)
"""Status None: frameworks differ in how they redirect and in whether they answer HEAD unasked."""
