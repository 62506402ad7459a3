"""The unmodified SDKs for Node.js (npm `treblle` and `@treblle/express`), over real sockets."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from tests.capture.collector_server import eventually, serving
from tests.capture.remembering import SOURCE_TOKEN, OneToken, RememberingIntake
from tests.capture.treblle.node_modules_cache import node_modules
from tests.capture.treblle.tls_end import certificate, tls_end
from tests.servers import CLIENT, free_port

from nightlatch.capture.treblle.source import treblle_source
from nightlatch.exchange.exchange import NO_BODY, Ending
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import Part, SourceKind

pytestmark = pytest.mark.slow

INTAKE = RememberingIntake()


@pytest.fixture(scope="module", params=["treblle", "@treblle/express"])
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The application's URL."""
    modules = node_modules()
    pem = certificate(tmp_path_factory.mktemp("tls"))
    routes = treblle_source(INTAKE, OneToken(SourceKind.TREBLLE)).routes
    with serving(routes) as server, tls_end(server, pem) as tls_port:
        port = free_port()
        command = ["node", str(Path(__file__).with_name("node_app.js")), request.param]
        process = subprocess.Popen(
            [*command, str(port), SOURCE_TOKEN, str(tls_port)],
            env={**os.environ, "NODE_PATH": str(modules), "NODE_EXTRA_CA_CERTS": str(pem[0])},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        url = f"http://127.0.0.1:{port}"

        def up() -> bool:
            with suppress(httpx.TransportError):
                return CLIENT.get(f"{url}/nothing-here").status_code == 404
            return False

        try:
            eventually(up, 30)
            INTAKE.seen.clear()
            yield url
        finally:
            process.kill()
            process.wait()


def arrived(path: str) -> Observed:
    def found() -> list[Observed]:
        return [seen for seen in INTAKE.seen if seen.request.path == path]

    eventually(found)
    (seen,) = found()
    return seen


def test_an_exchange_arrives_whole(shop: str) -> None:
    CLIENT.get(
        f"{shop}/v1/users/15550001111/status?full=1",
        headers={"Authorization": "Bearer eyJ-secret", "X-Forwarded-For": "1.2.3.4"},
    )
    seen = arrived("/v1/users/15550001111/status")
    request, response = seen.request, seen.response
    assert (request.method, request.query, request.body) == ("GET", "full=1", NO_BODY)
    assert f"{request.scheme}://{request.host}" == shop
    assert response is not None
    assert response.status == 200
    assert response.body.data == b'{"phone":"15550001111","registered":true}'
    # In microseconds as it was sent.
    assert 0.05 <= seen.duration < 5
    assert (request.headers.get(b"authorization") or "").endswith("**********")
    assert request.peer == "127.0.0.1"
    assert seen.source.unseen == {Part.SECRETS}
    assert seen.service == "shop-api"


def test_a_body_with_masked_fields(shop: str) -> None:
    CLIENT.post(f"{shop}/v1/login?from=app", json={"username": "ada@example.com", "password": "x"})
    seen = arrived("/v1/login")
    assert seen.request.body.data == b'{"username":"***************","password":"*"}'
    assert seen.request.query == "from=app"
    assert seen.response is not None
    assert seen.response.status == 401


def test_what_is_not_json_is_unseen(shop: str) -> None:
    CLIENT.get(f"{shop}/v1/page")
    seen = arrived("/v1/page")
    assert Part.RESPONSE_BODY in seen.source.unseen
    assert seen.ending is Ending.ANSWERED


def test_an_exception_that_nobody_caught(shop: str) -> None:
    assert CLIENT.get(f"{shop}/v1/fails").status_code == 500
    seen = arrived("/v1/fails")
    assert seen.response is not None
    assert seen.response.status == 500
    # `@treblle/express` does not tell of exceptions; of `treblle` the time is none.
    told = Part.DURATION in seen.source.unseen
    assert (seen.ending is Ending.RAISED) == told
