"""Credentials taken out of what is shown, logged or shared, by the names that carry them."""

import re
from urllib.parse import unquote_plus

MASK = "***"
SECRET_NAMES = frozenset({
    "access_token", "actor_token", "assertion", "auth_req_id", "client_assertion",
    "client_secret", "code", "code_verifier", "device_code", "id_token", "id_token_hint",
    "initial_access_token", "login_hint_token", "password", "refresh_token",
    "registration_access_token", "response", "subject_token", "token", "user_code",
})  # fmt: skip
"""Members of forms, queries and JSON whose values let somebody in."""
_SECRET_HEADERS = frozenset(
    {"authorization", "cookie", "dpop", "proxy-authorization", "set-cookie"}
)
_ADDRESS_HEADERS = frozenset({"location", "referer"})
_IN_JSON = re.compile(
    r'("(?:' + "|".join(sorted(SECRET_NAMES)) + r')"\s*+:\s*+)'
    r'(?:"[^"\\]*+(?:\\.[^"\\]*+)*"?|[^",}\]\s]++)'
)


def masked_url(url: str) -> str:
    """Query and fragment keep their names."""
    address, mark, fragment = url.partition("#")
    address, question, query = address.partition("?")
    return address + question + _masked_form(query) + mark + _masked_form(fragment)


def masked_headers(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((name, _masked_header(name.lower(), value)) for name, value in headers)


def _masked_header(name: str, value: str) -> str:
    if name in _ADDRESS_HEADERS:
        return masked_url(value)
    if name not in _SECRET_HEADERS:
        return value
    scheme, space, _ = value.partition(" ")
    # The scheme is worth seeing; a cookie and a proof have none.
    return f"{scheme} {MASK}" if space and "authorization" in name else MASK


def masked_body(body: bytes, content_type: str) -> bytes:
    """Of forms and JSON: what else there is has no names to go by, and stays."""
    text = body.decode("utf-8", "replace")
    if "form" in content_type:
        return _masked_form(text).encode()
    if text.lstrip()[:1] in ("{", "["):
        return _IN_JSON.sub(rf'\1"{MASK}"', text).encode()
    # A JWT where a JSON document was due: user information, introspection.
    return MASK.encode() if text.startswith("eyJ") else body


def _masked_form(text: str) -> str:
    return "&".join(_masked_pair(pair) for pair in text.split("&"))


def _masked_pair(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    return f"{name}={MASK}" if equals and unquote_plus(name) in SECRET_NAMES else pair
