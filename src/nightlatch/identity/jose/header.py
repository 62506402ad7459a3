"""The headers of signed and encrypted tokens: what may be in them, and where."""

from collections.abc import Mapping

from nightlatch.identity.jose.encoding import from_base64url, json_object
from nightlatch.identity.jose.verified import Document, Unproven, Unsound

MAX_HEADER = 16_384
_PROTECTED_ONLY = ("crit", "b64", "zip")
_UNPROTECTED = frozenset(
    {"alg", "enc", "kid", "jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty"}
    | {"epk", "apu", "apv", "iv", "tag", "p2s", "p2c"}
)
"""What may be said without protection: which key, and how to use it. Said wrongly, no key fits."""
_TEXTS = ("kid", "typ", "cty")


def protected_header(segment: str | bytes) -> Document:
    """Raises Unsound."""
    if len(segment) > MAX_HEADER:
        raise Unsound(f"the header has more than {MAX_HEADER:,} characters")
    return json_object(from_base64url(segment, "header"), "header")


def joined(protected: Document, *others: object) -> Document:
    """Protected and unprotected members together, no name twice. Raises Unsound."""
    header = dict(protected)
    for other in others:
        if other is None:
            continue
        if not isinstance(other, Mapping):
            raise Unsound("an unprotected header is not a JSON object")
        if not header.keys().isdisjoint(other):
            raise Unsound("the header says something twice, protected and unprotected")
        if any(name in other for name in _PROTECTED_ONLY):
            raise Unsound("the header says unprotected what must be protected")
        if not other.keys() <= _UNPROTECTED:
            # Project Wycheproof calls such a member "untrustworthy": nobody vouches for it.
            raise Unsound("the header has an unprotected member that JOSE does not know")
        header |= other
    _refuse_unknown_demands(header)
    for name in _TEXTS:
        if name in header and not isinstance(header[name], str):
            raise Unsound(f"the header's {name} is no text")
    return header


def algorithm_of(header: Document) -> str:
    """Raises Unsound."""
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or not algorithm:
        raise Unsound("the header names no algorithm")
    if algorithm.lower() == "none":
        raise Unproven('the token is not signed: its algorithm is "none"')
    return algorithm


def _refuse_unknown_demands(header: Document) -> None:
    """`crit` names what a reader must understand or refuse (RFC 7515, section 4.1.11); there is
    nothing of that kind that is understood here."""
    if "crit" in header:
        raise Unsound("the header demands that something be understood which is not (crit)")
    if "b64" in header:
        raise Unsound("the payload is not base64url-encoded (b64), which tokens may not be")
