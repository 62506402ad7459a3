"""A message body taken apart once into named values, for every reader after it.

Hostile input is a value: nothing here raises, and depth, number and length are bounded.
"""

from enum import StrEnum
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct

from nightlatch.exchange.exchange import NO_BODY, Body

MAX_DEPTH = 32
MAX_LEAVES = 5_000


class ContentKind(StrEnum):
    EMPTY = "empty"
    JSON = "json"
    FORM = "form"
    MULTIPART = "multipart"
    TEXT = "text"
    BINARY = "binary"
    MALFORMED = "malformed"
    """Declared as JSON or form but cannot be read as such; `fault` says why."""


Scalar = str | int | float | bool | None


class Leaf(NamedTuple):
    """One scalar of a body. `$.users[].phone` has the name `phone`; list indices are not kept."""

    path: str
    name: str
    value: Scalar


class Content(Struct, frozen=True):
    kind: ContentKind
    value: Any = None
    """The decoded JSON value; None for other kinds."""
    leaves: tuple[Leaf, ...] = ()
    """Every scalar, in order, up to MAX_LEAVES and MAX_DEPTH."""
    cut: bool = False
    """There was more than the bounds allow, or the body was captured in part."""
    fault: str = ""


EMPTY = Content(ContentKind.EMPTY)

_decode_json = msgspec.json.Decoder().decode


def read_content(body: Body, content_type: str | None) -> Content:
    """Read a captured body by its declared media type; undeclared bodies are sniffed for JSON."""
    if body is NO_BODY or not body.data:
        return EMPTY
    media = (content_type or "").partition(";")[0].strip().lower()
    if media.endswith("json") or (not media and body.data[:1] in (b"{", b"[")):
        return _read_json(body)
    if media == "application/x-www-form-urlencoded":
        return _read_form(body)
    if media == "multipart/form-data":
        return Content(ContentKind.MULTIPART, cut=body.truncated)
    if media.startswith("text/") or media.endswith(("xml", "javascript", "graphql")):
        return Content(ContentKind.TEXT, cut=body.truncated)
    return Content(ContentKind.BINARY, cut=body.truncated)


def query_leaves(query: str) -> tuple[Leaf, ...]:
    """The parameters of a raw query string, as leaves named after them."""
    if not query:
        return ()
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_LEAVES)
    except ValueError:
        return ()
    return tuple(Leaf(name, name, value) for name, value in pairs)


def _read_json(body: Body) -> Content:
    try:
        value = _decode_json(body.data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # A body cut at the capture limit is our doing, not the sender's fault.
        fault = "captured in part" if body.truncated else f"not JSON: {error}"
        return Content(ContentKind.MALFORMED, cut=body.truncated, fault=fault)
    leaves: list[Leaf] = []
    complete = _walk(value, "$", "", leaves, MAX_DEPTH)
    return Content(ContentKind.JSON, value, tuple(leaves), cut=body.truncated or not complete)


def _read_form(body: Body) -> Content:
    try:
        text = body.data.decode("utf-8", "replace")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_LEAVES)
    except ValueError as error:
        return Content(ContentKind.MALFORMED, cut=body.truncated, fault=f"not a form: {error}")
    leaves = tuple(Leaf(name, name, value) for name, value in pairs)
    return Content(ContentKind.FORM, leaves=leaves, cut=body.truncated)


def _walk(value: Any, path: str, name: str, leaves: list[Leaf], depth: int) -> bool:
    """Collect scalars below `value`; False when a bound cut the walk short."""
    if isinstance(value, dict):
        if depth == 0:
            return False
        for key, child in value.items():
            if type(child) is dict or type(child) is list:
                if not _walk(child, f"{path}.{key}", key, leaves, depth - 1):
                    return False
            else:
                leaves.append(Leaf(f"{path}.{key}", key, child))
        return len(leaves) < MAX_LEAVES
    if isinstance(value, list):
        if depth == 0:
            return False
        path += "[]"
        for child in value:
            if not _walk(child, path, name, leaves, depth - 1):
                return False
        return True
    leaves.append(Leaf(path, name, value))
    return len(leaves) < MAX_LEAVES
