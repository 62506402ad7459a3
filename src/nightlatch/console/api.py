"""The REST API under /api/v1: what the pages show, for machines. JSON both ways.

Errors are RFC 9457 problem details. Unsafe methods need the API token, or a session together with
its CSRF token in `X-CSRF-Token`.
"""

from typing import TypeVar

import msgspec
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response, StreamingResponse
from msgspec import Struct

from nightlatch.checks.check import Scope
from nightlatch.console.answers import json
from nightlatch.console.bodies import Body, decode
from nightlatch.console.context import Actor, Console, Here
from nightlatch.console.contracts import contract_problems
from nightlatch.console.doors import MAX_INCIDENTS, Overview, overview
from nightlatch.console.openapi import answers, takes
from nightlatch.console.search import PAGE, read_search
from nightlatch.console.stream import EventStream
from nightlatch.console.stream import live as events
from nightlatch.console.timeline import Timeline, around, recent, span_of
from nightlatch.exchange.facts import Contract, EndpointSummary
from nightlatch.exchange.incident import Incident
from nightlatch.exchange.judgement import Level, Mode
from nightlatch.exchange.record import Record
from nightlatch.store.ports import StoreSize

router = APIRouter(prefix="/api/v1", tags=["v1"])
T = TypeVar("T")
MAX_PAGE = 500


class ModeChoice(Struct, frozen=True):
    mode: Mode


class CheckHelp(Struct, frozen=True):
    """A check's help page, without its function."""

    id: str
    title: str
    level: Level
    scope: Scope
    what: str
    why: str
    example: str
    remedy: str
    owasp: str
    cwe: int
    references: tuple[str, ...]


class HealthReport(Struct, frozen=True):
    mode: Mode
    problems: tuple[str, ...]
    outcomes: dict[str, int]
    store: StoreSize | None
    """None when the store cannot say."""


@router.get("/overview", **answers(Overview))
def read_overview(here: Here) -> Response:
    """Whose records left to strangers, open doors, open incidents."""
    now = here.clock()
    endpoints, incidents = here.recorder.endpoints(now), here.recorder.incidents(MAX_INCIDENTS)
    return json(overview(endpoints, incidents, here.mode, now))


@router.get("/timeline", **answers(Timeline))
def read_timeline(
    here: Here, span: str = "24h", endpoint: str | None = None, service: str | None = None
) -> Response:
    """Requests by level, refusals and distinct people disclosed; `span` is 1h, 24h, 7d or 30d."""
    return json(recent(here.events, span_of(span), here.clock(), endpoint, service))


@router.get("/records", **answers(list[Record], "Newest first."))
def search_records(request: Request, here: Here, limit: int = PAGE) -> Response:
    """Search: level, endpoint, service, method, status, address, circle, check, refused, text,
    before."""
    search = read_search(request.query_params)
    if problems := search.problems():
        raise HTTPException(422, "; ".join(problems))
    return json(here.events.search(search.query(max(1, min(limit, MAX_PAGE)))))


@router.get("/records/{record_id}", **answers(Record))
def read_record(record_id: str, here: Here) -> Response:
    return json(_found(here.events.get(record_id), "record"))


@router.get("/endpoints", **answers(list[EndpointSummary], "By risk, the worst first."))
def list_endpoints(here: Here) -> Response:
    return json(here.recorder.endpoints(here.clock()))


@router.get("/endpoint", **answers(EndpointSummary))
def read_endpoint(key: str, here: Here, service: str | None = None) -> Response:
    """`key` is the method and the route template, e.g. `GET /users/{phone}`. Where several services
    have it, `service` says which; else it is the one where it is riskiest."""
    return json(_found(here.endpoint(key, here.clock(), service), "endpoint"))


@router.put("/contracts", openapi_extra=takes(Contract), **answers(Contract))
def put_contract(body: Body, here: Here, actor: Actor) -> Response:
    """Decide about one endpoint of one service; replaces what was decided before. `service` may
    be left out where one alone has the endpoint."""
    now = here.clock()
    given = decode(body, Contract)
    at = here.whose(given.endpoint, given.service)
    contract = msgspec.structs.replace(given, service=at.service, decided_at=now)
    if problems := contract_problems(contract, now):
        raise HTTPException(422, " ".join(problems))
    _found(here.endpoint(at.endpoint, now, at.service), "endpoint")
    here.recorder.decide(contract, actor, now)
    return json(contract)


@router.get("/incidents", **answers(list[Incident], "Newest first."))
def list_incidents(here: Here, limit: int = 100) -> Response:
    return json(here.recorder.incidents(max(1, min(limit, MAX_INCIDENTS))))


@router.get("/incidents/{incident_id}", **answers(Incident))
def read_incident(incident_id: str, here: Here) -> Response:
    return json(_found(here.recorder.incident(incident_id), "incident"))


@router.get("/incidents/{incident_id}/timeline", **answers(Timeline))
def read_incident_timeline(incident_id: str, here: Here) -> Response:
    """All requests to its endpoint while it lasted, with a little before and after."""
    incident = _found(here.recorder.incident(incident_id), "incident")
    opened, last_seen, service = incident.opened, incident.last_seen, incident.service or None
    return json(around(here.events, opened, last_seen, incident.endpoint, service))


@router.post("/incidents/{incident_id}/contain", **answers(Incident))
def contain(incident_id: str, here: Here, actor: Actor) -> Response:
    """Enforce at the incident's endpoint and refuse the callers concerned."""
    _found(here.recorder.incident(incident_id), "incident")
    here.recorder.contain(incident_id, actor, here.clock())
    return json(here.recorder.incident(incident_id))


@router.post("/incidents/{incident_id}/close", **answers(Incident))
def close(incident_id: str, here: Here, actor: Actor) -> Response:
    _found(here.recorder.incident(incident_id), "incident")
    here.recorder.close_incident(incident_id, actor, here.clock())
    return json(here.recorder.incident(incident_id))


@router.get("/mode", **answers(ModeChoice))
def read_mode(here: Here) -> Response:
    return json(ModeChoice(here.mode))


@router.put("/mode", openapi_extra=takes(ModeChoice), **answers(ModeChoice))
def put_mode(body: Body, here: Here, actor: Actor) -> Response:
    choice = decode(body, ModeChoice)
    here.recorder.set_mode(choice.mode, actor, here.clock())
    return json(choice)


@router.get("/checks", **answers(list[CheckHelp]))
def list_checks(here: Here) -> Response:
    helps = [
        CheckHelp(**{name: getattr(check, name) for name in CheckHelp.__struct_fields__})
        for check in here.checks.values()
    ]
    return json(helps)


@router.get("/health", **answers(HealthReport))
def read_health(here: Here) -> Response:
    return json(_health(here))


@router.get("/live", response_class=StreamingResponse, response_model=None)
def live(request: Request, here: Here) -> Response:
    """Server-sent events: `request` (a record as JSON), `passed` (two counts: not shown, lost)."""
    query = read_search(request.query_params).query()
    return EventStream(request, events(request, here.recorder.subscribe, query, _as_json))


def _as_json(record: Record) -> str:
    return msgspec.json.encode(record).decode()


def _health(here: Console) -> HealthReport:
    health = here.recorder.health(here.clock())
    return HealthReport(here.mode, tuple(health.problems), dict(health.outcomes), health.store)


def _found(value: T | None, noun: str) -> T:
    if value is None:
        raise HTTPException(404, f"There is no such {noun}, or it is no longer kept.")
    return value
