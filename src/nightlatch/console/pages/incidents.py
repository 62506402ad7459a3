"""The incidents, the page of one, and the buttons that contain and close it."""

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from nightlatch.console.context import Actor, Console, Here
from nightlatch.console.doors import MAX_INCIDENTS
from nightlatch.console.pages.measures import OrderForm
from nightlatch.console.rendering import page
from nightlatch.exchange.incident import Incident

router = APIRouter(prefix="/incidents")
MAX_BLOCKED = 20
"""Addresses that one order names."""


@router.get("")
def list_incidents(request: Request, here: Here) -> HTMLResponse:
    return page(
        request,
        "incidents.html",
        incidents=here.recorder.incidents(MAX_INCIDENTS),
        several=len(here.services()) > 1,
    )


@router.get("/{incident_id}")
def show_incident(request: Request, incident_id: str, here: Here) -> HTMLResponse:
    incident = _existing(here, incident_id)
    now = here.clock()
    return page(
        request,
        "incident.html",
        incident=incident,
        summary=here.endpoint(incident.endpoint, now, incident.service),
        several=len(here.services()) > 1,
        block_link=_block_link(incident),
    )


@router.post("/{incident_id}/contain")
def contain(incident_id: str, here: Here, actor: Actor) -> RedirectResponse:
    _existing(here, incident_id)
    here.recorder.contain(incident_id, actor, here.clock())
    return RedirectResponse(f"/incidents/{incident_id}", 303)


@router.post("/{incident_id}/close")
def close(incident_id: str, here: Here, actor: Actor) -> RedirectResponse:
    _existing(here, incident_id)
    here.recorder.close_incident(incident_id, actor, here.clock())
    return RedirectResponse(f"/incidents/{incident_id}", 303)


def _block_link(incident: Incident) -> str:
    """To the preview of a block of those who took most, wherever they are."""
    addresses = dict.fromkeys(caller.address for caller in incident.top_callers[:MAX_BLOCKED])
    whom = f"address in ({', '.join(addresses)})" if len(addresses) > 1 else "".join(addresses)
    form = OrderForm(whom=whom, reason=f"incident {incident.id}")
    return "/measures/preview?" + form.address()


def _existing(here: Console, incident_id: str) -> Incident:
    incident = here.recorder.incident(incident_id)
    if incident is None:
        raise HTTPException(404, "There is no such incident.")
    return incident
