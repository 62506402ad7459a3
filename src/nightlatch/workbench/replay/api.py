"""The breached API as a real application, for replays over HTTP: it reads the requests, and answers
as `World` would."""

import json
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nightlatch.exchange.exchange import NO_BODY
from nightlatch.workbench.replay.clients import holder
from nightlatch.workbench.replay.identifiers import read, scatter
from nightlatch.workbench.replay.scenario import Ident, Place, Scenario
from nightlatch.workbench.replay.town import Town
from nightlatch.workbench.replay.world import Call, World

_NEWCOMERS = 20_000
"""People who may yet register."""
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def create_api(scenario: Scenario, seed: int) -> Starlette:
    """The API of one scenario, with the same accounts that `Town(seed)` has."""
    return Starlette(routes=_Api(scenario, seed).routes())


class _Api:
    def __init__(self, scenario: Scenario, seed: int) -> None:
        self._scenario = scenario
        self._world = World(scenario)
        members = Town(seed).numbers()
        self._world.members |= members
        first = len(members)
        self._world.members.update(scatter(k) for k in range(first, first + _NEWCOMERS))

    def routes(self) -> list[Route]:
        scenario, follow = self._scenario, self._scenario.follow
        template = scenario.template
        if scenario.ident is Ident.PATH:
            # A path of several segments; known ones come first.
            template = template.replace(f"{{{scenario.name}}}", f"{{{scenario.name}:path}}")
        routes = [Route(template, self.look_up, methods=[scenario.method])]
        if follow is not None:
            routes.append(Route(follow.template, self.follow, methods=[follow.method]))
        known = (
            "/v1/register",
            "/v1/profile",
            "/v1/token",
            "/v1/news",
            "/v1/devices",
            "/v1/orders",
        )
        others = [Route(path, _other, methods=_METHODS) for path in (*known, "/help/{page}")]
        return [*others, *routes]

    async def look_up(self, request: Request) -> Response:
        scenario, world = self._scenario, self._world
        asked = await self._asked(request)
        numbers = [n for text in asked for n in self._numbers(text)]
        if not numbers:
            return _answer(Call("", "", "", 400, NO_BODY))
        if scenario.ident is Ident.PAIR:
            right = (await _json(request)).get("password") == f"right-{numbers[0]}"
            return _answer(world.sign_in(numbers[0], right=right))
        known = "authorization" in request.headers
        return _answer(world.look_up(numbers, known=known))

    async def follow(self, request: Request) -> Response:
        bearer = request.headers.get("authorization", "")
        if not bearer:
            return _answer(self._world.turned_away())
        return _answer(self._world.follow(holder(bearer)))

    def _numbers(self, text: str) -> list[int]:
        """Whom a text asks for: one, or all that fit a pattern."""
        if text.endswith("*"):
            first = read(self._scenario.ident, text[:-1] + "00")
            return [] if first is None else [first + k for k in range(self._scenario.batch)]
        n = read(self._scenario.ident, text)
        return [] if n is None else [n]

    async def _asked(self, request: Request) -> list[str]:
        scenario = self._scenario
        if scenario.place is Place.PATH:
            return [str(request.path_params[scenario.name])]
        if scenario.place is Place.QUERY:
            return request.query_params.getlist(scenario.name)
        body = await _json(request)
        found = body.get(scenario.name + "s", body.get(scenario.name, []))
        return [str(one) for one in (found if isinstance(found, list) else [found])]


async def _json(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body())
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


async def _other(request: Request) -> Response:
    status = 201 if request.url.path == "/v1/register" else 200
    return Response(b'{"status":"ok"}', status, media_type="application/json")


def _answer(call: Call) -> Response:
    return Response(call.answer.data, call.status, media_type="application/json")
