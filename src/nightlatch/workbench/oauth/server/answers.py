"""What is asked of the server and what it answers, as values."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import msgspec
from msgspec import Struct

Document = dict[str, Any]
Parameters = Mapping[str, str]
MAX_BODY = 65_536
_MAX_PARAMETERS = 100
_FORM = "application/x-www-form-urlencoded"
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_PAGE = {
    **NO_STORE,
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Answer(Struct, frozen=True):
    status: int
    body: bytes = b""
    media: str = "application/json"
    headers: Mapping[str, str] = {}


class Refusal(Exception):
    """What was asked is refused: an error code of the RFCs, and what the client did wrong.

    The description is ASCII (RFC 6749, section 5.2) and never repeats what was sent.
    """

    def __init__(
        self, error: str, description: str, status: int = 400, headers: Mapping[str, str] = {}
    ) -> None:
        super().__init__(f"{error}: {description}")
        self.error, self.description = error, description
        self.status, self.headers = status, headers

    @property
    def members(self) -> dict[str, str]:
        return {"error": self.error, "error_description": self.description}

    def answer(self) -> Answer:
        return json_answer(self.members, self.status, {**NO_STORE, **self.headers})


class Asked(Struct, frozen=True):
    """One request. Names of headers are in lower case."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    certificate: bytes = b""
    """DER: what the client showed in the TLS handshake; empty for none."""

    def header(self, name: str) -> str:
        """Its one value; empty where there is none. Raises Refusal where there are several."""
        values = [value for given, value in self.headers if given == name]
        if len(values) > 1:
            raise Refusal("invalid_request", f"the header {name} comes more than once")
        return values[0] if values else ""

    def parameters(self) -> dict[str, str]:
        """Of the query. Raises Refusal."""
        return read_parameters(self.query)

    def form(self) -> dict[str, str]:
        """Of the body. Raises Refusal."""
        if self.header("content-type").partition(";")[0].strip().lower() != _FORM:
            raise Refusal("invalid_request", f"the body must be {_FORM}")
        return read_parameters(self.body.decode("utf-8", "replace"))

    def either(self) -> dict[str, str]:
        """Where both GET and POST are served (OpenID Connect Core, section 3.1.2.1)."""
        return self.form() if self.method == "POST" else self.parameters()

    def json(self) -> Document:
        """Raises Refusal."""
        try:
            found = msgspec.json.decode(self.body)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            raise Refusal("invalid_request", "the body is not JSON") from None
        if not isinstance(found, dict):
            raise Refusal("invalid_request", "the body is not a JSON object")
        return found


def read_parameters(text: str) -> dict[str, str]:
    """None may come twice, and one without a value was not sent (RFC 6749, section 3.1)."""
    try:
        pairs = parse_qsl(text, errors="replace", max_num_fields=_MAX_PARAMETERS)
    except ValueError:
        raise Refusal("invalid_request", "there are too many parameters") from None
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Refusal("invalid_request", "a parameter comes more than once")
    return found


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] = {}) -> Answer:
    return Answer(status, msgspec.json.encode(value), headers=headers)


def page_answer(text: str, status: int = 200, script: str = "'none'") -> Answer:
    """A page that nothing may frame, and that runs no script but the one named by its hash."""
    rules = (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src {script}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    headers = {**_PAGE, "Content-Security-Policy": rules}
    return Answer(status, text.encode("utf-8", "replace"), "text/html; charset=utf-8", headers)


def redirect(address: str) -> Answer:
    safe = quote(address, safe="/:?#[]@!$&'(),;=%-._~*+")
    return Answer(303, headers={**NO_STORE, "Location": safe})


def with_query(address: str, members: Parameters, mark: str = "?") -> str:
    """The address with members added to its query, or after `#`."""
    joint = "&" if mark == "?" and "?" in address else mark
    return f"{address}{joint}{urlencode(members)}" if members else address
