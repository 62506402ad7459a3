"""JWS, compact and as JSON (RFC 7515)."""

from collections.abc import Iterator

from joserfc.jws import JWSRegistry
from msgspec import Struct

from nightlatch.identity.jose.encoding import from_base64url
from nightlatch.identity.jose.header import algorithm_of, joined, protected_header
from nightlatch.identity.jose.keys import Key, KeyRing
from nightlatch.identity.jose.verified import Document, Unproven, Unsound

MAX_SIGNATURES = 16

_ALGORITHMS = JWSRegistry.algorithms


class Opened(Struct, frozen=True):
    """A token whose signature holds, or that was decrypted."""

    header: Document
    payload: bytes
    key: Key


class _Signature(Struct, frozen=True):
    protected: str
    header: object
    value: str


def header_of_compact(token: str) -> Document:
    """Unverified. Raises Unsound."""
    return joined(protected_header(token.partition(".")[0]))


def open_compact(token: str, ring: KeyRing) -> Opened:
    """Raises Unsound."""
    protected, payload, value = token.split(".")
    return _open(_Signature(protected, None, value), payload, ring)


def open_json(token: Document, ring: KeyRing) -> Opened:
    """One of its signatures must hold. Raises Unsound with what is wrong with the last."""
    payload = token.get("payload")
    if not isinstance(payload, str):
        raise Unsound("the token has no payload")
    reason = "the token has no signature"
    for signature in _signatures(token):
        try:
            return _open(signature, payload, ring)
        except Unsound as error:
            reason = str(error)
    raise Unsound(reason)


def _signatures(token: Document) -> Iterator[_Signature]:
    several = token.get("signatures")
    if several is None:
        yield _signature(token)
        return
    if "signature" in token or "protected" in token or "header" in token:
        raise Unsound("the token mixes the two JSON forms")
    if not isinstance(several, list) or len(several) > MAX_SIGNATURES:
        raise Unsound(f"the signatures are no list of at most {MAX_SIGNATURES}")
    for one in several:
        if not isinstance(one, dict):
            raise Unsound("a signature is not a JSON object")
        yield _signature(one)


def _signature(given: Document) -> _Signature:
    protected, value = given.get("protected", ""), given.get("signature")
    if not isinstance(protected, str) or not isinstance(value, str):
        raise Unsound("a signature has parts that are no text")
    return _Signature(protected, given.get("header"), value)


def _open(signature: _Signature, payload: str, ring: KeyRing) -> Opened:
    protected = protected_header(signature.protected) if signature.protected else {}
    header = joined(protected, signature.header)
    algorithm = algorithm_of(header)
    if "enc" in header:
        # By which the two kinds are told apart (RFC 7516, section 9).
        raise Unsound("the header is of an encrypted token (enc), and the token is only signed")
    value = from_base64url(signature.value, "signature")
    data = from_base64url(payload, "payload")
    signed = f"{signature.protected}.{payload}".encode("ascii")
    found = False
    for key in ring.candidates(header.get("kid"), algorithm, encryption=False):
        found = True
        if value and _holds(algorithm, signed, value, key):
            return Opened(header, data, key)
    if not found:
        raise Unproven(f"no key given is for {_shown(algorithm)} and this token's kid")
    raise Unproven("the signature does not hold")


def _holds(algorithm: str, signed: bytes, value: bytes, key: Key) -> bool:
    model = _ALGORITHMS[algorithm]
    try:
        model.check_key(key.material)
        return model.verify(signed, value, key.material)
    except Exception:  # noqa: BLE001 -- joserfc and cryptography raise whatever they meet
        return False


def _shown(text: str) -> str:
    return text[:32] if text.isascii() and text.isprintable() else "its algorithm"
