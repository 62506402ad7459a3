"""A challenge from the measure to the record: the whole agent, and an application behind it."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.capture.challenging import solve
from tests.capture.recording import JSON, Talk, answering, http_scope, length, part, start, talk

from nightlatch.app.agent import Agent, Memory
from nightlatch.app.rooms import build_gate, build_rooms
from nightlatch.capture.asgi import AsgiCapture
from nightlatch.capture.ports import Application
from nightlatch.exchange.exchange import Ending
from nightlatch.exchange.facts import Contract, Directives
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.judgement import Action, Decision, Mode, Outcome
from nightlatch.exchange.measure import Measure, MeasureKind
from nightlatch.exchange.record import Record
from nightlatch.identity.passes import CIRCLE
from nightlatch.pipeline import Pipeline
from nightlatch.settings import Settings

HIT = b'{"account_id": 48000001, "phone": "+15550100", "status": "active"}'
APP = answering(start(200, JSON, length(len(HIT))), part(HIT))
MEASURE = Measure("m1", MeasureKind.CHALLENGE, "ada", "a walk", 0.0, 2e9, amount=300)
LOOK_UP = "/v1/users/+15550100/status"


class Keeping:
    """A sink that keeps the records."""

    def __init__(self) -> None:
        self.directives = Directives()
        self.records: list[Record] = []

    def take(self, records: list[Record]) -> None:
        self.records += records

    def lose(self, outcome: Outcome, number: int) -> None:
        raise AssertionError((outcome, number))

    def close(self) -> None:
        pass


class Installation:
    def __init__(self, mode: Mode, place: Path, *measures: Measure) -> None:
        hasher, settings = Hasher(bytes(32)), Settings(mode=mode)
        rooms = build_rooms(settings, hasher)
        self.sink = Keeping()
        self.sink.directives = Directives(1, measures=measures)
        self.agent = Agent(
            Pipeline(rooms, mode),
            lambda _: self.sink,
            Memory({place / "learned": rooms.inventory}),
            100,
            build_gate(settings, hasher, rooms),
        )

    def ask(self, *headers: tuple[bytes, bytes], app: Application = APP) -> Talk:
        fields = [(b"host", b"api.example"), *headers]
        scope = http_scope(path=LOOK_UP, headers=fields)
        heard = asyncio.run(talk(AsgiCapture(app, self.agent), scope))
        assert self.agent.drain(10)
        return heard

    @property
    def challenges(self) -> bool:
        return self.agent.gate is not None

    def records(self) -> list[Record]:
        self.agent.close()
        return self.sink.records


@pytest.fixture
def enforcing(tmp_path: Path) -> Iterator[Installation]:
    installation = Installation(Mode.ENFORCE, tmp_path, MEASURE)
    yield installation
    installation.agent.close()


def test_a_challenge_is_on_record_and_a_pass_is_a_caller_of_its_own(
    enforcing: Installation,
) -> None:
    puzzle = json.loads(enforcing.ask().body)["challenge"]
    assert puzzle["maxnumber"] == 600
    heard = enforcing.ask((b"nightlatch-solution", solve(puzzle).encode()))
    assert heard.body == HIT
    token = heard.headers[b"nightlatch-pass"]
    enforcing.ask((b"cookie", b"nightlatch-pass=" + token))
    challenged, solved, further = enforcing.records()

    assert (challenged.ending, challenged.status) == (Ending.REFUSED, 403)
    assert challenged.decision.action is Action.CHALLENGE
    assert challenged.decision.rule == "measure:m1"
    assert challenged.disclosed == ()
    # The puzzle itself is not kept: there may be a million of them.
    assert challenged.response.body == ""
    assert challenged.response.size > 0

    assert solved.ending is Ending.ANSWERED
    assert solved.disclosed
    assert solved.circles[0].startswith(CIRCLE)
    assert solved.circles[1:] == challenged.circles
    assert further.circles == solved.circles
    # A pass is no credential, and no secret in a record.
    assert further.credential_kind is None
    assert token.decode() not in repr((solved, further))


def test_what_a_person_ordered_holds_in_observe_mode_too(tmp_path: Path) -> None:
    installation = Installation(Mode.OBSERVE, tmp_path, MEASURE)
    assert installation.ask().status == 403
    (record,) = installation.records()
    assert record.decision.action is Action.CHALLENGE
    assert record.decision.withhold


def test_the_gate_is_there_as_soon_as_anybody_may_be_challenged(tmp_path: Path) -> None:
    installation = Installation(Mode.OBSERVE, tmp_path)
    contract = Contract("GET /v1/users/{phone}/status", mode=Mode.ENFORCE)
    for revision, directives in enumerate(
        (Directives(contracts=(contract,)), Directives(measures=(MEASURE,))), 1
    ):
        installation.sink.directives = replace(directives, revision=2 * revision)
        installation.ask()
        assert installation.agent.gate is not None
        installation.sink.directives = Directives(revision=2 * revision + 1)
        installation.ask()
        assert installation.agent.gate is None
    installation.agent.close()


@pytest.mark.parametrize(
    ("decided", "status"),
    [
        # Of a range nothing can be taken out, so it is withheld.
        (Decision(Action.ALLOW, Mode.ENFORCE, without=("phone",)), 503),
        (Decision(Action.ALLOW, Mode.ENFORCE, uniform=True), 202),
    ],
)
def test_what_did_not_leave_disclosed_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, decided: Decision, status: int
) -> None:
    installation = Installation(Mode.ENFORCE, tmp_path)
    ranged = answering(start(206, JSON, length(len(HIT))), part(HIT))
    assert installation.ask(app=ranged).status == 206
    monkeypatch.setattr("nightlatch.pipeline.decide", lambda *_, **__: decided)
    assert installation.ask(app=ranged).status == status
    before, altered = installation.records()
    assert before.disclosed
    assert altered.asked
    assert altered.disclosed == ()
    assert altered.refused is (status == 503)
    assert altered.decision == decided
