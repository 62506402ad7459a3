"""What a flow asks before it starts, and the start."""

from collections.abc import Mapping

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from nightlatch.console.context import Fields, Here
from nightlatch.console.pages.oauth_callback import redirect_uri
from nightlatch.console.pages.oauth_desk import Mine, Owner, show
from nightlatch.console.pages.oauth_words import told
from nightlatch.workbench.oauth import demo
from nightlatch.workbench.oauth.bench import Desk
from nightlatch.workbench.oauth.catalogue import BY_ID
from nightlatch.workbench.oauth.flows.call import Pairs
from nightlatch.workbench.oauth.flows.steps import FlowFault
from nightlatch.workbench.oauth.offer import Field, Offer

router = APIRouter(prefix="/oauth/flows")
MAX_FIELD = 262_144
"""Characters."""
_AT_HAND = "-at-hand"
"""Ends the name of the field that says which of the tokens at hand is meant."""


@router.get("/{flow}")
async def ask(request: Request, flow: str, desk: Mine, here: Here) -> HTMLResponse:
    offer = _offer(flow)
    given = _usual(offer, desk, request.query_params.get("of", ""))
    return await _form(request, offer, desk, here.bench.network, given)


@router.post("/{flow}")
async def start(
    request: Request, flow: str, fields: Fields, desk: Mine, owner: Owner, here: Here
) -> Response:
    """To the page of the flow on its way; back to the form where it cannot start."""
    offer = _offer(flow)
    asks = "asks" in fields
    try:
        given = _given(offer, desk, fields)
        extra = _parameters(fields.get("parameters", ""))
        if desk.metadata is None and not offer.serverless:
            raise FlowFault("name a server first: this flow speaks to it")
        play = offer.build(desk.client(here.clock), given, extra)
        run = here.bench.start(
            owner, offer.id, offer.title, play, asks=asks, polls=offer.polls, issuer=_issuer(desk)
        )
    except FlowFault as fault:
        return await _form(request, offer, desk, here.bench.network, fields, str(fault))
    _remember(desk, offer, given, extra)
    if not offer.attacks:
        desk.asks = asks
    return RedirectResponse(f"/oauth/runs/{run.id}", 303)


def _offer(flow: str) -> Offer:
    if flow not in BY_ID:
        raise HTTPException(404, "There is no such flow.")
    return BY_ID[flow]


def _given(offer: Offer, desk: Desk, fields: Mapping[str, str]) -> dict[str, str]:
    """What was filled in. Raises FlowFault."""
    given = {}
    for field in offer.fields:
        value = _value(field, desk, fields)
        if len(value) > MAX_FIELD:
            raise FlowFault(f"“{field.label}” has more than {MAX_FIELD:,} characters")
        if field.needed and not value:
            raise FlowFault(f"“{field.label}” is needed")
        if field.kind == "choice" and value not in [one for one, _ in field.choices]:
            raise FlowFault(f"“{field.label}” is one of those listed")
        if value or field.kind == "choice":
            given[field.name] = value
    return given


def _value(field: Field, desk: Desk, fields: Mapping[str, str]) -> str:
    typed = fields.get(field.name, "")
    typed = typed if field.kind == "lines" else typed.strip()
    at_hand = fields.get(field.name + _AT_HAND, "")
    if typed or not at_hand:
        return typed
    for held in desk.held:
        if held.run == at_hand:
            return str(getattr(held.tokens, field.holds))
    raise FlowFault(f"“{field.label}”: these tokens are not at hand any more")


def _parameters(text: str) -> Pairs:
    """More of the request, one NAME=VALUE a line. Raises FlowFault."""
    pairs = []
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if line.strip() and not (name and equals):
            raise FlowFault("more parameters are NAME=VALUE, one a line")
        if name:
            pairs.append((name, value))
    return tuple(pairs)


def _remember(desk: Desk, offer: Offer, given: Mapping[str, str], extra: Pairs) -> None:
    """For the next time, and to be shared: nothing that could be a secret."""
    kinds = {field.name: field.kind for field in offer.fields}
    chosen = {
        name: value for name, value in given.items() if kinds[name] in ("text", "choice", "switch")
    }
    chosen.pop("again", None)
    desk.choices[offer.id] = chosen
    desk.flows.pop(offer.id, None)
    if extra:
        desk.flows[offer.id] = dict(extra)


def _usual(offer: Offer, desk: Desk, run_id: str) -> dict[str, str]:
    """What the form says before anybody typed."""
    usual = dict(desk.choices.get(offer.id, {}))
    for field in offer.fields:
        if field.holds:
            usual[field.name + _AT_HAND] = run_id or _at_hand(field, offer, desk)
    chosen = [one for one in desk.held if one.run == usual.get("token" + _AT_HAND)]
    if offer.id == "userinfo" and chosen:
        usual["subject"] = str((chosen[0].tokens.claims or {}).get("sub", ""))
    if offer.id in ("call", "probe-api") and desk.metadata and demo.is_test_server(desk.metadata):
        usual.setdefault("url", demo.demo_api(desk.metadata))
    extra = desk.flows.get(offer.id, {})
    usual["parameters"] = "\n".join(f"{name}={value}" for name, value in extra.items())
    if desk.asks and not offer.attacks:
        usual["asks"] = "on"
    return usual


def _at_hand(field: Field, offer: Offer, desk: Desk) -> str:
    """The flow whose token is meant if nobody says otherwise: one server's goes to no other."""
    for held in desk.held:
        ours = offer.serverless or held.issuer == _issuer(desk)
        if ours and getattr(held.tokens, field.holds):
            return held.run
    return ""


def _issuer(desk: Desk) -> str:
    return desk.metadata.issuer if desk.metadata else ""


async def _form(
    request: Request,
    offer: Offer,
    desk: Desk,
    network: bool,  # noqa: FBT001 -- the bench's own word
    given: Mapping[str, str],
    problem: str = "",
) -> HTMLResponse:
    at_hand = {
        field.name: [one for one in desk.held if getattr(one.tokens, field.holds)]
        for field in offer.fields
        if field.holds
    }
    return await show(
        request,
        "oauth_flow.html",
        422 if problem else 200,
        offer=offer,
        desk=desk,
        given=given,
        at_hand=at_hand,
        at_hand_suffix=_AT_HAND,
        problem=told(problem),
        network=network,
        back=redirect_uri(request),
        lacks=told(offer.lacks(desk.metadata)) if desk.metadata else "",
    )
