"""A token made on the bench: signed, encrypted, or first the one and then the other."""

import json
import secrets
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from msgspec import Struct
from msgspec.structs import replace

from nightlatch.console.context import Console, Fields, Here
from nightlatch.console.pages.token_bench import read_form, show
from nightlatch.workbench.tokens.explain import Explained, explain, printable
from nightlatch.workbench.tokens.making import (
    contents_for,
    seal,
    sealing_algorithms,
    sign,
    signing_algorithms,
)
from nightlatch.workbench.tokens.material import (
    KINDS,
    NoKey,
    generate,
    is_address,
    keys_typed,
    public_part,
)

router = APIRouter(prefix="/tokens/create")
WAYS = (
    ("signed", "Signed", "JWS: all can read it, nobody can change it"),
    ("sealed", "Encrypted", "JWE: only the key's owner can read it"),
    ("both", "Signed, then encrypted", "A JWS within a JWE"),
)
SEALING_KINDS = {"EC": ("P-256", "P-384", "P-521"), "OKP": ("X25519",), "RSA": ("2048", "3072"),
                 "oct": ("256",)}  # fmt: skip
"""Keys to encrypt to that the page offers to make."""
SIGNING_KINDS = {**KINDS, "OKP": ("Ed25519", "Ed448")}


class CreateForm(Struct, frozen=True):
    """The fields as typed."""

    way: str = "signed"
    claims: str = ""
    header: str = ""
    key: str = ""
    alg: str = ""
    to: str = ""
    seal_alg: str = ""
    enc: str = ""
    new_key: str = "EC:P-256"
    new_to: str = "EC:P-256"
    do: str = ""
    """`key` or `to`: make a key for that field."""

    def __repr__(self) -> str:
        return "CreateForm(…)"


class Offered(Struct, frozen=True):
    """What the keys that stand in the form may."""

    signing: tuple[str, ...] = ()
    sealing: tuple[str, ...] = ()
    contents: tuple[str, ...] = ()


class Created(Struct, frozen=True):
    token: str = ""
    found: Explained | None = None
    verify_with: str = ""
    """The keys that a reader of it needs, as JSON."""
    problems: tuple[str, ...] = ()


@router.get("")
def show_create(request: Request, here: Here) -> HTMLResponse:
    return _created(request, _filled(CreateForm(), here))


@router.post("")
def create(request: Request, fields: Fields, here: Here) -> HTMLResponse:
    form = _filled(read_form(fields, CreateForm), here)
    problems: list[str] = []
    try:
        if form.do == "key":
            form = replace(form, key=_new(form.new_key), alg="")
        elif form.do == "to":
            form = replace(form, to=_new(form.new_to, use="enc"), seal_alg="", enc="")
    except NoKey as fault:
        problems.append(str(fault))
    return _created(request, form, problems)


def _filled(form: CreateForm, here: Console) -> CreateForm:
    """With claims to begin with, where there are none."""
    if form.claims.strip():
        return form
    now = int(here.clock())
    begun = {"iss": "https://id.example", "sub": "ada", "aud": "https://api.example", "iat": now,
             "exp": now + 600, "jti": secrets.token_urlsafe(12)}  # fmt: skip
    return replace(form, claims=json.dumps(begun, indent=2))


def _new(kind_and_size: str, **members: str) -> str:
    kind, _, size = kind_and_size.partition(":")
    return json.dumps(generate(kind, size, **members), indent=2)


def _created(request: Request, form: CreateForm, problems: list[str] | None = None) -> HTMLResponse:
    problems = problems or []
    signing = _key(form.key, "the key that signs", problems) if form.way != "sealed" else None
    sealing = _key(form.to, "the key to encrypt to", problems) if form.way != "signed" else None
    offered = _offered(signing, sealing, form, problems)
    made = Created(problems=tuple(problems))
    if not problems:
        made = _made(form, signing, sealing)
    return show(
        request,
        "create",
        form=form,
        offered=offered,
        made=made,
        ways=WAYS,
        signing_kinds=SIGNING_KINDS,
        sealing_kinds=SEALING_KINDS,
    )


def _key(text: str, what: str, problems: list[str]) -> dict[str, Any] | None:
    """The first of what stands in the field."""
    if is_address(text):
        problems.append(f"{what} cannot be an address: a token is made with a key that you have")
        return None
    try:
        found = keys_typed(text)
    except NoKey as fault:
        problems.append(f"{what}: {fault}")
        return None
    return found[0] if found else None


def _offered(
    signing: dict[str, Any] | None,
    sealing: dict[str, Any] | None,
    form: CreateForm,
    problems: list[str],
) -> Offered:
    try:
        signs = signing_algorithms(signing) if signing else ()
        seals = sealing_algorithms(sealing) if sealing else ()
        chosen = form.seal_alg if form.seal_alg in seals else next(iter(seals), "")
        contents = contents_for(sealing, chosen) if sealing and chosen else ()
    except NoKey as fault:
        problems.append(str(fault))
        return Offered()
    return Offered(signs, seals, contents)


def _made(
    form: CreateForm, signing: dict[str, Any] | None, sealing: dict[str, Any] | None
) -> Created:
    if (signing is None and form.way != "sealed") or (sealing is None and form.way != "signed"):
        return Created()
    try:
        header = _object(form.header, "the header")
        content: dict[str, Any] | str = _object(form.claims, "the claims")
        readers = []
        if signing is not None and isinstance(content, dict):
            content = sign(content, signing, **_chosen(header, alg=form.alg, of=signing))
            readers.append(_for_reader(signing))
        if sealing is not None:
            given = header if signing is None else {}
            content = seal(content, sealing, **_sealed(given, form, sealing))
            readers.append(sealing)
    except NoKey as fault:
        return Created(problems=(str(fault),))
    token = str(content)
    keys = readers[0] if len(readers) == 1 else {"keys": readers}
    return Created(token, explain(token), json.dumps(keys, indent=2))


def _chosen(header: dict[str, Any], *, alg: str, of: dict[str, Any]) -> dict[str, Any]:
    """The header with the algorithm that was chosen, where the key may: it was perhaps chosen for
    the key before."""
    return {**header, "alg": alg} if alg in signing_algorithms(of) else header


def _sealed(header: dict[str, Any], form: CreateForm, key: dict[str, Any]) -> dict[str, Any]:
    """The same with both algorithms of encryption."""
    allowed = sealing_algorithms(key)
    if not allowed:
        return header
    alg = form.seal_alg if form.seal_alg in allowed else allowed[0]
    enc = {"enc": form.enc} if form.enc in contents_for(key, alg) else {}
    return {**header, "alg": alg, **enc}


def _for_reader(key: dict[str, Any]) -> dict[str, Any]:
    """The public part; of a secret, all."""
    return key if key.get("kty") == "oct" else public_part(key)


def _object(text: str, what: str) -> dict[str, Any]:
    """Raises NoKey, for the one place that tells of what hinders."""
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        place = getattr(error, "lineno", None)
        where = f" (line {place})" if place else ""
        raise NoKey(f"{what}: this is no sound JSON{where}") from None
    if not isinstance(found, dict):
        raise NoKey(f"{what}: this is no JSON object, such as {{…}}")
    return {printable(name): value for name, value in found.items()}
