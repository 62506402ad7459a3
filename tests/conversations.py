"""Exchanges told to a whole pipeline, all rooms real, without a server."""

import json
from typing import Any

from nightlatch.app.rooms import build_rooms
from nightlatch.capture.refusal import refusal
from nightlatch.exchange.exchange import NO_BODY, Body, Ending, Request, Response
from nightlatch.exchange.facts import Directives
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.headers import headers_of
from nightlatch.exchange.judgement import Mode
from nightlatch.exchange.record import Record
from nightlatch.pipeline import Pipeline
from nightlatch.settings import load_settings

NOW = 1_800_000_000.0
LOOK_UP = "/v1/users/{phone}/status"
LOOK_UP_KEY = f"GET {LOOK_UP}"

Pairs = tuple[tuple[str, str], ...]


class Conversation:
    """One pipeline and a clock that each exchange moves on by `pace` seconds."""

    def __init__(self, mode: str = "observe", pace: float = 0.2, **given: Any) -> None:
        settings = load_settings({"mode": mode, **given}, environment={})
        self.rooms = build_rooms(settings, Hasher(bytes(32)))
        self.pipeline = Pipeline(self.rooms, Mode(mode))
        self.now = NOW
        self._pace = pace
        self.records: list[Record] = []

    def apply(self, directives: Directives) -> None:
        self.pipeline.apply(directives)

    def exchange(self, request: Request, response: Response | None, route: str | None) -> Record:
        """All three moments, as capture carries them out; a withheld answer becomes ours."""
        self.now += self._pace
        flight = self.pipeline.on_request(request, self.now)
        decision = flight.decision
        if not decision.withhold and response is not None:
            decision = self.pipeline.on_response(flight, request, response, route, self.now)
        ending = Ending.ANSWERED if response is not None else Ending.RAISED
        if decision.withhold:
            ending, response = Ending.REFUSED, refusal(decision)
        self.pipeline.on_sent(flight, response)
        record = self.pipeline.on_exchange(flight, request, response, route, ending, 0.001)
        self.records.append(record)
        return record

    def ask(
        self,
        path: str,
        answer: Any = None,
        status: int = 200,
        *,
        route: str | None = None,
        method: str = "GET",
        query: str = "",
        headers: Pairs = (),
        sent: Any = None,
        address: str = "198.51.100.7",
    ) -> Record:
        """A request with a JSON body (or none) and its JSON answer."""
        request = Request(
            method, "https", "api.example", path, query, headers_of(_typed(headers, sent)),
            address, body=_json(sent),
        )  # fmt: skip
        response = Response(status, headers_of(_typed((), answer)), _json(answer))
        return self.exchange(request, response, route)

    def look_up(self, number: int, *, hit: bool = True, **fields: Any) -> Record:
        """The breached question: does this phone number have an account?"""
        answer = {"account_id": 48_000_000 + number, "status": "active", "devices": 2}
        return self.ask(
            f"/v1/users/{phone(number)}/status",
            answer if hit else {"error": "not found"},
            200 if hit else 404,
            route=LOOK_UP,
            **fields,
        )


def phone(number: int) -> str:
    """A fictional number: +1 NPA 555-01XX."""
    return f"+1{201 + number // 100}55501{number % 100:02d}"


def _typed(headers: Pairs, sent: Any) -> Pairs:
    return headers if sent is None else (*headers, ("content-type", "application/json"))


def _json(value: Any) -> Body:
    if value is None:
        return NO_BODY
    data = json.dumps(value).encode()
    return Body(data, len(data))
