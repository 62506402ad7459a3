"""The conformance suite over real sockets: uvicorn with both its parsers, Starlette and FastAPI."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.capture.conformance import SCENARIOS, Scenario, compare, http, serving
from tests.capture.recording import Recording
from tests.capture.sample import fastapi_app, starlette_app

from nightlatch.capture.asgi import AsgiCapture

pytestmark = pytest.mark.slow

APPS: dict[str, Callable[[Path], Any]] = {"starlette": starlette_app, "fastapi": fastapi_app}
TYPED = (
    http("typed", "GET /typed/7", 200),
    http("typed, mistaken", "GET /typed/seven", 422),
    http("openapi", "GET /openapi.json", 200),
)


UNHEARD = frozenset({"raw bytes in path"})
"""The server refuses these itself, and no application hears of them."""


class Pair(NamedTuple):
    bare: int
    watched: int
    recording: Recording
    compared: list[str]
    """Scenarios, by name; other workers have the rest."""


@pytest.fixture(
    scope="module",
    params=[(app, parser) for app in APPS for parser in ("h11", "httptools")],
    ids=str,
)
def pair(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    name, parser = request.param
    directory = tmp_path_factory.mktemp("files")
    recording = Recording()
    watched_app = APPS[name](directory)
    watched_app.add_middleware(AsgiCapture, inline=recording, on_lost=recording.on_lost)
    with (
        serving(APPS[name](directory), parser) as bare,
        serving(watched_app, parser) as watched,
    ):
        found = Pair(bare, watched, recording, [])
        yield found
    assert not recording.lost
    # Nothing was compared with an exchange that we had not watched.
    assert len(recording.finished) >= len(set(found.compared) - UNHEARD)
    assert len(recording.finished) == len(recording.requests)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_bytes_in_are_bytes_out(pair: Pair, scenario: Scenario) -> None:
    compare(pair.bare, pair.watched, scenario)
    pair.compared.append(scenario.name)


@pytest.mark.parametrize("scenario", TYPED, ids=lambda scenario: scenario.name)
def test_typed_endpoints(pair: Pair, scenario: Scenario, request: pytest.FixtureRequest) -> None:
    if "fastapi" in request.node.callspec.id:
        compare(pair.bare, pair.watched, scenario)


def test_the_suite_is_as_long_as_it_says() -> None:
    assert len(SCENARIOS) == 62
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS)
