"""The API's description: msgspec's schemas in FastAPI's OpenAPI document."""

from typing import Any

import msgspec
from fastapi import FastAPI

_SCHEMAS = "#/components/schemas/{name}"
_described: list[Any] = []
"""Every type that an operation names, in the order of the routes."""


def answers(shape: Any, description: str = "As described.") -> dict[str, Any]:
    """Route options: this route answers JSON of `shape` (anything msgspec can describe)."""
    return {
        "response_model": None,
        "responses": {
            200: {"description": description, "content": _content(shape)},
            401: {"description": "No session and no API token."},
        },
    }


def takes(shape: Any) -> dict[str, Any]:
    """The `openapi_extra` of a route whose body is JSON of `shape`."""
    return {"requestBody": {"required": True, "content": _content(shape)}}


def describe(app: FastAPI) -> None:
    """Let the app's document carry the schemas that `answers` and `takes` refer to."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        document = plain()
        _, components = msgspec.json.schema_components(_described, ref_template=_SCHEMAS)
        document.setdefault("components", {}).setdefault("schemas", {}).update(components)
        return document

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way to extend it


def _content(shape: Any) -> dict[str, Any]:
    _described.append(shape)
    (schema,), _ = msgspec.json.schema_components([shape], ref_template=_SCHEMAS)
    return {"application/json": {"schema": schema}}
