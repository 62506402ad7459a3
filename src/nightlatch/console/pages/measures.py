"""The measures: what is in force, an order with its preview, undo; and the switch of a door."""

from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from msgspec import Struct

from nightlatch.console.context import Actor, Console, Fields, Here
from nightlatch.console.links import endpoint_link
from nightlatch.console.rendering import page
from nightlatch.exchange.facts import ServiceEndpoint
from nightlatch.exchange.measure import MeasureKind
from nightlatch.exchange.predicate import PredicateError
from nightlatch.policy.orders import DAY, EACH, HOUR, LASTS, MINUTE, Order, OrderRefused, read_whom
from nightlatch.respond.measures import MeasureState
from nightlatch.respond.suggestions import Suggestion

router = APIRouter()

SPANS = {
    "15m": (15 * MINUTE, "15 minutes"),
    "1h": (HOUR, "1 hour"),
    "4h": (4 * HOUR, "4 hours"),
    "1d": (DAY, "1 day"),
    "7d": (7 * DAY, "7 days"),
    "30d": (30 * DAY, "30 days"),
    "90d": (90 * DAY, "90 days"),
    "1y": (365 * DAY, "1 year"),
}
"""How long a measure may last: the value of the field, seconds, words."""
WINDOWS = {"60": "minute", "3600": "hour", "86400": "day"}
MAX_SUGGESTIONS = 40


class OrderForm(Struct, frozen=True):
    """The fields as typed."""

    kind: str = MeasureKind.BLOCK.value
    whom: str = ""
    endpoint: str = ""
    amount: str = ""
    seconds: str = ""
    each: str = ""
    fields: str = ""
    reason: str = ""
    lasts: str = ""
    service: str = ""

    def address(self) -> str:
        """The query string that fills the form in again."""
        values = {name: getattr(self, name) for name in self.__struct_fields__}
        return urlencode({name: value for name, value in values.items() if value})

    def order(self) -> Order:
        """Raises OrderRefused with what cannot be read of it."""
        problems: list[str] = []
        kind = _kind(self.kind, problems)
        amount = _number(self.amount, "The amount", problems)
        seconds = _number(self.seconds, "The time", problems)
        lasts, _ = SPANS.get(self.lasts, (0.0, ""))
        if problems:
            raise OrderRefused(problems)
        return Order(
            kind=kind,
            whom=self.whom,
            endpoint=self.endpoint,
            amount=int(amount),
            seconds=seconds,
            each=self.each,
            fields=tuple(self.fields.replace(",", " ").split()),
            reason=self.reason,
            lasts=lasts,
            service=self.service,
        )


@router.get("/measures")
def list_measures(request: Request, here: Here) -> HTMLResponse:
    return _measures_page(request, here, read_order(request.query_params), [])


@router.get("/measures/preview")
def preview_order(request: Request, here: Here) -> HTMLResponse:
    """Whom it would have hit, and the button that orders it."""
    form = read_order(request.query_params)
    try:
        order = form.order()
        seen = here.recorder.measures.preview(order, here.clock())
    except OrderRefused as refused:
        return _measures_page(request, here, form, refused.problems, status=422)
    return page(
        request,
        "measure_preview.html",
        form=form,
        order=order,
        whom=_whom(order),
        lasts=order.lasts or LASTS[order.kind],
        preview=seen,
    )


@router.post("/measures")
def order_measure(request: Request, fields: Fields, here: Here, actor: Actor) -> Response:
    form = read_order(fields)
    try:
        measure = here.recorder.measures.order(form.order(), actor, here.clock())
    except OrderRefused as refused:
        return _measures_page(request, here, form, refused.problems, status=422)
    return RedirectResponse(f"/measures?ordered={measure.id}#m-{measure.id}", 303)


@router.post("/measures/{measure_id}/undo")
def undo_measure(measure_id: str, here: Here, actor: Actor) -> RedirectResponse:
    here.recorder.measures.undo(measure_id, actor, here.clock())
    return RedirectResponse(f"/measures#m-{measure_id}", 303)


@router.post("/measures/{measure_id}/renew")
def renew_measure(measure_id: str, here: Here, actor: Actor) -> RedirectResponse:
    here.recorder.measures.renew(measure_id, actor, here.clock())
    return RedirectResponse(f"/measures#m-{measure_id}", 303)


