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
    return _endpoint_page(request, here, summary, summary.contract or Contract(key), [], span=span)


@router.post("/endpoint")
def decide(request: Request, key: str, fields: Fields, here: Here, actor: Actor) -> Response:
    """Take a person's decision about the endpoint."""
    now = here.clock()
    summary = _existing(here, key)
    contract, problems = read_contract(key, fields, now)
    if problems:
        return _endpoint_page(request, here, summary, contract, problems, status=422)
    here.recorder.decide(contract, actor, now)
    return RedirectResponse(endpoint_link(key) + "&saved=1#decision", 303)


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
    key = summary.endpoint
    return page(
        request,
        "endpoint.html",
        status,
        summary=summary,
        contract=contract,
        problems=problems,
        saved="saved" in request.query_params,
        open_door=is_open_door(summary, now),
        door=next((d for d in here.recorder.measures.closed_doors() if d.endpoint == key), None),
        checks=here.checks,
        callers=here.events.callers(key, now - DAY, now, MAX_CALLERS),
        incidents=[
            incident
            for incident in here.recorder.incidents(100)
            if incident.endpoint == key and incident.state is not IncidentState.CLOSED
        ],
        spans=SPANS.values(),
        span=span_of(span),
    )
