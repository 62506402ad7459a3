"""The unmodified SDKs for Node.js (npm `treblle` and `@treblle/express`), over real sockets."""

from collections.abc import Iterator

import pytest
from tests.capture.collector_server import eventually, serving
from tests.capture.intakes import TOKEN, OneToken, RememberingIntake
from tests.capture.treblle.running import node_shop
from tests.servers import CLIENT

from nightlatch.capture.treblle.source import treblle_source
from nightlatch.exchange.exchange import NO_BODY, Ending
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import Part, SourceKind

pytestmark = pytest.mark.slow

INTAKE = RememberingIntake()


@pytest.fixture(scope="module", params=["treblle", "@treblle/express"])
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    routes = treblle_source(INTAKE, OneToken(SourceKind.TREBLLE)).routes
    place = tmp_path_factory.mktemp("tls")
    with (
        serving(routes) as server,
        node_shop(request.param, server, TOKEN, place) as url,
    ):
        INTAKE.seen.clear()
        yield url


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
