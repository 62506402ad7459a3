"""The REST API of measures: order, preview, renew and undo them; close and open doors."""

from fastapi import APIRouter
from fastapi.responses import Response
from msgspec import Struct

from nightlatch.console.answers import json
from nightlatch.console.bodies import Body, decode
from nightlatch.console.context import Actor, Here
from nightlatch.console.openapi import answers, takes
from nightlatch.exchange.facts import ServiceEndpoint
from nightlatch.exchange.measure import Measure
from nightlatch.policy.orders import Order
from nightlatch.respond.measures import ClosedDoor, ListedMeasure
from nightlatch.respond.preview import Preview
from nightlatch.respond.suggestions import Suggestion

router = APIRouter(prefix="/api/v1", tags=["v1"])


class GivenOrder(Order, frozen=True, kw_only=True):
    author: str = ""
    """Whose order a program passes on; a person's session is its own author."""


class Extension(Struct, frozen=True):
    lasts: float = 0.0
    """Seconds from now; 0: as long as its kind lasts."""
    author: str = ""


class Undoing(Struct, frozen=True):
    author: str = ""


class Closing(Struct, frozen=True):
    endpoint: str
    reason: str = ""
    lasts: float = 0.0
    """Seconds; 0: 30 days."""
    author: str = ""
    service: str = ""
    """Whose endpoint; may be left out where one service alone has it."""


class PreviewReport(Struct, frozen=True):
    preview: Preview
    share: float
    """Of all requests in that time, 0 to 1."""
    warnings: tuple[str, ...]


@router.get("/measures", **answers(list[ListedMeasure], "The latest order first."))
def list_measures(here: Here) -> Response:
    """Those in force, and those that are over."""
    return json(here.recorder.measures.listed(here.clock()))


@router.post("/measures/preview", openapi_extra=takes(GivenOrder), **answers(PreviewReport))
def preview_measure(body: Body, here: Here) -> Response:
    """Whom would it have hit in the last 24 hours? Nothing is ordered."""
    order = decode(body, GivenOrder)
    return json(report(here.recorder.measures.preview(order, here.clock())))


@router.post("/measures", openapi_extra=takes(GivenOrder), **answers(Measure))
def order_measure(body: Body, here: Here, actor: Actor) -> Response:
    """In force in every application within seconds."""
    order = decode(body, GivenOrder)
    author = _author(actor, order.author)
    return json(here.recorder.measures.order(order, author, here.clock()))


@router.post("/measures/{measure_id}/undo", openapi_extra=takes(Undoing), **answers(Measure))
def undo_measure(measure_id: str, body: Body, here: Here, actor: Actor) -> Response:
    undoing = decode(body or b"{}", Undoing)
    author = _author(actor, undoing.author)
    return json(here.recorder.measures.undo(measure_id, author, here.clock()))


@router.post("/measures/{measure_id}/renew", openapi_extra=takes(Extension), **answers(Measure))
def renew_measure(measure_id: str, body: Body, here: Here, actor: Actor) -> Response:
    extension = decode(body or b"{}", Extension)
    author = _author(actor, extension.author)
    measures = here.recorder.measures
    return json(measures.renew(measure_id, author, here.clock(), extension.lasts))


@router.get("/limits/suggestions", **answers(list[Suggestion]))
def suggest_limits(here: Here, endpoint: str = "", service: str = "") -> Response:
    """Limits that fit what callers did in the last week; for every endpoint, or one."""
    return json(here.recorder.measures.suggestions(here.clock(), endpoint, service))


@router.get("/doors", **answers(list[ClosedDoor], "Those that open first come first."))
def list_closed_doors(here: Here) -> Response:
    """Endpoints that were closed to callers without a credential, with one switch."""
    return json(here.recorder.measures.closed_doors())


@router.post("/doors/preview", openapi_extra=takes(Closing), **answers(PreviewReport))
def preview_closing(body: Body, here: Here) -> Response:
    """Who came without a credential in the last 24 hours?"""
    closing = decode(body, Closing)
    at = here.whose(closing.endpoint, closing.service)
    return json(report(here.recorder.measures.preview_closing(at, here.clock())))


@router.post("/doors/close", openapi_extra=takes(Closing), **answers(ClosedDoor))
def close_door(body: Body, here: Here, actor: Actor) -> Response:
    """From now on callers must show a credential there."""
    closing = decode(body, Closing)
    door = here.recorder.measures.close_door(
        here.whose(closing.endpoint, closing.service),
        _author(actor, closing.author),
        here.clock(),
        reason=closing.reason,
        lasts=closing.lasts,
    )
    return json(door)


@router.post("/doors/open", openapi_extra=takes(Closing), **answers(list[ClosedDoor]))
def open_door(body: Body, here: Here, actor: Actor) -> Response:
    """What was decided before it was closed holds again; those still closed."""
    closing = decode(body, Closing)
    author, measures = _author(actor, closing.author), here.recorder.measures
    measures.open_door(ServiceEndpoint(closing.service, closing.endpoint), author, here.clock())
    return json(measures.closed_doors())


def report(preview: Preview) -> PreviewReport:
    return PreviewReport(preview, preview.share, preview.warnings)


def _author(actor: str, given: str) -> str:
    """A session is its own author; a program may say for whom it speaks."""
    return given.strip()[:100] or actor if actor == "api" else actor
