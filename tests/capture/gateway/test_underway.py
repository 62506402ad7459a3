"""Exchanges that a proxy tells of: each is judged, ends once, and is handed over once."""

import gzip
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.capture.recording import FORBID, WITHHOLD, Recording

from nightlatch.capture.gateway.seen import answer_seen, body_seen, scope_of
from nightlatch.capture.gateway.underway import PASS, End, Underway
from nightlatch.exchange.exchange import NO_BODY, Body, Ending, Request, Response
from nightlatch.exchange.headers import Headers, headers_of
from nightlatch.exchange.judgement import ALLOW_ENFORCE, Action, Decision, Mode, Outcome
from nightlatch.exchange.source import Source, SourceKind

SOURCE = Source(SourceKind.GATEWAY, "test")
JSON = headers_of([("content-type", "application/json"), ("content-length", "2")])
ANSWER = Response(200, JSON, Body(b"{}", 2))
ENDLESS = Response(200, Headers([(b"content-type", b"application/json")]), Body(b"[", 2, True))


@dataclass
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class House:
    inline: Recording = field(default_factory=Recording)
    clock: Clock = field(default_factory=Clock)
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.underway: Underway[Any] = Underway(
            self.inline, SOURCE, self.inline.on_lost, clock=self.clock, timer=self.clock,
            **self.options,
        )  # fmt: skip

    def begin(self, key: str = "a", body: Body = NO_BODY) -> Any:
        request = Request("GET", "http", "api", "/users/7", "", Headers(), "192.0.2.7", body=body)
        return self.underway.begin(key, request, scope_of(request, "/users/7"))

    def finished(self) -> list[Any]:
        self.underway.hand_over()
        return self.inline.finished


def test_an_exchange_that_is_seen_whole_ends_with_its_answer() -> None:
    house = House()
    assert house.begin() is PASS
    house.clock.now += 2
    assert house.underway.respond("a", ANSWER).over
    (one,) = house.finished()
    assert (one.ending, one.response, one.duration) == (Ending.ANSWERED, ANSWER, 2.0)
    assert len(house.underway) == 0
    assert not house.underway.end("a", End())


def test_a_request_can_be_refused() -> None:
    house = House(Recording(at_request=lambda _request: WITHHOLD))
    verdict = house.begin()
    assert verdict.answer.status == 429
    assert verdict.answer.headers.get(b"retry-after") == "30"
    assert [one.ending for one in house.finished()] == [Ending.REFUSED]


def test_a_request_can_be_refused_for_its_body() -> None:
    house = House(Recording(at_body=lambda _request: FORBID))
    assert house.begin(body=Body(b"' or 1=1", 8)).answer.status == 403
    assert house.begin("b") is PASS
    assert house.inline.bodies == [b"' or 1=1"]


def test_an_answer_can_be_withheld() -> None:
    house = House(Recording(at_response=lambda _response: FORBID))
    house.begin()
    verdict = house.underway.respond("a", ANSWER)
    assert verdict.answer is not None
    assert verdict.answer.status == 403
    (one,) = house.finished()
    assert one.ending is Ending.REFUSED
    assert one.response.ours


def test_what_goes_on_ends_when_the_proxy_says_so() -> None:
    house = House()
    house.begin()
    assert not house.underway.respond("a", ENDLESS).over
    assert house.finished() == []
    assert house.underway.end("a", End(status=200, sent=5_000, duration=9.0))
    (one,) = house.finished()
    assert (one.response.body.size, one.duration, one.ending) == (5_000, 9.0, Ending.ANSWERED)


ENDS = {
    "client gone": (End(client_gone=True), Ending.CLIENT_GONE, None),
    "no answer": (End(), Ending.RAISED, None),
    "the proxy's own error": (End(status=502), Ending.ANSWERED, 502),
}


@pytest.mark.parametrize("name", ENDS)
def test_without_an_answer_it_ends_as_the_proxy_has_it(name: str) -> None:
    end, ending, status = ENDS[name]
    house = House()
    house.begin()
    house.underway.end("a", end)
    (one,) = house.finished()
    assert one.ending is ending
    assert (one.response.status if one.response else None) == status


def test_an_answer_that_was_only_logged_counts_too() -> None:
    house = House(options={"holds_answers": False})
    house.begin()
    house.underway.add_body("a", Body(b"{}", 2))
    house.underway.end("a", End(status=404))
    assert [one.response.status for one in house.inline.judged] == [404]
    assert house.finished()[0].request.body.data == b"{}"


