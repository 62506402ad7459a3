"""Tokens on the bench: taken apart as one types, verified, judged and made.

What is pasted comes in a form's body, is answered, and is gone: nothing of it is in an address, a
log or the store.
"""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from msgspec import Struct

from nightlatch.console.context import Console, Fields, Here
from nightlatch.console.pages.token_bench import read_form, show, zone_of
from nightlatch.console.rendering import page
from nightlatch.exchange.judgement import Level
from nightlatch.identity.lint.registry import RULES
from nightlatch.identity.secret_words import own_words, secret_words
from nightlatch.workbench.tokens.looking import Looked, look
from nightlatch.workbench.tokens.material import UNASKED, NoKey, Spelling, is_address, keys_typed

router = APIRouter(prefix="/tokens")


class InspectForm(Struct, frozen=True):
    """The fields as typed."""

    token: str = ""
    key: str = ""
    spelling: str = ""
    issuer: str = ""
    audience: str = ""
    zone: str = ""
    press: str = ""
    """Not empty where the button was pressed: only then is an address asked for keys."""

    def __repr__(self) -> str:
        return "InspectForm(…)"


@router.get("")
def show_bench(request: Request, here: Here) -> HTMLResponse:
    return _inspected(request, here, InspectForm())


@router.post("")
def inspect(request: Request, fields: Fields, here: Here) -> HTMLResponse:
    return _inspected(request, here, read_form(fields, InspectForm))


@router.get("/rules")
def list_rules(request: Request) -> HTMLResponse:
    """Every rule that a token is judged by, each with an address of its own."""
    groups = [
        (level, [rule for rule in RULES if rule.level is level])
        for level in sorted(Level, reverse=True)
    ]
    return page(request, "tokens_rules.html", groups=groups, total=len(RULES))


def _inspected(request: Request, here: Console, form: InspectForm) -> HTMLResponse:
    keys, trouble = _keys(form, here.bench.unasked if form.press else UNASKED)
    looked: Looked | None = None
    if form.token.strip():
        looked = look(
            form.token,
            keys,
            here.clock(),
            issuer=form.issuer.strip(),
            audience=form.audience.strip(),
            zone=zone_of(form.zone),
            published=is_address(form.key),
            # All hundred thousand take a while: not at each stroke.
            words=secret_words() if form.press else own_words(),
        )
    return show(
        request,
        "inspect",
        form=form,
        looked=looked,
        trouble=trouble,
        fetched=len(keys) if is_address(form.key) else 0,
        spellings=Spelling,
    )


def _keys(form: InspectForm, unasked: str) -> tuple[list[dict[str, Any]], str]:
    """And what is wrong with what was typed."""
    try:
        return keys_typed(form.key, form.spelling, unasked=unasked), ""
    except NoKey as fault:
        return [], str(fault)
