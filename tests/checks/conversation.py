"""Evidence from a few lines of HTTP text, so that a case reads like what happened.

    ### bad: the look-up gives an account id away
    # template: /users/{phone}
    # asked: phone
    # item: response account-id $.id
    GET /users/+15550100

    HTTP/1.1 200
    Content-Type: application/json

    {"id": 7}

A case begins with `### good:`, `### bad:` or `### skip:` and a name. Lines that begin with `# ` say
what Nightlatch knows beside the wire; the directives are the functions below. The request has the
scheme `https` and the host `api.example.com` unless it says otherwise; there is no answer where no
status line follows. Credentials are read from the header fields in the simplest way, or given as
directives.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from tests.checks.attacks.engine import whole_engine

from nightlatch.checks.check import Evidence
from nightlatch.exchange.content import EMPTY, query_leaves, read_content
from nightlatch.exchange.credential import (
    Credential,
    CredentialKind,
    CredentialPlace,
    CredentialState,
    Proof,
)
from nightlatch.exchange.disclosure import DataClass, DataItem, Disclosure, Side, Subject
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
from nightlatch.exchange.facts import Contract, EndpointFacts, Expectation
from nightlatch.exchange.headers import Headers, headers_of
from nightlatch.exchange.record import Posture
from nightlatch.exchange.signs import signs_in

CASES = Path(__file__).parent / "cases"
"""One file per check, named by its id."""
NOW = 1_800_000_000.0
"""Friday 15 January 2027, 08:00 UTC."""
DAY = 86_400.0


class Case(NamedTuple):
    wanted: str
    """"good", "bad" or "skip"."""
    name: str
    evidence: Evidence
    says: str = ""
    """What the evidence in words must hold."""


class Known(msgspec.Struct):
    """What the directives said."""

    template: str = ""
    peer: str = "203.0.113.7"
    http_version: str = "1.1"
    ending: Ending = Ending.ANSWERED
    facts: EndpointFacts = EndpointFacts()
    items: tuple[DataItem, ...] = ()
    disclosure: Disclosure = Disclosure()
    credentials: tuple[Credential, ...] = ()
    state: CredentialState | None = None
    token_faults: tuple[str, ...] = ()
    weak_secret: str = ""
    reputation: str | None = None
    size: int | None = None
    truncated: bool = False
    unread: str = ""
    body_fault: str = ""
    says: str = ""


def every_case() -> list[tuple[str, Case]]:
    """(check id, case) from all files under `cases/`."""
    files = sorted(CASES.glob("*.http"))
    return [(path.stem, case) for path in files for case in read_cases(path)]


def read_cases(path: Path) -> list[Case]:
    """Every case of a `.http` file; ValueError for one that is not written as it should be."""
    return [_read_case(text) for text in _split(path.read_text(encoding="utf-8"))]


def evidence_of(text: str) -> Evidence:
    """The evidence that one conversation amounts to."""
    return _read_case(f"### good: unnamed\n{text}").evidence


def _split(text: str) -> Iterator[str]:
    for part in ("\n" + text).split("\n### ")[1:]:
        yield "### " + part


def _read_case(text: str) -> Case:
    heading, _, rest = text.partition("\n")
    wanted, _, name = heading.removeprefix("### ").partition(": ")
    if wanted not in {"good", "bad", "skip"} or not name:
        raise ValueError(f"a case begins with '### good|bad|skip: name', not {heading!r}")
    known = Known()
    lines = rest.rstrip("\n").split("\n")
    while lines and lines[0].startswith("# "):
        directive, _, argument = lines.pop(0)[2:].partition(":")
        if directive not in _DIRECTIVES:
            raise ValueError(f"{name}: there is no directive {directive!r}")
        _DIRECTIVES[directive](known, argument.strip())
    return Case(wanted, name, _evidence(known, lines), known.says)


def _evidence(known: Known, lines: list[str]) -> Evidence:
    starts = [i for i, line in enumerate(lines) if line.startswith("HTTP/1.1 ")]
    end = starts[0] if starts else len(lines)
    request = _request(known, lines[:end])
    response = _response(known, lines[end:]) if starts else None
    exchange = _exchange(known, request, response)
    query = query_leaves(request.query)
    content = read_content(request.body, request.headers.get(b"content-type"))
    inspection = whole_engine().inspect(request, query, content)
    return Evidence(
        exchange=exchange,
        query=query,
        request=content,
        response=EMPTY
        if response is None
        else read_content(response.body, response.headers.get(b"content-type")),
        items=known.items,
        disclosure=known.disclosure,
        facts=known.facts,
        token_faults=known.token_faults,
        weak_secret=known.weak_secret,
        reputation=known.reputation,
        attacks=inspection.attacks,
        unread=known.unread or inspection.unread,
        request_signs=signs_in(request.body.data),
        answer_signs=0 if response is None else signs_in(response.body.data),
    )


def _exchange(known: Known, request: Request, response: Response | None) -> Exchange:
    credentials = known.credentials or _credentials(request.headers)
    return Exchange(
        id="01JHVNRJ000000000000000000",
        at=NOW,
        duration=0.01,
        request=request,
        response=response,
        ending=known.ending,
        caller=Caller("203.0.113.7", ("address:203.0.113.7",)),
        endpoint=Endpoint(request.method, known.template or request.path),
        credentials=credentials,
        credential_state=known.state or _state(credentials, response),
    )


def _request(known: Known, lines: list[str]) -> Request:
    method, _, target = lines[0].partition(" ")
    scheme, host = "https", "api.example.com"
    if not target.startswith("/"):
        scheme, _, rest = target.partition("://")
        host, _, target = rest.partition("/")
        target = "/" + target
    path, _, query = target.partition("?")
    headers, body = _message(lines[1:])
    if known.body_fault:
        body = Body(body.data, body.size, fault=known.body_fault)
    return Request(
        method=method,
        scheme=scheme,
        host=headers.get(b"host") or host,
        path=path,
        query=query,
        headers=headers,
        peer=known.peer,
        http_version=known.http_version,
        body=body,
    )


def _response(known: Known, lines: list[str]) -> Response:
    headers, body = _message(lines[1:])
    if known.size is not None or known.truncated:
        body = Body(body.data, known.size or body.size, known.truncated)
    return Response(int(lines[0].split()[1]), headers, body)


def _message(lines: list[str]) -> tuple[Headers, Body]:
    """Header lines, an empty line, the body."""
    end = lines.index("") if "" in lines else len(lines)
    pairs = [
        (name, value.strip()) for name, _, value in (line.partition(":") for line in lines[:end])
    ]
    headers = headers_of(pairs)
    text = "\n".join(lines[end + 1 :]).strip("\n")
    if (headers.get(b"content-type") or "").startswith("multipart/"):
        text = text.replace("\n", "\r\n") + "\r\n"  # RFC 2046 knows no other line ends.
    data = text.encode()
    return headers, Body(data, len(data)) if data else NO_BODY


def _credentials(headers: Headers) -> tuple[Credential, ...]:
    kinds = {
        b"authorization": CredentialKind.BEARER_OPAQUE,
        b"x-api-key": CredentialKind.API_KEY,
        b"cookie": CredentialKind.SESSION,
    }
    return tuple(
        Credential(kind, CredentialPlace.HEADER, field.decode(), "00" * 8)
        for field, kind in kinds.items()
        if field in headers
    )


def _state(credentials: tuple[Credential, ...], response: Response | None) -> CredentialState:
    if not credentials:
        return CredentialState.NONE
    if response is None:
        return CredentialState.PRESENT
    rejected = response.status in {401, 403}
    return CredentialState.REJECTED if rejected else CredentialState.ACCEPTED


def _subjects(argument: str) -> tuple[Subject, ...]:
    """`phone`, `phone 3`, `phone 3 others`: numbered, so that asked and disclosed can overlap."""
    kind, _, rest = argument.partition(" ")
    count, _, others = (rest or "1").partition(" ")
    first = 1_000_000 if others else 0
    numbers = range(first, first + int(count))
    return tuple(Subject(kind[:4].encode() + n.to_bytes(4), DataClass(kind)) for n in numbers)


def _item(known: Known, argument: str) -> None:
    """`response phone $.phone`, with a confidence and a count if need be."""
    side, kind, path, *rest = argument.split()
    confidence = float(rest[0]) if rest else 0.95
    count = int(rest[1]) if len(rest) > 1 else 1
    item = DataItem(Side(side), path, DataClass(kind), confidence, "+1•••••••67", count)
    known.items += (item,)


def _credential(known: Known, argument: str) -> None:
    """`bearer-jwt header authorization`, `bearer-jwt cookie token forged`."""
    kind, place, name, *proof = argument.split()
    read = Credential(CredentialKind(kind), CredentialPlace(place), name, "00" * 8)
    known.credentials += (msgspec.structs.replace(read, proof=Proof(*proof or ["unknown"])),)


def _contract(known: Known, argument: str) -> None:
    """`public`, `must-authenticate`, `public expired`."""
    expectation, *rest = argument.split()
    expires = NOW - 1 if rest == ["expired"] else NOW + DAY
    contract = Contract("any", Expectation(expectation), "ada", "a reason", expires)
    known.facts = msgspec.structs.replace(known.facts, contract=contract)


def _fact(name: str, read: Callable[[str], Any]) -> Callable[[Known, str], None]:
    def directive(known: Known, argument: str) -> None:
        known.facts = msgspec.structs.replace(known.facts, **{name: read(argument)})

    return directive


def _set(name: str, read: Callable[[str], Any]) -> Callable[[Known, str], None]:
    def directive(known: Known, argument: str) -> None:
        setattr(known, name, read(argument))

    return directive


def _disclosure(name: str, read: Callable[[str], Any]) -> Callable[[Known, str], None]:
    def directive(known: Known, argument: str) -> None:
        known.disclosure = msgspec.structs.replace(known.disclosure, **{name: read(argument)})

    return directive


def _token_fault(known: Known, argument: str) -> None:
    known.token_faults += (argument,)


_DIRECTIVES: dict[str, Callable[[Known, str], None]] = {
    "template": _set("template", str),
    "peer": _set("peer", str),
    "http-version": _set("http_version", str),
    "ending": _set("ending", Ending),
    "posture": _fact("posture", Posture),
    "contract": _contract,
    "requests": _fact("requests", int),
    "last-seen-days": _fact("last_seen", lambda days: NOW - float(days) * DAY),
    "limit-seen": _fact("limit_seen", lambda word: word == "yes"),
    "item": _item,
    "asked": _disclosure("asked", _subjects),
    "disclosed": _disclosure("disclosed", _subjects),
    "hit": _disclosure("hit", lambda word: word == "yes"),
    "credential": _credential,
    "state": _set("state", CredentialState),
    "token-fault": _token_fault,
    "weak-secret": _set("weak_secret", str),
    "reputation": _set("reputation", lambda word: "" if word == "clean" else word),
    "size": _set("size", int),
    "truncated": _set("truncated", lambda word: word == "yes"),
    "unread": _set("unread", str),
    "body-fault": _set("body_fault", str),
    "says": _set("says", str),
}
