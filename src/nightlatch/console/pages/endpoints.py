"""The endpoints by risk; one endpoint with what leaves it, and the decision about it."""

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from nightlatch.console.context import Actor, Console, Fields, Here
from nightlatch.console.contracts import read_contract
from nightlatch.console.doors import is_open_door, personal_items
from nightlatch.console.links import endpoint_link
from nightlatch.console.rendering import page
from nightlatch.console.timeline import DAY, SPANS, span_of
from nightlatch.exchange.facts import Contract, EndpointSummary
from nightlatch.exchange.incident import IncidentState

router = APIRouter()
MAX_CALLERS = 10


@router.get("/endpoints")
def list_endpoints(request: Request, here: Here) -> HTMLResponse:
    endpoints = here.recorder.endpoints(here.clock())
    return page(
        request,
        "endpoints.html",
        endpoints=endpoints,
        several=len({one.service for one in endpoints}) > 1,
        personal_items=personal_items,
        is_open_door=is_open_door,
    )


@router.get("/endpoint")
def show_endpoint(
    request: Request, key: str, here: Here, span: str = "24h", service: str | None = None
) -> HTMLResponse:
    summary = _existing(here, key, service)
    contract = summary.contract or Contract(key)
    return _endpoint_page(request, here, summary, contract, [], span=span)


@router.post("/endpoint")
def decide(
    request: Request, key: str, fields: Fields, here: Here, actor: Actor, service: str = ""
) -> Response:
    """Take a person's decision about the endpoint of this service."""
    now = here.clock()
    at = here.whose(key, service)
    summary = _existing(here, key, at.service)
    contract, problems = read_contract(at, fields, now)
    if problems:
        return _endpoint_page(request, here, summary, contract, problems, status=422)
    here.recorder.decide(contract, actor, now)
    return RedirectResponse(endpoint_link(at) + "&saved=1#decision", 303)


def _existing(here: Console, key: str, service: str | None = None) -> EndpointSummary:
    summary = here.endpoint(key, here.clock(), service)
    if summary is None:
        raise HTTPException(404, f"No traffic has been seen at “{key[:200]}”.")
    return summary


def _endpoint_page(
    request: Request,
    here: Console,
    summary: EndpointSummary,
    contract: Contract,
    problems: list[str],
    *,
    span: str = "24h",
    status: int = 200,
) -> HTMLResponse:
    now = here.clock()
    at = summary.at
    return page(
        request,
        "endpoint.html",
        status,
        summary=summary,
        contract=contract,
        problems=problems,
        saved="saved" in request.query_params,
        open_door=is_open_door(summary, now),
        several=len(here.services()) > 1,
        door=here.recorder.measures.closed_door(at),
        checks=here.checks,
        callers=here.events.callers(at.endpoint, now - DAY, now, MAX_CALLERS, at.service),
        incidents=[
            incident
            for incident in here.recorder.incidents(100)
            if incident.at.covers(at) and incident.state is not IncidentState.CLOSED
        ],
        spans=SPANS.values(),
        span=span_of(span),
    )
