"""What settings point to is looked at when the agent starts: before anybody is answered where a
server says when that is, and otherwise with the first request, which no mistake may fail."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from nightlatch import Nightlatch
from nightlatch.capture.ports import Receive, Scope, Send
from nightlatch.settings import ConfigurationError
from nightlatch.wsgi import NightlatchWSGI

ADVICE = "Start `nightlatch up` first, or set NIGHTLATCH_TOKEN"


def wsgi(_environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [("content-type", "text/plain")])
    return [b"hello"]


async def asgi(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


def given(place: Path, fail: str = "open") -> dict[str, Any]:
    """A collector on this machine that has left no token yet."""
    return {"url": "http://127.0.0.1:9", "data_dir": str(place), "fail": fail}


def test_a_mistake_that_the_first_request_finds_fails_none(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    guarded = NightlatchWSGI(wsgi, **given(tmp_path))
    with httpx.Client(transport=httpx.WSGITransport(app=guarded), base_url="http://a") as client:
        assert [client.get("/").text for _ in range(3)] == ["hello"] * 3
    assert caplog.text.count("UNPROTECTED") == 1
    assert ADVICE in caplog.text
    assert "Traceback" not in caplog.text


def test_nothing_passes_where_nothing_may_pass_unwatched(tmp_path: Path) -> None:
    guarded = NightlatchWSGI(wsgi, **given(tmp_path, "closed"))
    with httpx.Client(transport=httpx.WSGITransport(app=guarded), base_url="http://a") as client:
        for _ in range(2):
            with pytest.raises(ConfigurationError, match="nightlatch up"):
                client.get("/")


async def test_a_server_that_does_not_say_when_it_starts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    guarded = Nightlatch(asgi, **given(tmp_path))
    transport = httpx.ASGITransport(app=guarded)
    async with httpx.AsyncClient(transport=transport, base_url="http://a") as client:
        assert [(await client.get("/")).text for _ in range(3)] == ["hello"] * 3
    assert caplog.text.count("UNPROTECTED") == 1
    assert ADVICE in caplog.text


async def test_a_server_that_says_when_it_starts_is_told(tmp_path: Path) -> None:
    told = []

    async def receive() -> dict[str, Any]:
        return {"type": "lifespan.startup"}

    async def send(message: Any) -> None:
        told.append(message)

    await Nightlatch(asgi, **given(tmp_path))({"type": "lifespan"}, receive, send)
    (failed,) = told
    assert failed["type"] == "lifespan.startup.failed"
    assert ADVICE in failed["message"]
