"""A day at an API in miniature: the exchanges that the behaviours are timed on.

Look-ups by telephone number, a shop's orders, a catalogue that everybody pages through, log-ins,
paths that do not exist, crawlers and scripts. Nine callers in ten were here before.
"""

import json
import random
import tempfile
from collections.abc import Iterator, Mapping
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from nightlatch.app.rooms import build_rooms
from nightlatch.detect.behaviour import Sighting
from nightlatch.detect.behaviours.run import Behaviours
from nightlatch.detect.suspicions import Suspicions
from nightlatch.exchange.exchange import Body, Ending, Request, Response
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.headers import Headers
from nightlatch.exchange.judgement import Detection, Mode
from nightlatch.pipeline import Pipeline
from nightlatch.settings import Settings

START = 1_700_000_000.0
PER_SECOND = 20.0
PEOPLE = 2_000
NEWCOMERS = 0.1
_JSON = (b"content-type", b"application/json")
_AGENTS = (
    b"Passkeeper/25.1.0 (Android 14)",
    b"Passkeeper/25.1.0 (iOS 18.1)",
    b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36",
)
_CRAWLER = b"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


class Told(Struct):
    """One exchange as capture hands it over."""

    request: Request
    response: Response
    route: str | None


def exchanges(seed: int) -> Iterator[Told]:
    """Without an end."""
    rng = random.Random(seed)
    newcomer = PEOPLE
    while True:
        person = rng.randrange(PEOPLE)
        if rng.random() < NEWCOMERS:
            person = newcomer = newcomer + 1
        [make] = rng.choices(list(_KINDS), list(_KINDS.values()))
        yield make(rng, person)


def sightings(number: int, seed: int = 1) -> list[Sighting]:
    """What the behaviours are shown of so many exchanges."""
    with tempfile.TemporaryDirectory() as directory:
        ear = _Ear()
        rooms = build_rooms(Settings(data_dir=directory), Hasher(b"k" * 32))
        pipeline = Pipeline(replace(rooms, behaviours=ear), Mode.OBSERVE)
        for turn, told in enumerate(islice(exchanges(seed), number)):
            _pass_through(pipeline, told, START + turn / PER_SECOND)
    return ear.heard


class _Ear(Behaviours):
    """Keeps what the behaviours would be shown."""

    def __init__(self) -> None:
        super().__init__(Suspicions(), ())
        self.heard: list[Sighting] = []

    def note(self, sighting: Sighting) -> tuple[Detection, ...]:
        self.heard.append(sighting)
        return ()


def _pass_through(pipeline: Pipeline, told: Told, now: float) -> None:
    flight = pipeline.on_request(told.request, now)
    pipeline.on_response(flight, told.request, told.response, told.route, now)
    pipeline.on_sent(flight, told.response)
    pipeline.on_exchange(
        flight, told.request, told.response, told.route, Ending.ANSWERED, 0.02 + 0.01 * (now % 1)
    )


def _look_up(rng: random.Random, person: int) -> Told:
    asked = person if rng.random() < 0.8 else rng.randrange(PEOPLE)
    request = _request(person, "GET", f"/v1/users/+1415{asked:07d}/status")
    if rng.random() < 0.1:
        return Told(request, _answer(404, {"detail": "no such user"}), "/v1/users/{phone}/status")
    account = {"account_id": 48_000_000 + asked, "status": "active", "devices": 2, "locale": "en"}
    return Told(request, _answer(200, account), "/v1/users/{phone}/status")


def _order(rng: random.Random, person: int) -> Told:
    line = {"sku": f"A-{rng.randrange(900)}", "title": "Garden chair, folding", "quantity": 2}
    customer = {"name": "Ada Byron", "email": f"ada{person}@example.com", "city": "Leeds"}
    order = {"customer": customer, "currency": "GBP", "lines": [line] * 18}
    request = _request(person, "POST", "/v1/orders", body=order)
    return Told(request, _answer(201, {"order": rng.randrange(10**6), **order}), "/v1/orders")


def _read_order(rng: random.Random, person: int) -> Told:
    number = person * 7 + rng.randrange(3)
    order = {"order": number, "state": "sent", "total": 99.0, "lines": [{"sku": "A-7"}] * 3}
    request = _request(person, "GET", f"/v1/orders/{number}")
    return Told(request, _answer(200, order), "/v1/orders/{order}")


def _catalogue(rng: random.Random, person: int) -> Told:
    page = rng.randrange(20)
    items = [{"sku": f"A-{page}-{line}", "title": "Chair", "price": 49.5} for line in range(20)]
    request = _request(person, "GET", "/v1/products", f"page={page}")
    return Told(request, _answer(200, {"page": page, "items": items}), "/v1/products")


def _log_in(rng: random.Random, person: int) -> Told:
    given = {"email": f"p{person}@example.com", "password": "correct horse"}
    request = _request(person, "POST", "/v1/login", body=given)
    if rng.random() < 0.1:
        return Told(request, _answer(401, {"detail": "wrong name or password"}), "/v1/login")
    return Told(request, _answer(200, {"token": "x" * 40, "expires_in": 3600}), "/v1/login")


def _nowhere(rng: random.Random, person: int) -> Told:
    request = _request(person, "GET", f"/img/{rng.randrange(200)}.png")
    return Told(request, _answer(404, {"detail": "Not Found"}), None)


def _crawl(rng: random.Random, person: int) -> Told:
    told = _catalogue(rng, 5 * PEOPLE + person % 20)
    agent = tuple(
        (name, _CRAWLER if name == b"user-agent" else value)
        for name, value in told.request.headers.raw
    )
    told.request = replace(told.request, headers=Headers(agent))
    return told


def _script(rng: random.Random, person: int) -> Told:
    headers = Headers([(b"host", b"api.example.com"), (b"user-agent", b"python-requests/2.32")])
    request = replace(_request(6 * PEOPLE + person % 9, "GET", "/v1/products"), headers=headers)
    return Told(request, _answer(200, {"items": []}), "/v1/products")


_KINDS = {
    _look_up: 30,
    _order: 10,
    _read_order: 20,
    _catalogue: 20,
    _log_in: 8,
    _nowhere: 5,
    _crawl: 4,
    _script: 3,
}
"""And how many of a hundred exchanges are of each."""


def _request(
    person: int, method: str, path: str, query: str = "", body: Mapping[str, object] | None = None
) -> Request:
    block, host = divmod(person, 250)
    fields = [
        (b"host", b"api.example.com"),
        (b"user-agent", _AGENTS[person % len(_AGENTS)]),
        (b"accept", b"application/json"),
        (b"accept-encoding", b"gzip"),
    ]
    if person % 2:
        fields.append((b"authorization", b"Bearer opaque-%d" % person))
    if body is not None:
        fields.append(_JSON)
    return Request(
        method,
        "https",
        "api.example.com",
        path,
        query,
        Headers(fields),
        f"10.{block // 250}.{block % 250}.{host}",
        body=_body(body),
    )


def _answer(status: int, body: Mapping[str, object]) -> Response:
    return Response(status, Headers([_JSON]), _body(body))


def _body(value: Mapping[str, object] | None) -> Body:
    data = b"" if value is None else json.dumps(value).encode()
    return Body(data, len(data))
