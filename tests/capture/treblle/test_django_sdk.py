"""The unmodified SDK for Django (PyPI `treblle`), against our server over real sockets.

Its hosts are hard-coded, so it comes through a proxy that ends TLS, as an operator would do it.
"""

from collections.abc import Iterator

import pytest
from tests.capture.collector_server import eventually, serving
from tests.capture.intakes import TOKEN, OneToken, RememberingIntake
from tests.capture.treblle.running import django_shop
from tests.servers import CLIENT

from nightlatch.capture.treblle.source import treblle_source
from nightlatch.exchange.content import read_content
from nightlatch.exchange.exchange import NO_BODY, Ending
from nightlatch.exchange.identifiers import identifier_kind
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import Part, SourceKind

pytest.importorskip("treblle", reason="NOT RUN: PyPI `treblle` is not installed")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def intake() -> RememberingIntake:
    return RememberingIntake()


@pytest.fixture(scope="module")
def shop(intake: RememberingIntake, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    routes = treblle_source(intake, OneToken(SourceKind.TREBLLE)).routes
    with (
        serving(routes) as server,
        django_shop(server, TOKEN, tmp_path_factory.mktemp("tls")) as url,
    ):
        yield url


def arrived(intake: RememberingIntake, path: str) -> Observed:
    def found() -> list[Observed]:
        return [seen for seen in intake.seen if seen.request.path == path]

    eventually(found)
    (seen,) = found()
    return seen


def test_an_exchange_arrives_whole(shop: str, intake: RememberingIntake) -> None:
    headers = {"Authorization": "Bearer eyJ-secret", "X-Forwarded-For": "1.2.3.4, 203.0.113.7"}
    CLIENT.get(f"{shop}/v1/users/15550001111/status?full=1&full=2", headers=headers)
    seen = arrived(intake, "/v1/users/15550001111/status")
    request, response = seen.request, seen.response
    assert (request.method, request.scheme, request.query) == ("GET", "http", "full=1&full=2")
    assert f"http://{request.host}" == shop
    assert seen.route == "/v1/users/{phone}/status"
    assert response is not None
    assert response.status == 200
    assert response.body.data == b'{"phone":"15550001111","registered":true}'
    assert response.headers.get(b"content-type") == "application/json"
    # In milliseconds as it was sent; half a second at the most if it was read well.
    assert 0.05 <= seen.duration < 5
    assert request.headers.get(b"authorization") == "*" * 17
    assert request.peer == "203.0.113.7"
    assert seen.source.unseen == {Part.SECRETS}
    assert seen.source.name == "web"
    assert seen.service == "shop-api"
    assert seen.ending is Ending.ANSWERED


def test_a_body_with_masked_fields(shop: str, intake: RememberingIntake) -> None:
    CLIENT.post(f"{shop}/v1/login", json={"username": "ada@example.com", "password": "hunter22"})
    seen = arrived(intake, "/v1/login")
    assert seen.request.method == "POST"
    assert seen.request.body.data == b'{"username":"***************","password":"********"}'
    assert seen.request.body.size == int(seen.request.headers.get(b"content-length") or 0)
    content = read_content(seen.request.body, "application/json")
    assert [leaf.name for leaf in content.candidates[0]] == ["username"]
    assert [identifier_kind(leaf.name, leaf.value) for leaf in content.leaves] == [None, None]
    assert seen.response is not None
    assert seen.response.status == 401
    assert Part.CREDENTIALS not in seen.source.unseen


def test_an_exception_that_nobody_caught(shop: str, intake: RememberingIntake) -> None:
    CLIENT.get(f"{shop}/v1/fails")
    seen = arrived(intake, "/v1/fails")
    assert seen.ending is Ending.RAISED
    assert seen.response is not None
    assert seen.response.status == 500


def test_an_exception_that_became_an_answer(shop: str, intake: RememberingIntake) -> None:
    """Django's `Http404` is told in the same words."""
    CLIENT.get(f"{shop}/v1/gone")
    seen = arrived(intake, "/v1/gone")
    assert seen.ending is Ending.ANSWERED
    assert seen.response is not None
    assert seen.response.status == 404


@pytest.mark.parametrize(
    ("path", "route"), [("/v1/pages/home/", "/v1/pages/{name}"), ("/v1/stream", "/v1/stream")]
)
def test_what_is_not_json_is_unseen(
    shop: str, intake: RememberingIntake, path: str, route: str
) -> None:
    """Nothing of a page is sent, and nothing of a stream, not even its size."""
    assert CLIENT.get(shop + path).content
    seen = arrived(intake, path)
    assert seen.route == route
    assert seen.response is not None
    assert seen.response.body == NO_BODY
    assert Part.RESPONSE_BODY in seen.source.unseen
    assert Part.REQUEST_BODY not in seen.source.unseen


def test_a_large_upload(shop: str, intake: RememberingIntake) -> None:
    rows = [{"number": number} for number in range(20_000)]
    CLIENT.post(f"{shop}/v1/gone?large", json=rows)

    def found() -> list[Observed]:
        return [seen for seen in intake.seen if seen.request.query == "large="]

    eventually(found)
    body = found()[0].request.body
    assert len(body.data) == 65_536
    assert body.truncated
    assert body.size > 200_000
