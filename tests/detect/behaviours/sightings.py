"""Sightings for the tests of behaviours, and a reporter to look at."""

import json
from typing import Any

import msgspec

from nightlatch.detect.alarms import Alarms
from nightlatch.detect.behaviour import Behaviour, Reporter, Sighting
from nightlatch.detect.suspicions import Suspicions
from nightlatch.exchange.content import EMPTY, Content, Leaf, query_leaves, read_content
from nightlatch.exchange.credential import Credential, CredentialKind, CredentialPlace
from nightlatch.exchange.disclosure import NO_DISCLOSURE, Disclosure
from nightlatch.exchange.exchange import (
    NO_BODY,
    Body,
    Caller,
    Ending,
    Endpoint,
    Exchange,
    Request,
    Response,
)
from nightlatch.exchange.headers import headers_of
from nightlatch.exchange.judgement import Detection, DetectionKind

NOW = 1_800_000_000.0 - 1_800_000_000.0 % 86_400
"""A midnight."""
DAY = 86_400.0
LOGIN = "POST /login"
_JSON = headers_of([("Content-Type", "application/json")])
_HTML = headers_of([("Content-Type", "text/html; charset=utf-8")])
_endpoints: dict[str, Endpoint] = {}


def reporter() -> Reporter:
    return Reporter(Alarms(), Suspicions())


def address(number: int) -> str:
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def caller(number: int, *narrower: str) -> Caller:
    text = address(number)
    network = f"network:{text.rpartition('.')[0]}.0/24"
    return Caller(text, (*narrower, f"address:{text}", "headers:app", network))


def endpoint(key: str) -> Endpoint:
    found = _endpoints.get(key)
    if found is None:
        method, _, template = key.partition(" ")
        found = _endpoints[key] = Endpoint(method, template)
    return found


def bearer(principal: str, kind: CredentialKind = CredentialKind.BEARER_JWT) -> Credential:
    return Credential(kind, CredentialPlace.HEADER, "authorization", f"c-{principal}", principal)


def body_of(value: Any) -> Body:
    if value is None:
        return NO_BODY
    data = value.encode() if isinstance(value, str) else json.dumps(value).encode()
    return Body(data, len(data))


def _content(body: Body, value: Any) -> Content:
    if body is NO_BODY:
        return EMPTY
    return read_content(body, "text/html" if isinstance(value, str) else "application/json")


def sighting(
    who: Caller,
    at: float,
    key: str = LOGIN,
    sent: Any = None,
    answer: Any = None,
    status: int | None = 200,
    *,
    headers: tuple[tuple[str, str], ...] = (),
    request_headers: tuple[tuple[str, str], ...] = (),
    parameters: dict[str, Any] | None = None,
    query: str = "",
    credentials: tuple[Credential, ...] = (),
    stranger: bool = True,
    disclosure: Disclosure = NO_DISCLOSURE,
    duration: float = 0.02,
) -> Sighting:
    """One exchange; `status` None: Nightlatch refused it."""
    place = endpoint(key)
    asked, told = body_of(sent), body_of(answer)
    path = place.template.format(**(parameters or {})) if parameters else place.template
    plain = _HTML if isinstance(answer, str) else _JSON
    with_headers = headers_of([*plain.text(), *headers]) if headers else plain
    request = Request(
        place.method, "https", "api.example", path, query, headers_of(request_headers), who.address,
        body=asked,
    )  # fmt: skip
    response = None if status is None else Response(status, with_headers, told)
    exchange = Exchange(
        "",
        at,
        duration,
        request,
        response,
        Ending.REFUSED if status is None else Ending.ANSWERED,
        who,
        place,
        credentials,
    )
    return Sighting(
        exchange,
        stranger=stranger,
        disclosure=disclosure,
        parameters=tuple(
            Leaf(f"path.{name}", name, value) for name, value in (parameters or {}).items()
        ),
        query=query_leaves(query),
        request=_content(asked, sent),
        response=_content(told, answer) if status is not None else EMPTY,
    )


def tell(behaviour: Behaviour, to: Reporter, one: Sighting) -> tuple[Detection, ...]:
    behaviour.note(one)
    return to.alarms.take()


def kinds(detections: list[Detection] | tuple[Detection, ...]) -> set[DetectionKind]:
    return {one.kind for one in detections}


def renewed(one: Sighting, **fields: Any) -> Sighting:
    return msgspec.structs.replace(one, **fields)
