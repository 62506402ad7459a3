"""The console as one ASGI application."""

import logging
import time
from collections.abc import Callable, Collection, Sequence

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from nightlatch.checks.check import Check
from nightlatch.console import api, measures_api, openapi, tokens_api
from nightlatch.console.access import Access
from nightlatch.console.answers import problem
from nightlatch.console.context import Console, Senders, check_csrf, checks_by_id
from nightlatch.console.guard import Guard
from nightlatch.console.pages import checks as checks_pages
from nightlatch.console.pages import (
    endpoints,
    home,
    incidents,
    measures,
    oauth,
    oauth_callback,
    oauth_collections,
    oauth_flows,
    oauth_runs,
    requests,
    settings,
    sources,
    token_codes,
    token_create,
    token_keys,
    tokens,
)
from nightlatch.console.ports import Recorder
from nightlatch.console.rendering import STATIC, bare, page
from nightlatch.exchange.judgement import Mode
from nightlatch.policy.orders import OrderRefused
from nightlatch.respond.measures import UnknownMeasure
from nightlatch.store.ports import DocumentStore, EventStore, StoreFailed
from nightlatch.workbench.oauth.bench import Bench

log = logging.getLogger("nightlatch.console")

ROUTERS = (
    api.router,
    measures_api.router,
    tokens_api.router,
    home.router,
    requests.router,
    endpoints.router,
    incidents.router,
    measures.router,
    checks_pages.router,
    sources.router,
    tokens.router,
    token_create.router,
    token_keys.router,
    token_codes.router,
    oauth.router,
    oauth_flows.router,
    oauth_runs.router,
    oauth_collections.router,
    oauth_callback.router,
    settings.router,
)
MACHINES = (api.router, measures_api.router, tokens_api.router)
"""What is described in the OpenAPI document."""


def create_console(
    recorder: Recorder,
    events: EventStore,
    documents: DocumentStore,
    checks: Sequence[Check],
    token: str = "",
    *,
    access: Access | None = None,
    default_mode: Mode = Mode.OBSERVE,
    hosts: Collection[str] = (),
    public: Collection[str] = ("/healthz",),
    version: str = "",
    network: bool = True,
    clock: Callable[[], float] = time.time,
    senders: Senders | None = None,
) -> FastAPI:
    """The console over the rooms below it.

    `token` is the API token for machines ("" for none); people come through `access`. `hosts` are
    names besides the loopback ones under which it may be called; `public` are path prefixes that
    need no session (for routes that the caller mounts); `senders` let people say which sources may
    send. `network`: may the workbench call servers? Raises ValueError for duplicate check ids.
    """
    if not (STATIC / "vendor" / "stamp.txt").is_file():
        log.warning(
            "The console has no styles and scripts: they are built on installation. In a source "
            "tree, run `python scripts/build_assets.py`."
        )
    access = access or Access(documents)
    app = FastAPI(
        title="Nightlatch",
        version=version or "0",
        summary="Whose records leave an API, and what was decided about it.",
        openapi_url="/api/v1/openapi.json",
        # Their pages load scripts from elsewhere; the document itself is served.
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(check_csrf)],
    )
    app.state.console = Console(
        recorder, events, documents, checks_by_id(checks), access, default_mode,
        Bench(clock, network=network), clock, senders,
    )  # fmt: skip
    for router in ROUTERS:
        app.include_router(router, include_in_schema=router in MACHINES)
    openapi.describe(app)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_exception_handler(HTTPException, _on_refused)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(OrderRefused, _on_order_refused)
    app.add_exception_handler(UnknownMeasure, _on_unknown_measure)
    app.add_exception_handler(StoreFailed, _on_store_failed)
    app.add_middleware(
        Guard,
        access=access,
        api_token=token,
        hosts=hosts,
        public=("/static/", oauth_callback.PATH, *public),
        locked=_locked,
        clock=clock,
    )
    return app


def _locked(*, refused: bool) -> Response:
    return bare("locked.html", 401, refused=refused)


def _answer(request: Request, status: int, title: str, detail: str) -> Response:
    """The error as the caller reads it: problem details for machines, a page for people."""
    if request.url.path.startswith("/api/") or not hasattr(request.state, "session"):
        return problem(status, title, detail)
    return page(request, "error.html", status, title=title, detail=detail)


def _on_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    titles = {403: "Not accepted", 404: "Not found", 422: "Not understood"}
    title = titles.get(error.status_code, "Not possible")
    return _answer(request, error.status_code, title, str(error.detail))


def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
    faults = "; ".join(f"{fault['loc'][-1]}: {fault['msg']}" for fault in error.errors())
    return _answer(request, 422, "Not understood", faults)


def _on_order_refused(request: Request, error: Exception) -> Response:
    return _answer(request, 422, "Not understood", str(error))


def _on_unknown_measure(request: Request, error: Exception) -> Response:
    return _answer(request, 404, "Not found", f"Nothing is in force here under “{error}”.")


def _on_store_failed(request: Request, error: Exception) -> Response:
    title = "The store does not answer"
    if request.url.path.startswith("/api/"):
        return problem(503, title, str(error))
    # Without the frame of a page, which would ask the same store again.
    return bare("broken.html", 503, title=title, detail=str(error))