@router.get("/limits")
def suggest_limits(
    request: Request, here: Here, endpoint: str = "", service: str = ""
) -> HTMLResponse:
    suggested = here.recorder.measures.suggestions(here.clock(), endpoint, service)
    return page(
        request,
        "limits.html",
        endpoint=endpoint,
        several=len({one.service for one in suggested}) > 1,
        suggestions=suggested[:MAX_SUGGESTIONS],
        more=max(0, len(suggested) - MAX_SUGGESTIONS),
        limit_link=limit_link,
        windows=WINDOWS,
    )


@router.get("/door")
def ask_to_close(request: Request, key: str, here: Here, service: str = "") -> HTMLResponse:
    """Who came without a credential, and the button that closes the door."""
    at = _existing(here, key, service)
    return page(
        request,
        "door.html",
        at=at,
        several=len(here.services()) > 1,
        preview=here.recorder.measures.preview_closing(at, here.clock()),
        spans=SPANS,
    )


@router.post("/door/close")
def close_door(
    key: str, fields: Fields, here: Here, actor: Actor, service: str = ""
) -> RedirectResponse:
    at = _existing(here, key, service)
    lasts, _ = SPANS.get(fields.get("lasts", ""), (0.0, ""))
    reason = fields.get("reason", "").strip()[:300]
    here.recorder.measures.close_door(at, actor, here.clock(), reason=reason, lasts=lasts)
    return RedirectResponse(endpoint_link(at), 303)


@router.post("/door/open")
def open_door(key: str, here: Here, actor: Actor, service: str = "") -> RedirectResponse:
    at = ServiceEndpoint(service, key)
    here.recorder.measures.open_door(at, actor, here.clock())
    return RedirectResponse(endpoint_link(at), 303)


def read_order(given: Mapping[str, str]) -> OrderForm:
    names = OrderForm.__struct_fields__
    return OrderForm(**{name: given[name].strip()[:2_000] for name in names if name in given})


def limit_link(one: Suggestion) -> str:
    """To the preview of the limit that is suggested."""
    form = OrderForm(
        kind=one.kind.value,
        endpoint=one.endpoint,
        amount=str(one.amount),
        seconds=str(int(one.seconds)),
        each=one.each,
        reason="suggested from a week of traffic",
        service=one.service,
    )
    return "/measures/preview?" + form.address()


def _existing(here: Console, key: str, service: str) -> ServiceEndpoint:
    """Where no service is named, of the one that has it; OrderRefused where several have."""
    at = here.whose(key, service)
    if at not in here.recorder.places():
        raise HTTPException(404, f"No traffic has been seen at “{key[:200]}”.")
    return at


def _measures_page(
    request: Request, here: Console, form: OrderForm, problems: list[str], status: int = 200
) -> HTMLResponse:
    now = here.clock()
    listed = here.recorder.measures.listed(now)
    return page(
        request,
        "measures.html",
        status,
        in_force=[one for one in listed if one.state is MeasureState.IN_FORCE],
        over=[one for one in listed if one.state is not MeasureState.IN_FORCE][:50],
        doors=here.recorder.measures.closed_doors(),
        form=form,
        problems=problems,
        ordered=request.query_params.get("ordered", ""),
        endpoints=sorted({summary.endpoint for summary in here.recorder.endpoints(now)}),
        services=here.services(),
        spans=SPANS,
        windows=WINDOWS,
        each=EACH,
    )


def _whom(order: Order) -> str:
    try:
        circle, predicate = read_whom(order.whom)
    except PredicateError:  # pragma: no cover - the preview was made of it
        return order.whom
    return circle or predicate


def _kind(text: str, problems: list[str]) -> MeasureKind:
    try:
        return MeasureKind(text)
    except ValueError:
        problems.append("Choose what shall be done.")
        return MeasureKind.BLOCK


def _number(text: str, what: str, problems: list[str]) -> float:
    if not text:
        return 0.0
    # Not float(): it also takes "nan", "1_000" and digits of other scripts.
    whole, _, part = text.partition(".")
    if not (text.isascii() and whole.isdigit() and (part or "0").isdigit() and len(text) <= 12):
        problems.append(f"{what} is a number.")
        return 0.0
    return float(text)
