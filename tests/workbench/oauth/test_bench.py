"""Flows on their way: who owns them, what they wait for, how many there may be, how they end."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

import httpx
import msgspec
import pytest
from tests.workbench.oauth.flows.serving import Serving, serving

from nightlatch.identity.jose.encoding import to_base64url
from nightlatch.workbench.oauth.bench import (
    IDLE,
    MAX_DESKS,
    MAX_GOING,
    MAX_GOING_IN_ALL,
    MAX_HELD,
    MAX_KEPT,
    Bench,
    Desk,
)
from nightlatch.workbench.oauth.catalogue import BY_ID
from nightlatch.workbench.oauth.demo import SECRETS, demo_client
from nightlatch.workbench.oauth.flows.call import Call, Misspelt, Pairs, brought_by
from nightlatch.workbench.oauth.flows.client import Registration, Secrets
from nightlatch.workbench.oauth.flows.metadata import Metadata, discover
from nightlatch.workbench.oauth.flows.steps import FlowFault, Play, Visit, reckon, send, visit
from nightlatch.workbench.oauth.flows.tokens import Tokens
from nightlatch.workbench.oauth.flows.workspace import Workspace
from nightlatch.workbench.oauth.run import Run, Stage

ADA, EVE = "ada's session", "eve's session"
BACK = "http://127.0.0.1:1/oauth/callback"


class Time:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def server() -> Iterator[Serving]:
    with serving(interval=1) as found:
        yield found


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    found = Bench(time.time)
    yield found
    for owner in (ADA, EVE):
        found.forget(owner)
    await asyncio.sleep(0)


async def ready(bench: Bench, server: Serving, owner: str = ADA) -> Desk:
    """A desk with the test server, and its demo client."""
    run = bench.start(owner, "discover", "Discovery", discover(server.issuer), asks=False)
    assert await run.finished(5)
    assert run.played is not None
    assert isinstance(run.played.result, Metadata)
    desk = bench.desk(owner)
    desk.use(run.played.result)
    desk.registration, desk.secrets = demo_client(BACK), SECRETS
    return desk


def started(bench: Bench, flow: str, owner: str = ADA, *, asks: bool = False, **given: str) -> Run:
    offer = BY_ID[flow]
    play = offer.build(bench.desk(owner).client(bench.clock), given, ())
    return bench.start(owner, offer.id, offer.title, play, asks=asks, polls=offer.polls)


async def until(run: Run, stage: Stage) -> None:
    async with asyncio.timeout(5):
        while run.stage is not stage:
            assert not run.over, run.played
            await run.changed(run.version, 5)


async def browse(url: str) -> Pairs:
    """What the test server, which consents by itself, sends the browser back with."""
    async with httpx.AsyncClient() as client:
        answer = await client.get(url)
    return brought_by(answer.headers["location"])


def waiting(state: str = "s") -> Play[Pairs]:
    return (yield from visit(Visit("wait", "http://127.0.0.1:1/", BACK, state=state)))


def asking() -> Play[None]:
    yield from send(Call("ask", "GET", "http://127.0.0.1:1/"))


async def test_a_log_in_from_the_first_request_to_the_tokens(bench: Bench, server: Serving) -> None:
    desk = await ready(bench, server)
    run = started(bench, "code", asks=True)
    await until(run, Stage.BROWSER)
    assert run.visit is not None
    assert bench.take(await browse(run.visit.url))
    for purpose in ("exchange the code for tokens", "read the issuer's keys"):
        await until(run, Stage.APPROVAL)
        assert run.call is not None
        assert run.call.purpose == purpose
        run.approve()
    assert await run.finished(5)
    assert run.stage is Stage.DONE
    assert desk.held[0].run == run.id
    assert (desk.held[0].tokens.claims or {})["sub"] == "ada"
    assert [one.answer.status for one in run.sent] == [200, 200]


async def test_nothing_is_sent_before_a_person_says_so(bench: Bench, server: Serving) -> None:
    await ready(bench, server)
    asked = server.state.questions
    run = started(bench, "call", asks=True, url=f"{server.issuer}/api/me")
    await until(run, Stage.APPROVAL)
    assert not run.sent
    run.stop()
    assert await run.finished(1)
    assert (server.state.questions, run.stage) == (asked, Stage.FAILED)
    assert run.played is not None
    assert "nothing more is sent" in run.played.fault


async def test_a_request_is_sent_as_it_was_rewritten(bench: Bench, server: Serving) -> None:
    await ready(bench, server)
    run = started(bench, "call", asks=True, url=f"{server.issuer}/nothing")
    await until(run, Stage.APPROVAL)
    assert run.call is not None
    for bad in (
        "nonsense",
        "GET ftp://x/\n\n",
        f"GET {server.issuer}/\nno header\n\n",
        "GET http://[\n\n",
    ):
        with pytest.raises(Misspelt):
            run.approve(bad)
        assert run.stage is Stage.APPROVAL
    # As a browser's form sends it.
    run.approve(f"GET {server.issuer}/jwks\r\nX-Seen: yes\r\n\r\n")
    assert await run.finished(5)
    (sent,) = run.sent
    assert sent.call.url.endswith("/jwks")
    assert ("X-Seen", "yes") in sent.call.headers
    with pytest.raises(FlowFault, match="sent already"):
        run.approve()


async def test_a_request_that_nobody_changed_leaves_as_it_was(bench: Bench) -> None:
    def flow() -> Play[None]:
        yield from send(Call("send bytes", "POST", "http://127.0.0.1:1/", (), b"a\r\nb\xff\n"))

    run = bench.start(ADA, "x", "X", flow(), asks=True)
    await until(run, Stage.APPROVAL)
    assert run.call is not None
    run.approve(run.call.as_text().replace("\r\n", "\n").replace("\n", "\r\n"))
    assert await run.finished(5)
    assert run.sent[0].call.body == b"a\r\nb\xff\n"


@pytest.mark.slow
async def test_a_device_is_asked_for_once_and_polled_without_asking(
    bench: Bench, server: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ready(bench, server)
    usual = server.state.options
    monkeypatch.setattr(server.state, "options", msgspec.structs.replace(usual, auto=False))
    run = started(bench, "device", asks=True)
    await until(run, Stage.APPROVAL)
    run.approve()
    await until(run, Stage.ELSEWHERE)
    assert run.invite is not None
    code = run.invite.code
    await until(run, Stage.APPROVAL)
    run.approve()
    await until(run, Stage.ELSEWHERE)
    async with httpx.AsyncClient() as person:
        form = {"user_code": code, "decision": "allow"}
        await person.post(f"{server.issuer}/device", data=form)
    await until(run, Stage.APPROVAL)
    assert run.call is not None
    assert run.call.purpose == "read the issuer's keys"
    run.let_go()
    assert await run.finished(5)
    assert run.stage is Stage.DONE


async def test_an_answer_goes_to_the_flow_whose_state_it_names_and_once(bench: Bench) -> None:
    first = bench.start(ADA, "x", "X", waiting("one"), asks=False)
    second = bench.start(EVE, "x", "X", waiting("two"), asks=False)
    await until(first, Stage.BROWSER)
    await until(second, Stage.BROWSER)
    for wrong in ("", "on", "one ", "\ud800", "three"):
        assert not bench.take((("state", wrong), ("code", "stolen")))
    assert not bench.take(())
    assert not bench.take((("code", "no state"),))
    assert bench.take((("state", "two"), ("code", "c")))
    assert not bench.take((("state", "two"), ("code", "again")))
    assert await second.finished(1)
    assert second.played is not None
    assert second.played.result == (("state", "two"), ("code", "c"))
    assert first.stage is Stage.BROWSER
    with pytest.raises(FlowFault, match="no browser is away"):
        second.bring(())


async def test_a_signed_answer_is_routed_by_the_state_within(bench: Bench) -> None:
    run = bench.start(ADA, "x", "X", waiting("inside"), asks=False)
    await until(run, Stage.BROWSER)
    part = to_base64url(b'{"alg":"ES256"}').decode(), to_base64url(b'{"state":"inside"}').decode()
    assert not bench.take((("response", "nonsense"),))
    assert not bench.take((("response", f"{part[0]}.{part[0]}.eA"),))
    assert bench.take((("response", f"{part[0]}.{part[1]}.eA"),))


async def test_a_visit_without_a_state_is_nobodys(bench: Bench) -> None:
    run = bench.start(ADA, "x", "X", waiting(""), asks=False)
    await until(run, Stage.BROWSER)
    assert not bench.take((("state", ""),))
    assert not bench.take((("other", ""),))
    run.bring(())
    assert await run.finished(1)


async def test_a_second_press_is_not_meant_for_what_came_next(bench: Bench) -> None:
    def twice() -> Play[None]:
        for address in ("http://127.0.0.1:1/first", "http://127.0.0.1:1/second"):
            with suppress(FlowFault):
                yield from send(Call("ask", "GET", address))
        for _ in range(2):
            yield from visit(Visit("wait", "http://127.0.0.1:1/", BACK))

    run = bench.start(ADA, "x", "X", twice(), asks=True)
    for path in ("/first", "/second"):
        await until(run, Stage.APPROVAL)
        assert run.call is not None
        shown, turn = run.call.as_text(), run.turn
        run.approve(shown, turn)
        async with asyncio.timeout(5):
            while run.turn == turn:
                await run.changed(run.version, 5)
        with pytest.raises(FlowFault):
            run.approve(shown, turn)
        assert run.sent[-1].call.url.endswith(path)
    assert len(run.sent) == 2
    turn = run.turn
    run.bring((), turn)
    async with asyncio.timeout(5):
        while run.turn == turn:
            await run.changed(run.version, 5)
    with pytest.raises(FlowFault):
        run.bring((), turn)
    assert run.stage is Stage.BROWSER


async def test_a_session_finds_its_own_flows_alone(bench: Bench) -> None:
    run = bench.start(ADA, "x", "X", waiting(), asks=False)
    assert bench.run(ADA, run.id) is run
    assert bench.run(EVE, run.id) is None
    assert bench.run(ADA, "other") is None


async def test_a_session_has_so_many_flows_and_all_have_so_many(bench: Bench) -> None:
    for _ in range(MAX_GOING):
        bench.start(ADA, "x", "X", waiting(), asks=False)
    with pytest.raises(FlowFault, match="of your flows are on their way"):
        bench.start(ADA, "x", "X", waiting(), asks=False)
    for number in range(MAX_GOING_IN_ALL - MAX_GOING):
        bench.start(f"session {number}", "x", "X", waiting(), asks=False)
    with pytest.raises(FlowFault, match="of other sessions"):
        bench.start(EVE, "x", "X", waiting(), asks=False)
    for number in range(MAX_GOING_IN_ALL - MAX_GOING):
        bench.forget(f"session {number}")


async def test_of_the_flows_that_are_over_the_oldest_are_forgotten(bench: Bench) -> None:
    runs = []
    for _ in range(MAX_KEPT + 3):
        runs.append(bench.start(ADA, "x", "X", waiting(), asks=False))
        runs[-1].stop()
        await runs[-1].finished(1)
    kept = bench.desk(ADA).runs
    assert list(kept) == [run.id for run in runs[-MAX_KEPT:]]


async def test_a_flow_ends_by_itself(server: Serving) -> None:
    bench = Bench(time.time, life=0.05)
    for flow in (waiting(), asking()):
        run = bench.start(ADA, "x", "X", flow, asks=True)
        assert await run.finished(2)
        assert run.played is not None
        assert "nothing ended it within" in run.played.fault
        assert not bench.take((("state", "s"),))


async def test_a_desk_that_nobody_uses_is_forgotten_with_its_flows(server: Serving) -> None:
    clock = Time()
    bench = Bench(clock)
    desk = bench.desk(ADA)
    desk.secrets = Secrets(client_secret="hush")
    run = bench.start(ADA, "x", "X", waiting(), asks=False)
    clock.now += IDLE - 1
    bench.desk(EVE)
    assert bench.run(ADA, run.id) is run
    clock.now += IDLE + 1
    bench.desk(EVE)
    assert await run.finished(1)
    assert bench.desk(ADA).secrets == Secrets()
    assert bench.run(ADA, run.id) is None


async def test_the_desk_left_alone_longest_makes_room() -> None:
    bench = Bench(time.time)
    for number in range(MAX_DESKS):
        bench.desk(f"session {number}").place = "kept"
    bench.desk("session 0")
    bench.desk("another")
    assert bench.desk("session 0").place == "kept"
    assert not bench.desk("session 1").place


async def test_no_flow_starts_where_the_network_is_switched_off() -> None:
    bench = Bench(time.time, network=False)
    with pytest.raises(FlowFault, match=r"workbench\.network"):
        bench.start(ADA, "x", "X", waiting(), asks=False)


async def test_what_takes_a_while_is_reckoned_in_a_thread(bench: Bench) -> None:
    run = bench.start(ADA, "x", "X", reckon(threading.get_ident), asks=False)
    assert await run.finished(5)
    assert run.played is not None
    assert run.played.result not in (None, threading.get_ident())


@pytest.mark.slow
@pytest.mark.parametrize("url", ["http://[", "http://a:99999/", "http://a:b/", "http://a\u2028b/"])
async def test_an_address_that_is_none_is_a_fault_in_words(bench: Bench, url: str) -> None:
    host = url.partition("://")[2].rstrip("/")
    for flow in ("call", "probe-api"):
        run = started(bench, flow, url=url, token="t", again=host)
        assert await run.finished(5)
        assert run.played is not None
        assert "address" in run.played.fault


async def test_a_server_that_is_down_is_a_fault_in_words(bench: Bench) -> None:
    run = bench.start(ADA, "x", "X", asking(), asks=False)
    assert await run.finished(5)
    assert run.played is not None
    assert "cannot be reached" in run.played.fault


async def test_a_bug_of_ours_ends_the_flow_and_is_logged(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> Play[None]:
        yield from send(Call("ask", "GET", "http://127.0.0.1:1/?code=secret-of-the-flow"))

    run = bench.start(ADA, "x", "X", broken(), asks=True)
    await until(run, Stage.APPROVAL)
    run._answer("no call")  # type: ignore[arg-type]
    assert await run.finished(5)
    assert run.stage is Stage.FAILED
    assert "A flow of the workbench broke" in caplog.text
    assert "secret-of-the-flow" not in caplog.text


async def test_tokens_at_hand_are_bounded_and_no_repr_tells_one(
    bench: Bench, server: Serving
) -> None:
    desk = await ready(bench, server)
    for _ in range(MAX_HELD + 1):
        run = started(bench, "client-credentials")
        assert await run.finished(5)
    assert len(desk.held) == MAX_HELD
    assert isinstance(desk.held[0].tokens, Tokens)
    shown = f"{desk!r} {desk.held!r} {run!r} {run.sent!r} {desk.secrets!r}"
    for token in (desk.held[0].tokens.access_token, SECRETS.client_secret):
        assert token
        assert token not in shown


async def test_the_secrets_of_one_server_go_to_no_other(bench: Bench, server: Serving) -> None:
    desk = await ready(bench, server)
    desk.use(Metadata(server.issuer, {"issuer": server.issuer}))
    assert desk.secrets == SECRETS
    desk.use(Metadata(server.issuer, {}), (), f"ada@{server.issuer}")
    assert desk.secrets == SECRETS
    desk.use(Metadata("https://other.example", {}))
    assert desk.secrets == Secrets()
    desk.secrets = SECRETS
    desk.open(Workspace("https://third.example", Registration("c")))
    assert (desk.secrets, desk.metadata) == (Secrets(), None)
    desk.secrets = SECRETS
    desk.use(Metadata("https://third.example", {}), (), "https://third.example")
    assert desk.secrets == SECRETS


async def test_what_may_be_kept_has_no_secret(bench: Bench, server: Serving) -> None:
    with pytest.raises(FlowFault, match="nothing to keep"):
        bench.desk(EVE).workspace()
    desk = await ready(bench, server)
    text = msgspec.json.encode(desk.workspace()).decode()
    assert server.issuer in text
    assert SECRETS.client_secret not in text


async def test_waiting_for_news_ends(bench: Bench) -> None:
    run = bench.start(ADA, "x", "X", waiting(), asks=False)
    await until(run, Stage.BROWSER)
    assert not await run.changed(run.version, 0.01)
    assert await run.changed(run.version - 1, 0.01)
    assert not await run.finished(0.01)


@pytest.mark.slow
async def test_secrets_go_in_time_even_where_nobody_comes_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock: Any = Time()
    monkeypatch.setattr("nightlatch.workbench.oauth.bench.IDLE", 0.2)
    bench = Bench(clock)
    run = bench.start(ADA, "x", "X", waiting(), asks=False)
    clock.now += 1
    assert await run.finished(2)
