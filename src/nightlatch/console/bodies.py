"""JSON bodies of requests to the REST API."""

from typing import Annotated, TypeVar

import msgspec
from fastapi import Depends, HTTPException, Request

MAX_BODY = 64 * 1024
T = TypeVar("T")


async def read_body(request: Request) -> bytes:
    """A dependency, so that the routes that store may block."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_BODY:
            raise HTTPException(413, f"The body may have {MAX_BODY:,} bytes.")
    return bytes(data)


Body = Annotated[bytes, Depends(read_body)]


def decode(body: bytes, shape: type[T]) -> T:
    """Raises 422 for what is not of this shape."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.MsgspecError as error:
        raise HTTPException(422, f"The body is not what this route takes: {error}") from error
