"""`otpauth://` addresses as services really write them: each app reads a little more than the Key
URI Format of Google Authenticator says, and so does this."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

SCHEME = "otpauth:"
_KINDS = ("totp", "hotp")
_SAID_ONCE = frozenset({"secret", "issuer", "algorithm", "digits", "period", "counter", "encoder"})
_NUMBERS = ("digits", "period", "counter")


def is_address(text: str) -> bool:
    return text[: len(SCHEME)].lower() == SCHEME


def fields_of(address: str) -> dict[str, Any]:
    """The fields of an enrolment. Raises ValueError, which never repeats the secret."""
    parts = urlsplit(address)
    kind = parts.netloc.lower()
    if kind not in _KINDS:
        raise ValueError("its OTP type is neither totp nor hotp")
    given = _parameters(parts.query)
    if given.get("encoder", "").lower() == "steam":
        raise ValueError("codes of Steam's own kind are not known here")
    if not given.get("secret"):
        raise ValueError("it has no secret")
    issuer, account = _names(parts.path.removeprefix("/"), given.get("issuer", ""))
    fields: dict[str, Any] = {"issuer": issuer, "account": account}
    fields["secret"] = bare_secret(given["secret"])
    fields |= {name: _number(name, given[name]) for name in _NUMBERS if given.get(name)}
    if given.get("algorithm"):
        fields["algorithm"] = given["algorithm"].upper().removeprefix("HMAC").replace("-", "")
    if kind == "totp":
        fields.pop("counter", None)
    else:
        # Which the format demands, and some leave out.
        fields = {"counter": 0} | fields | {"period": 30}
    return fields


def bare_secret(text: str) -> str:
    """As people type it and services print it: in groups, in small letters, padded."""
    return "".join(text.split()).replace("-", "").rstrip("=").upper()


def _parameters(query: str) -> dict[str, str]:
    given: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name in given and name in _SAID_ONCE:
            raise ValueError(f"it says {name} twice")
        given[name] = value.strip()
    return given


def _names(label: str, issuer: str) -> tuple[str, str]:
    """Issuer and account. A colon between them may be written %3A; where it is written out, an
    %3A is part of a name. Of two issuers the parameter's counts: the label's is for older apps."""
    first, colon, rest = label.partition(":")
    if colon:
        return issuer or unquote(first), unquote(rest).strip()
    whole = unquote(label)
    if issuer and not whole.startswith(f"{issuer}:"):
        return issuer, whole.strip()
    first, colon, rest = whole.removeprefix(issuer).partition(":")
    return (issuer or first.strip(), rest.strip()) if colon else (issuer, whole.strip())


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 20):
        raise ValueError(f"its {name} is no number")
    return int(text)
