"""One event as it stands on the wire. Everything may be missing; most things have several types."""

import json
from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType, field

_NOTHING = b"null"


class RequestPart(Struct):
    method: Any = None
    url: Any = None
    ip: Any = None
    user_agent: Any = None
    headers: Any = None
    body: Raw = field(default_factory=lambda: Raw(_NOTHING))
    query: Any | UnsetType = UNSET
    route_path: Any = None


class ResponsePart(Struct):
    code: Any = None
    size: Any = None
    load_time: Any = None
    headers: Any = None
    body: Raw = field(default_factory=lambda: Raw(_NOTHING))
    errors: Any = None
    """Where some SDKs put what belongs beside the response."""


class Data(Struct):
    request: RequestPart
    response: ResponsePart = field(default_factory=ResponsePart)
    server: Any = None
    errors: Any = None
    user: Any = None
    metadata: Any = None


class Event(Struct):
    data: Data
    api_key: Any = None
    project_id: Any = None
    sdk_token: Any = None
    sdk: Any = None

    @property
    def second_generation(self) -> bool:
        return self.sdk_token is not None

    @property
    def project(self) -> str:
        """The name of the API that the event belongs to. The first generation calls the secret
        `api_key` and this `project_id`; the second calls the secret `sdk_token` and this
        `api_key`."""
        name = self.api_key if self.second_generation else self.project_id
        return name.strip() if isinstance(name, str) else ""


_decoder = msgspec.json.Decoder(Event)


def read_event(body: bytes) -> Event | None:
    """None for what is no event."""
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return _decoder.decode(_strict(body))
    except (ValueError, RecursionError, MemoryError):
        return None


def _strict(body: bytes) -> bytes:
    """JSON as its specification has it: Python's and Ruby's writers put NaN and halves of
    surrogate pairs into it when an application answers so, which must not hide the answer."""
    value = json.loads(body.decode("utf-8", "replace"), parse_constant=lambda _: None)
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
