"""POST /gelf: real clients, several messages at once, and bodies that are none."""

import gzip
import json
import logging
import zlib
from collections.abc import Callable
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import brotli
import httpx
import pygelf  # type: ignore[import-untyped]
import pytest
import zstandard
from tests.capture.collector_server import serving
from tests.capture.intakes import TOKEN, OneToken, RememberingIntake
from tests.capture.wires.reading import texts
from tests.servers import CLIENT, eventually

from nightlatch.capture.attributes import Attributes
from nightlatch.capture.gelf.http import GelfHttp
from nightlatch.exchange.source import SourceKind

BEARER = {"Authorization": f"Bearer {TOKEN}"}
SOUND = {
    "version": "1.1",
    "host": "web-1",
    "short_message": "a request",
    "_method": "GET",
    "_path": "/users/7",
}


def gelf_http(intake: RememberingIntake) -> GelfHttp:
    return GelfHttp(Attributes(), texts(), intake, OneToken(SourceKind.GELF))


def post(intake: RememberingIntake, body: bytes, **headers: str) -> httpx.Response:
    with serving(gelf_http(intake).routes) as url:
        return CLIENT.post(f"{url}/gelf", content=body, headers={**BEARER, **headers})


# It forgets to close its connections.
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("compress", [True, False])
def test_pygelf_over_http(compress: bool) -> None:
    intake = RememberingIntake()
    with serving(gelf_http(intake).routes) as url:
        where = urlsplit(url)
        handler = pygelf.GelfHttpHandler(
            host=where.hostname,
            port=where.port,
            compress=compress,
            static_fields={"_method": "GET", "_path": "/users/7"},
        )
        handler.headers.update(BEARER)
        with closing(handler):
            handler.handle(logging.LogRecord("api", logging.INFO, "", 1, "hello", None, None))
        eventually(lambda: intake.seen, pause=0.01)
    assert [one.request.path for one in intake.seen] == ["/users/7"]
    assert intake.seen[0].source.name == "web"


ONE = json.dumps(SOUND).encode()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "number"),
    [
        (ONE, 1),
        (json.dumps(SOUND, indent=1).encode(), 1),
        (ONE + b"\n" + ONE + b"\r\n\n" + ONE, 3),
        (b"[" + b",".join([ONE] * 4) + b"]", 4),
        (b"[]", 0),
    ],
    ids=["one", "pretty", "lines", "array", "empty"],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress, zlib.compress], ids=["", "gz", "zlib"])
def test_one_message_several_lines_and_arrays(
    body: bytes, number: int, pack: Callable[[bytes], bytes]
) -> None:
    intake = RememberingIntake()
    assert post(intake, pack(body)).status_code == 202
    assert (len(intake.seen), intake.rejected) == (number, [])


@pytest.mark.slow
def test_a_broken_message_does_not_stop_its_neighbours() -> None:
    odd = b'{"version":[]}'
    for body in (
        ONE + b"\n{broken\n" + ONE,
        b"[" + ONE + b",7," + ONE + b"]",
        b"[" + ONE + b"," + odd + b"," + ONE + b"]",
    ):
        intake = RememberingIntake()
        assert post(intake, body).status_code == 202
        assert (len(intake.seen), len(intake.rejected)) == (2, 1)
        assert intake.rejected[0][3] in {b"{broken", b"7", odd}


@pytest.mark.slow
@pytest.mark.parametrize("coding", ["br", "zstd"])
def test_a_coding_that_does_not_tell_itself_is_undone_as_the_header_says(coding: str) -> None:
    pack = {"br": brotli.compress, "zstd": zstandard.compress}[coding]
    intake = RememberingIntake()
    assert post(intake, pack(ONE), **{"Content-Encoding": coding}).status_code == 202
    assert (len(intake.seen), intake.rejected) == (1, [])
    assert post(intake, ONE, **{"Content-Encoding": coding}).status_code == 400
    assert len(intake.seen) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (gzip.compress(b" " * (20 << 20)), {}, 400),
        (gzip.compress(ONE)[:-8], {}, 400),
        (ONE, {"Authorization": "Bearer wrong"}, 401),
        (b" " * (5 << 20), {}, 413),
    ],
    ids=["bomb", "damaged", "stranger", "large"],
)
def test_bodies_that_are_none_are_refused(
    body: bytes, headers: dict[str, str], status: int
) -> None:
    intake = RememberingIntake()
    answer = post(intake, body, **headers)
    assert (answer.status_code, answer.headers["content-type"]) == (
        status,
        "application/problem+json",
    )
    assert (intake.seen, len(intake.rejected)) == ([], 1)


@pytest.mark.slow
def test_no_room_is_told_and_counted() -> None:
    intake = RememberingIntake(room=0)
    answer = post(intake, ONE)
    assert answer.status_code == 429
    assert sum(intake.lost.values()) == 1


@pytest.mark.slow
def test_the_owner_may_give_names() -> None:
    intake = RememberingIntake()
    given: dict[str, Any] = {**SOUND, "_path": None, "_where": "/here"}
    source = GelfHttp(
        Attributes({"where": "path"}), texts(), intake, OneToken(SourceKind.GELF, service="shop")
    )
    with serving(source.routes) as url:
        CLIENT.post(f"{url}/gelf", json=given, headers=BEARER)
    assert [(one.request.path, one.service) for one in intake.seen] == [("/here", "shop")]
