"""Applications with Treblle's own SDKs, each a process of its own, whose events come to us."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.capture.running import application
from tests.capture.treblle.node_modules_cache import node_modules
from tests.capture.treblle.tls_end import certificate, tls_end
from tests.servers import environment, free_port

_HERE = Path(__file__).parent


@contextmanager
def django_shop(collector: str, token: str, place: Path) -> Iterator[str]:
    """Its URL. The SDK comes through a proxy."""
    pem, port = certificate(place), free_port()
    module = "tests.capture.treblle.django_app"
    command = [sys.executable, "-m", module, str(port), token, "Authorization", "username"]
    with tls_end(collector, pem) as proxy:
        env = {"HTTPS_PROXY": f"http://127.0.0.1:{proxy}", "REQUESTS_CA_BUNDLE": str(pem[0])}
        with application(command, environment() | env, port) as url:
            yield url


@contextmanager
def node_shop(package: str, collector: str, token: str, place: Path) -> Iterator[str]:
    """Its URL. The names of the SDK's hosts lead to us."""
    modules, pem, port = node_modules(), certificate(place), free_port()
    with tls_end(collector, pem) as tls_port:
        command = ["node", str(_HERE / "node_app.js"), package, str(port), token, str(tls_port)]
        env = {"NODE_PATH": str(modules), "NODE_EXTRA_CA_CERTS": str(pem[0])}
        with application(command, os.environ | env, port) as url:
            yield url
