"""Collections: a server, a client and its flows, without secrets, to be shared or kept."""

import re

from fastapi import APIRouter, HTTPException
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from nightlatch.console.context import Fields, Here
from nightlatch.console.pages.oauth_desk import Mine
from nightlatch.console.pages.oauth_words import sentence
from nightlatch.workbench.oauth.flows import workspace
from nightlatch.workbench.oauth.flows.steps import FlowFault
from nightlatch.workbench.oauth.kept import Collections

router = APIRouter(prefix="/oauth")
_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")


@router.get("/collection")
async def download(desk: Mine) -> Response:
    """There is no member for a secret in it."""
    try:
        made = desk.workspace()
    except FlowFault as fault:
        raise HTTPException(404, sentence(fault)) from None
    name = _UNSAFE.sub("-", made.place.partition("://")[2] or made.place)[:80].strip("-.")
    headers = {"Content-Disposition": f'attachment; filename="oauth-{name}.json"'}
    return Response(workspace.dump(made), 200, headers, "application/json")


@router.post("/collection")
async def upload(fields: Fields, desk: Mine) -> RedirectResponse:
    try:
        desk.open(workspace.load(fields.get("collection", "").encode()))
    except FlowFault as fault:
        raise HTTPException(422, sentence(fault)) from None
    return RedirectResponse("/oauth", 303)


@router.post("/kept")
async def keep(fields: Fields, desk: Mine, here: Here) -> RedirectResponse:
    """In the house's store, because somebody said so."""
    kept = Collections(here.documents)
    try:
        made = desk.workspace()
        await run_in_threadpool(kept.keep, fields.get("name", ""), made, here.clock())
    except FlowFault as fault:
        raise HTTPException(422, sentence(fault)) from None
    return RedirectResponse("/oauth#collections", 303)


@router.post("/kept/open")
async def open_kept(fields: Fields, desk: Mine, here: Here) -> RedirectResponse:
    try:
        found = await run_in_threadpool(Collections(here.documents).named, fields.get("name", ""))
    except FlowFault as fault:
        raise HTTPException(404, sentence(fault)) from None
    desk.open(found)
    return RedirectResponse("/oauth", 303)


@router.post("/kept/delete")
async def delete_kept(fields: Fields, here: Here) -> RedirectResponse:
    await run_in_threadpool(Collections(here.documents).delete, fields.get("name", ""))
    return RedirectResponse("/oauth#collections", 303)