def test_silence_ends_it() -> None:
    house = House()
    house.begin("old")
    house.clock.now += 800
    house.begin("new")
    house.clock.now += 200
    assert house.underway.expire() == 1
    assert [one.ending for one in house.finished()] == [Ending.CLIENT_GONE]
    house.underway.close()
    assert len(house.inline.finished) == 2


def test_memory_is_bounded_by_number_and_by_weight() -> None:
    house = House(options={"at_once": 3})
    for turn in range(10):
        house.begin(str(turn))
    assert len(house.underway) == 3
    heavy = House(options={"held": 1_000})
    for turn in range(10):
        heavy.begin(str(turn), Body(b"x" * 400, 400))
    assert len(heavy.underway) == 2
    assert len(house.finished()) == 7
    assert len(heavy.finished()) == 8


def test_a_name_that_comes_twice_ends_the_first() -> None:
    house = House()
    house.begin()
    house.begin()
    assert len(house.finished()) == 1
    assert len(house.underway) == 1


@pytest.mark.parametrize(("closed", "status"), [(False, None), (True, 503)])
def test_a_fault_of_ours_passes_or_closes(
    monkeypatch: pytest.MonkeyPatch, closed: bool, status: int | None
) -> None:
    monkeypatch.delenv("NIGHTLATCH_RAISE")

    def fail(_seen: object) -> Decision:
        raise ZeroDivisionError

    first = House(Recording(at_request=fail), options={"fail_closed": closed})
    second = House(Recording(at_response=fail), options={"fail_closed": closed})
    second.begin()
    for verdict in (first.begin(), second.underway.respond("a", ANSWER)):
        assert verdict.over
        assert (verdict.answer.status if verdict.answer else None) == status
    assert first.inline.lost == second.inline.lost == [(Outcome.LOST_FAULT, 1)]
    assert len(first.underway) == len(second.underway) == 0


ALTERED = Decision(Action.ALLOW, Mode.ENFORCE)


def altering(**how: Any) -> Decision:
    from msgspec.structs import replace

    return replace(ALTERED, **how)


def test_answers_are_altered_as_far_as_a_proxy_can() -> None:
    def told(**how: Any) -> Any:
        house = House(Recording(at_response=lambda _response: altering(**how)))
        house.begin()
        verdict = house.underway.respond("a", ANSWER)
        return verdict, house.finished()[0]

    assert told(delay=2.0)[0].delay == 2.0
    uniform, one = told(uniform=True)
    assert uniform.answer.status == 202
    assert (one.ending, one.response) == (Ending.ANSWERED, ANSWER)
    withheld, one = told(without=("phone",))
    assert withheld.answer.status == 503
    assert one.ending is Ending.REFUSED


def test_a_proxy_that_never_sees_the_answer_is_told_before() -> None:
    def told(**how: Any) -> Any:
        inline = Recording(at_request=lambda _request: altering(**how))
        return House(inline, options={"holds_answers": False}).begin()

    assert told(delay=2.0).delay == 2.0
    assert told(uniform=True).answer.status == 403
    assert told(without=("phone",)).answer.status == 403
    assert told() is PASS


def test_bodies_are_whole_only_where_that_is_certain() -> None:
    sized = headers_of([("content-length", "4"), ("content-type", "application/json")])
    chunked = headers_of([("transfer-encoding", "chunked"), ("content-type", "application/json")])
    assert body_seen(b"[1]\n", sized) == Body(b"[1]\n", 4)
    assert body_seen(b"[1", sized) == Body(b"[1", 4, truncated=True)
    assert body_seen(b"[1]", chunked) == Body(b"[1]", 3)
    assert body_seen(b"[1,", chunked).truncated
    assert body_seen(b"", chunked).truncated
    assert body_seen(b"", Headers()) is NO_BODY
    assert answer_seen(b"", 200, sized, "HEAD") is NO_BODY
    assert answer_seen(b"", 304, sized, "GET") is NO_BODY


def test_bodies_are_unpacked() -> None:
    packed = gzip.compress(b'{"a": 1}')
    headers = headers_of([("content-encoding", "gzip"), ("content-length", str(len(packed)))])
    assert body_seen(packed, headers).data == b'{"a": 1}'
    assert body_seen(packed[:12], headers).truncated


def test_nothing_is_changed_in_passing() -> None:
    assert ALLOW_ENFORCE.alters is False
