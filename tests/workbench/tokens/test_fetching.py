"""Keys from addresses: a real server that is honest, slow, large, leads astray or lies."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from nightlatch.workbench.tokens import fetching
from nightlatch.workbench.tokens.fetching import NotFetched, fetch
from nightlatch.workbench.tokens.material import NoKey, generate, keys_from, public_part

KEYS = {"keys": [public_part(generate("EC"))]}


class Issuer(BaseHTTPRequestHandler):
    """Answers by path."""

    def do_GET(self) -> None:
        base = f"http://127.0.0.1:{self.connection.getsockname()[1]}"
        places: dict[str, Any] = {
            "/jwks": KEYS,
            "/openid/.well-known/openid-configuration": {"jwks_uri": f"{base}/jwks"},
            "/.well-known/oauth-authorization-server/plain": {"jwks_uri": f"{base}/jwks"},
            "/metadata": {"issuer": base, "jwks_uri": f"{base}/jwks"},
            "/odd/.well-known/openid-configuration": {"jwks_uri": "file:///etc/passwd"},
            "/none/.well-known/openid-configuration": {},
            "/nothing.json": [],
            "/openid": {}, "/openid/": {}, "/odd": {}, "/none": {}, "/plain": {},
        }  # fmt: skip
        leads = {
            "/on": "/jwks",
            "/round": "/round",
            "/away": "ftp://127.0.0.1/jwks",
            "/file": "file:///etc/passwd",
            "/cloud": "http://169.254.169.254/latest/meta-data",
            "/mapped": "http://[::ffff:169.254.169.254]/",
        }
        if self.path in leads:
            self.send_response(302)
            self.send_header("Location", leads[self.path])
            self.end_headers()
        elif self.path == "/large":
            self._send(b" " * (fetching.MAX_DOCUMENT + 1))
        elif self.path == "/slow":
            self._drip()
        elif self.path in places:
            self._send(json.dumps(places[self.path]).encode())
        else:
            self.send_error(404)

    def _send(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        for _ in range(50):
            try:
                self.wfile.write(b" ")
                self.wfile.flush()
            except OSError:
                return
            time.sleep(0.1)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Issuer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("path", ["/jwks", "/metadata", "/openid", "/openid/", "/plain", "/on"])
def test_keys_from_a_set_metadata_or_an_issuer(base: str, path: str) -> None:
    assert keys_from(base + path) == KEYS["keys"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/missing", "answers with 404"),
        ("/nothing.json", "no set of keys"),
        ("/odd", "names no address for its keys"),
        ("/none", "answers with 404|names no address"),
        ("/large", "more than 1,048,576 bytes"),
        ("/round", "leads on more than 3 times"),
        ("/away", "another scheme"),
        ("/file", "another scheme"),
        ("/cloud", "never asked"),
        ("/mapped", "never asked"),
    ],
)
def test_what_leads_to_none(base: str, path: str, reason: str) -> None:
    with pytest.raises(NoKey, match=reason):
        keys_from(base + path)


def test_an_answer_that_never_ends(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "PATIENCE", 0.5)
    with pytest.raises(NotFetched, match=r"no whole answer in 0\.5 seconds"):
        fetch(base + "/slow")


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://169.254.1.2/",
        "http://[fe80::1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[fd00:ec2::254]/",
        "http://2852039166/",
        "http://0xa9fea9fe/",
        "http://169.254.43518/",
    ],
)
def test_no_cloud_is_asked_for_credentials(address: str) -> None:
    with pytest.raises(NotFetched, match=r"never asked|no address that can be asked"):
        fetch(address)


@pytest.mark.parametrize("address", ["http://", "http://[", "http://a b/", "http://x:99999/", "x"])
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(NotFetched):
        fetch(address)


def test_what_else_is_in_an_address_is_not_repeated() -> None:
    with pytest.raises(NotFetched) as told:
        fetch("http://ada:password@127.0.0.1:1/?access_token=eyJ")
    assert str(told.value).startswith("127.0.0.1 cannot be reached")
