"""An API whose verifier is broken: it reads what a token says, and never who signed it."""

import base64
import json
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from nightlatch import Nightlatch


def claims_of(header: str) -> dict[str, Any] | None:
    try:
        payload = header.removeprefix("Bearer ").split(".")[1]
        found = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return None
    return found if isinstance(found, dict) else None


async def me(request: Request) -> Response:
    claims = claims_of(request.headers.get("authorization", ""))
    if claims is None:
        return JSONResponse({"error": "unauthorized"}, 401)
    return JSONResponse({"id": claims.get("sub"), "email": "ada@example.com"})


app = Starlette(routes=[Route("/v1/me", me)])
app.add_middleware(Nightlatch)
