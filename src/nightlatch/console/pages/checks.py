"""The catalogue of checks and the help page of each."""

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse

from nightlatch.console.context import Here
from nightlatch.console.rendering import page
from nightlatch.exchange.judgement import Level

router = APIRouter(prefix="/checks")


@router.get("")
def list_checks(request: Request, here: Here) -> HTMLResponse:
    levels = sorted(Level, reverse=True)
    checks = here.checks.values()
    return page(
        request,
        "checks.html",
        groups=[(level, [check for check in checks if check.level is level]) for level in levels],
        total=len(here.checks),
    )


@router.get("/{check_id}")
def show_check(request: Request, check_id: str, here: Here) -> HTMLResponse:
    check = here.checks.get(check_id)
    if check is None:
        raise HTTPException(404, "There is no check with this id in this version.")
    failing = [
        (summary.at, times)
        for summary in here.recorder.endpoints(here.clock())
        for failed, times in summary.failed_checks
        if failed == check_id
    ]
    failing.sort(key=lambda entry: -entry[1])
    several = len({at.service for at, _ in failing}) > 1
    return page(request, "check.html", check=check, failing=failing, several=several)
