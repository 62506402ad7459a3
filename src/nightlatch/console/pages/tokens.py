"""Tokens on the bench: taken apart as one types, verified, judged and made."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from nightlatch.console.rendering import page

router = APIRouter(prefix="/tokens")


@router.get("")
def show_bench(request: Request) -> HTMLResponse:
    return page(request, "tokens.html")
