"""What the pages of the token bench have in common."""

from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from msgspec import Struct

from nightlatch.console.rendering import page, part

PART_HEADER = "x-bench-part"
"""The script of the page asks with it for what changes, not for the whole page."""
TABS = (
    ("/tokens", "inspect", "Inspect"),
    ("/tokens/create", "create", "Create"),
    ("/tokens/keys", "keys", "Keys"),
    ("/tokens/codes", "codes", "One-time codes"),
)
MAX_FIELD = 300_000
"""Characters of a field."""
F = TypeVar("F", bound=Struct)


def show(request: Request, tab: str, **values: Any) -> HTMLResponse:
    """The tab as a page; for the page's own script, its changing part."""
    if PART_HEADER in request.headers:
        return HTMLResponse(part(request, f"parts/tokens_{tab}.html", **values))
    title = next(words for _, name, words in TABS if name == tab)
    return page(request, "tokens.html", tab=tab, tabs=TABS, tab_title=title, **values)


def read_form(given: Mapping[str, str], shape: type[F]) -> F:
    """The fields as typed, those too long cut off."""
    names = shape.__struct_fields__
    return shape(**{name: given[name][:MAX_FIELD] for name in names if name in given})


def zone_of(name: str) -> tzinfo:
    """The browser's time zone by its name (IANA); UTC where it says none that is known here."""
    try:
        return ZoneInfo(name[:60]) if name else UTC
    except (KeyError, ValueError, OSError):
        return UTC
