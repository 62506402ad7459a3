"""What a probe may not do, whatever it meets: tried without a network."""

from collections.abc import Callable

import pytest

from nightlatch.workbench.oauth.flows.call import Answer, Call
from nightlatch.workbench.oauth.flows.steps import (
    FlowFault,
    Note,
    Play,
    Visit,
    Wait,
    send,
    tell,
    visit,
)
from nightlatch.workbench.oauth.probe.leash import AGENT, FASTEST, Bounds, Leash, Stopped, rehearsed

HOST = frozenset({"api.example"})


def call(url: str = "https://api.example/me", **headers: str) -> Call:
    return Call("ask", "GET", url, tuple(headers.items()))


def asking(count: int, told: list[str], url: str = "https://api.example/me") -> Play[int]:
    """So many requests; what goes wrong is noted, and the next is asked all the same."""
    for _ in range(count):
        try:
            answer = yield from send(call(url))
            told.append(str(answer.status))
        except Stopped as stopped:
            told.append(f"stopped: {stopped}")
            return count
        except FlowFault as fault:
            told.append(f"fault: {fault}")
    return count


class Driven:
    """A flow driven by hand: answers (or faults) in turn, the last of them for ever."""

    def __init__(self, flow: Play[int], *answers: Answer | FlowFault) -> None:
        self.calls: list[Call] = []
        self.waits: list[float] = []
        self.notes: list[str] = []
        left = list(answers)
        reply: Answer | None = None
        fault: FlowFault | None = None
        try:
            while True:
                step = flow.throw(fault) if fault else flow.send(reply)
                reply, fault = None, None
                if isinstance(step, Wait):
                    self.waits.append(step.seconds)
                elif isinstance(step, Note):
                    self.notes.append(step.text)
                elif isinstance(step, Call):
                    self.calls.append(step)
                    found = left.pop(0) if len(left) > 1 else left[0]
                    reply, fault = (found, None) if isinstance(found, Answer) else (None, found)
        except StopIteration as end:
            self.result = end.value


def driven(
    count: int,
    *answers: Answer | FlowFault,
    url: str = "https://api.example/me",
    clock: Callable[[], float] = lambda: 0.0,
    **bounds: float,
) -> tuple[Driven, list[str]]:
    told: list[str] = []
    leash = Leash(HOST, clock, Bounds(**bounds))  # type: ignore[arg-type]
    return Driven(leash.held(asking(count, told, url)), *answers), told


OK, BUSY, BROKEN = Answer(200), Answer(429), Answer(503)


def test_each_request_is_marked_and_waits_its_turn() -> None:
    found, told = driven(3, OK, rate=4)
    assert told == ["200"] * 3
    assert found.waits == [0.25] * 3
    assert [dict(one.headers)["User-Agent"] for one in found.calls] == [AGENT] * 3


def test_a_mark_is_never_there_twice() -> None:
    leash = Leash(HOST, lambda: 0.0, Bounds())

    def flow() -> Play[int]:
        yield from send(call(**{"user-agent": "another", "Accept": "*/*"}))
        return 1

    found = Driven(leash.held(flow()), OK)
    assert found.calls[0].headers == (("User-Agent", AGENT), ("Accept", "*/*"))


@pytest.mark.parametrize(("rate", "seconds"), [(0.0, 5.0), (-1.0, 5.0), (1e9, 1 / FASTEST)])
def test_no_rate_is_faster_or_slower_than_sense(rate: float, seconds: float) -> None:
    assert driven(1, OK, rate=rate)[0].waits == [seconds]


@pytest.mark.parametrize("url", [
    "https://evil.example/me", "https://api.example.evil.example/", "https://api.example:444/",
    "https://api.example@evil.example/", "//evil.example",
])  # fmt: skip
def test_nothing_is_sent_to_another_host(url: str) -> None:
    found, told = driven(2, OK, url=url)
    assert found.calls == []
    assert all("nothing is sent there" in one for one in told)


def test_no_browser_is_sent_to_another_host_either() -> None:
    def flow() -> Play[int]:
        yield from visit(Visit("log in", "https://evil.example/", "http://127.0.0.1/"))
        return 1

    with pytest.raises(FlowFault, match=r"evil\.example is not the server"):
        next(Leash(HOST, lambda: 0.0, Bounds()).held(flow()))


def test_it_ends_at_its_bound() -> None:
    found, told = driven(10, OK, most=4)
    assert len(found.calls) == 4
    assert told[4:] == ["stopped: 4 requests were sent, which is its bound (--most)"]


def test_a_busy_server_is_waited_for() -> None:
    later = Answer(429, (("Retry-After", "7"),))
    found, told = driven(1, later, OK)
    assert told == ["200"]
    assert found.waits[1] == 7
    assert "busy" in found.notes[0]


@pytest.mark.parametrize(("said", "seconds"), [
    ("", 5), ("0", 1), ("-3", 5), ("999999999999", 5), ("3600", 30), ("\u0663", 5),
    ("Wed, 21 Oct 2026 07:28:00 GMT", 5), ("1.5", 5),
])  # fmt: skip
def test_what_the_server_says_of_waiting_is_kept_within_bounds(said: str, seconds: float) -> None:
    found, _ = driven(1, Answer(429, (("Retry-After", said),)), OK)
    assert found.waits[1] == seconds


def test_a_server_that_stays_busy_is_left_alone() -> None:
    found, told = driven(9, BUSY)
    assert len(found.calls) == 3
    assert len(told) == 1
    assert "later, with a lower --rate" in told[0]


@pytest.mark.parametrize("trouble", [BROKEN, FlowFault("no whole answer within 20 seconds")])
def test_a_server_that_falls_ill_is_left_alone(trouble: Answer | FlowFault) -> None:
    found, told = driven(9, trouble)
    assert len(found.calls) == 5
    assert "look whether it is well" in told[-1]


def test_one_that_fails_now_and_then_is_not() -> None:
    found, told = driven(9, BROKEN, BROKEN, BROKEN, BROKEN, OK, BROKEN, OK)
    assert len(found.calls) == 9
    assert "stopped" not in " ".join(told)


def test_what_is_said_is_said_once() -> None:
    def flow() -> Play[int]:
        for text in ("one", "two", "one", "one"):
            yield from tell(text)
        return 1

    assert Driven(Leash(HOST, lambda: 0.0, Bounds()).held(flow()), OK).notes == ["one", "two"]


def test_it_knows_how_long_answers_take() -> None:
    moments = iter(range(100))
    leash = Leash(HOST, lambda: float(next(moments)), Bounds())
    assert leash.usual == 0
    Driven(leash.held(asking(3, [])), OK)
    assert (leash.usual, leash.last) == (1.0, 1.0)


def test_a_rehearsal_ends_where_the_flow_does() -> None:
    def flow() -> Play[object]:
        yield from send(call())
        raise FlowFault("that is all")

    assert len(rehearsed(flow(), lambda _: OK)) == 1
