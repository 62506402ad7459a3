"""What holds a probe back: one server, few requests, slowly, and an end where it does harm."""

import statistics
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from nightlatch.workbench.oauth.flows.call import Answer, Call
from nightlatch.workbench.oauth.flows.steps import (
    FlowFault,
    Note,
    Play,
    Reply,
    Step,
    Visit,
    Wait,
    send,
    tell,
)

T = TypeVar("T")
AGENT = "nightlatch-probe (a security test, asked for by the owner of this server)"
"""User-Agent of each request, so that logs and colleagues can tell."""
SLOWEST, USUAL, FASTEST = 0.2, 5.0, 50.0
"""Requests a second."""
MOST = 400
"""Requests of one probe."""
_PATIENCE, _MOST_BUSY, _MOST_FAILED = 30.0, 3, 5


class Stopped(FlowFault):
    """The probe ends here: what it found until then is told."""


class Bounds(Struct, frozen=True):
    """What a person may change of it."""

    rate: float = USUAL
    most: int = MOST


class Leash:
    """Holds one probe: `yield from leash.held(flow)`.

    `hosts` are the host and port that were named twice, and others that are the same server's.
    """

    def __init__(self, hosts: frozenset[str], clock: Callable[[], float], bounds: Bounds) -> None:
        self.last = 0.0
        """Seconds that the last answer took."""
        self._hosts = frozenset(host.lower() for host in hosts)
        self._clock = clock
        self._pause = 1 / min(max(bounds.rate, SLOWEST), FASTEST)
        self._most = bounds.most
        self._took: list[float] = []
        self._said: set[str] = set()
        self._busy = self._failed = 0
        self._over: Stopped | None = None

    @property
    def usual(self) -> float:
        """Seconds that half of the answers took at most."""
        return statistics.median(self._took) if self._took else 0.0

    def held(self, flow: Play[T]) -> Play[T]:
        """The flow, whose calls are held back; Stopped is thrown into it where it is to end."""
        reply: Reply = None
        fault: FlowFault | None = None
        while True:
            try:
                step = flow.throw(fault) if fault else flow.send(reply)
            except StopIteration as end:
                found: T = end.value
                return found
            reply, fault = None, None
            try:
                if isinstance(step, Call):
                    reply = yield from self._sent(step)
                else:
                    if isinstance(step, Visit):
                        self._refuse(step.url)
                    # What is said of each log-in is said once.
                    reply = None if self._is_said(step) else (yield step)
            except FlowFault as told:
                fault = told

    def _is_said(self, step: Step) -> bool:
        if not isinstance(step, Note):
            return False
        known = step.text in self._said
        self._said.add(step.text)
        return known

    def _sent(self, call: Call) -> Play[Answer]:
        self._refuse(call.url)
        answer = yield from self._once(call)
        while answer.status == 429:
            self._busy += 1
            if self._busy >= _MOST_BUSY:
                self._stop("it answers 429 again and again: try later, with a lower --rate")
            seconds = _retry_after(answer)
            yield from tell(f"the server is busy (429): waiting {seconds:g} seconds")
            yield Wait(seconds)
            answer = yield from self._once(call)
        return answer

    def _once(self, call: Call) -> Play[Answer]:
        if len(self._took) >= self._most:
            self._stop(f"{self._most} requests were sent, which is its bound (--most)")
        yield Wait(self._pause)
        began = self._clock()
        try:
            answer = yield from send(_marked(call))
        except FlowFault:
            self._note(began, failed=True)
            raise
        self._note(began, failed=answer.status >= 500)
        return answer

    def _note(self, began: float, *, failed: bool) -> None:
        self.last = self._clock() - began
        self._took.append(self.last)
        self._failed = self._failed + 1 if failed else 0
        if self._failed >= _MOST_FAILED:
            self._stop(f"it failed {_MOST_FAILED} times in a row: look whether it is well")

    def _refuse(self, url: str) -> None:
        if self._over is not None:
            raise self._over
        host = urlsplit(url).netloc.lower()
        if host not in self._hosts:
            raise FlowFault(f"{host} is not the server that is probed: nothing is sent there")

    def _stop(self, why: str) -> None:
        self._over = Stopped(why)
        raise self._over


def rehearsed(flow: Play[object], answers: Callable[[Call], Answer]) -> list[Call | Visit]:
    """What a flow would send if it were answered so. Nothing is sent."""
    seen: list[Call | Visit] = []
    reply: Reply = None
    try:
        while True:
            step = flow.send(reply)
            reply = None
            if isinstance(step, Call):
                seen.append(step)
                reply = answers(step)
            elif isinstance(step, Visit):
                seen.append(step)
                reply = step.example
    except (StopIteration, FlowFault):
        return seen


def _marked(call: Call) -> Call:
    others = tuple(pair for pair in call.headers if pair[0].lower() != "user-agent")
    return msgspec.structs.replace(call, headers=(("User-Agent", AGENT), *others))


def _retry_after(answer: Answer) -> float:
    """Seconds (RFC 9110, section 10.2.3); a date is as good as nothing said."""
    given = answer.header("retry-after").strip()
    wanted = float(given) if given.isascii() and given.isdecimal() and len(given) < 7 else 5.0
    return min(max(wanted, 1.0), _PATIENCE)
