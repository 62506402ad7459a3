"""Keys on the bench: made, shown, judged, and put together into sets."""

import json
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from msgspec import Struct
from msgspec.structs import replace

from nightlatch.console.context import Fields, Here
from nightlatch.console.pages.token_bench import read_form, show
from nightlatch.workbench.tokens.keyset import JudgedKey, JudgedSet, judge_keys, public_set
from nightlatch.workbench.tokens.making import in_order
from nightlatch.workbench.tokens.material import (
    KINDS,
    UNASKED,
    NoKey,
    generate,
    keys_typed,
    pem,
    thumbprint_uri,
)

router = APIRouter(prefix="/tokens/keys")
USES = (("", "not said"), ("sig", "signatures"), ("enc", "encryption"))
MAX_SHOWN = 50
"""Keys that are shown in full."""


class KeysForm(Struct, frozen=True):
    """The fields as typed."""

    keys: str = ""
    """The set that is worked at: PEM, a JWK, a set; an address where the button is pressed."""
    add: str = ""
    kind: str = "EC:P-256"
    use: str = ""
    alg: str = ""
    kid: str = ""
    do: str = ""
    """`new`, `add`, `fetch`, or `remove-3`."""

    def __repr__(self) -> str:
        return "KeysForm(…)"


class ShownKey(Struct, frozen=True):
    judged: JudgedKey
    text: str
    """The JWK."""
    uri: str = ""
    private_pem: str = ""
    public_pem: str = ""


@router.get("")
def show_keys(request: Request) -> HTMLResponse:
    return _shown(request, KeysForm(), [], "")


@router.post("")
def work(request: Request, fields: Fields, here: Here) -> HTMLResponse:
    form = read_form(fields, KeysForm)
    try:
        keys = keys_typed(form.keys, unasked=here.bench.unasked if form.do == "fetch" else UNASKED)
    except NoKey as fault:
        return _shown(request, form, [], str(fault))
    try:
        changed = _changed(form, keys)
    except NoKey as fault:
        return _shown(request, form, keys, str(fault))
    if form.do:
        form = replace(form, keys=_as_set(changed), add="", kid="")
    return _shown(request, form, changed, "")


def _changed(form: KeysForm, keys: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Raises NoKey."""
    what, _, number = form.do.partition("-")
    if what == "new":
        kind, _, size = form.kind.partition(":")
        made = generate(kind, size, use=form.use, alg=form.alg.strip(), kid=form.kid.strip())
        return [*keys, made]
    if what == "add":
        added = keys_typed(form.add)
        if not added:
            raise NoKey("paste the key that is to be added: PEM, a JWK or a set")
        return [*keys, *added]
    if what == "remove":
        return [key for place, key in enumerate(keys) if str(place) != number]
    return keys


def _as_set(keys: list[dict[str, Any]]) -> str:
    return json.dumps({"keys": keys}, indent=2) if keys else ""


def _shown(
    request: Request, form: KeysForm, keys: list[dict[str, Any]], problem: str
) -> HTMLResponse:
    judged = judge_keys(keys)
    public = public_set(keys)
    return show(
        request,
        "keys",
        form=form,
        problem=problem,
        judged=judged,
        keys=_each(judged, keys),
        public=json.dumps(public, indent=2) if public["keys"] else "",
        kinds=KINDS,
        uses=USES,
        algorithms=in_order(_all_algorithms(judged)),
    )


def _all_algorithms(judged: JudgedSet) -> frozenset[str]:
    return frozenset(name for key in judged.keys for name in (*key.signs, *key.seals))


def _each(judged: JudgedSet, keys: list[dict[str, Any]]) -> list[ShownKey]:
    return [_one(one, key) for one, key in zip(judged.keys[:MAX_SHOWN], keys, strict=False)]


def _one(judged: JudgedKey, key: dict[str, Any]) -> ShownKey:
    text = json.dumps(key, indent=2)
    if not judged.thumbprint:
        return ShownKey(judged, text)
    return ShownKey(
        judged,
        text,
        uri=thumbprint_uri(key),
        private_pem=_pem(key, private=True) if judged.private else "",
        public_pem=_pem(key, private=False),
    )


def _pem(key: dict[str, Any], *, private: bool) -> str:
    try:
        return pem(key, private=private)
    except NoKey:
        return ""
