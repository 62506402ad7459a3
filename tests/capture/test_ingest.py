"""The collector's door: who may come in, how much, and what each failure is called."""

import asyncio
from typing import Any

import httpx
import msgspec
import pytest
from msgspec.structs import replace
from starlette.applications import Starlette
from tests.capture.collector_server import TOKEN, RememberingSink
from tests.records import record

from nightlatch.capture import wire
from nightlatch.capture.ingest import Ingest
from nightlatch.exchange.agent import AgentReport
from nightlatch.exchange.facts import Contract, Directives

AGENT = AgentReport("api", "i1", revision=3)
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Encoding": "zstd"}
BATCH = wire.pack(AGENT, [wire.encode_record(record(number)) for number in range(3)])


@pytest.fixture
def sink() -> RememberingSink:
    return RememberingSink()


def client(sink: RememberingSink, **options: Any) -> httpx.AsyncClient:
    app = Starlette(routes=[Ingest(sink, TOKEN, **options).route])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://collector")


async def test_a_batch_is_taken_and_answered(sink: RememberingSink) -> None:
    async with client(sink) as http:
        response = await http.post(wire.PATH, content=BATCH, headers=HEADERS)
    assert response.status_code == 200
    assert list(sink.records.values()) == [record(number) for number in range(3)]
    assert sink.reports == [AGENT]
    answer = wire.unpack_answer(response.content)
    assert answer == wire.Answer(0, Directives())


async def test_directives_come_only_when_there_is_news(sink: RememberingSink) -> None:
    sink.directives = Directives(3, contracts=(Contract("GET /"),))
    async with client(sink) as http:
        response = await http.post(wire.PATH, content=BATCH, headers=HEADERS)
        assert wire.unpack_answer(response.content) == wire.Answer(3, None)
        sink.directives = Directives(4, contracts=(Contract("GET /"),))
        response = await http.post(wire.PATH, content=BATCH, headers=HEADERS)
        assert wire.unpack_answer(response.content) == wire.Answer(4, sink.directives)


@pytest.mark.parametrize("sorts", [True, False], ids=["sorts them itself", "of before"])
async def test_an_application_that_cannot_tell_services_apart_gets_its_own_alone(
    sink: RememberingSink, sorts: bool
) -> None:
    own, others = Contract("GET /", service="api"), Contract("GET /", service="crm")
    sink.directives = Directives(4, contracts=(own, others))
    body = wire.pack(replace(AGENT, sorts_directives=sorts), [])
    async with client(sink) as http:
        response = await http.post(wire.PATH, content=body, headers=HEADERS)
    news = wire.unpack_answer(response.content).directives
    assert news is not None
    assert news.contracts == ((own, others) if sorts else (own,))


REFUSED: list[tuple[str, dict[str, str], bytes, int, str]] = [
    ("no token", {"Authorization": ""}, BATCH, 401, "wrong token"),
    ("another token", {"Authorization": "Bearer other"}, BATCH, 401, "wrong token"),
    ("not a bearer", {"Authorization": TOKEN}, BATCH, 401, "wrong token"),
    ("not ASCII", {"Authorization": "Bearer \xe4"}, BATCH, 401, "wrong token"),
    ("garbage", {}, b"garbage", 400, "unreadable"),
    ("nothing", {}, b"", 400, "unreadable"),
    ("another coding", {"Content-Encoding": "gzip"}, BATCH, 400, "unreadable"),
    ("cut short", {}, BATCH[:-10], 400, "unreadable"),
    ("too many bytes", {}, b"x" * 2_001, 413, "too large"),
    ("far too many bytes", {}, b"x" * 10_000, 413, "too large"),
    ("a bomb", {}, wire.pack(AGENT, [bytes(100_000)]), 413, "too large"),
]


@pytest.mark.parametrize(
    ("headers", "body", "status", "reason"),
    [case[1:] for case in REFUSED],
    ids=[case[0] for case in REFUSED],
)
async def test_what_is_refused(
    sink: RememberingSink, headers: dict[str, str], body: bytes, status: int, reason: str
) -> None:
    async with client(sink, max_body=2_000, max_batch=50_000) as http:
        sent = [(n.encode(), v.encode("latin-1")) for n, v in (HEADERS | headers).items()]
        response = await http.post(wire.PATH, content=body, headers=sent)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem = msgspec.json.decode(response.content)
    assert problem["status"] == status
    assert problem["detail"]
    assert TOKEN not in response.text
    assert sink.rejected == {reason: 1}
    assert sink.records == {}
    assert ("www-authenticate" in response.headers) is (status == 401)


async def test_other_methods_and_paths_are_not_ours(sink: RememberingSink) -> None:
    async with client(sink) as http:
        assert (await http.get(wire.PATH, headers=HEADERS)).status_code == 405
        assert (await http.post("/ingest/v2/records", headers=HEADERS)).status_code == 404


@pytest.mark.slow
async def test_too_many_at_once_are_asked_to_come_back(sink: RememberingSink) -> None:
    sink.delay = 0.2
    async with client(sink, at_once=1) as http:
        responses = await asyncio.gather(
            *(http.post(wire.PATH, content=BATCH, headers=HEADERS) for _ in range(3))
        )
        assert sorted(response.status_code for response in responses) == [200, 503, 503]
        busy = next(response for response in responses if response.status_code == 503)
        assert busy.headers["retry-after"] == "1"
        again = await http.post(wire.PATH, content=BATCH, headers=HEADERS)
    assert again.status_code == 200


async def test_a_body_that_never_ends_is_given_up(sink: RememberingSink) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.sleep(60)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": wire.PATH,
        "headers": [(b"authorization", f"Bearer {TOKEN}".encode())],
    }
    await Ingest(sink, TOKEN, read_within=0.01)(scope, receive, send)
    assert sent[0]["status"] == 408
    assert sink.rejected == {"too slow": 1}


async def test_a_client_that_hangs_up_is_counted(sink: RememberingSink) -> None:
    messages = iter(
        [
            {"type": "http.request", "body": BATCH[:10], "more_body": True},
            {"type": "http.disconnect"},
        ]
    )

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        raise AssertionError("nobody is there to read it")

    scope = {
        "type": "http",
        "method": "POST",
        "path": wire.PATH,
        "headers": [(b"authorization", f"Bearer {TOKEN}".encode())],
    }
    await Ingest(sink, TOKEN)(scope, receive, send)
    assert sink.rejected == {"cut short on the way": 1}


def test_a_collector_without_a_token_does_not_start(sink: RememberingSink) -> None:
    with pytest.raises(ValueError, match="token is empty"):
        Ingest(sink, "")
