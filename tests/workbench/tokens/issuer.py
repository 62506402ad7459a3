"""An issuer's metadata and keys on a loopback port: honest, slow, large, or leading astray."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from nightlatch.workbench.tokens import fetching
from nightlatch.workbench.tokens.material import generate, public_part

SIGNING = generate("EC")
KEYS = {"keys": [public_part(SIGNING), public_part(generate("OKP"))]}


class Issuer(BaseHTTPRequestHandler):
    """Answers by path."""

    def do_GET(self) -> None:
        base = f"http://127.0.0.1:{self.connection.getsockname()[1]}"
        places: dict[str, Any] = {
            "/jwks": KEYS,
            "/openid/.well-known/openid-configuration": {"jwks_uri": f"{base}/jwks"},
            "/silent/.well-known/openid-configuration": {"jwks_uri": f"{base}/jwks"},
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


@contextmanager
def issuer() -> Iterator[str]:
    """Its base address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Issuer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()
