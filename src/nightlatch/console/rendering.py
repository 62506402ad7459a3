"""Jinja templates and what they may say. Autoescaped, strict about names."""

from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.responses import HTMLResponse

from nightlatch.console import words
from nightlatch.console.context import Console, get_console, get_session
from nightlatch.console.prose import inline, prose
from nightlatch.detect.help import DETECTORS
from nightlatch.exchange.incident import IncidentState
from nightlatch.exchange.record import Record

HERE = Path(__file__).parent
STATIC = HERE / "static"


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {
        "count": words.count,
        "counted": words.counted,
        "percent": words.percent,
        "rate": words.rate,
        "size": words.size,
        "duration": words.duration,
        "span": words.span,
        "name": words.name,
        "credential": words.credential,
        "day": words.day,
        "utc": words.utc,
        "decision": words.decision,
        "pretty": words.pretty,
        "inline": inline,
        "prose": prose,
        "when": _when,
    }
    made.globals |= {
        "POSTURES": words.POSTURES,
        "EXPECTATIONS": words.EXPECTATIONS,
        "MODES": words.MODES,
        "MEASURES": words.MEASURES,
        "KINDS": words.KINDS,
        "DETECTORS": {detector.kind: detector for detector in DETECTORS},
        "STATES": words.STATES,
        "SOURCES": words.SOURCES,
        "PARTS": words.PARTS,
    }
    return made


@pass_context
def _when(context: Context, at: float) -> Markup:
    """A moment: relative for the eye, absolute (UTC) on hover and for machines."""
    text = words.ago(at, context["now"])
    if not at:
        return Markup("<span>{}</span>").format(text)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        words.iso(at), words.utc(at), text
    )


_templates = _environment()


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A whole page, for a person with a session."""
    console = get_console(request)
    session = get_session(request)
    incidents = console.recorder.incidents(100)
    html = _templates.get_template(template).render(
        request=request,
        path=request.url.path,
        now=console.clock(),
        csrf=session.csrf if session else "",
        mode=console.mode,
        alarm=sum(incident.state is IncidentState.OPEN for incident in incidents),
        **values,
    )
    return HTMLResponse(html, status)


def bare(template: str, status: int, **values: Any) -> HTMLResponse:
    """A page for somebody without a session, who is told nothing about the house."""
    return HTMLResponse(_templates.get_template(template).render(**values), status)


def part(request: Request, template: str, **values: Any) -> str:
    """A piece of a page, for a person with a session."""
    session = get_session(request)
    csrf = session.csrf if session else ""
    now = get_console(request).clock()
    return _templates.get_template(template).render(csrf=csrf, now=now, **values)


def row(console: Console, record: Record, *, several: bool) -> str:
    """One row of the request list, as the live stream sends it; of several services it says which
    it is."""
    template = _templates.get_template("parts/request_row.html")
    return template.render(record=record, now=console.clock(), fresh=True, several=several)
