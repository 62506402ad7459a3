"""The REST API of the token bench: take tokens apart, and verify them. Nothing is kept."""

from typing import Any

import msgspec
from fastapi import APIRouter, HTTPException
from fastapi.responses import Response
from msgspec import Struct

from nightlatch.console.answers import json
from nightlatch.console.bodies import Body, decode
from nightlatch.console.context import Here
from nightlatch.console.openapi import answers, takes
from nightlatch.identity.lint.rule import Fault
from nightlatch.workbench.tokens.explain import Explained, Line, tellable
from nightlatch.workbench.tokens.looking import Looked, look
from nightlatch.workbench.tokens.material import NoKey, is_address, keys_in, keys_typed

router = APIRouter(prefix="/api/v1/tokens", tags=["v1"])


class GivenToken(Struct, frozen=True):
    token: str
    """Compact or as JSON, or what it was wrapped in: a header, a cookie, an address."""
    keys: dict[str, Any] | list[dict[str, Any]] | str = ""
    """A JWK, a set of them, PEM, or a secret ("hex:" or "base64:" before it). No address: what this
    server can reach is no business of whoever holds its token."""
    issuer: str = ""
    audience: str = ""
    """What they must be; empty: any."""

    def __repr__(self) -> str:
        return "GivenToken(…)"


class Member(Struct, frozen=True):
    """Of a header, or a claim."""

    name: str
    value: Any
    meaning: str
    moment: float | None
    """Seconds since the epoch, where it is a time."""
    personal: bool


class TokenFault(Struct, frozen=True):
    rule: str
    level: str
    evidence: str
    source: str
    remedy: str


class Inspection(Struct, frozen=True):
    """Nothing in it is to be believed: see `verify`."""

    kind: str
    found: str
    """Where the token was in what was sent; empty where it was all of it."""
    header: list[Member]
    claims: list[Member]
    faults: list[TokenFault]


class Ruling(Struct, frozen=True):
    valid: bool
    reason: str
    """Why it is not; empty when it is."""
    key: str
    """The key that it was, in words; empty where none was."""
    claims: dict[str, Any] | None
    """To be believed only where it is valid."""
    inspection: Inspection
    """Of what was encrypted, where the keys opened it; else of the token."""


@router.post("/inspect", openapi_extra=takes(GivenToken), **answers(Inspection))
def inspect_token(body: Body, here: Here) -> Response:
    """What a token is, says, and what is wrong with it; with keys, these are judged too."""
    looked = _looked(decode(body, GivenToken), here.clock())
    return json(_inspection(looked, looked.found, looked.faults))


@router.post("/verify", openapi_extra=takes(GivenToken), **answers(Ruling))
def verify_token(body: Body, here: Here) -> Response:
    """Is a token what these keys say it is? The algorithm is the key's to say."""
    given = decode(body, GivenToken)
    looked = _looked(given, here.clock())
    if looked.verdict is None:
        raise HTTPException(422, "Which keys? Send a JWK, a set of them, PEM or a secret.")
    verdict = looked.verdict
    inspection = _inspection(looked, looked.found, looked.faults)
    if verdict.inner is not None:
        inspection = _inspection(looked, verdict.inner, looked.inner_faults)
    claims = None if verdict.claims is None else tellable(verdict.claims)
    return json(Ruling(verdict.valid, verdict.reason, verdict.key, claims, inspection))


def _looked(given: GivenToken, now: float) -> Looked:
    """Raises 422 for what is no key."""
    if isinstance(given.keys, str) and is_address(given.keys):
        raise HTTPException(422, "Fetch the keys and send them: for programs no address is asked.")
    try:
        if isinstance(given.keys, str):
            keys = keys_typed(given.keys)
        else:
            keys = keys_in(msgspec.json.encode(given.keys))
    except NoKey as fault:
        raise HTTPException(422, f"The keys cannot be used: {fault}.") from None
    return look(given.token, keys, now, issuer=given.issuer, audience=given.audience)


def _inspection(looked: Looked, found: Explained, faults: list[Fault]) -> Inspection:
    return Inspection(
        found.kind,
        looked.pasted.place,
        [_member(line) for line in found.header],
        [_member(line) for line in found.claims],
        [TokenFault(one.rule, one.level.word, one.evidence, one.source, one.remedy)
         for one in faults],
    )  # fmt: skip


def _member(line: Line) -> Member:
    return Member(line.name, tellable(line.value), line.meaning, line.moment, line.personal)
