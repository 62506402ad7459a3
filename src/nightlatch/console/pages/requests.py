"""The request list, live, and the page of one request with every check."""

from collections.abc import Sequence

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse
from msgspec import Struct

from nightlatch import __version__
from nightlatch.checks.check import Check
from nightlatch.console.context import Console, Here
from nightlatch.console.rendering import page, row
from nightlatch.console.search import METHODS, PAGE, Search, read_search
from nightlatch.console.stream import EventStream, live
from nightlatch.exchange.judgement import Finding
from nightlatch.exchange.record import Record
from nightlatch.respond.exports import har

router = APIRouter(prefix="/requests")
MOST_SAVED = 1_000
"""Requests in one file; the command line takes more."""


class Judged(Struct, frozen=True):
    """One check of the catalogue and what it said of one request."""

    check: Check
    finding: Finding | None
    skipped: bool

    @property
    def verdict(self) -> str:
        if self.finding is not None:
            return "failed"
        return "skipped" if self.skipped else "passed"


@router.get("")
def list_requests(request: Request, here: Here) -> HTMLResponse:
    search = read_search(request.query_params)
    records = here.events.search(search.query(PAGE + 1))
    more = len(records) > PAGE
    now = here.clock()
    return page(
        request,
        "requests.html",
        search=search,
        records=records[:PAGE],
        older=search.address_with(before=records[PAGE - 1].id) if more else "",
        total=here.events.count(search.query()),
        endpoints=sorted({summary.endpoint for summary in here.recorder.endpoints(now)}),
        several=_several(here, search),
        services=[(name, name) for name in sorted({*here.services(), search.service} - {""})],
        methods=[(method, method) for method in METHODS],
        checks=[(check.id, check.title) for check in here.checks.values()],
    )


@router.get("/stream", response_class=StreamingResponse, response_model=None)
def stream(request: Request, here: Here) -> Response:
    """The list's live rows, as rendered HTML."""
    search = read_search(request.query_params)
    several = _several(here, search)
    return EventStream(
        request,
        live(
            request,
            here.recorder.subscribe,
            search.query(),
            lambda record: row(here, record, several=several),
        ),
    )


@router.get("/har")
def save_requests(request: Request, here: Here) -> Response:
    """The newest that the search finds, for a browser's developer tools."""
    query = read_search(request.query_params).query(MOST_SAVED)
    return _har(here.events.search(query), "requests")


@router.get("/{record_id}/har")
def save_request(record_id: str, here: Here) -> Response:
    record = here.events.get(record_id)
    if record is None:
        raise HTTPException(404, "This request is not in the store; retention may have removed it.")
    return _har([record], record.id)


@router.get("/{record_id}")
def show_request(request: Request, record_id: str, here: Here) -> HTMLResponse:
    record = here.events.get(record_id)
    if record is None:
        raise HTTPException(404, "This request is not in the store; retention may have removed it.")
    judged = judge(here, record)
    return page(
        request,
        "request.html",
        record=record,
        judged=judged,
        passed=sum(entry.verdict == "passed" for entry in judged),
        skipped=sum(entry.verdict == "skipped" for entry in judged),
    )


def _several(here: Console, search: Search) -> bool:
    """May what is found be of more than one service?"""
    return not search.service and len(here.services()) > 1


def _har(records: Sequence[Record], name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="nightlatch-{name}.har"'}
    pieces = har.pieces(records, __version__)
    return StreamingResponse(pieces, 200, headers, har.MEDIA_TYPE)


def judge(here: Console, record: Record) -> list[Judged]:
    """Every check in the catalogue: failed ones first, the gravest on top, skipped ones last."""
    found = {finding.check: finding for finding in record.findings}
    judged = [
        Judged(check, found.get(check.id), check.id in record.skipped)
        for check in here.checks.values()
    ]
    order = {"failed": 0, "passed": 1, "skipped": 2}
    judged.sort(key=lambda entry: (order[entry.verdict], -_gravity(entry)))
    return judged


def _gravity(entry: Judged) -> int:
    return entry.check.level if entry.finding is None else entry.finding.level
