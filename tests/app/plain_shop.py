"""An ASGI application of neither framework, which does not speak the lifespan protocol."""

from typing import Any

from nightlatch import Nightlatch


async def plain_app(scope: Any, receive: Any, send: Any) -> None:
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"plain"})


wrapped_app = Nightlatch(plain_app)
