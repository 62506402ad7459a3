"""Authorization servers whose answers are odd: a probe tells it, and goes on where it can."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.workbench.oauth.flows.playing import browser, client_of, played, says, server
from tests.workbench.oauth.flows.serving import serving

from nightlatch.workbench.oauth.flows.call import Answer, Call
from nightlatch.workbench.oauth.flows.drive import Played
from nightlatch.workbench.oauth.flows.steps import FlowFault, Play, Reply, Step, Visit
from nightlatch.workbench.oauth.probe.server import probe_server
from nightlatch.workbench.oauth.probe.weakness import Report

HTML = Answer(200, (("Content-Type", "text/html"),), b"<html>Welcome</html>")
TWICE = Answer(200, (("Content-Type", "application/json"),),
               b'{"access_token": "a", "access_token": "b"}')  # fmt: skip
DEEP = Answer(200, (("Content-Type", "application/json"),), b"[" * 9_999)
Bend = Callable[[Step, Any], Reply]


def bent(flow: Play[Report], bend: Bend) -> Play[Report]:
    """The flow, with what the server answers changed on the way."""
    reply: Reply = None
    fault: FlowFault | None = None
    while True:
        try:
            step = flow.throw(fault) if fault else flow.send(reply)
        except StopIteration as end:
            found: Report = end.value
            return found
        reply, fault = None, None
        try:
            reply = bend(step, (yield step))
        except FlowFault as told:
            fault = told


def to(purpose: str, answer: Answer) -> Bend:
    return lambda step, reply: (
        answer if isinstance(step, Call) and step.purpose == purpose else reply
    )


async def probed(bend: Bend) -> Played[Report]:
    with serving() as running:
        client = await client_of(running.issuer, "demo-public", "none", "openid offline_access")
        flow = bent(probe_server(client, running.issuer.removeprefix("http://")), bend)
        return await played(flow, browser())


def ids(found: Played[Report]) -> list[str]:
    assert found.result is not None, found.fault
    return [one.weakness.id for one in found.result.found]


@pytest.mark.slow
@pytest.mark.parametrize(
    "answer", [HTML, TWICE, DEEP, says({}), says({"request_uri": 5}), says([])]
)
async def test_a_part_that_is_broken_is_told_and_the_rest_is_tried(answer: Answer) -> None:
    found = await probed(to("push a request", answer))
    assert ids(found) == []
    assert found.result is not None
    assert any(one.startswith("request-uri-reuse: cannot push") for one in found.result.skipped)
    assert found.result.tried[-1] == "any-scope"


@pytest.mark.slow
@pytest.mark.parametrize("answer", [HTML, TWICE, DEEP, says([]), Answer(204), Answer(302)])
@pytest.mark.parametrize("purpose", ["introspect as nobody", "refresh the token"])
async def test_what_is_no_answer_is_no_finding(purpose: str, answer: Answer) -> None:
    found = await probed(to(purpose, answer))
    assert ids(found) == []
    assert "request-uri-reuse" in (found.result.tried if found.result else ())


@pytest.mark.slow
@pytest.mark.parametrize(("answer", "told"), [
    (HTML, "a web page where JSON was due"), (TWICE, "cannot exchange"), (DEEP, "cannot exchange"),
    (Answer(302, (("Location", "https://evil.example"),)), "which is not followed"),
    (says({"access_token": "a\r\nb"}), "no sound token"), (says({}), "no access_token"),
    (says({"error": "invalid_client"}, 401), "invalid_client"),
])  # fmt: skip
async def test_without_a_log_in_there_is_nothing_to_probe(answer: Answer, told: str) -> None:
    found = await probed(to("exchange a code", answer))
    assert found.result is None
    assert told in found.fault


@pytest.mark.slow
@pytest.mark.parametrize("keys", [{"keys": 5}, {"keys": [5]}, {"keys": []}, {}])
async def test_keys_that_are_none_prove_no_log_in(keys: dict[str, Any]) -> None:
    assert ids(await probed(to("read the issuer's keys", says(keys)))) == ["log-in"]


@pytest.mark.slow
async def test_a_parameter_twice_proves_no_log_in() -> None:
    def twice(step: Step, reply: Any) -> Reply:
        return (*reply, *reply) if isinstance(step, Visit) else reply

    assert "log-in" in ids(await probed(twice))


@pytest.mark.slow
@pytest.mark.parametrize(("answer", "told"), [(Answer(429), "429"), (Answer(503), "in a row")])
async def test_a_server_in_trouble_is_left_alone_and_what_was_found_is_told(
    answer: Answer, told: str
) -> None:
    entered = False
    asked = 0

    def trouble(step: Step, reply: Any) -> Reply:
        nonlocal entered, asked
        if isinstance(step, Call):
            cached = step.purpose == "exchange a code" and not entered
            entered = entered or cached
            asked += 1
            kept = tuple(pair for pair in reply.headers if pair[0].lower() != "cache-control")
            return (
                Answer(reply.status, kept, reply.body) if cached else answer if entered else reply
            )
        return reply  # type: ignore[no-any-return]

    found = await probed(trouble)
    assert ids(found) == ["cacheable"]
    assert found.result is not None
    assert told in found.result.skipped[-1]
    assert asked < 20


async def test_metadata_of_endless_size_are_not_read() -> None:
    huge = Answer(200, (("Content-Type", "application/json"),), b" " * 1_200_000 + b"{}")
    from nightlatch.workbench.oauth.probe.server import probe_issuer

    with server(lambda *_: huge) as address:
        found = await played(probe_issuer(address, address.removeprefix("http://"), lambda: 0.0))
    assert "more than" in found.fault
